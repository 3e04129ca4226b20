"""A sweep as a table, and as one call."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import pandas as pd

from engine.asked import check_call
from engine.scenario.population import Population
from engine.scenario.schema import Scenario
from engine.simulation import Lanes
from engine.sweeps.plan import Place, Plan, Task, make_plan
from engine.sweeps.schedule import Stop, finished
from engine.sweeps.store import journal
from engine.sweeps.work import Rows


def sweep(
    scenario: Scenario,
    over: Mapping[str, Iterable[Any]] | Sequence[Place] | None = None,
    *,
    seeds: int | Iterable[int] = 20,
    lanes: Lanes | None = None,
    metrics: Collection[str] | None = None,
    executor: Executor | None = None,
    threads: int | None = None,
    keep: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    stop: Stop | None = None,
    world: Any = None,
    table: Population | None = None,
) -> pd.DataFrame:
    """Run a scenario at many places, in many worlds: one row a place, lane and seed.

    over : settings, or axes of `engine.AXES`, with the values of each: every combination is a
        place. Or the places themselves, each a mapping.
    seeds : how many, from 0, or which. All lanes of a place see the same world and accounts of a
        seed (common random numbers), so a difference between lanes is caused, not sampled.
    lanes : name -> the settings it changes, as for `engine.compare`; None: the three policies
    metrics : names of `engine.UNITS`; None: the totals
    executor : where to run, any `concurrent.futures.Executor`; None: a pool of `threads` threads,
        one a processor. The table is the same, bit for bit.
    keep : a file to which each finished task is added at once. Called again with the same sweep,
        its tasks are not run again; another sweep's file is refused.
    progress : called with the worlds done and those in all
    stop : asked several times a second; once it answers true the table ends with what is done
    world, table : candles and accounts of the reader's own, as for `engine.run`
    """
    plan = make_plan(scenario, over, seeds, lanes, metrics, world, table)
    return run_plan(plan, executor, threads, keep, progress, stop)


def run_plan(
    plan: Plan,
    executor: Executor | None = None,
    threads: int | None = None,
    keep: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    stop: Stop | None = None,
) -> pd.DataFrame:
    """The table of a plan; see `sweep`."""
    check_call("progress", progress)
    say = progress or (lambda done, of: None)
    with journal(plan, keep) as kept:
        found = dict(kept.found)
        done = sum(task.rows for task in plan.tasks if task.number in found)
        say(done, plan.worlds)
        todo = [task for task in plan.tasks if task.number not in found]
        for task, rows in finished(plan, todo, executor, threads, stop):
            kept.add(task, rows)
            found[task.number] = rows
            done += task.rows
            say(done, plan.worlds)
    return frame_of(plan, found)


def frame_of(plan: Plan, found: Mapping[int, Rows]) -> pd.DataFrame:
    """The rows of the tasks that are done, places, then lanes, then seeds in order."""
    tasks = [task for task in plan.tasks if task.number in found]
    rows = [row for task in tasks for row in found[task.number]]
    frame = pd.DataFrame(keys_of(plan, tasks))
    values = pd.DataFrame(rows, columns=list(plan.job.metrics), dtype=float)
    frame = pd.concat([frame, values], axis=1)
    order = frame.sort_values(["cell", "order", "place"], kind="stable")
    return order.drop(columns=["cell", "order", "place"]).reset_index(drop=True)


def keys_of(plan: Plan, tasks: Sequence[Task]) -> dict[str, list[Any]]:
    """What the rows of these tasks are of: place by name, lane and seed, and their order."""
    job = plan.job
    names = list(job.cells[0])
    keys: dict[str, list[Any]] = {n: [] for n in (*names, "lane", "seed", "cell", "order", "place")}
    for task in tasks:
        for cell, start, stop in task.spans:
            for place in range(start, stop):
                for order, lane in enumerate(job.lanes):
                    for name in names:
                        keys[name].append(shown(job.cells[cell][name]))
                    row = (lane, job.seeds[place], cell, order, place)
                    for key, value in zip(list(keys)[len(names) :], row, strict=True):
                        keys[key].append(value)
    return keys


def shown(value: Any) -> Any:
    """A swept value as a cell of a table: rows of numbers as text."""
    return repr(value) if isinstance(value, tuple) else value
