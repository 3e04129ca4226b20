"""What a sweep runs: its places, lanes and seeds, cut into tasks of about a tenth of a second.

How long a task takes is estimated from the number of accounts and steps: no clock is read, so the
same sweep is cut into the same tasks everywhere, and a half-finished one can be taken up again.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from engine.asked import check_lanes, check_scenario, listed, names_of, plain, whole
from engine.metrics import UNITS
from engine.scenario.errors import InputError
from engine.scenario.frozen_table import SPECS
from engine.scenario.population import Population
from engine.scenario.schema import Scenario, account_steps, leg_steps
from engine.simulation import POLICY_LANES, Lanes, check_given
from engine.sweeps.axes import AXES, moved
from engine.totals import TOTALS

MAX_CELLS = 10_000
MAX_SEEDS = 100_000
MAX_RUNS = 5_000_000
MAX_SWEEP_WORK = 10**14  # account-steps of all runs together
TASK_MS = 200.0  # what a task is planned to take; the estimate is low, so it takes longer
RUN_MS, ACCOUNT_MS, STEP_MS, LEG_MS = 1.0, 2e-4, 1e-4, 2e-5  # of a run: floor, and by size

Place = Mapping[str, Any]
Span = tuple[int, int, int]  # a cell, and the first and last seed's place (last not included)


@dataclass(frozen=True)
class Job:
    """What all tasks of a sweep share."""

    scenario: Scenario
    cells: tuple[Place, ...]
    lanes: Lanes
    seeds: Sequence[int]
    metrics: tuple[str, ...]
    world: Any = field(default=None, repr=False)
    table: Population | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Task:
    """Some seeds of some cells, every lane of each; `key` names it among all tasks ever."""

    number: int
    spans: tuple[Span, ...]
    key: str

    @property
    def rows(self) -> int:
        """Worlds in it; each makes one row a lane."""
        return sum(stop - start for _, start, stop in self.spans)


@dataclass(frozen=True)
class Plan:
    """A sweep, ready to run. `key` is the same wherever the same sweep is planned."""

    job: Job
    tasks: tuple[Task, ...]
    key: str
    version: str

    @property
    def worlds(self) -> int:
        """Cells x seeds."""
        return len(self.job.cells) * len(self.job.seeds)


@cache
def code_version() -> str:
    """Version of the engine and a hash of its sources: results of two are never mixed."""
    import engine

    digest, folder = hashlib.sha256(), Path(engine.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return f"{engine.__version__}-{digest.hexdigest()[:12]}"


def make_plan(
    scenario: Scenario,
    over: Mapping[str, Iterable[Any]] | Sequence[Place] | None,
    seeds: int | Iterable[int],
    lanes: Lanes | None = None,
    metrics: Collection[str] | None = None,
    world: Any = None,
    table: Population | None = None,
) -> Plan:
    """Check a sweep and cut it into tasks. Raises InputError naming what cannot be used."""
    check_scenario(scenario)
    chosen = POLICY_LANES if lanes is None else lanes
    check_lanes(chosen)
    check_given({"world": world, "table": table})
    cells, worlds, names = places(over), seed_list(seeds), metric_names(metrics)
    if not chosen:
        raise InputError("lanes", {}, "at least one, by name, with the settings it changes")
    check_overlap(cells, chosen)
    runs = len(cells) * len(worlds) * len(chosen)
    if runs > MAX_RUNS:
        raise InputError("cells x lanes x seeds", runs, f"at most {MAX_RUNS:,} runs in a sweep")
    job = Job(scenario, cells, chosen, worlds, names, world, table)
    costs, work = [], 0
    for place in cells:
        at = moved(scenario, dict(place))
        for changes in chosen.values():
            at.with_values(**changes)
        costs.append(run_ms(at) * len(chosen))
        work += max(account_steps(at)[1], leg_steps(at)[1]) * len(chosen) * len(worlds)
    if work > MAX_SWEEP_WORK:
        raise InputError("account-steps of all runs", work, f"at most {MAX_SWEEP_WORK:,}")
    version = code_version()
    described = (scenario, cells, dict(chosen), worlds, names, shape_of(world), shape_of(table))
    key = short_hash(version, *map(repr, described))
    return Plan(job, tuple(cut(costs, len(worlds), key)), key, version)


def places(over: Mapping[str, Iterable[Any]] | Sequence[Place] | None) -> tuple[Place, ...]:
    """The cells: every combination of the values, the last name changing fastest; or as given."""
    if over is None:
        return ({},)
    if isinstance(over, Mapping):
        return combinations(over)
    allowed = 'lists by name, such as {"depth": [3e6, 1e7]}, or a list of places'
    cells = listed("over", over, allowed, MAX_CELLS)
    if not all(isinstance(place, Mapping) for place in cells):
        raise InputError("over", over, allowed)
    if len(cells) > MAX_CELLS:
        raise InputError("cells", f"more than {MAX_CELLS:,}", f"at most {MAX_CELLS:,}")
    names = dict.fromkeys(tuple(place) for place in cells)
    if len(names) > 1:
        raise InputError("over", list(names)[:2], "the same settings in every cell")
    for name in cells[0] if cells else ():
        check_axis_name(name)
    return tuple({k: plain(value) for k, value in place.items()} for place in cells) or ({},)


def combinations(over: Mapping[str, Iterable[Any]]) -> tuple[Place, ...]:
    """A cell for every combination of the values."""
    lists: dict[str, tuple[Any, ...]] = {}
    count = 1
    for name, values in over.items():
        check_axis_name(name)
        found = listed(name, values, "a list of values, such as [3e6, 1e7]", MAX_CELLS)
        if not found or len(set(map(repr, found))) < len(found):
            raise InputError(name, found, "one or more different values")
        if len(found) > MAX_CELLS:
            raise InputError("cells", f"more than {MAX_CELLS:,}", f"at most {MAX_CELLS:,}")
        lists[name] = found
        count *= len(found)
    if count > MAX_CELLS:
        raise InputError("cells", count, f"at most {MAX_CELLS:,}")
    return tuple(dict(zip(lists, row, strict=True)) for row in product(*lists.values()))


def check_axis_name(name: Any) -> None:
    """Raise InputError unless a sweep may go over what has this name."""
    if not isinstance(name, str) or name == "seed" or (name not in AXES and name not in SPECS):
        axes = ", ".join(AXES)
        raise InputError("over", name, f"a setting such as book.depth (no seed), or {axes}")


def seed_list(seeds: int | Iterable[int]) -> tuple[int, ...]:
    """Seeds as given, or the first so many from 0."""
    if (number := whole(seeds)) is not None:
        if not 1 <= number <= MAX_SEEDS:
            raise InputError("seeds", seeds, f"1 .. {MAX_SEEDS:,}")
        return tuple(range(number))
    many = f"how many, a whole number in 1 .. {MAX_SEEDS:,}, or a list of the seeds"
    given = listed("seeds", seeds, many, MAX_SEEDS)
    found = tuple(seed for seed in map(whole, given) if seed is not None)
    if len(set(found)) < len(given) or not 1 <= len(found) <= MAX_SEEDS:
        raise InputError("seeds", given, f"1 .. {MAX_SEEDS:,} different whole numbers")
    for seed in (min(found), max(found)):
        if not 0 <= seed < 2**31:
            raise InputError("seeds", seed, f"0 .. {2**31 - 1:,}")
    return found


def metric_names(metrics: Collection[str] | None) -> tuple[str, ...]:
    """The metrics asked for, in the order of `engine.UNITS`; None: the totals."""
    if metrics is None:
        return tuple(TOTALS)
    chosen = names_of("metrics", metrics, UNITS)
    return tuple(name for name in UNITS if name in chosen)


def check_overlap(cells: Sequence[Place], lanes: Lanes) -> None:
    """No lane changes what the cells change: a column would say what was not run."""
    changed = {path for changes in lanes.values() for path in changes}
    both = changed & set(cells[0])
    if both or "seed" in changed:
        name = min(both | ({"seed"} & changed))
        raise InputError("over", name, "a setting that no lane changes")


def shape_of(given: Any) -> str:
    """A world or table of the reader's own, as a hash of what it holds."""
    if given is None:
        return ""
    import pickle

    return hashlib.sha256(pickle.dumps(given, protocol=4)).hexdigest()


