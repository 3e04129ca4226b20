"""Which policy does least harm, place by place: the cells of a phase map, as they finish.

A cell runs every policy in the same worlds. Its winner has the least harm; it is called clear only
where it stays the least in nearly all bootstrap samples of those worlds and is ahead by more than a
trifle.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from engine.asked import check_scenario, whole
from engine.scenario.errors import InputError
from engine.scenario.schema import Scenario, account_steps
from engine.scenario.work import APP_MAX_AUCTION_WORK, APP_MAX_WORK, check_work
from engine.simulation import POLICIES
from engine.sweeps import grid
from engine.sweeps.axes import AXES, moved
from engine.sweeps.plan import Plan, Task, make_plan, metric_names
from engine.sweeps.schedule import finished
from engine.sweeps.summary import resamples, shortfall

Cell = tuple[int, int]  # column and row, from 0
TAIL = 0.95  # level of the expected shortfall of a tail harm
SAMPLES = 400  # bootstrap samples of a cell
SPAN = 0.95  # of the bootstrap samples lie in an interval
SURE = 0.95  # share of them in which a clear winner has the least harm
TRIFLE = 0.01  # of the larger of two harms: a smaller difference is none
SIZES = (8, 12, 16, 20)  # cells a side that a page offers
SEEDS = (5, 10, 20, 40)  # worlds a cell
MAX_MAP_WORK = 60_000_000_000  # account-steps of all runs of a map


@dataclass(frozen=True)
class Harm:
    """What is counted as harm: a metric, and whether its tail or its mean decides."""

    metric: str
    tail: bool = False

    def of(self, values: np.ndarray) -> np.ndarray:
        """The harm of worlds along the last axis."""
        return shortfall(values, TAIL) if self.tail else values.mean(axis=-1)


HARMS = {
    "bad_debt": Harm("bad_debt", tail=True),
    "slippage": Harm("slippage_usd"),
    "bystanders": Harm("bystanders"),
    "adl": Harm("adl_notional"),
    "unfairness": Harm("cost_gini"),
}
METRICS = metric_names({harm.metric for harm in HARMS.values()})


@dataclass(frozen=True)
class Verdict:
    """What a cell says about one harm.

    state : "clear", "open" (the winner may be another in other worlds) or "alike" (no difference
        worth the name); winner : the policy with the least harm; share : of the bootstrap samples
        in which it has the least; harm by policy; interval : of the harm by policy, that holds
        95 % of the bootstrap samples (2.5 % below, 2.5 % above); typical, worst : seeds of the
        world in which winner and runner-up are apart as they usually are, and of the one with most
        harm
    """

    state: str
    winner: str
    share: float
    harm: dict[str, float]
    interval: dict[str, tuple[float, float]]
    typical: int
    worst: int


def verdict(values: np.ndarray, harm: Harm, seeds: tuple[int, ...]) -> Verdict:
    """Judge a cell by its values (policies, worlds) of the harm's metric.

    Resampled worlds keep their policies together: the comparison stays paired.
    """
    amounts = harm.of(values)
    best, second = np.argsort(amounts, kind="stable")[:2]
    drawn = harm.of(values[:, resamples(values.shape[1], SAMPLES)])
    ends = np.quantile(drawn, ((1.0 - SPAN) / 2, (1.0 + SPAN) / 2), axis=1)
    others = np.delete(drawn, best, axis=0).min(axis=0)
    share = float((drawn[best] < others).mean())
    if amounts.max() - amounts.min() <= TRIFLE * amounts.max():
        state = "alike"
    elif share >= SURE and amounts[second] - amounts[best] > TRIFLE * amounts[second]:
        state = "clear"
    else:
        state = "open"
    gap = values[second] - values[best]
    return Verdict(
        state=state,
        winner=POLICIES[best],
        share=share,
        harm={policy: float(x) for policy, x in zip(POLICIES, amounts, strict=True)},
        interval={
            policy: (float(a), float(b)) for policy, a, b in zip(POLICIES, *ends, strict=True)
        },
        typical=seeds[int(np.abs(gap - np.median(gap)).argmin())],
        worst=seeds[int(values.max(axis=0).argmax())],
    )


@dataclass(frozen=True)
class PhaseMap:
    """A map: two axes of a scenario with their ranges, and how finely they are looked at."""

    scenario: Scenario
    x: str = "depth"
    y: str = "speed"
    x_range: tuple[float, float] | None = None  # None: the axis' usual range
    y_range: tuple[float, float] | None = None
    size: int = 20
    seeds: int = 20

    def __post_init__(self) -> None:
        check_scenario(self.scenario)
        for field, name in (("x", self.x), ("y", self.y)):
            if not isinstance(name, str) or name not in AXES:
                raise InputError(field, name, "one of " + ", ".join(AXES))
        if self.x == self.y:
            raise InputError("y", self.y, "another axis than x")
        for field, value, allowed in (
            ("size", self.size, SIZES),
            ("seeds", self.seeds, SEEDS),
        ):
            if whole(value) not in allowed:
                raise InputError(field, value, "one of " + ", ".join(map(str, allowed)))

        for field, ends in (("x_range", self.x_range), ("y_range", self.y_range)):
            if ends is not None and not (isinstance(ends, tuple | list) and len(ends) == 2):
                raise InputError(field, ends, "two values, the lower one first")

    @cached_property
    def columns(self) -> list[float]:
        """Values of x."""
        return grid.values(self.x, *(self.x_range or AXES[self.x].usual), self.size)

    @cached_property
    def rows(self) -> list[float]:
        """Values of y."""
        return grid.values(self.y, *(self.y_range or AXES[self.y].usual), self.size)

    @cached_property
    def order(self) -> list[Cell]:
        """Cells (column, row), coarse to fine."""
        return grid.coarse_to_fine(len(self.columns), len(self.rows))

    def place(self, i: int, j: int) -> dict[str, float]:
        """The axes' values of a cell."""
        return {self.x: self.columns[i], self.y: self.rows[j]}

    def at(self, i: int, j: int, seed: int, policy: str) -> Scenario:
        """The scenario of a cell in one world under one policy: what a click opens."""
        here = moved(self.scenario, self.place(i, j))
        return here.with_values(**{"seed": seed, "liquidation.policy": policy})

    def check(self) -> None:
        """Raise InputError where the map asks for a value that cannot be, or for too much work."""
        work = 0
        for i in (0, len(self.columns) - 1):
            for j in (0, len(self.rows) - 1):
                here = moved(self.scenario, self.place(i, j))
                for policy in POLICIES:
                    lane = here.with_values(**{"liquidation.policy": policy})
                    check_work(lane, APP_MAX_WORK, APP_MAX_AUCTION_WORK)
                work = max(work, account_steps(here)[1])
        work *= len(self.order) * self.seeds * len(POLICIES)
        if work > MAX_MAP_WORK:
            allowed = f"at most {MAX_MAP_WORK:,}: fewer cells, worlds, accounts or steps"
            raise InputError("account-steps of the map", work, allowed)

    def plan(self) -> Plan:
        """Every run of the map, cells coarse to fine."""
        self.check()
        cells = [self.place(i, j) for i, j in self.order]
        return make_plan(self.scenario, cells, self.seeds, None, METRICS)

    def run(
        self,
        threads: int | None = None,
        stop: Callable[[], bool] | None = None,
        done: Collection[Cell] = (),
    ) -> Iterator[tuple[Cell, np.ndarray]]:
        """Each cell with its values (metrics, policies, worlds), as it is complete.

        done : cells that need not be run
        """
        plan = self.plan()
        todo = [task for task in plan.tasks if self._open(task, done)]
        parts: dict[int, dict[int, np.ndarray]] = {}
        for task, rows in finished(plan, todo, threads=threads, stop=stop):
            values = np.array(rows).reshape(-1, len(POLICIES), len(METRICS))
            at = 0
            for cell, start, end in task.spans:
                mine = parts.setdefault(cell, {})
                mine[start] = values[at : at + end - start]
                at += end - start
                if sum(map(len, mine.values())) == self.seeds and self.order[cell] not in done:
                    whole = np.concatenate([mine[key] for key in sorted(mine)])
                    yield self.order[cell], whole.transpose(2, 1, 0)
                    del parts[cell]

    def _open(self, task: Task, done: Collection[Cell]) -> bool:
        return any(self.order[cell] not in done for cell, _, _ in task.spans)

    def judge(self, values: np.ndarray, harm: str) -> Verdict:
        """The verdict of a cell on one of HARMS."""
        chosen = HARMS[harm]
        return verdict(values[METRICS.index(chosen.metric)], chosen, tuple(range(self.seeds)))


def ranged(spec: PhaseMap, **changes: object) -> PhaseMap:
    """The map with some of its choices changed; a changed axis takes its usual range."""
    for axis in ("x", "y"):
        if axis in changes and changes[axis] != getattr(spec, axis):
            changes.setdefault(f"{axis}_range", None)
    return replace(spec, **changes)  # type: ignore[arg-type]
