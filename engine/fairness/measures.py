"""How fairly a run treated the accounts it closed, and those it did not.

over-liquidation   coins cut beyond the least that restored margin
cost               slippage and fees per USD closed, account by account
order              equal orders of one step filled at different prices
regret             closed accounts that the same prices would have spared
bystanders         accounts closed here and not in the same world without forced flow
"""

import numpy as np

from engine.causes.undisturbed import at_limit, bystander_loss, bystanders
from engine.core.cut import restoring_notional
from engine.core.jit import kernel
from engine.core.state import Rule
from engine.fairness import inequality
from engine.fairness.owners import fills, several
from engine.log.addons import added_at, added_rates, in_force
from engine.record import Record


@kernel
def least_cuts(equities, bases, marks, added, cost_rate, floors, rates, deductions, out):
    """Least lots whose closing brings each account back to its maintenance margin, after cost.

    All of them where the account is below zero or no cut helps; see `restoring_notional`.
    added : (N,) rates that add-ons put on those of the tiers
    """
    table = rates.copy()
    for n in range(len(out)):
        held = abs(bases[n])
        out[n] = held
        if equities[n] >= 0.0:
            for g in range(len(rates)):
                table[g] = rates[g] + added[n]
            closed = restoring_notional(
                equities[n], held * marks[n], 0.0, cost_rate, floors, table, deductions
            )
            if closed < held * marks[n]:
                out[n] = min(np.ceil(closed / marks[n]), held)


def over_liquidation(result: Record) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each margin event: coins cut, and the least that restored margin [lot]; its mark.

    The least is planned as the venue plans: at the mark of the check, with its own estimate of the
    cost, and no buffer. Accounts that hold several symbols are left out.
    """
    events, inputs = result.events, result.compiled.inputs
    limits = _limits(result)
    f, e = fills(result), events[limits]
    cut = np.bincount(f["trigger"], np.abs(f["q"]), len(events))[limits]
    least = np.empty(len(limits))
    least_cuts(
        e["value"], e["base"], e["mark"], added_at(result, limits), result.params.cost_rate,
        inputs.floors, inputs.rates, inputs.deductions, least,
    )  # fmt: skip
    return cut, np.minimum(least, cut), e["mark"]


def _limits(result: Record) -> np.ndarray:
    """Numbers of the margin events of accounts that hold one symbol."""
    events = result.events
    found = np.flatnonzero(events["rule"] == Rule.MAINTENANCE)
    return found[~several(result)[events["account"][found]]]


@kernel(bare=True)
def add_costs(rule, start, account, qty, mark, amount, fee, lost, closed):
    """Add up by account what its forced sales lost [tick], and what they were worth [tick].

    Slices, takes by liquidators and the vault, and sales of collateral, each at its trigger's mark.
    """
    for event in range(len(rule)):
        kind, first = rule[event], start[event]
        if first >= 0 and (kind == 3 or kind == 5 or kind == 7 or kind == 15):
            i, q, at = account[first], qty[event], mark[first]
            lost[i] += -q * at - amount[event] + fee[event]
            closed[i] += abs(q) * at


def costs(result: Record) -> tuple[np.ndarray, np.ndarray]:
    """Accounts that were closed by force, and what each dollar closed cost them [fraction].

    (coins at the mark of their trigger - cash they fetched + fees) / coins at that mark. Coins
    taken by auto-deleveraging have no fill in a market and are left out.
    """
    events = result.events
    lost, closed = np.zeros(result.accounts), np.zeros(result.accounts)
    add_costs(
        events["rule"], result.triggers, events["account"], events["qty"], events["mark"],
        events["amount"], events["fee"], lost, closed,
    )  # fmt: skip
    rows = np.flatnonzero(closed)
    return rows, lost[rows] / closed[rows]


def unequal_fills(result: Record) -> float:
    """How far orders of one step, symbol and side were filled apart [bp], weighted by value.

    sum |q| * |price - mean price of the group| / sum |q| * price. Zero where all orders of a step
    share one price.
    """
    events = result.events
    e = events[(events["rule"] == Rule.SLICE) & (events["qty"] != 0.0) & (events["detail"] >= 0)]
    if len(e) == 0:
        return 0.0
    side = e["qty"] > 0.0
    key = (e["step"].astype(np.int64) * result.mid.shape[1] + e["symbol"]) * 2 + side
    _, group = np.unique(key, return_inverse=True)
    size = np.abs(e["qty"])
    mean = np.bincount(group, size * e["price"]) / np.bincount(group, size)
    gap = np.abs(e["price"] - mean[group])
    gap = np.where(gap > 1e-12 * e["price"], gap, 0.0)  # a mean of equal prices, rounded
    return float((size * gap).sum() / (size * e["price"]).sum() * 1e4)


def spared(result: Record) -> tuple[np.ndarray, np.ndarray]:
    """Closed accounts that hold one symbol, and whether the same prices would have spared each.

    Left alone from its first limit on, it would never have owed anything, and would have met its
    maintenance margin at the end.
    """
    events, inputs, lag = result.events, result.compiled.inputs, result.params.lag
    limits = _limits(result)
    rows, first = np.unique(events["account"][limits], return_index=True)
    e = events[limits[first]]
    seen = result.raw[np.maximum(np.arange(len(result.raw)) - lag, 0)]
    low = np.minimum.accumulate(seen[::-1])[::-1]
    high = np.maximum.accumulate(seen[::-1])[::-1]
    place = e["step"], e["symbol"]
    worst = np.where(e["base"] > 0.0, low[place], high[place])
    last = np.ascontiguousarray(seen[-1][e["symbol"]])
    below, end = np.empty(len(e), bool), in_force(result, len(events))
    added = added_rates(e["base"], e["symbol"], inputs, end)
    at_limit(
        e["quote"], e["base"], last, added, inputs.floors, inputs.rates, inputs.deductions, below
    )  # fmt: skip
    solvent = e["quote"] + e["base"] * worst >= 0.0
    return rows, solvent & ~below


def treatment(result: Record) -> dict[str, float]:
    """The measures of a run. Amounts in ticks, fractions and indices without unit.

    closed [tick] value closed by force at the marks of the triggers, over [tick] the part beyond
    the least that restored margin; cost [fraction] mean over accounts, and its gini, jain and
    atkinson (aversion 0.5), a gain counting as no cost; unequal [bp]; closed_accounts, spared,
    bystanders [accounts]; bystander_loss [tick].
    """
    cut, least, mark = over_liquidation(result)
    _, cost = costs(result)
    none = np.maximum(cost, 0.0) if len(cost) else np.zeros(1)
    rows, could_stay = spared(result)
    by = bystanders(result)
    return {
        "closed": float((cut * mark).sum()),
        "over": float(((cut - least) * mark).sum()),
        "cost": float(cost.mean()) if len(cost) else 0.0,
        "cost_gini": inequality.gini(none),
        "cost_jain": inequality.jain(none),
        "cost_atkinson": inequality.atkinson(none, 0.5),
        "unequal": unequal_fills(result),
        "closed_accounts": float(len(rows)),
        "spared": float(could_stay.sum()),
        "bystanders": float(len(by)),
        "bystander_loss": bystander_loss(result, by),
    }
