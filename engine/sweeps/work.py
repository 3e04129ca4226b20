"""One task of a sweep, as a function of its arguments alone: it runs in any thread or process."""

from collections.abc import Callable

import numpy as np

from engine.causes.undisturbed import bystanders, share_calm
from engine.fairness.inequality import gini
from engine.fairness.measures import costs
from engine.scenario.errors import InputError
from engine.simulation import Result, variants
from engine.sweeps.axes import moved
from engine.sweeps.memory import keep_memory
from engine.sweeps.plan import Job, Task, code_version
from engine.totals import TOTALS, deleveraged, in_usd, slippage, totals, unpaid

Rows = list[list[float]]


def run_task(job: Job, task: Task, version: str) -> Rows:
    """The metrics of every lane of every world of a task, a row each, worlds in order.

    version : of the engine that planned the sweep; another one's results are not mixed in
    """
    if version != code_version():
        raise InputError("engine of a worker", code_version(), f"the same as here, {version}")
    keep_memory()
    rows: Rows = []
    alike = all(path.startswith("liquidation.") for c in job.lanes.values() for path in c)
    for cell, start, stop in task.spans:
        lanes = variants(moved(job.scenario, dict(job.cells[cell])), job.lanes)
        for seed in job.seeds[start:stop]:
            calm = None
            for _, result in lanes.on(seed, world=job.world, table=job.table):
                if alike and calm is not None:
                    share_calm(calm, result)
                calm = result
                rows.append(read(result, job.metrics))
    return rows


def read(result: Result, names: tuple[str, ...]) -> list[float]:
    """These metrics of a result, without computing the rest of their groups where few are asked."""
    if all(name in ALONE for name in names):
        tick = result.compiled.units.tick
        return [ALONE[name](result, tick) + 0.0 for name in names]
    if all(name in TOTALS for name in names):
        found = totals(result)
        return [found[name] + 0.0 for name in names]
    return [float(result.metrics[name]) + 0.0 for name in names]


def cost_gini(result: Result, tick: float) -> float:
    """The metric of that name: see `engine.fairness.measures.treatment`."""
    _, cost = costs(result)
    return gini(np.maximum(cost, 0.0)) if len(cost) else 0.0


# Metrics with a formula of their own, for sweeps that read few of them in very many worlds.
ALONE: dict[str, Callable[[Result, float], float]] = {
    "bad_debt": lambda result, tick: float(in_usd(unpaid(result.events), tick)),
    "slippage_usd": lambda result, tick: float(
        in_usd(slippage(result.events, result.triggers)[0], tick)
    ),
    "adl_notional": lambda result, tick: float(in_usd(deleveraged(result.events), tick)),
    "bystanders": lambda result, tick: float(len(bystanders(result))),
    "cost_gini": cost_gini,
}
