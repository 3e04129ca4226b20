"""Auction curves: the price of a lot as time passes, and what a taker pays.

Prices are in quote per unit of base, times in seconds or steps. Powers are whole and made by
multiplying, so that every processor gives the same bits. The whole-number forms that contracts use
are in `fixed_point`; `take` serves both.
"""

from engine.core.jit import kernel
from engine.core.maths import log


@kernel
def whole_power(base, exponent):
    """`base` to a whole exponent >= 0, by squaring: only products, so the bits reproduce."""
    result = 1.0
    while exponent > 0:
        if exponent % 2 == 1:
            result *= base
        base *= base
        exponent //= 2
    return result


@kernel
def linear_decrease(start, tau, t):
    """Price that falls in a straight line: start * (tau - t) / tau, zero from `tau` on.

    Source: MakerDAO dss src/abaci.sol, LinearDecrease.
    """
    return 0.0 if t >= tau else start * (tau - t) / tau


@kernel
def stairstep_exponential(start, cut, step, t):
    """Price multiplied by `cut` once per whole `step` of time: start * cut ** floor(t / step).

    Source: MakerDAO dss src/abaci.sol, StairstepExponentialDecrease.
    """
    return start * whole_power(cut, int(t // step))


@kernel
def exponential_decrease(start, cut, t):
    """Price multiplied by `cut` every whole unit of time: start * cut ** floor(t).

    Source: MakerDAO dss src/abaci.sol, ExponentialDecrease (time is in whole seconds).
    """
    return start * whole_power(cut, int(t // 1))


@kernel
def fee_ramp(base, cap, per_slot, grace, elapsed):
    """Liquidator's fee that grows with waiting: base, then base + per_slot * elapsed, at most cap.

    Nothing is added before `grace` slots; after it the whole waiting time counts. Fees in one unit
    of the caller's choice: ppm as whole numbers for Drift (per_slot 1, grace 1,500).
    Source: Drift protocol-v2 math/liquidation.rs, get_liquidation_fee.
    """
    return base if elapsed < grace else min(base + per_slot * elapsed, cap)


def take_exact(debt, lot, price, amount, dust, whole):
    """What a taker of `amount` gets from a Dutch auction and pays: (accepted, slice, paid).

    Nobody pays more than the debt left. A purchase that would leave less than `dust` of debt
    shrinks until exactly `dust` is left; if there is no more than that to begin with, only the
    whole lot is sold and the take is refused. debt and dust [quote], lot and amount [base]; with
    `whole` all are whole units and the slice is floored.
    Source: MakerDAO dss src/clip.sol, take (dust is `chost`, debt is `tab`).
    """
    part = min(lot, amount)
    paid = part * price
    if paid > debt:
        paid = debt
        part = paid // price if whole else paid / price
    elif paid < debt and part < lot and debt - paid < dust:
        if debt <= dust:
            return False, part - part, paid - paid
        paid = debt - dust
        part = paid // price if whole else paid / price
    return True, part, paid


_take = kernel(take_exact)


@kernel
def take(debt, lot, price, amount, dust):
    """What a taker gets from a Dutch auction and pays, in floats: (accepted, slice, paid)."""
    return _take(debt, lot, price, amount, dust, False)


def auction_is_stale(start, price, elapsed, tail, cusp):
    """Whether an auction must start again: it ran longer than `tail` or fell below `cusp` of start.

    Source: MakerDAO dss src/clip.sol, status.
    """
    return elapsed > tail or price < cusp * start


def auction_start(reference, buffer):
    """First price of an auction: reference price * buffer. Source: dss src/clip.sol, kick."""
    return reference * buffer


def keeper_reward(tip, chip, debt):
    """Reward for starting an auction [quote]: tip + chip * debt. Source: dss src/clip.sol, kick."""
    return tip + chip * debt


def steps_until_below(cut, fraction):
    """Number of cuts that bring a stairstep price below `fraction` of its start; 0 < cut < 1."""
    steps, level = 0, 1.0
    while level >= fraction:
        steps += 1
        level = whole_power(cut, steps)
    return steps


def half_life(cut):
    """Time units in which an exponential price halves: ln(1/2) / ln(cut)."""
    return log(0.5) / log(cut)
