"""What forced execution costs: by size and depth through the book, and in margin by leverage.

Costs are fractions of notional (0.0005 is 5 bp), sizes and depths are in any one unit, depth per
1 % of price, times in seconds. Orders pay the book's own exact prices (`engine.core.book`).
"""

import numpy as np

from engine.core.book import average_displacement
from engine.core.maths import exp

# --- one order, or several with a pause between them ---


def order_cost(size: float, depth: float, shape: int = 1, half_spread: float = 0.0) -> float:
    """Cost [fraction] of one order in a full book: mean displacement on its way, plus the spread.

    Flat book: 0.005 * size / depth. Thin at the touch: 0.02 / 3 * sqrt(size / depth).
    """
    return abs(float(average_displacement(0.0, float(size), float(depth), shape))) + half_spread


def size_for_cost(cost: float, depth: float, shape: int = 1, half_spread: float = 0.0) -> float:
    """Largest order whose cost [fraction] stays within `cost`; the inverse of `order_cost`."""
    left = max(cost - half_spread, 0.0)
    return depth * (left / 0.005 if shape == 1 else (left * 150.0) ** 2)


def sliced_cost(
    size: float, depth: float, slices: int, pause: float, recovery: float,
    shape: int = 1, half_spread: float = 0.0,
) -> float:  # fmt: skip
    """Cost [fraction] of equal slices with `pause` between them, through a book that refills.

    Each slice pays the book as the ones before left it; what they consumed decays by
    exp(-pause / recovery). Simulated slice by slice with the book's own prices.
    """
    part, left, keep = size / slices, 0.0, float(exp(-pause / recovery))
    paid = 0.0
    for _ in range(slices):
        paid += part * abs(float(average_displacement(left, part, depth, shape)))
        left = (left + part) * keep
    return paid / size + half_spread


def cost_surface(
    sizes: np.ndarray, depths: np.ndarray, leverage: float, shape: int = 1, half_spread: float = 0.0
) -> np.ndarray:
    """Cost of one order as a share of its collateral: leverage * order_cost, (sizes, depths)."""
    return leverage * np.array(
        [[order_cost(size, depth, shape, half_spread) for depth in depths] for size in sizes]
    )


# --- what a cost takes from the margin ---


def effective_leverage(leverage: float, cost: float) -> float:
    """Leverage after a cost [fraction of notional] is paid from the margin: L / (1 - cost * L).

    Margin is 1 / L of notional; it falls to 1 / L - cost. Infinite once the cost takes all of it.
    """
    left = 1.0 - cost * leverage
    return leverage / left if left > 0.0 else float("inf")


def margin_steps(leverage: float, cost: float) -> float:
    """Margin steps that a cost takes, a step being one unit of leverage: cost L^2 / (1 - cost L).

    The difference between effective and entry leverage. 0.05 %: 0.2 at 20x, 1.3 at 50x, 5.3 at
    100x.
    """
    return effective_leverage(leverage, cost) * cost * leverage


def room(leverage: float, maintenance: float, cost: float = 0.0) -> float:
    """Fall of the price [fraction of entry] that leaves maintenance margin: 1 / L - m - cost.

    To first order in the fall: maintenance and cost are taken at the entry notional.
    """
    return 1.0 / leverage - maintenance - cost


def share_of_room(leverage: float, maintenance: float, cost: float) -> float:
    """Share that a cost takes of the distance from initial to maintenance margin: c / (1/L - m).

    0.05 % at 100x with 0.5 % maintenance: a tenth. Infinite where there is no distance.
    """
    distance = room(leverage, maintenance)
    return cost / distance if distance > 0.0 else float("inf")


# --- halving the size against halving the leverage ---


def first_leverage_reached(fall: float, maintenance: float) -> float:
    """Leverage from which a fall [fraction] takes a position to its limit: 1 / (fall + m)."""
    return 1.0 / (fall + maintenance)


def reached_share(fall: float, maintenance: float, low: float, high: float) -> float:
    """Share of notional that a fall takes to its limit, leverage spread evenly in its logarithm.

    ln(high / L*) / ln(high / low) with L* = `first_leverage_reached`, between 0 and 1. All entered
    at the price before the fall, sizes unrelated to leverage.
    """
    least = min(max(first_leverage_reached(fall, maintenance), low), high)
    return float(np.log(high / least) / np.log(high / low)) if high > low else float(least < high)


def forced_notional(
    notional: float, depth: float, fall: float, maintenance: float, low: float, high: float,
    reach: float = 1.0, rounds: int = 200,
) -> float:  # fmt: skip
    """Notional that an outside fall closes by force, its own displacement included.

    The least N with N = notional * reached_share(fall + reach * 0.01 * N / depth): what is closed
    moves the mark, which reaches more. Found from below, as a cascade finds it. No refill.
    """
    closed = 0.0
    for _ in range(rounds):
        moved = min(fall + reach * 0.01 * closed / depth, 0.5)
        closed = max(notional * reached_share(moved, maintenance, low, high), closed)
    return closed


def halved(
    notional: float, depth: float, fall: float, maintenance: float, low: float, high: float,
    reach: float = 1.0,
) -> dict[str, float]:  # fmt: skip
    """Slippage of forced orders [fraction], as it is, at half the size, and at half the leverage.

    Slippage is 0.005 * N / depth, the mean displacement of `forced_notional` N in a flat book. Half
    the leverage halves `high`.
    """
    cases = {
        "as_is": (notional, high),
        "half_size": (notional / 2.0, high),
        "half_leverage": (notional, max(high / 2.0, low)),
    }
    return {
        name: 0.005 / depth * forced_notional(n, depth, fall, maintenance, low, top, reach)
        for name, (n, top) in cases.items()
    }
