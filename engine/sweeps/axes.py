"""Axes that a sweep may go over besides single settings: what a reader would name in one word.

Each turns one number into the settings it stands for, from the scenario that is swept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.scenario.errors import InputError
from engine.scenario.schema import Scenario, change


@dataclass(frozen=True)
class Axis:
    """One number that stands for some settings.

    low, high : what it may be; usual : the range a map opens with; log : its values are told apart
    by their ratio; whole : only whole numbers
    """

    unit: str
    low: float
    high: float
    usual: tuple[float, float]
    changes: Callable[[Scenario, float], dict[str, Any]]
    log: bool = False
    whole: bool = False


def main_move(scenario: Scenario) -> int:
    """Number of the largest scripted move. Raises InputError where there is none."""
    shocks = scenario.world.shocks
    if not shocks:
        raise InputError("world.shocks", shocks, "at least one move, whose speed can change")
    return max(range(len(shocks)), key=lambda k: abs(shocks[k][1]))


def depth(scenario: Scenario, value: float) -> dict[str, Any]:
    """Depth of the first book [USD per 1 %]; the other books keep their ratio to it."""
    ratio = value / scenario.book.depth
    others = tuple((p, v, d * ratio, b) for p, v, d, b in scenario.world.others)
    return {"book.depth": value} | ({"world.others": others} if others else {})


def speed(scenario: Scenario, value: float) -> dict[str, Any]:
    """Time that the largest scripted move takes [s]; its size and its start stay."""
    chosen, steps = main_move(scenario), max(round(value / scenario.world.dt), 1)
    rows = enumerate(scenario.world.shocks)
    return {"world.shocks": tuple((*row[:2], steps) if k == chosen else row for k, row in rows)}


def leverage(scenario: Scenario, value: float) -> dict[str, Any]:
    """Highest leverage at entry [1]; the lowest keeps its ratio to it."""
    people = scenario.accounts
    lowest = max(value * people.leverage_low / people.leverage_high, 1.0)
    return {"accounts.leverage_high": value, "accounts.leverage_low": lowest}


def crowding(scenario: Scenario, value: float) -> dict[str, Any]:
    """Share of the accounts that the largest scripted move hurts [fraction]; long without one."""
    shocks = scenario.world.shocks
    hurts_longs = not shocks or shocks[main_move(scenario)][1] < 0.0
    return {"accounts.long_share": value if hurts_longs else 1.0 - value}


def latency(scenario: Scenario, value: float) -> dict[str, Any]:
    """Steps from a mark to the check that sees it, and as many from there to the book."""
    return {"venue.risk_latency": int(value), "venue.order_latency": int(value)}


def correlation(scenario: Scenario, value: float) -> dict[str, Any]:
    """How closely the other coins follow the first [1]: their noise, and their scripted moves.

    Where there is one coin a second is put beside it, like the first in price, volatility and
    depth; the accounts are dealt out over both.
    """
    world = scenario.world
    alike = ((world.price, world.volatility, scenario.book.depth, 1.0),)
    others = tuple((p, v, d, b * value) for p, v, d, b in world.others or alike)
    return {"world.others": others, "world.correlation": value}


def fee(scenario: Scenario, value: float) -> dict[str, Any]:
    """Fee of a forced order, to the venue [fraction]."""
    return {"venue.taker_fee": value}


AXES: dict[str, Axis] = {
    "depth": Axis("USD per 1 %", 1e4, 1e10, (2e6, 3e7), depth, log=True),
    "speed": Axis("s", 1.0, 100_000.0, (2.0, 600.0), speed, log=True),
    "leverage": Axis("1", 1.0, 200.0, (10.0, 100.0), leverage, log=True),
    "crowding": Axis("fraction", 0.0, 1.0, (0.3, 0.9), crowding),
    "latency": Axis("step", 0, 1_000, (0, 19), latency, whole=True),
    "correlation": Axis("1", 0.0, 1.0, (0.0, 1.0), correlation),
    "fee": Axis("fraction", 0.0, 0.05, (0.0, 0.005), fee),
}
ORDER = ("correlation", "depth")  # a depth scales the coins that a correlation puts in


def moved(scenario: Scenario, place: dict[str, Any]) -> Scenario:
    """The scenario at a place: settings by path, and axes by name, one after the other."""
    named = [name for name in place if name in AXES]
    for name in sorted(named, key=lambda n: ORDER.index(n) if n in ORDER else -1):
        check_axis(name, place[name])
        scenario = change(scenario, AXES[name].changes(scenario, place[name]))
    return change(scenario, {k: v for k, v in place.items() if k not in AXES})


def check_axis(name: str, value: Any) -> None:
    """Raise InputError unless the axis can have this value."""
    axis = AXES[name]
    kinds = (int,) if axis.whole else (int, float)
    good = isinstance(value, kinds) and not isinstance(value, bool)
    if not good or not axis.low <= value <= axis.high:
        kind = "a whole number in " if axis.whole else ""
        raise InputError(name, value, f"{kind}{axis.low:,} .. {axis.high:,} [{axis.unit}]")
