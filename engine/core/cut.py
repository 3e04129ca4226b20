"""How much of a failing position is closed, and why that much."""

from enum import IntEnum

import numpy as np

from engine.core.jit import kernel
from engine.core.reference import outline


class Why(IntEnum):
    """What decided the size of a cut."""

    MARKET = 0  # the policy closes the whole position
    NEGATIVE = 1  # equity is below zero: all of it
    SMALL = 2  # the position is below the least slice: all of it
    LAST_TIER = 3  # no lower tier is left: all of it
    HOPELESS = 4  # no cut restores the buffer: all of it
    FRACTION = 5  # the fixed fraction
    TIER = 6  # down into the next lower tier
    BUFFER = 7  # the least cut that restores the buffer
    CAPPED_FRACTION = 8  # the largest share of a position closed at once
    CAPPED_DEPTH = 9  # the share of the book's depth


@kernel(bare=True)
def restoring_notional(equity, notional, buffer, cost_rate, floors, rates, deductions):
    """Least notional [tick] to close so that equity is (1 + buffer) times maintenance; inf if none.

    Closing c costs cost_rate * c, and in tier g maintenance is rate_g * n - deduction_g, so

        equity - cost_rate * c = (1 + buffer) * (rate_g * (n - c) - deduction_g)
        c = ((1 + buffer) * (rate_g * n - deduction_g) - equity)
            / ((1 + buffer) * rate_g - cost_rate)

    for the tier g in which n - c lies, tried from the top. Where each unit closed costs more than
    the requirement it frees, no cut of that tier helps.
    """
    for g in range(len(rates) - 1, -1, -1):
        if floors[g] > notional:
            continue
        freed = (1.0 + buffer) * rates[g] - cost_rate
        if freed <= 0.0:
            continue
        closed = ((1.0 + buffer) * (rates[g] * notional - deductions[g]) - equity) / freed
        if closed <= notional - floors[g]:
            return max(closed, 0.0)
    return np.inf


@kernel(bare=True)
def sized_cut(variant, buffer, cost_rate, equity, held, mark, tier, floors, rates, deductions):
    """Lots that lead into the next lower tier (variant 1) or restore the buffer (2), and why."""
    outline()
    notional = held * mark
    if variant == 1:
        if tier == 0:
            return held, 3
        return np.floor((notional - floors[tier]) / mark) + 1.0, 6
    closed = restoring_notional(equity, notional, buffer, cost_rate, floors, rates, deductions)
    if closed >= notional:
        return held, 4
    return np.ceil(closed / mark), 7


@kernel(inline=True, bare=True)
def plan_cut(
    policy, variant, fraction, buffer, depth_share, min_slice, cost_rate,
    equity, base, mark, tier, depth, floors, rates, deductions,
):  # fmt: skip
    """Lots to close now (positive) and the reason, a `Why`.

    Market and auction act on the whole position. Incremental sizes its cut by the variant, caps
    it at a fraction of the position and at a share of the depth, and closes all where a slice
    makes no sense.
    """
    held = abs(base)
    if policy != 1:
        return held, 0
    cap = np.ceil(fraction * held)
    lots, why = cap, 5
    if variant != 0:
        lots, why = sized_cut(
            variant, buffer, cost_rate, equity, held, mark, tier, floors, rates, deductions
        )
    if why > 4:
        if lots > cap:
            lots, why = cap, 8
        share = max(np.floor(depth_share * depth), 1.0)
        if lots > share:
            lots, why = share, 9
        lots = max(min(lots, held), 1.0)
    # Last, though they come first: what is taken without a branch cannot be guessed wrong.
    if held * mark < min_slice:
        lots, why = held, 2
    if equity < 0.0:
        lots, why = held, 1
    return lots, why
