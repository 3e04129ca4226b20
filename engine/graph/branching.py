"""Cascades as a branching process: what a branching ratio alone says about size and burst.

If each unit of forced flow causes n units more on average, a first unit becomes 1 / (1 - n) in all,
and counts over long windows vary 1 / (1 - n)^2 times as much as independent ones.

Sources: A. Hawkes, Biometrika 58 (1971); A. Hawkes and D. Oakes, Journal of Applied Probability 11
(1974); S. Hardiman and J.-P. Bouchaud, "Branching ratio approximation for the self-exciting Hawkes
process" (arXiv 1403.5227).
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from math import factorial

import numpy as np

from engine.band.tables import cascade_size
from engine.core.maths import exp
from engine.scenario.errors import InputError

MOST_PLAYERS = 12  # a Shapley split looks at 2^n groups


def total_progeny(ratio: float) -> float:
    """Mean size of a cascade that began with one: 1 / (1 - n); endless from n = 1 on."""
    return cascade_size(1.0, ratio)


def mean_rate(background: float, ratio: float) -> float:
    """Mean rate of a self-exciting process: background / (1 - n)."""
    return background * total_progeny(ratio)


def fano_factor(ratio: float) -> float:
    """Variance over mean of counts in long windows: 1 / (1 - n)^2."""
    return total_progeny(ratio) ** 2


def ratio_of_counts(mean: float, variance: float) -> float:
    """Branching ratio from counts in long windows: 1 - sqrt(mean / variance), at least 0."""
    return max(1.0 - float(np.sqrt(mean / variance)), 0.0)


def mean_rates(matrix: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Mean rates of several types, (I - K)^-1 mu; K[i, j] children of type i of one of type j."""
    return np.linalg.solve(np.eye(len(background)) - np.asarray(matrix, float), background)


def cluster_share(ratio: float, size: int) -> float:
    """Share of cascades of exactly `size` events if children are Poisson: the Borel distribution,

    e^(-n k) (n k)^(k - 1) / k!
    """
    share = float(exp(-ratio * size))
    for k in range(1, size):
        share *= ratio * size / k
    return share / size


def ladder(
    start: float, shock: float, units_per_point: float, limits: Sequence[float],
    units: Sequence[float],
) -> tuple[float, list[list[int]]]:  # fmt: skip
    """A price falls by `shock` and takes limits with it; final price and who sold in each round.

    The book falls one point per `units_per_point` sold and does not refill. In each round everybody
    whose limit lies at or above the price sells at once. At most one round an account.
    """
    sold: set[int] = set()
    rounds: list[list[int]] = []
    price = start - shock
    for _ in limits:
        now = [n for n, limit in enumerate(limits) if limit >= price and n not in sold]
        if not now:
            break
        rounds.append(now)
        sold |= set(now)
        price = start - shock - sum(units[n] for n in sold) / units_per_point
    return price, rounds


def shapley(players: Sequence[int], worth: Callable[[tuple[int, ...]], float]) -> list[float]:
    """Each player's mean addition to `worth` over all orders in which they could join.

    Source: L. Shapley, "A value for n-person games" (1953). At most MOST_PLAYERS players.
    """
    count = len(players)
    if count > MOST_PLAYERS:
        raise InputError("players", count, f"at most {MOST_PLAYERS}")
    values = {
        group: worth(group) for size in range(count + 1) for group in combinations(players, size)
    }
    found = []
    for one in players:
        rest = [p for p in players if p != one]
        total = 0.0
        for size in range(count):
            weight = factorial(size) * factorial(count - 1 - size) / factorial(count)
            for group in combinations(rest, size):
                joined = tuple(p for p in players if p == one or p in group)
                total += weight * (values[joined] - values[group])
        found.append(total)
    return found
