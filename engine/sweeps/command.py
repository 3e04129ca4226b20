"""The command `sweep`: a table of many runs, written to a file, taken up again where it stopped."""

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TextIO

from engine.scenario.errors import InputError
from engine.scenario.frozen_table import SPECS, read, read_number
from engine.scenario.population import Population
from engine.scenario.schema import Scenario
from engine.simulation import Lanes
from engine.sweeps.axes import AXES
from engine.sweeps.cluster import connected
from engine.sweeps.plan import Plan, make_plan
from engine.sweeps.store import close, is_complete
from engine.sweeps.table import run_plan

KINDS = (".csv", ".parquet")


def add_options(one: Any) -> None:
    """The options of `sweep` beside those that name its scenario."""
    about = "a setting or axis and its values, such as book.depth=1e6,2e6; may be repeated"
    one.add_argument("--over", action="append", default=[], metavar="NAME=V,V", help=about)
    one.add_argument("--seeds", default="20", metavar="N", help="worlds a place (default 20)")
    one.add_argument("--metrics", metavar="M,M", help="default: the totals of a run")
    one.add_argument("--out", required=True, metavar="FILE", help="table, .csv or .parquet")
    one.add_argument("--threads", metavar="N", help="default: one a processor")
    about = "address of a Dask scheduler, such as tcp://host:8786; default: threads here"
    one.add_argument("--scheduler", metavar="ADDRESS", help=about)


def show(
    given: Any,
    scenario: Scenario,
    lanes: Lanes | None,
    world: Any,
    table: Population | None,
    out: TextIO,
) -> None:
    """Run a command line; finished worlds are kept beside the file until it is whole."""
    path = Path(given.out)
    if path.suffix not in KINDS:
        raise InputError("--out", given.out, "a file name that ends in " + " or ".join(KINDS))
    metrics = None if given.metrics is None else given.metrics.split(",")
    over = dict(map(axis_values, given.over))
    if len(over) < len(given.over):
        raise InputError("--over", given.over, "each name once")
    plan = make_plan(scenario, over, count("--seeds", given.seeds), lanes, metrics, world, table)
    threads = None if given.threads is None else count("--threads", given.threads)
    kept = path.with_name(path.name + ".sweep")
    if path.exists() and not kept.exists():
        raise InputError("--out", given.out, "a new file, or one that this very sweep has begun")
    if path.with_name(path.name + ".part").is_dir() or kept.is_dir():
        raise InputError("--out", given.out, "a name beside which no folder stands in the way")
    if path.exists() and is_complete(plan, kept):
        out.write(f"{path}: complete already, {plan.worlds:,} worlds\n")
        return
    cluster = nullcontext() if given.scheduler is None else connected(given.scheduler)
    with cluster as executor:
        frame = run_plan(plan, executor, threads, kept, teller(sys.stderr))
    write(frame, path, plan, kept)
    out.write(f"{path}: {len(frame):,} rows, {plan.worlds:,} worlds\n")


def write(frame: Any, path: Path, plan: Plan, kept: Path) -> None:
    """The table under its name, all at once; then what was kept beside it can go."""
    part = path.with_name(path.name + ".part")
    if path.suffix == ".csv":
        frame.to_csv(part, index=False)
    else:
        frame.to_parquet(part, index=False)
    part.replace(path)
    close(plan, kept)


def count(name: str, text: str) -> int:
    """A whole number of the command line."""
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise InputError(name, text, "a whole number from 1 on")
    return int(text)


def axis_values(text: str) -> tuple[str, Sequence[Any]]:
    """`NAME=V,V` as a setting or axis with its values."""
    name, sign, values = text.partition("=")
    if not sign or (name not in AXES and name not in SPECS):
        axes = ", ".join(AXES)
        raise InputError("--over", text, f"a setting with values (book.depth=1e6,2e6), or {axes}")
    return name, [value_of(name, part.strip()) for part in values.split(",")]


def value_of(name: str, text: str) -> Any:
    """One value, as links write them."""
    if name in AXES:
        return read_number(text, AXES[name].whole)
    return read(SPECS[name], text)


def teller(stream: Any) -> Callable[[int, int], None]:
    """Says how far it is: on one line of a terminal, or ten times in a file."""
    live = bool(getattr(stream, "isatty", bool)())
    said = -1

    def say(done: int, number: int) -> None:
        nonlocal said
        part = (100 if live else 10) * done // number
        if part != said:
            said = part
            end = "" if live and done < number else "\n"
            stream.write(f"{chr(13) if live else ''}{done:,} of {number:,} worlds{end}")
            stream.flush()

    return say
