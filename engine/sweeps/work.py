"""One task of a sweep, as a function of its arguments alone: it runs in any thread or process."""

from collections.abc import Mapping

from engine.scenario.errors import InputError
from engine.simulation import variants
from engine.sweeps.axes import moved
from engine.sweeps.plan import Job, Task, code_version
from engine.totals import TOTALS, totals

Rows = list[list[float]]


def run_task(job: Job, task: Task, version: str) -> Rows:
    """The metrics of every lane of every world of a task, a row each, worlds in order.

    version : of the engine that planned the sweep; another one's results are not mixed in
    """
    if version != code_version():
        raise InputError("engine of a worker", code_version(), f"the same as here, {version}")
    rows: Rows = []
    for cell, start, stop in task.spans:
        lanes = variants(moved(job.scenario, dict(job.cells[cell])), job.lanes)
        for seed in job.seeds[start:stop]:
            for _, result in lanes.on(seed, world=job.world, table=job.table):
                rows.append(read(result, job.metrics))
    return rows


def read(result, names: tuple[str, ...]) -> list[float]:
    """These metrics of a result; totals without the groups that cost more than a run."""
    found: Mapping[str, float] = result.metrics
    if all(name in TOTALS for name in names):
        found = totals(result)
    return [float(found[name]) + 0.0 for name in names]
