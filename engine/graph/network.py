"""The static graph: symbols, the collateral that joins them, and the books that carry pushes.

Before anything happens the positions alone say how a fall of one symbol reaches another. A loop
matrix M has in row k, column l the percent that symbol k falls after symbol l fell by 1 %:

    M[k, l] = coins of k that a fall of 1 % of l forces out / coins that move k by 1 %

Below one, its largest eigenvalue times a push is the next, smaller push, and all of them together
come to (I - M)^-1 times the first. From one on, the cascade feeds itself. The graph says it for
accounts that sell at a limit (`limit_sales`) and for holders who keep their leverage
(`leverage_loop`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.scenario.errors import InputError


def loop_matrix(sales: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """M = sales / depth, (K, K): sales[k, l] of k forced by 1 % of l, over depth (K,) per 1 % of k.

    Both of one symbol in one unit, such as its coins. One symbol: coins liquidated by 1 % over
    the coins that move the price by 1 %, the cascade multiplier of a full book.
    """
    return np.asarray(sales, float) / np.asarray(depth, float)[:, None]


def largest_eigenvalue(matrix: np.ndarray) -> float:
    """Spectral radius: the largest absolute eigenvalue; 0 for no symbols at all."""
    matrix = np.asarray(matrix, float)
    return float(np.abs(np.linalg.eigvals(matrix)).max()) if matrix.size else 0.0


def total_move(matrix: np.ndarray, first: np.ndarray) -> np.ndarray:
    """All falls together, (I - M)^-1 first, (K,). Raises InputError if the sum has no end."""
    if largest_eigenvalue(matrix) >= 1.0:
        raise InputError("loop matrix", largest_eigenvalue(matrix), "a largest eigenvalue below 1")
    return np.linalg.solve(np.eye(len(matrix)) - matrix, np.asarray(first, float))


# Accounts that sell at a limit


def margin_needed(
    notional: np.ndarray, floors: np.ndarray, rates: np.ndarray, deductions: np.ndarray
) -> np.ndarray:
    """Maintenance margin of each leg: n * rate - deduction of its tier. Any shape, any currency."""
    tier = np.searchsorted(floors, notional, side="right") - 1
    return notional * np.asarray(rates)[tier] - np.asarray(deductions)[tier]


def limit_sales(
    quote: np.ndarray, base: np.ndarray, marks: np.ndarray, tiers: tuple, part: float = 0.01,
    added: Any = 0.0,
) -> np.ndarray:  # fmt: skip
    """Coins (K, K) that a fall by `part` of each symbol alone forces to be sold.

    quote (A,), base (A, K), marks (K,); tiers: floors, rates, deductions. Accounts at their limit
    before the fall are left out; those it takes there close every leg. Column l: the fall of l
    alone. Margins of the legs add (no credit for correlation). Coins that shorts buy are negative.
    A negative `part` is a rise, and signs turn with it, so that a push onward is positive.
    added: (A, K) rates that add-ons put on those of the tiers.
    """

    def equity_left(at: np.ndarray) -> np.ndarray:
        legs = base * at
        need = margin_needed(np.abs(legs), *tiers) + np.abs(legs) * added
        return quote + legs.sum(axis=1) - need.sum(axis=1)

    holds = (base != 0.0).any(axis=1)
    safe = holds & (equity_left(marks) > 0.0)
    out = np.zeros((len(marks), len(marks)))
    for symbol in range(len(marks)):
        fallen = marks.copy()
        fallen[symbol] *= 1.0 - part
        hit = safe & (equity_left(fallen) <= 0.0)
        out[:, symbol] = base[hit].sum(axis=0) * np.sign(part)
    return out


# Holders who keep their leverage


def leverage_loop(
    assets: np.ndarray, weights: np.ndarray, debt_to_equity: np.ndarray, impact: np.ndarray
) -> np.ndarray:
    """Loop matrix of leverage targeting, Lambda M' B A M (K, K): returns -> the returns they force.

    assets (N,) [USD]; weights (N, K) of each holder in each symbol; debt_to_equity (N,); impact
    (K,) price move [fraction] per USD sold. One holder and one symbol: (leverage - 1) * A / D, D
    the depth per 100 %.
    Source: Greenwood, Landier and Thesmar, "Vulnerable banks", Journal of Financial Economics 115.
    """
    weights = np.asarray(weights, float)
    scale = np.asarray(debt_to_equity, float) * np.asarray(assets, float)
    return np.asarray(impact, float)[:, None] * (weights.T @ (scale[:, None] * weights))


@dataclass(frozen=True, eq=False)
class FireSale:
    """One round of leverage targeting; amounts in the currency of `assets`."""

    first_return: np.ndarray  # (N,) of each holder's assets, M F
    direct_loss: np.ndarray  # (N,) A M F
    sales: np.ndarray  # (K,) phi = M' B A M F, negative
    second_move: np.ndarray  # (K,) price moves Lambda phi
    vulnerability: float  # AV = 1' A M Lambda M' B A M F / E [of equity]
    systemicness: np.ndarray  # (N,) what each holder's sales add to it; sums to AV
    indirect: np.ndarray  # (N,) A M Lambda phi over own equity


def fire_sale(
    assets: np.ndarray, weights: np.ndarray, debt_to_equity: np.ndarray, impact: np.ndarray,
    shock: np.ndarray, equity: np.ndarray,
) -> FireSale:  # fmt: skip
    """One round of sales by holders who keep their leverage, after returns `shock` (K,).

    Shapes as in `leverage_loop`; equity (N,).
    Source: Greenwood, Landier and Thesmar, "Vulnerable banks", Journal of Financial Economics 115.
    """
    assets, weights = np.asarray(assets, float), np.asarray(weights, float)
    first = weights @ np.asarray(shock, float)
    sold = np.asarray(debt_to_equity, float) * assets * first  # (N,) each holder's sales
    sales = weights.T @ sold
    second = np.asarray(impact, float) * sales
    exposed = (assets @ weights) * np.asarray(impact, float)  # 1' A M Lambda
    whole = float(np.sum(equity))
    return FireSale(
        first_return=first,
        direct_loss=assets * first,
        sales=sales,
        second_move=second,
        vulnerability=float(exposed @ sales) / whole,
        systemicness=(weights @ exposed) * sold / whole,
        indirect=assets * (weights @ second) / np.asarray(equity, float),
    )


def leverage_multiplier(assets: float, leverage: float, depth: float) -> tuple[float, float]:
    """Loop gain g = (leverage - 1) assets / depth, and all moves over the first: 1 / (1 - g).

    depth: USD sold per 100 % of price. Endless from g = 1 on.
    """
    gain = (leverage - 1.0) * assets / depth
    return gain, 1.0 / (1.0 - gain) if gain < 1.0 else float("inf")


def critical_leverage(assets: float, depth: float) -> float:
    """Leverage at which the loop gain is one: 1 + depth / assets."""
    return 1.0 + depth / assets


def spiral_sale(value: float, capital: float, margin: float) -> float:
    """What a holder must sell so that `capital` covers `margin` of what is left: value - c / m.

    Loss spiral at an unchanged margin, margin spiral where the margin rises as well.
    Source: M. Brunnermeier, "Deciphering the Liquidity and Credit Crunch 2007-2008", Journal of
    Economic Perspectives 23 (2009).
    """
    return max(value - capital / margin, 0.0)
