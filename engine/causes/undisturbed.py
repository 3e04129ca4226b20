"""The same world without forced flow: the prices it has, and whom they would have closed.

Nobody holds a position in it, so nobody is closed and no forced order reaches the book; outside
prices, cancel bursts and the crowd are as they were. Each account of the run is then led along
these prices with the position it opened with: if its limit is never reached, forced flow closed it.
Add-ons are those of that world, and it is not looked at while its margin check stands still.
"""

from dataclasses import replace

import numpy as np

from engine.core.jit import kernel
from engine.core.loop import simulate
from engine.core.margin import equity, tier_of
from engine.core.state import Count, Rule
from engine.core.workspace import workspace
from engine.fairness.owners import several
from engine.log.addons import added_rates, by_step
from engine.log.checked import checked_steps
from engine.record import Record

MOST = 1_000_000  # events or ranked accounts the crowd and the settlements of a world may take


@kernel(bare=True)
def at_limit(quote, base, mark, added, floors, rates, deductions, out):
    """Whether each balance is at or below its maintenance margin at its mark.

    added : (N,) rates that add-ons put on those of the tiers
    """
    for n in range(len(out)):
        value = abs(base[n]) * mark[n]
        tier = tier_of(value, floors)
        needed = value * (rates[tier] + added[n]) - deductions[tier]
        out[n] = equity(quote[n], base[n], mark[n]) <= needed


def undisturbed(result: Record) -> Record:
    """The run of the same world in which no account holds anything. Computed once a result."""
    kept = result.__dict__.get("_undisturbed")
    if kept is None:
        kept = result.__dict__["_undisturbed"] = _run(result)
    return kept


def share_calm(known: Record, other: Record) -> None:
    """Hand the undisturbed run of one result to another of the same world, if it was made.

    For two that differ in how positions are liquidated alone: where nobody holds a position nobody
    is liquidated, and both runs have the same prices and payments.
    """
    kept = known.__dict__.get("_undisturbed")
    if kept is not None:
        other.__dict__["_undisturbed"] = kept


def _run(result: Record) -> Record:
    base = result.compiled.base.copy()
    base[: result.accounts] = 0.0
    opening, p = replace(result.compiled, base=base), result.params
    capacity = 1_024
    while True:
        state = workspace(p, opening.inputs, opening.quote, base, capacity)
        simulate(p, opening.inputs, state, MOST, MOST)
        if state.count[Count.EVENTS] <= capacity:
            break
        capacity = int(state.count[Count.EVENTS])
    return Record.read(result.scenario, opening, p, state)


def stretches(calm: Record, lag: int) -> list[tuple[np.ndarray, ...]]:
    """Between two settlements or changes of add-ons: what is paid at its start, the add-ons (K,),
    whether there is a check (K,), the lowest and the highest marks (K,).

    The marks are those a check `lag` steps behind sees. Computed once a run and lag.
    """
    kept = calm.__dict__.setdefault("_stretches", {})
    if lag not in kept:
        seen = calm.raw[np.maximum(np.arange(len(calm.raw)) - lag, 0)]
        paid, levels = calm.events[calm.events["rule"] == Rule.FUNDING], by_step(calm)
        starts, checked = [step for step, _ in levels], checked_steps(calm)
        bounds = np.unique(np.concatenate([starts, paid["step"], [len(seen)]]))
        first = np.searchsorted(paid["step"], bounds)  # events are in order of steps
        last = np.searchsorted(paid["step"], bounds + 1)
        level = np.searchsorted(starts, bounds, side="right") - 1
        low, high = np.where(checked, seen, np.inf), np.where(checked, seen, -np.inf)
        kept[lag] = []
        for n, (start, stop) in enumerate(zip(bounds[:-1], bounds[1:], strict=True)):
            some = checked[start:stop].any(axis=0)
            lowest = np.where(some, low[start:stop].min(axis=0), seen[start])
            highest = np.where(some, high[start:stop].max(axis=0), seen[start])
            payments = paid[first[n] : last[n]]
            kept[lag].append((payments, levels[level[n]][1], some, lowest, highest))
    return kept[lag]


def reached(result: Record, rows: np.ndarray) -> np.ndarray:
    """For each of these accounts whether its limit is reached in the undisturbed world.

    It keeps its opening position and pays funding on it. Between two settlements or changes of
    add-ons the checked mark that is furthest against it decides, by the exact test of the check.
    """
    calm, opening, inputs = undisturbed(result), result.compiled, result.compiled.inputs
    k = inputs.symbol[rows].astype(np.int64)
    quote, base = opening.quote[rows].copy(), opening.base[rows, k]
    hit, found = np.zeros(len(rows), bool), np.empty(len(rows), bool)
    for payments, addon, some, lowest, highest in stretches(calm, result.params.check_lag):
        for event in payments:
            quote -= np.where(k == event["symbol"], event["price"] * base, 0.0)
        mark, added = (
            np.where(base > 0.0, lowest[k], highest[k]),
            added_rates(base, k, inputs, addon),
        )
        at_limit(quote, base, mark, added, inputs.floors, inputs.rates, inputs.deductions, found)
        hit |= found & some[k]
    return hit


def bystanders(result: Record) -> np.ndarray:
    """Accounts (rows) that reached their limit here, and would not have without forced flow.

    Accounts that hold several symbols are not judged.
    """
    events = result.events
    limited = np.zeros(result.accounts, bool)
    limited[events["account"][events["rule"] == Rule.MAINTENANCE]] = True
    rows = np.flatnonzero(limited & ~several(result))
    return rows[~reached(result, rows)] if len(rows) else rows


def bystander_loss(result: Record, rows: np.ndarray) -> float:
    """What bystanders would have been worth at the end, less what they are worth [tick].

    Both at the last mark of their own world, funding paid.
    """
    if len(rows) == 0:
        return 0.0
    last = max(len(result.raw) - 1 - result.params.lag, 0)
    calm, opening = undisturbed(result), result.compiled
    paid = calm.events[calm.events["rule"] == Rule.FUNDING]
    k = calm.raw.shape[1]
    index = np.bincount(paid["symbol"], paid["price"], k)
    without = opening.quote[rows] + (opening.base[rows, :k] * (calm.raw[last] - index)).sum(axis=1)
    with_it = result.quote[rows] + (result.base[rows, :k] * result.raw[last]).sum(axis=1)
    return float((without - with_it).sum())
