"""Load and faults on this machine alone: a full room for a while, then everything that can break.

    python -m tests.load.soak --people 100 --minutes 30

Prints a table in Markdown, one fault a line: what was done, what had to hold, what was seen. The
program ends with 1 where something did not hold. `make soak` runs it, and the tests that feed
strange links and files with many more cases.
"""

import argparse
import asyncio
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path

import websockets

from tests.databases import Postgres, programs
from tests.load import room as plays
from tests.load.client import Session
from tests.load.room import Report, everybody, joined, open_room, quantile, room, vote
from tests.servers import Server

STEADY, BURST, GROWTH = 0.100, 2.0, 1.10  # s, s, and times the memory of the first minutes
SAVED, DOWN = "Your prediction", "does not answer"
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
CLOCK = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
HOUR = 3600
Row = tuple[str, str, str, bool | None]  # what, what had to hold, what was seen, whether it held


@contextmanager
def serving(folder: Path, **settings: str):
    """A server whose rooms are in a file of `folder`, or where the settings say."""
    given = {"FORCED_FLOW_ROOMS": f"sqlite:///{folder / 'rooms.db'}", **settings}
    server = Server(**given).wait().ready()
    try:
        yield server
    finally:
        server.stop()


async def full_room(people: int, minutes: float, folder: Path) -> list[Row]:
    """Everybody changes something every 5 s; then all at once."""
    with serving(folder) as server:
        report = await room(server, people, 60.0 * minutes)
    print("\n".join(report.lines()), flush=True)
    steady = quantile(report.times[plays.STEADY], 0.95)
    burst = max(report.times[plays.BURST])
    settled, end = report.memory["settled"], report.memory["end"]
    return [
        (f"{people} people, one change each in 5 s, {minutes:g} min",
         f"95 % within {1e3 * STEADY:.0f} ms", f"{1e3 * steady:.0f} ms", steady < STEADY),
        ("all of them at once", f"all within {BURST:g} s", f"{burst:.2f} s", burst < BURST),
        ("errors meanwhile", "none", f"{len(report.errors)}", not report.errors),
        ("memory of the server", f"grows less than {GROWTH - 1:.0%} after the first tenth",
         f"{settled:.0f} to {end:.0f} MB", end < GROWTH * settled),
    ]  # fmt: skip


async def voting(server: Server, people: int) -> tuple[Session, list[Session]]:
    """A room that is asked its question."""
    leader, code = await open_room(server.url)
    found = await joined(server.url, code, Report(), people)
    await leader.press("Go on: Predict")
    for one in found:
        await one.until("**Predict**")
    return leader, found


async def back(url: str, leader: Session, people: list[Session]) -> tuple[Session, list[Session]]:
    """Everybody again, as browsers come back: with their address and nothing else."""
    again = [await Session(url, "join", one.query).__aenter__() for one in people]
    return await Session(url, "workshop", leader.query).__aenter__(), again


async def counted(leader: Session, people: list[Session]) -> str:
    """Who is told that he has answered, against what the leader's page counts."""
    for one in people:
        if SAVED not in one.text():
            await vote(one)
    await leader.rerun()
    text = f"**{len(people)} of {len(people)}** have answered"
    return "all" if text in leader.text() else leader.text()[:80]


