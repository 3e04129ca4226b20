"""Break the links of a venue's chain one at a time, and two at once, on the same worlds.

    cost(a)            = harm(a) - harm(nothing broken)
    interaction(a, b)  = harm(a and b) - harm(a) - harm(b) + harm(nothing broken)

Both are differences within one world (common random numbers), and means over many: an interaction
above 0 says that two links broken together do more harm than they do one by one.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import combinations
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd

from engine.scenario.errors import InputError
from engine.scenario.pipeline import broken, links
from engine.scenario.schema import Scenario
from engine.seeds import Trial, trials

NONE = "none"  # the variant in which nothing is broken
# Harm -> the metric it is read from, and its sign there [USD].
HARMS = {
    "bad_debt": ("bad_debt", 1.0),
    "slippage": ("slippage_usd", 1.0),
    "bystanders": ("bystander_loss", 1.0),
    "deleveraged": ("adl_notional", 1.0),
    "fund": ("fund_change", -1.0),
}
METRICS = frozenset(metric for metric, _ in HARMS.values())
Z = 1.96  # of a 95 % interval


def together(*names: str) -> str:
    """The name of the variant in which these links are broken; their order does not matter."""
    order = list(links())
    return "+".join(sorted(names, key=order.index)) or NONE


def variants(names: Iterable[str] | None = None, pairs: bool = True) -> dict[str, dict[str, Any]]:
    """Every variant of the study by name, as the settings it changes; nothing broken first."""
    chosen = list(links() if names is None else names)
    groups = [(), *((name,) for name in chosen), *(combinations(chosen, 2) if pairs else ())]
    return {together(*group): broken(group) for group in groups}


def parts() -> dict[str, dict[str, Any]]:
    """Every setting that breaks a link, changed alone: variants by its name; nothing first."""
    each = dict[str, Any]()
    for link in links().values():
        each |= link.broken
    return {NONE: {}} | {path: {path: value} for path, value in each.items()}


def break_links(
    scenario: Scenario,
    seeds: Iterable[int],
    names: Iterable[str] | None = None,
    pairs: bool = True,
) -> list[Trial]:
    """The harm of each variant in the world of each seed, all from the same start.

    names : links to break, by default all; pairs : also two at once.
    """
    chosen, changes = list(seeds), variants(names, pairs)
    return [
        trial
        for seed in chosen
        for trial in trials(scenario, range(seed, seed + 1), changes, METRICS)
    ]


def harm(metrics: Any, name: str) -> float:
    """One harm of a run [USD], from its metrics."""
    if name not in HARMS:
        raise InputError("harm", name, "one of " + ", ".join(HARMS))
    metric, sign = HARMS[name]
    return sign * float(metrics[metric])


def costs(done: Sequence[Trial], name: str) -> pd.DataFrame:
    """What breaking each link costs, dearest first.

    link; mean with low and high, its 95 % interval [USD]; worst, the worlds in which no other link
    cost as much (at least something); worlds, their number.
    """
    singles = [key for key in _keys(done) if key != NONE and "+" not in key]
    each = np.array([[_cost(trial, key, name) for key in singles] for trial in done])
    rows = []
    for column, key in enumerate(singles):
        others = np.delete(each, column, axis=1).max(axis=1, initial=0.0)
        mean, low, high = interval(each[:, column])
        worst = int((each[:, column] > others).sum())
        rows.append((key, mean, low, high, worst, len(done)))
    frame = pd.DataFrame(rows, columns=["link", "mean", "low", "high", "worst", "worlds"])
    return frame.sort_values("mean", ascending=False, kind="stable", ignore_index=True)


def interactions(done: Sequence[Trial], name: str) -> pd.DataFrame:
    """What two links cost together beyond the sum of each: one row a pair, largest first.

    first, second; together, the mean cost of both at once; mean, low and high of the interaction
    with its 95 % interval [USD].
    """
    rows = []
    for key in _keys(done):
        first, plus, second = key.partition("+")
        if not plus:
            continue
        both = np.array([_cost(trial, key, name) for trial in done])
        apart = [_cost(trial, first, name) + _cost(trial, second, name) for trial in done]
        rows.append((first, second, float(both.mean()), *interval(both - np.array(apart))))
    frame = pd.DataFrame(rows, columns=["first", "second", "together", "mean", "low", "high"])
    return frame.sort_values("mean", ascending=False, kind="stable", ignore_index=True)


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean with its 95 % interval, mean +- 1.96 sd / sqrt(n); no interval from one value."""
    mean = float(values.mean())
    if len(values) < 2:
        return mean, float("nan"), float("nan")
    half = Z * float(values.std(ddof=1)) / sqrt(len(values))
    return mean, mean - half, mean + half


def _keys(done: Sequence[Trial]) -> Collection[str]:
    if not done:
        raise InputError("trials", 0, "at least one")
    return done[0].metrics


def _cost(trial: Trial, key: str, name: str) -> float:
    return harm(trial.metrics[key], name) - harm(trial.metrics[NONE], name)
