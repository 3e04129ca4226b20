"""Commands for teams and scripts. What they print is for people, or with --json for programs.

A TARGET is a preset's name, a TOML file, a link's query string (`?` in front) or a candle file.
Bad input gives one line on standard error and exit code 2.
"""

import argparse
import io
import os
import re
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn, TextIO

from engine import reports
from engine.scenario.candles import read_candles
from engine.scenario.differences import differences
from engine.scenario.errors import InputError
from engine.scenario.funding_files import read_funding
from engine.scenario.link import View, encode
from engine.scenario.load import presets, target
from engine.scenario.notes import CONTENT, lanes
from engine.scenario.pages import FIRST_PAGE, PAGES
from engine.scenario.population import MAX_BYTES, Population, from_table
from engine.scenario.replay import World, replay_scenario, replay_world
from engine.scenario.schema import settings
from engine.simulation import POLICIES, Result, compare, run
from engine.sweeps import command as sweeps
from engine.sweeps.command import add_options as add_sweep

CANDLE_FILE = (".csv", ".gz", ".zip")
BAD_INPUT, FAILED, BROKEN_PIPE, INTERRUPTED = 2, 1, 141, 130


class Refusal(Exception):
    """A command line that cannot be understood."""


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise Refusal(f"{message} (see {self.prog} --help)")


@dataclass(frozen=True)
class Task:
    """What a command works on: scenario and view, and for a replay the world."""

    view: View
    world: World | None
    table: Population | None
    policy: str


def parser() -> Parser:
    """Every command with its options."""
    top = Parser(prog="python -m engine", description=__doc__, allow_abbrev=False)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, about: str, *options: str) -> Parser:
        one = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
        if name == "replay":
            one.add_argument("candles", nargs="+", metavar="FILE", help="candle files")
            one.add_argument("--on", metavar="TARGET", help="accounts, book and rules of TARGET")
        elif name != "presets":
            one.add_argument("target", metavar="TARGET", help="preset, TOML file, ?link or candles")
            one.add_argument(
                "--candles", nargs="+", default=[], metavar="FILE",
                help="candle files: the outside world of the run",
            )  # fmt: skip
        if name != "presets":
            about = "funding rates of the time of the candles"
            one.add_argument("--funding", nargs="+", default=[], metavar="FILE", help=about)
        if "policy" in options:
            one.add_argument("--policy", choices=POLICIES, help="default: the target's own")
        if "json" in options:
            one.add_argument("--json", action="store_true", help="JSON instead of text")
        if "table" in options:
            one.add_argument("--table", metavar="FILE", help="CSV file of accounts")
        if "event" in options:
            one.add_argument("--event", required=True, metavar="N", help="number of the event")
            one.add_argument("--remedies", action="store_true", help="also what avoids it")
        return one

    command("presets", "list the presets, one a line, the opening scenario first")
    command("run", "run a scenario and print the result", "policy", "json", "table")
    command("compare", "run the policies, or a link's lanes, on one world", "json", "table")
    command("events", "print the events as CSV, in order", "policy", "table")
    command("explain", "explain one event", "policy", "json", "event", "table")
    command("ledger", "print every movement of money as CSV", "policy", "table")
    command("replay", "run real candles through the plain population", "policy", "json", "table")
    command("link", "print the link of a scenario")
    add_sweep(command("sweep", "run it over settings and seeds, into a table", "table"))
    return top


def parse_line(argv: Sequence[str] | None) -> argparse.Namespace:
    """The options of a command line. argparse turns `--event=--` into a list: refused."""
    given = parser().parse_args(argv)
    names = ("event", "table", "policy", "on", "seeds", "metrics", "out", "threads", "scheduler")
    for name in names:
        if isinstance(getattr(given, name, None), list):
            raise Refusal(f"argument --{name}: expected one argument (see --help)")
    return given


