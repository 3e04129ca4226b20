"""How much to cut, and when cutting makes an account worse.

Margin ratio R = equity / notional. Rates are fractions of notional, quantities are in base and
positive, whichever side the position has.

Sources: Chitra, "Autodeleveraging" (arXiv 2512.01112), the greedy slice; the perpetual toxicity
frontier is derived by asking that a slice leaves R unchanged; the lending one is quoted by
"Toxicity Bounds for Dynamic Liquidation Incentives" (arXiv 2510.10171).
"""

import math

from engine.core.jit import kernel


@kernel(inline=True)
def restoring_quantity(equity, notional, mark, target_rate, deduction, cost_rate):
    """Base to cut so that equity equals target_rate * notional - deduction after paying for it.

    A cut of q lowers notional by mark * q and equity by cost_rate * mark * q:

        q = (target_rate * notional - deduction - equity) / (mark * (target_rate - cost_rate))

    Zero if nothing is missing, infinite if a cut costs as much margin as it frees. The caller caps
    it at the position. A buffer b on maintenance: target (1 + b) * rate, deduction (1 + b) * ded.
    """
    missing = target_rate * notional - deduction - equity
    if missing <= 0.0:
        return 0.0
    if target_rate <= cost_rate:
        return math.inf
    return missing / (mark * (target_rate - cost_rate))


@kernel
def cost_rate(side, mark, price, fee_rate):
    """All-in cost of closing a unit at `price`, as a fraction of mark; side: 1 long, -1 short.

    Fee plus what the fill is worse than the mark: fee_rate + side * (mark - price) / mark.
    """
    return fee_rate + side * (mark - price) / mark


def ratio_after(equity, notional, cost, share, theta, side=1.0):
    """Margin ratio after cutting `share` of a position and moving the mark against it by `theta`.

    equity' = equity - (cost * share + (1 - share) * theta) * n; n' = n (1 - share) (1 -+ theta),
    the mark falling for a long (side 1) and rising for a short (side -1).
    """
    left = 1.0 - share
    lost = (cost * share + left * theta) * notional
    return (equity - lost) / (notional * left * (1.0 - side * theta))


@kernel
def toxicity_threshold(cost, theta):
    """Margin ratio below which a small slice lowers the margin ratio: (c + theta) / (1 + theta).

    cost: all-in cost rate of the slice; theta: relative fall of the mark, under the mark rule in
    force, if the whole position were sold (0 for an index mark). Linear impact, a long position.
    """
    return (cost + theta) / (1.0 + theta)


@kernel(inline=True)
def slice_toxicity_threshold(cost, share, theta, side=1.0):
    """Margin ratio below which this slice is toxic: (c e + (1-e) th) / (e + (1-e) th).

    e = share of the position cut (0..1], th = relative move of the mark against the position that
    the slice causes. For a short (side -1) the mark rises, so does the notional left, and the
    denominator is e - (1-e) th; where that is not positive every slice is toxic (infinite). Tends
    to `toxicity_threshold` as the share of a long goes to zero with th = e * theta.
    """
    moved = (1.0 - share) * theta
    freed = share + side * moved
    return (cost * share + moved) / freed if freed > 0.0 else math.inf


def highest_safe_ltv(bonus):
    """Lending: loan-to-value below which partial liquidation still helps: 1 / (1 + bonus)."""
    return 1.0 / (1.0 + bonus)
