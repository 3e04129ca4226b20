"""Scenarios as TOML files: the presets of the app, and a team's own.

A file may begin with `name`, `title`, `about` and `order`, and then gives `seed` and the sections
of the schema. A setting that is not given takes the schema's default; `scenario_to_toml` writes
every one, with unit, help and range beside it.
"""

import re
import tomllib
from dataclasses import Field, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.scenario.checks import WHOLE
from engine.scenario.errors import InputError
from engine.scenario.frozen_table import SPECS, build
from engine.scenario.link import View, decode_strict
from engine.scenario.schema import Scenario, check_value, settings

MAX_BYTES = 64 * 1024
MAX_DOTS = 100  # in one line: the time TOML needs for a.b.c... grows with its length squared
CONTENT = Path(__file__).parents[2] / "content" / "scenarios"
HEADER = {"name": str, "title": str, "about": str, "order": int}
SECTIONS = tuple(dict.fromkeys(path.partition(".")[0] for path in SPECS if "." in path))
_NAME = re.compile(r"[a-z][a-z0-9-]{3,}")


@dataclass(frozen=True)
class Preset:
    """A scenario worth opening, with what it shows."""

    name: str
    title: str
    about: str
    scenario: Scenario


def scenario_from_toml(text: str) -> Scenario:
    """The scenario of a TOML text. Raises InputError naming the setting."""
    return _scenario(_parse(text))


def scenario_to_toml(scenario: Scenario) -> str:
    """Every setting as TOML that reads back to an equal scenario."""
    lines: list[str] = []
    current = ""
    for path, spec, value in settings(scenario):
        section, _, name = path.rpartition(".")
        if section != current:
            lines += ["", f"[{section}]"]
            current = section
        lines.append(f"{name} = {_toml(spec, value)}  # {_comment(spec)}")
    return "\n".join(lines) + "\n"


@lru_cache
def presets() -> tuple[Preset, ...]:
    """The presets of `content/scenarios`, the opening one first."""
    found = []
    for path in sorted(CONTENT.glob("*.toml")):
        table = _parse(read_file(path))
        if table.get("name") != path.stem or not _NAME.fullmatch(path.stem):
            allowed = f"the file's own name {path.stem!r}, of a-z, 0-9 and -, at least 4 long"
            raise InputError(f"name in {path.name}", table.get("name"), allowed)
        if path.stem == "defaults" or not {*HEADER} <= {*table}:
            allowed = "name, title, about and order (and a name other than defaults)"
            raise InputError(path.name, sorted(table), allowed)
        preset = Preset(table["name"], table["title"], table["about"], _scenario(table))
        found.append((table["order"], path.stem, preset))
    return tuple(preset for *_, preset in sorted(found, key=lambda row: row[:2]))


def target(text: str) -> View:
    """What a command is asked to work on: a preset, a TOML file, or a link (`?` in front)."""
    if text.startswith("?"):
        return decode_strict(text)
    known = {preset.name: preset for preset in presets()}
    if text in known:
        return View(known[text].scenario)
    if not text.endswith(".toml") and not _is_file(text):
        allowed = "a TOML file, a link that begins with ?, or a preset: " + ", ".join(known)
        raise InputError("target", text, allowed)
    return View(scenario_from_toml(read_file(Path(text))))


def read_file(path: Path) -> str:
    """A text file of at most 64 KiB. Raises InputError."""
    if not _is_file(path):
        raise InputError("file", str(path), "an existing file")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError("file", str(path), f"at most {MAX_BYTES:,} bytes")
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise InputError("file", str(path), f"a readable file ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError("file", str(path), "text in UTF-8") from None


def _is_file(path: str | Path) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # a name too long, or with a null character
        return False


def _parse(text: str) -> dict[str, Any]:
    """The tables of a TOML text, its header checked."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise InputError("characters in the file", len(text), f"at most {MAX_BYTES:,} bytes")
    dots = max(line.count(".") for line in text.split("\n"))
    if dots > MAX_DOTS:
        raise InputError("dots in one line", dots, f"at most {MAX_DOTS}")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError("file", text.strip()[:60], f"TOML ({error})") from None
    except (ValueError, RecursionError):
        allowed = "TOML without numbers of thousands of digits or brackets nested that deep"
        raise InputError("file", text.strip()[:60], allowed) from None
    for key, kind in HEADER.items():
        if type(table.get(key, kind())) is not kind:
            raise InputError(key, _shown(table[key]), "a text" if kind is str else "a whole number")
    return table


def _scenario(table: dict[str, Any]) -> Scenario:
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key in HEADER:
            continue
        if key in SECTIONS:
            if not isinstance(value, dict):
                raise InputError(key, _shown(value), f"a section [{key}]")
            for name, inner in value.items():
                values[f"{key}.{name}"] = inner
        else:
            values[key] = value
    for path, value in values.items():
        if path not in SPECS:
            raise InputError("setting", path, f"seed, or a setting of {', '.join(SECTIONS)}")
        values[path] = from_toml(path, SPECS[path], value)
        check_value(path, SPECS[path], values[path])
    return build(values)


def from_toml(path: str, spec: Field, value: Any) -> Any:
    """A TOML value as the schema holds it: whole numbers as floats, rows as tuples."""
    columns = spec.metadata.get("columns")
    if columns is None:
        return _number(value, spec.type is float)
    names = [column[0] for column in columns]
    if not isinstance(value, list):
        raise InputError(path, _shown(value), f"a list of rows {{{_row_form(names)}}}")
    rows = []
    for i, row in enumerate(value):
        if not isinstance(row, dict) or sorted(row) != sorted(names):
            raise InputError(f"{path}[{i}]", _shown(row), f"a row {{{_row_form(names)}}}")
        rows.append(tuple(_number(row[n], unit not in WHOLE) for n, unit, _, _ in columns))
    return tuple(rows)


def _row_form(names: list[str]) -> str:
    return ", ".join(f"{name} = .." for name in names)


def _number(value: Any, is_float: bool) -> Any:
    """`2000000` may stand for `2000000.0`; a number beyond any range becomes a text to refuse."""
    if type(value) is not int:
        return value
    if abs(value) >= 2**53:
        return f"a whole number of {value.bit_length()} bits"
    return float(value) if is_float else value


def _shown(value: Any) -> Any:
    """A value that an error message can print: Python refuses to print huge whole numbers."""
    try:
        repr(value)
    except (ValueError, RecursionError):
        return f"a {type(value).__name__} too large to print"
    return value


def _toml(spec: Field, value: Any) -> str:
    if "columns" in spec.metadata:
        names = [column[0] for column in spec.metadata["columns"]]
        rows = (
            ", ".join(f"{name} = {cell!r}" for name, cell in zip(names, row, strict=True))
            for row in value
        )
        return "[" + ", ".join(f"{{ {row} }}" for row in rows) + "]"
    if isinstance(value, str):
        return '"' + "".join(_escaped(char) for char in value) + '"'
    return repr(value)


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def _comment(spec: Field) -> str:
    """Unit, help and what is allowed, for the end of a line."""
    meta = spec.metadata
    if "options" in meta:
        return f"{meta['about']} One of: {', '.join(meta['options'])}"
    if "columns" in meta:
        columns = ", ".join(f"{n} [{unit}] {lo} .. {hi}" for n, unit, lo, hi in meta["columns"])
        return f"{meta['about']} {columns}"
    if "lo" in meta:
        return f"[{meta['unit']}] {meta['about']} {meta['lo']} .. {meta['hi']}"
    return meta["about"]
