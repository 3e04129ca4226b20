"""Finished work on disk: one line a task, so that a sweep that was killed goes on where it was.

The first line names the sweep; each later one holds a task's key and rows, numbers as Python's
repr, which reads back to the same bits, and a checksum of both. A line that a killed process left
half written, or that somebody changed, is cut off with all after it, and its work is done again.
One process at a time may write a file.
"""

import json
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from engine.scenario.errors import InputError
from engine.sweeps.plan import Plan, Task
from engine.sweeps.work import Rows

FORMAT = "forced-flow sweep 2"
LONGEST_HEADER = 1_000  # bytes of a first line; another's file may be one line of gigabytes
COMPLETE = {"complete": True}


class Journal:
    """The tasks found in a file, and where further ones are added."""

    def __init__(self, found: dict[int, Rows], file: BinaryIO | None):
        self.found, self._file = found, file

    def add(self, task: Task, rows: Rows) -> None:
        """Keep a finished task; it is on the disk when this returns."""
        if self._file is not None:
            _write(self._file, {"task": task.key, "rows": rows, "sum": _checksum(task.key, rows)})


@contextmanager
def journal(plan: Plan, path: str | Path | None) -> Iterator[Journal]:
    """Open or create the file of a sweep; without a path nothing is kept."""
    if path is None:
        yield Journal({}, None)
        return
    with _opened(path) as file:
        _lock(file, path)
        file.seek(0)
        found = _read(plan, file, str(path))
        yield Journal(found, file)


def _opened(path: str | Path) -> BinaryIO:
    """The file, which is made where there is none; InputError where it cannot be one."""
    if not isinstance(path, str | os.PathLike):  # a number would be a file that is open already
        raise InputError("out", path, "the name of a file")
    try:
        if os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
            raise refused(str(path))  # a folder, a pipe or a device
        return open(path, "a+b")
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = getattr(error, "strerror", None) or "its name is none of a file"
        raise InputError("out", str(path), f"a file that can be written ({reason})") from None


def is_complete(plan: Plan, path: Path) -> bool:
    """Whether the file says that this very sweep has come to its end. Raises for another's."""
    with path.open("rb") as file:
        lines = [file.readline(LONGEST_HEADER) for _ in range(2)]
    if _line(lines[0]) not in (header(plan), None):
        raise refused(str(path))
    return _line(lines[1]) == COMPLETE


def close(plan: Plan, path: Path) -> None:
    """Leave of the file only that its sweep is complete: the table holds the rest."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        _write(file, header(plan))
        _write(file, COMPLETE)
    part.replace(path)


def header(plan: Plan) -> dict[str, Any]:
    """What tells one sweep from another."""
    return {"format": FORMAT, "sweep": plan.key, "engine": plan.version}


def _read(plan: Plan, file: BinaryIO, path: str) -> dict[int, Rows]:
    first = file.readline(LONGEST_HEADER)
    if not first.endswith(b"\n"):  # empty, or killed while it was begun
        if first and not json.dumps(header(plan)).encode().startswith(first):
            raise refused(path)
        file.truncate(0)
        _write(file, header(plan))
        return {}
    if _line(first) != header(plan):
        raise refused(path)
    known = {task.key: task for task in plan.tasks}
    found: dict[int, Rows] = {}
    end = file.tell()
    for line in iter(file.readline, b""):
        entry: Any = _line(line) if line.endswith(b"\n") else None
        if not _whole(entry) or not _fits(plan, known.get(entry["task"]), entry["rows"]):
            file.truncate(end)
            break
        found[known[entry["task"]].number] = entry["rows"]
        end = file.tell()
    return found


def refused(path: str) -> InputError:
    """The file is not this sweep's."""
    return InputError("out", path, "a new file, or one that this very sweep has begun")


def _line(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _whole(entry: Any) -> bool:
    """Whether a line is as it was written."""
    if not (isinstance(entry, dict) and entry.keys() == {"task", "rows", "sum"}):
        return False
    if not isinstance(entry["task"], str):
        return False
    return entry["sum"] == _checksum(entry["task"], entry["rows"])


def _fits(plan: Plan, task: Task | None, rows: Any) -> bool:
    """Whether these are the rows of a task of the sweep: one a world and lane, of numbers."""
    if task is None or not isinstance(rows, list):
        return False
    wide, long = len(plan.job.metrics), task.rows * len(plan.job.lanes)
    return len(rows) == long and all(
        isinstance(row, list) and len(row) == wide and all(isinstance(x, float | int) for x in row)
        for row in rows
    )


def _checksum(key: Any, rows: Any) -> int:
    """CRC-32 of a task's key and rows, as they are written."""
    return zlib.crc32(json.dumps([key, rows]).encode())


def _write(file: BinaryIO, entry: dict[str, Any]) -> None:
    file.write(json.dumps(entry).encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())


def _lock(file: BinaryIO, path: str | Path) -> None:
    """Raise InputError while another process writes the file."""
    try:
        import fcntl
    except ImportError:  # not on this system
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise InputError("out", str(path), "a file that no other sweep is writing") from None
