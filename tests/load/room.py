"""A room under load: sessions that follow a leader through every stage, on this machine alone.

    python -m tests.load.room --people 100 --seconds 60
    python -m tests.load.room --address http://127.0.0.1:8500      # copies that run already

Sessions speak the app's own protocol over websockets. Printed are, in milliseconds: `change`, from
a participant's change to the message that shows it; `run`, from a press to the page drawn again;
and `follow`, from the leader's press to the new stage on a participant's page, which includes the
wait for the next look at the room (1.5 s at most, and 0.4 s for which a look is shared).
"""

import argparse
import asyncio
import math
import os
import random
import re
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.load.client import Session
from tests.servers import Server

STAGES = ("Predict", "Reveal", "Step", "Why", "Your turn")
LIMITS = 5  # events that the leader walks through
PAUSE = 5.0  # s between two changes of a participant
MOST_PEOPLE, MOST_SECONDS = 200, 3_600
STEADY, TRY = "change: slider, one in 5 s each", "change: try it, an engine run"
BURST, RELOAD = "change: slider, all at once", "run: whole page, all at once"
TRIED = "tries left|You have used all"  # what the page says of a try


class Running:
    """An address of this machine at which the app runs; its processes are not known."""

    def __init__(self, address: str):
        if urlsplit(address).hostname not in ("127.0.0.1", "localhost", "::1"):
            raise SystemExit("room: only an address of this machine can be put under load")
        self.url = address.rstrip("/")

    def memory(self) -> float:
        return math.nan

    def cpu(self) -> float:
        return math.nan


@dataclass
class Report:
    """What was measured."""

    times: dict[str, list[float]] = field(default_factory=dict)  # s
    errors: list[str] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)  # MB, at moments
    idle_cpu: float = 0.0  # share of one core while everybody follows and nobody acts
    busy_cpu: float = 0.0  # the same while everybody changes something every PAUSE
    bytes: int = 0  # a participant's, on average

    def add(self, name: str, seconds: list[float]) -> None:
        self.times.setdefault(name, []).extend(seconds)

    def lines(self) -> list[str]:
        """The report as text, one measure a line."""
        out = [f"{'what':32} {'n':>6} {'p50':>7} {'p95':>7} {'max':>7}  ms"]
        for name, values in self.times.items():
            p50, p95 = quantile(values, 0.50), quantile(values, 0.95)
            numbers = f"{1e3 * p50:7.0f} {1e3 * p95:7.0f} {1e3 * max(values):7.0f}"
            out.append(f"{name:32} {len(values):6} {numbers}")
        memory = ", ".join(f"{name} {value:.0f}" for name, value in self.memory.items())
        if not math.isnan(self.idle_cpu):
            out.append(f"memory of the server [MB]: {memory}")
            out.append(f"following without a change: {self.idle_cpu:.0%} of a core")
            out.append(f"changing: {self.busy_cpu:.0%} of a core")
        out.append(f"sent to a participant: {self.bytes / 1e3:.0f} kB")
        out.append(f"errors: {len(self.errors)}")
        return out + sorted(set(self.errors))[:5]


def quantile(values: list[float], share: float) -> float:
    """The value that this share of all does not exceed."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=100, method="inclusive")[round(100 * share) - 1]


async def everybody(people: list[Session], act) -> list:
    """All at once; what went wrong is returned, not raised."""
    return await asyncio.gather(*(act(one) for one in people), return_exceptions=True)


def kept(report: Report, name: str, answers: list) -> None:
    """Times are measured, exceptions are errors."""
    report.add(name, [x for x in answers if isinstance(x, float)])
    report.errors += [f"{name}: {x!r}" for x in answers if not isinstance(x, float)]


async def open_room(url: str) -> tuple[Session, str]:
    """A leader's session, and the room's code."""
    leader = await Session(url, "workshop").__aenter__()
    await leader.press("Open a room")
    return leader, leader.query.split("room=")[1].split("&")[0]


async def joined(url: str, code: str, report: Report, number: int) -> list[Session]:
    """So many participants, in tens, as a room comes in."""
    people: list[Session] = []
    for start in range(0, number, 10):
        some = [Session(url, "join", f"room={code}") for _ in range(min(10, number - start))]
        begin = time.perf_counter()
        entered = await asyncio.gather(*(one.__aenter__() for one in some), return_exceptions=True)
        report.errors += [f"open: {x!r}" for x in entered if isinstance(x, BaseException)]
        some = [one for one in entered if isinstance(one, Session)]
        report.add("open the page, ten at once", [time.perf_counter() - begin] * len(some))
        kept(report, "join, ten at once", await everybody(some, lambda one: one.press("Join")))
        people += some
    return people


async def follow(leader: Session, people: list[Session], press: str, text, report: Report) -> None:
    """The leader presses; everybody sees it."""
    name = f"follow: {press}"
    begin = time.perf_counter()
    waiting = asyncio.create_task(everybody(people, lambda one: one.until(text, 20.0)))
    report.add("run: leader", [await leader.press(press)])
    moments = await waiting
    kept(report, name, [x - begin if isinstance(x, float) else x for x in moments])


async def vote(one: Session) -> float:
    """Any of the answers, which come after the heading that tells the stage."""
    await one.when(one.buttons, "an answer")
    return await one.press(random.choice(one.buttons()))


async def change(one: Session) -> float:
    """Another value of the slider than the present one and than the scenario's own."""
    slider = one.find("slider", "New value")
    now = one.states.get(slider.id, {}).get("string_array_value", [])
    own = slider.options[int(slider.default[0])]
    option = random.choice([x for x in slider.options if x not in (own, *now)])
    return await one.choose(slider, option, rf"→ \*\*{re.escape(option)}\*\*")


