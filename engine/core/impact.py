"""Cost of selling in pieces through a book that refills: the Obizhaeva-Wang closed forms.

The book is a block: a trade of q moves the price by kappa * q, and the displacement decays at
`rho` per unit of time, or by the factor `a` = exp(-rho * gap) between two trades. Quantities in
base, costs in quote above the undisturbed price, kappa in quote per base squared.

Source: Obizhaeva and Wang, J. Financial Markets 16 (2013); discrete form Alfonsi, Fruth and Schied
(2010). These forms are for reading beside a run; no run depends on them.
"""

import numpy as np

from engine.core.maths import exp


def block_cost(kappa, quantity):
    """Cost [quote] of one block trade: kappa * X^2 / 2. The permanent part has the same form."""
    return kappa * quantity * quantity / 2.0


def displaced_price(price, slope, quantity):
    """Average fill of a signed trade in a flat book: price + slope * quantity / 2 [quote/base]."""
    return price + slope * quantity / 2.0


def decay(rho, gap):
    """Share of a displacement left after `gap`: exp(-rho * gap)."""
    return exp(-rho * gap)


def optimal_block(quantity, rho, duration):
    """First and last block [base] of the cheapest schedule: X / (rho * T + 2)."""
    return quantity / (rho * duration + 2.0)


def optimal_between(quantity, rho, duration):
    """Amount [base] the cheapest schedule trades at a steady rate between its two blocks."""
    return quantity * (rho * duration) / (rho * duration + 2.0)


def optimal_cost(kappa, quantity, rho, duration):
    """Transient cost [quote] of the cheapest schedule: kappa * X^2 / (rho * T + 2)."""
    return kappa * quantity * quantity / (rho * duration + 2.0)


def steady_cost(kappa, quantity, rho, duration):
    """Transient cost [quote] of a constant rate v = X / T.

    kappa v^2 (T / rho - (1 - e^(-rho T)) / rho^2) = kappa X^2 (z - 1 + e^-z) / z^2, z = rho T.
    """
    z = rho * duration
    if z > 0.5:
        share = (z - 1.0 + exp(-z)) / (z * z)
    else:  # the same as a series: 1/2! - z/3! + z^2/4! ..., which keeps its digits
        share, term = 0.0, 0.5
        for n in range(3, 18):
            share += term
            term *= -z / n
    return kappa * quantity * quantity * share


def optimal_slices(quantity, gaps, a):
    """Cheapest sizes [base] of gaps + 1 trades: two equal ends, the middle (1 - a) times an end."""
    end = quantity / ((gaps - 1) * (1.0 - a) + 2.0)
    sizes = np.full(gaps + 1, end * (1.0 - a))
    sizes[0] = sizes[gaps] = end
    return sizes


def optimal_slices_cost(kappa, quantity, gaps, a):
    """Cost [quote] of `optimal_slices`: kappa X^2 (1 + a) / (2 ((N + 1) - (N - 1) a)), N gaps."""
    return kappa * quantity * quantity * (1.0 + a) / (2.0 * ((gaps + 1) - (gaps - 1) * a))


def slices_cost(kappa, sizes, a):
    """Cost [quote] of any sequence of trades, summed one by one: the check of the closed forms."""
    displacement = cost = 0.0
    for size in sizes:
        cost += size * (displacement + kappa * size / 2.0)
        displacement = (displacement + kappa * size) * a
    return cost


def equal_slices_cost(kappa, quantity, n, a):
    """Cost [quote] of n equal slices s: kappa s^2 (n/2 + n a/(1-a) - a (1-a^n)/(1-a)^2).

    The last two terms are what earlier slices left behind; they are summed one by one, because
    their difference loses its digits where the book hardly refills (a near 1).
    """
    size = quantity / n
    left_behind = carried = 0.0
    for _ in range(n):
        left_behind += carried
        carried = (carried + 1.0) * a
    return kappa * size * size * (n / 2.0 + left_behind)