def prepare(given: argparse.Namespace) -> Task:
    """Read everything a command line names."""
    files, on = list(given.candles), getattr(given, "target", getattr(given, "on", None))
    if on is not None and is_candle_file(on):
        files, on = [on, *files], None
    view = target(on) if on is not None else None
    world = None
    if files:
        rates = [read_funding(path) for path in given.funding]
        view, world = with_candles(view, [read_candles(path) for path in files], rates)
    elif given.funding:
        raise InputError("funding", given.funding[0], "given together with candle files")
    assert view is not None  # a target or at least one file is required
    table = None
    if getattr(given, "table", None) is not None:
        view, table = with_table(view, Path(given.table), len(world.symbols) if world else 1)
    policy = getattr(given, "policy", None) or view.policy or view.scenario.liquidation.policy
    return Task(view, world, table, policy)


def is_candle_file(text: str) -> bool:
    """True if the name looks like a candle file and cannot be anything else."""
    return text.lower().endswith(CANDLE_FILE) and not text.startswith("?")


def with_candles(view: View | None, series: list, rates: list) -> tuple[View, World]:
    """The view with these candles as its world: its own replay, or its accounts and rules.

    With funding rates the run settles funding as they say.
    """
    if view is None:
        world = replay_world(series, funding=rates)
        return View(replay_scenario(world)), world
    world = replay_world(series, view.scenario.world.steps_per_bar, rates)
    new_rates = world.funding is not None and not view.scenario.funding.data
    if view.scenario.world.source != "replay" or new_rates:
        view = replace(view, scenario=replay_scenario(world, view.scenario), fingerprint=None)
    return view, world


def with_table(view: View, path: Path, symbols: int) -> tuple[View, Population]:
    """The view with accounts from a CSV file."""
    try:
        if not path.is_file():
            raise InputError("table", str(path), "an existing CSV file")
        with path.open("rb") as file:
            people = from_table(file.read(MAX_BYTES + 1), symbols)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = getattr(error, "strerror", None) or "its name is none of a file"
        raise InputError("table", str(path), f"a readable file ({reason})") from None
    scenario = view.scenario.with_values(**{"accounts.count": len(people)})
    return replace(view, scenario=scenario, fingerprint=None), people


def result_of(task: Task) -> Result:
    """The run of a task under its policy, or of the lane that its link has in view."""
    scenario = task.view.scenario.with_values(**{"liquidation.policy": task.policy})
    if task.view.lane is not None:
        scenario = scenario.with_values(**lanes_of(task.view)[task.view.lane])
    return run(scenario, world=task.world, table=task.table)


def lanes_of(view: View) -> dict[str, dict[str, Any]]:
    """The lanes of the page that a view names, and what each changes."""
    found = {lane.name: lane.changes for lane in lanes(view.page)}
    if view.other is None:
        return found
    first, second = found  # the Lab: two scenarios side by side
    changed = differences(view.scenario, view.other)
    return {first: {}, second: {change.path: change.after for change in changed}}


def titles_of(view: View) -> dict[str, str]:
    """What the page of a view calls its lanes."""
    return {lane.name: lane.title for lane in lanes(view.page)}


def show_presets(given: argparse.Namespace, out: TextIO) -> None:
    width = max(len(preset.name) for preset in presets())
    for preset in presets():
        out.write(f"{preset.name:<{width}}  {preset.title}\n")


def show_run(given: argparse.Namespace, out: TextIO) -> None:
    task = prepare(given)
    result = result_of(task)
    if given.json:
        reports.write_json(reports.run_report(result), out)
    else:
        title = titles_of(task.view)[task.view.lane] if task.view.lane else result.policy
        out.write(reports.run_text({title: result}))
    linked = task.view.fingerprint
    if linked and not getattr(given, "policy", None) and not result.fingerprint.startswith(linked):
        sys.stderr.write(f"note: the link was made with result {linked}, which differs\n")


def show_compare(given: argparse.Namespace, out: TextIO) -> None:
    task = prepare(given)
    chosen = lanes_of(task.view)
    results = compare(task.view.scenario, chosen, world=task.world, table=task.table)
    if given.json:
        report = {policy: reports.run_report(result) for policy, result in results.items()}
        reports.write_json(report, out)
    else:
        out.write(reports.run_text({titles_of(task.view)[n]: r for n, r in results.items()}))