async def try_changes(one: Session, until: float, report: Report) -> None:
    """A change every PAUSE seconds by the clock: move the slider, and sometimes try it."""
    due = time.perf_counter() + random.uniform(0.0, PAUSE)
    while due < until:
        await asyncio.sleep(max(due - time.perf_counter(), 0.0))
        due += PAUSE
        try:
            report.add(STEADY, [await change(one)])
            if random.random() < 0.25:
                report.add(TRY, [await one.press("Try it", TRIED)])
        except Exception as error:
            report.errors.append(f"turn: {error!r}")


async def room(server: Server | Running, people_count: int, seconds: float) -> Report:
    """A whole room on a running server."""
    people_count, seconds = min(people_count, MOST_PEOPLE), min(seconds, MOST_SECONDS)
    report = Report()
    report.memory["start"] = server.memory()
    leader, code = await open_room(server.url)
    people = await joined(server.url, code, report, people_count)
    report.memory["joined"] = server.memory()
    used, begin = server.cpu(), time.perf_counter()
    await asyncio.sleep(min(10.0, seconds))
    report.idle_cpu = (server.cpu() - used) / (time.perf_counter() - begin)
    for stage in STAGES:
        await follow(leader, people, f"Go on: {stage}", f"**{stage}**", report)
        if stage == "Predict":
            kept(report, "run: all predict at once", await everybody(people, vote))
        if stage == "Why":
            for _ in range(LIMITS):
                before = leader.text()
                shown = await _next_limit(leader, people, report)
                assert shown or leader.text() != before
    end = time.perf_counter() + seconds

    async def settled() -> None:
        await asyncio.sleep(seconds / 10)
        report.memory["settled"] = server.memory()

    used, begin = server.cpu(), time.perf_counter()
    await asyncio.gather(settled(), *(try_changes(one, end, report) for one in people))
    report.busy_cpu = (server.cpu() - used) / (time.perf_counter() - begin)
    for name, act in ((BURST, change), (RELOAD, Session.rerun)):
        kept(report, name, await everybody(people, act))
    report.memory["end"] = server.memory()
    for one in (leader, *people):
        report.errors += one.errors
    report.bytes = sum(one.bytes for one in people) // max(len(people), 1)
    await asyncio.gather(*(one.__aexit__() for one in (leader, *people)))
    return report


async def _next_limit(leader: Session, people: list[Session], report: Report) -> bool:
    """The leader goes to the next limit; everybody reads why."""
    begin = time.perf_counter()
    report.add("run: leader", [await leader.press("Next limit")])
    name = next(t for t in leader.text().splitlines() if t.startswith("Event "))
    moments = await everybody(people, lambda one: one.until(name, 20.0))
    kept(report, "follow: another event's why", [
        x - begin if isinstance(x, float) else x for x in moments
    ])  # fmt: skip
    return bool(name)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--people", type=int, default=100)
    ask.add_argument("--seconds", type=float, default=60.0, help="how long changes are tried")
    ask.add_argument("--database", default="", help="address of a database; else SQLite")
    ask.add_argument("--address", default="", help="where it runs already, on this machine")
    given = ask.parse_args()
    if given.address:
        report = asyncio.run(room(Running(given.address), given.people, given.seconds))
        print("\n".join([f"{given.people} participants at {given.address}", *report.lines()]))
        return
    with tempfile.TemporaryDirectory() as folder:
        address = given.database or f"sqlite:///{Path(folder) / 'rooms.db'}"
        server = Server(FORCED_FLOW_ROOMS=address).wait().ready()
        try:
            report = asyncio.run(room(server, given.people, given.seconds))
        finally:
            server.stop()
    print(f"{given.people} participants on {os.cpu_count()} cores, {address.partition(':')[0]}")
    print("\n".join(report.lines()))


if __name__ == "__main__":
    main()
