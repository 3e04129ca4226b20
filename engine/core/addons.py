"""Add-ons: maintenance rates that rise with volatility, and with a position's share of the book.

The rate of an account in symbol k with b lots is the rate of its tier and two more,

    volatility     of the highest notch with  sigma / usual >= multiple
    concentration  of the highest notch with  |b| / published depth >= share

sigma is the realised volatility a step (an EWMA of squared log returns of the mid up to the step
before), usual the one at which the book is full. An add-on takes the same rate of every unit of
notional, so the deductions stay and MM(n) = n * (rate + added) - deduction stays continuous. The
depth [lot] is published in whole notches of the opening depth: anew once it is a whole notch away
from what is published, at the nearest one and never at zero.

Notches that are published, and both rules, are this model's own.
"""

import numpy as np

from engine.core.jit import kernel
from engine.core.legs import needed_by, worth_beside
from engine.core.margin import equity, tier_of
from engine.core.mark import lagged
from engine.core.state import note
from engine.core.tiers import added_rate
from engine.core.waterfall import watch_everybody


@kernel(bare=True)
def notch_of(value, notches):
    """How many of the notches (N, 2), rising, a value has reached."""
    n = 0
    while n < len(notches) and value >= notches[n, 0]:
        n += 1
    return n


@kernel(bare=True)
def next_notch(value, level, since, hold, notches):
    """The notch in force from now on: that of `value`, but none below `level` before `hold` steps.

    since : steps for which the level has been in force at least.
    """
    reached = notch_of(value, notches)
    return level if reached < level and since < hold else reached


@kernel(bare=True)
def published_share(share, before, notch):
    """Share of the opening depth that is published, given the one before."""
    if abs(share - before) < notch:
        return before
    return max(np.rint(share / notch) * notch, notch)


@kernel(bare=True)
def open_addons(inputs, state):
    """At the opening no volatility add-on is in force, and the depth is the full one."""
    for row in range(2):
        for k in range(state.addon.shape[1]):
            addon = state.addon[row, k]
            addon["level"] = 0
            addon["risen"] = -1_000_000
            addon["rate"] = 0.0
            addon["share"] = 1.0
            addon["depth"] = inputs.depth[k]


@kernel(bare=True)
def need_of(t, i, row, p, inputs, state):
    """Requirement [tick] of an account at the add-ons of `row` (0 in force, 1 proposed)."""
    addon = state.addon[row]
    if inputs.symbol[i] < 0:
        return needed_by(t, i, -1, 0.0, p.check_lag, p, inputs, addon, state)
    k = np.int64(inputs.symbol[i])
    base = state.base[i, k]
    notional = abs(base) * lagged(state.raw, t, p.check_lag, k)
    tier = tier_of(notional, inputs.floors)
    rate = inputs.rates[tier] + added_rate(base, k, inputs, addon)
    return notional * rate - inputs.deductions[tier]


@kernel(bare=True)
def worth_now(t, i, p, inputs, state):
    """Equity [tick] of an account at the marks the margin check sees."""
    if inputs.symbol[i] < 0:
        marks = state.raw[max(t - p.check_lag, 0)]
        return worth_beside(state.quote[i], state.base[i], marks, -1, p.haircut)
    k = np.int64(inputs.symbol[i])
    mark = lagged(state.raw, t, p.check_lag, k)
    return equity(state.quote[i], state.base[i, k], mark)


@kernel(bare=True)
def put_in_force(t, k, rule, value, limit, detail, p, inputs, state):
    """Publish the proposed add-on of symbol `k` and log it with what it does at the same prices.

    `level` of the event is the requirement it moves [tick], summed over the accounts by row, and
    `net` how many accounts that were free and above their limit are at or below it by the change.
    """
    moved, due = 0.0, 0.0
    for i in range(len(state.watch)):
        if state.base[i, k] != 0.0:
            before = need_of(t, i, 0, p, inputs, state)
            after = need_of(t, i, 1, p, inputs, state)
            if after != before:
                moved += after - before
                worth = worth_now(t, i, p, inputs, state)
                if state.watch[i]["status"] == 0 and worth > before and worth <= after:
                    due += 1.0
    venue = len(state.watch) + 2
    note(
        state, t, rule, k, venue, -1, -1, detail, state.quote[venue], state.base[venue, k],
        lagged(state.raw, t, p.check_lag, k), value, limit, 0.0, 0.0, 0.0, 0.0, moved, due,
    )  # fmt: skip
    state.addon[0, k] = state.addon[1, k]
    state.count[7] += len(state.watch)


@kernel(bare=True)
def move_volatility(t, k, p, inputs, state):
    """Publish another notch of the volatility add-on if it is due; True if there was a change."""
    now, new = state.addon[0, k], state.addon[1, k]
    old, since = now["level"], t - now["risen"]
    heat = state.sigma[t, k] / state.usual[k]
    level = next_notch(heat, old, since, p.volatility_hold, inputs.notches)
    if level == old:
        return False
    before = now["rate"]
    rate = inputs.notches[level - 1, 1] if level > 0 else 0.0
    new["level"], new["rate"] = level, rate
    if level > old:
        new["risen"] = t
    put_in_force(t, k, 30, rate, before, level, p, inputs, state)
    return True


@kernel(bare=True)
def move_depth(t, k, p, inputs, state):
    """Publish another depth of the book if it is due; True if there was a change."""
    now, new = state.addon[0, k], state.addon[1, k]
    before = now["share"]
    share = published_share(state.market[k]["depth"] / inputs.depth[k], before, p.depth_notch)
    if share == before:
        return False
    new["share"], new["depth"] = share, share * inputs.depth[k]
    put_in_force(t, k, 31, share, before, 0, p, inputs, state)
    return True


@kernel(bare=True)
def publish_addons(t, p, inputs, state):
    """Every add-on that changes in this step; then everybody is watched at the new limits."""
    changed = False
    for k in range(state.market.shape[0]):
        if len(inputs.notches) > 0 and move_volatility(t, k, p, inputs, state):
            changed = True
        if len(inputs.large) > 0 and move_depth(t, k, p, inputs, state):
            changed = True
    if changed:
        watch_everybody(inputs, state)
