"""How much of a leg is cut: the rules of `engine.core.cut`, with the other legs as they are."""

import numpy as np

from engine.core.cut import restoring_notional
from engine.core.jit import kernel
from engine.core.legs import needed, signed_margin
from engine.core.margin import tier_of
from engine.core.mark import lagged
from engine.core.tiers import rates_in_force


@kernel(bare=True)
def plan_leg(t, i, k, value, limit, p, inputs, state):
    """Lots of leg `k` to close now and the reason, a `Why`; see `engine.core.cut.plan_cut`."""
    held, mark = abs(state.base[i, k]), lagged(state.raw, t, p.check_lag, k)
    worth = held * mark
    if worth < p.min_slice:
        return held, 2
    cap = np.ceil(p.fraction * held)
    tier = tier_of(worth, inputs.floors)
    if p.variant == 0:
        lots, why = cap, 5
    elif p.variant == 1:
        if tier == 0:
            return held, 3
        lots, why = np.floor((worth - inputs.floors[tier]) / mark) + 1.0, 6
    else:
        lots, why = restoring_lots(t, i, k, value, limit, p, inputs, state), 7
        if lots >= held:
            return held, 4
    if lots > cap:
        lots, why = cap, 8
    share = max(np.floor(p.depth_share * state.market[k]["depth"]), 1.0)
    if lots > share:
        lots, why = share, 9
    return max(min(lots, held), 1.0), why


@kernel(bare=True)
def surplus(t, i, k, lots, value, p, inputs, state):
    """Equity over (1 + buffer) * requirement [tick] after `lots` of leg `k` at expected cost."""
    cost = p.cost_rate * (lots * lagged(state.raw, t, p.check_lag, k))
    need = needed(t, i, k, lots, p.check_lag, p, inputs, state)
    return (value - cost) - (1.0 + p.buffer) * need


@kernel(bare=True)
def restoring_lots(t, i, k, value, limit, p, inputs, state):
    """Least lots of leg `k` that restore the buffer given the other legs; infinite if none do.

    Where margins add, the other legs' margin is a constant and the single-leg formula holds.
    Else the best cut is found by thirds (the surplus rises, then falls) and the least by halving.
    """
    base, mark = state.base[i, k], lagged(state.raw, t, p.check_lag, k)
    held = abs(base)
    if p.margin_mode == 0:
        own = abs(signed_margin(base, mark, k, inputs, state.addon[0]))
        left = value - (1.0 + p.buffer) * (limit - own)
        rates_in_force(base, k, inputs, state)
        closed = restoring_notional(
            left, held * mark, p.buffer, p.cost_rate,
            inputs.floors, state.table, inputs.deductions,
        )  # fmt: skip
        return np.ceil(closed / mark)
    best = best_cut(t, i, k, held, value, p, inputs, state)
    if surplus(t, i, k, best, value, p, inputs, state) < 0.0:
        return np.inf
    low, high = 0.0, best
    while high - low > 1.0:
        middle = np.floor(0.5 * (low + high))
        if surplus(t, i, k, middle, value, p, inputs, state) >= 0.0:
            high = middle
        else:
            low = middle
    return high


@kernel(bare=True)
def best_cut(t, i, k, held, value, p, inputs, state):
    """Lots of leg `k` whose cut leaves the largest surplus, found by thirds."""
    low, high = 0.0, held
    while high - low > 2.0:
        third = np.floor((high - low) / 3.0)
        left, right = low + third, high - third
        here = surplus(t, i, k, left, value, p, inputs, state)
        if here < surplus(t, i, k, right, value, p, inputs, state):
            low = left
        else:
            high = right
    best, most = low, -np.inf
    lots = low
    while lots <= high:
        here = surplus(t, i, k, lots, value, p, inputs, state)
        if here > most:
            best, most = lots, here
        lots += 1.0
    return best