def run_ms(scenario: Scenario) -> float:
    """About what one run takes at least [ms]; only the size of tasks hangs on it."""
    symbols = scenario.world.symbols if scenario.world.source == "generated" else 1
    sizes = ACCOUNT_MS * scenario.accounts.count + STEP_MS * scenario.world.steps * symbols
    return RUN_MS + sizes + LEG_MS * leg_steps(scenario)[1]


def cut(costs: Sequence[float], seeds: int, key: str) -> list[Task]:
    """Tasks in order; each takes worlds until it is planned to take TASK_MS."""
    tasks: list[Task] = []
    spans: list[Span] = []
    filled = 0.0

    def close() -> None:
        nonlocal filled
        found = tuple(spans)
        tasks.append(Task(len(tasks), found, short_hash(key, repr(found))))
        spans.clear()
        filled = 0.0

    for cell, cost in enumerate(costs):
        at = 0
        while at < seeds:
            room = max(int((TASK_MS - filled) / cost), 1)
            stop = min(at + room, seeds)
            spans.append((cell, at, stop))
            filled += cost * (stop - at)
            at = stop
            if filled >= TASK_MS * 0.9:
                close()
    if spans:
        close()
    return tasks


def short_hash(*texts: str) -> str:
    """Sixteen characters that name these texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