async def killed(folder: Path, people: int = 100) -> list[Row]:
    """kill -9 while half of the room votes."""
    with serving(folder) as server:
        leader, found = await voting(server, people)
        half = found[: people // 2]
        await everybody(half, vote)
        pressing = [asyncio.create_task(vote(one)) for one in found[people // 2 :]]
        await asyncio.sleep(0.05)
        server.kill()
        await asyncio.gather(*pressing, return_exceptions=True)
        told = [SAVED in one.text() for one in found]
        server.start()
        await asyncio.to_thread(lambda: server.wait().ready())
        leader, again = await back(server.url, leader, found)
        lost = sum(t and SAVED not in one.text() for t, one in zip(told, again, strict=True))
        seen = f"{lost} of {sum(told)} confirmed answers lost; then {await counted(leader, again)}"
    return [(f"kill -9 while {people} vote, then a restart", "no confirmed answer is lost",
             seen, lost == 0 and seen.endswith("all"))]  # fmt: skip


async def without(
    name: str, server: Server, gone: Callable[[], None], back_again: Callable[[], None]
) -> list[Row]:
    """Nobody can write for a while: it is said on the page, and nothing is lost."""
    leader, people = await voting(server, 10)
    await everybody(people[:5], vote)
    gone()
    await everybody(people[5:], vote)
    told = sum(DOWN in one.text() for one in people[5:])
    claimed = sum(SAVED in one.text() for one in people[5:])
    healthy = (await Session(server.url, "three-ways-out").__aenter__()).errors == []
    back_again()
    await asyncio.sleep(2.0)
    leader, again = await back(server.url, leader, people)
    kept = sum(SAVED in one.text() for one in again[:5])
    end = await counted(leader, again)
    errors = sum(len(one.errors) for one in (*people, *again))
    seen = f"{told} of 5 told, {claimed} wrongly confirmed, {kept} of 5 kept, then {end}"
    fine = told == 5 and claimed == 0 and kept == 5 and end == "all" and healthy and not errors
    return [(name, "it is said, notes go on, no answer is lost", seen, fine)]


async def database_gone(folder: Path) -> list[Row]:
    """PostgreSQL is stopped and started again."""
    where = programs()
    if where is None:
        return [("database gone and back", "", "left out: no PostgreSQL here", None)]
    postgres = Postgres(where)
    try:
        with serving(folder, FORCED_FLOW_ROOMS=postgres.new("soak")) as server:
            return await without(
                "PostgreSQL stopped, then started", server, postgres.stop, postgres.start
            )
    finally:
        postgres.remove()


async def full_disk(folder: Path) -> list[Row]:
    """The rooms' own file system is full."""
    disk, filler = folder / "disk", folder / "disk" / "filler"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        return [("full disk", "", "left out: only root can mount a small disk", None)]

    def fill() -> None:
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4096)):
                pass

    try:
        with serving(disk) as server:
            return await without(
                "the disk of the rooms is full, then not", server, fill, filler.unlink
            )
    finally:
        subprocess.run(["umount", str(disk)], check=False)


async def clock_jumps(folder: Path) -> list[Row]:
    """The machine's clock jumps while a room is open."""
    if not FAKETIME.exists():
        return [("the clock jumps", "", "left out: Debian's faketime is not installed", None)]
    clock = folder / "clock"
    clock.write_text("+0")
    with serving(folder, FAKETIME_TIMESTAMP_FILE=str(clock), **CLOCK) as server:
        leader, people = await voting(server, 5)
        answers = []
        for jump in (2 * HOUR, -3 * HOUR):
            clock.write_text(f"{jump:+d}")
            await everybody(people, vote)
            answers.append(sum(SAVED in one.text() for one in people))
        clock.write_text(f"{13 * HOUR:+d}")
        await leader.rerun()
        closed = "works no more" in leader.text()
        errors = [error for one in (leader, *people) for error in one.errors]
    seen = f"{answers[0]} and {answers[1]} of 5 vote, closed: {closed}, errors: {len(errors)}"
    return [("the clock jumps by +2 h, -3 h, +13 h", "voting goes on; closed after 12 h",
             seen, answers == [5, 5] and closed and not errors)]  # fmt: skip


async def malformed(folder: Path, number: int = 1_000) -> list[Row]:
    """Bytes that are no message, cut messages, and far too large ones."""
    rng = random.Random(1)
    with serving(folder) as server:
        neighbour = await Session(server.url, "three-ways-out").__aenter__()
        address = server.url.replace("http", "ws") + "/_stcore/stream"
        for _ in range(number):
            try:
                async with websockets.connect(
                    address, subprotocols=["streamlit"], origin=server.url, max_size=None
                ) as socket:
                    size = rng.choice((0, 1, 5, 100, 10_000))
                    await socket.send(rng.choice((rng.randbytes(size), "x" * size)))
            except (OSError, websockets.WebSocketException):
                pass
        took = await neighbour.rerun()
        fine = server.process.poll() is None and not neighbour.errors
    return [(f"{number:,} malformed websocket messages", "the server and its readers go on",
             f"a neighbour's page came in {1e3 * took:.0f} ms", fine)]  # fmt: skip


async def hostile_links(folder: Path, number: int = 200) -> list[Row]:
    """Damaged links, opened in real sessions of every page."""
    from tests.test_architecture import addresses

    rng, wrong = random.Random(2), []
    with serving(folder) as server:
        for _ in range(number):
            parts = [f"v={rng.choice(('3', '1', '-1', '9' * 40, 'x'))}", "s=fast-drop"]
            keys = ("c", "d", "step", "event", "lane", "policy", "room", "key", "f", "x", "cell")
            texts = ("accounts.count~1000000", "world.steps~200000", "%00", "%ff%fe", "a" * 3_000,
                     "-1", "1e999", "nan", "<script>", "..%2f..%2fetc", "%F0%9F%92%A5")  # fmt: skip
            parts += [f"{rng.choice(keys)}={rng.choice(texts)}" for _ in range(rng.randrange(1, 5))]
            one = Session(server.url, rng.choice(addresses()), "&".join(parts))
            await one.__aenter__()
            wrong += one.errors
            await one.__aexit__()
        fine = server.process.poll() is None and not wrong
    return [(f"{number:,} hostile links in sessions of every page", "no page fails",
             f"{len(wrong)} failed", fine)]  # fmt: skip


async def everything(people: int, minutes: float, folder: Path) -> list[Row]:
    """Load first, then fault by fault, each on a server of its own."""
    rows = await full_room(people, minutes, folder)
    for number, fault in enumerate(FAULTS):
        place = folder / str(number)
        place.mkdir()
        try:
            rows += await fault(place)
        except Exception as error:  # a fault that the program did not survive is a result too
            rows.append((f"fault {number}", "the soak goes on", repr(error)[:200], False))
        print("|", " | ".join(map(str, rows[-1])), "|", flush=True)
    return rows


FAULTS = (killed, database_gone, full_disk, clock_jumps, malformed, hostile_links)


def machine() -> str:
    """What it was measured on."""
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), platform.machine(),
    )  # fmt: skip
    return f"{os.cpu_count()} cores of {cpu}, Python {platform.python_version()}"


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--people", type=int, default=100)
    ask.add_argument("--minutes", type=float, default=30.0, help="how long the room is busy")
    given = ask.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    try:
        rows = asyncio.run(everything(min(given.people, 200), min(given.minutes, 60.0), folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{machine()}\n\n| what | had to hold | seen | held |\n|---|---|---|---|")
    for what, wanted, seen, fine in rows:
        print(
            f"| {what} | {wanted} | {seen} | {'-' if fine is None else 'yes' if fine else 'NO'} |"
        )
    return int(any(fine is False for *_, fine in rows))


if __name__ == "__main__":
    sys.exit(main())