def show_events(given: argparse.Namespace, out: TextIO) -> None:
    reports.write_frame(result_of(prepare(given)).event_frame(), out)


def show_ledger(given: argparse.Namespace, out: TextIO) -> None:
    reports.write_csv(reports.LEDGER, result_of(prepare(given)).ledger(), out)


def show_explain(given: argparse.Namespace, out: TextIO) -> None:
    if not re.fullmatch(r"[0-9]{1,9}", given.event):
        raise InputError("--event", given.event, "a whole number from 0 on")
    result = result_of(prepare(given))
    count, event = len(result.events), int(given.event)
    if event >= count:
        allowed = f"0 .. {count - 1}" if count else "none: this run has no events"
        raise InputError("--event", event, allowed)
    from engine.remedies import report  # only this command needs it

    report.write(result, event, given.remedies, given.json, out)


def show_link(given: argparse.Namespace, out: TextIO) -> None:
    """The link of the target; with the fingerprint of its result where it can be run here."""
    task = prepare(given)
    if task.world is None:
        task = replace(task, view=on_its_page(task.view, given.target))
    view = replace(task.view, version=1, problems=())
    if view.scenario.world.source == "generated" or task.world is not None:
        view = replace(view, fingerprint=result_of(task).fingerprint[:12])
    out.write(encode(view) + "\n")


def show_sweep(given: argparse.Namespace, out: TextIO) -> None:
    task = prepare(given)
    chosen = lanes_of(task.view)
    sweeps.show(given, task.view.scenario, chosen, task.world, task.table, out)


def on_its_page(view: View, preset: str) -> View:
    """A preset on the first page whose note lists it, in the lane that is the preset itself.

    Where no lane is, the page would open another run than the preset's own: it is left out.
    """
    for page in PAGES:
        note = (CONTENT / f"{page}.md").read_text("utf-8").split("+++\n", 2)[1]
        if preset in tomllib.loads(note).get("presets", ()):
            break
    else:
        return view
    if page == FIRST_PAGE:
        return view
    own = {path: value for path, _, value in settings(view.scenario)}
    chosen = lanes_of(replace(view, page=page))
    same = (name for name, changes in chosen.items() if changes.items() <= own.items())
    lane = next(same, None)
    return view if lane is None else replace(view, page=page, lane=lane)


COMMANDS = {
    "presets": show_presets,
    "run": show_run,
    "compare": show_compare,
    "events": show_events,
    "explain": show_explain,
    "ledger": show_ledger,
    "replay": show_run,
    "link": show_link,
    "sweep": show_sweep,
}


def main(argv: Sequence[str] | None = None, out: TextIO | None = None) -> int:
    """Run one command; returns its exit code."""
    try:
        given = parse_line(argv)
        if out is None and sys.stdout is None:
            raise Refusal("standard output is closed")
        stream = out or printable(sys.stdout)
        COMMANDS[given.command](given, stream)
        stream.flush()
        return 0
    except SystemExit as leaving:  # --help
        return int(leaving.code or 0)
    except (InputError, Refusal) as error:
        return complain(error, BAD_INPUT)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        silence(sys.stdout)
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:  # a full disk; what is read is checked where it is read
        silence(sys.stdout)
        return complain(f"the output cannot be written ({error.strerror})", FAILED)
    except MemoryError:
        return complain("not enough memory for this run: take fewer accounts or steps", BAD_INPUT)
    except AssertionError as error:
        return complain(f"the log contradicts itself, nothing is shown: {error}", FAILED)


def complain(what: Any, code: int) -> int:
    """One line on standard error."""
    line = " ".join(str(what).split())
    shown = "".join(letter if letter.isprintable() else "?" for letter in line)
    sys.stderr.write(f"error: {shown}\n")
    return code


def printable(stream: TextIO) -> TextIO:
    """The stream, which now shows a letter it cannot encode as an escape instead of failing."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def silence(stream: TextIO) -> None:
    """Send what is still buffered nowhere, so that leaving does not fail once more."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        pass
