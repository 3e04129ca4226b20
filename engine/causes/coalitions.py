"""Shares of a joint effect, and the smallest sets that would have been enough. Pure arithmetic.

A coalition is a whole number whose bits say who takes part. With v(S) the outcome when just the
players of S take part, the share of player i (Shapley 1953) is the mean of what it adds over all
orders in which the players could have come:

    phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! * (v(S + i) - v(S))

The shares add up to v(all) - v(none); players that add the same have the same share; one that
adds nothing has none. There are 2^n coalitions, so n is small.
"""

from collections.abc import Sequence
from math import factorial, fsum


def shapley(v: Sequence[float]) -> list[float]:
    """Share of each player, from the outcome of every coalition 0 .. 2^n - 1."""
    n = players_of(len(v))
    weight = [factorial(s) * factorial(n - s - 1) / factorial(n) for s in range(n)]
    return [
        fsum(
            weight[mask.bit_count()] * (v[mask | 1 << i] - v[mask])
            for mask in range(len(v))
            if not mask >> i & 1
        )
        for i in range(n)
    ]


def smallest_removals(avoided: Sequence[bool]) -> list[tuple[int, ...]]:
    """The smallest sets of players without whom the event is avoided; empty if there is none.

    avoided : by coalition of those who still take part. All sets of the smallest size.
    """
    n, everybody = players_of(len(avoided)), len(avoided) - 1
    enough = [everybody ^ mask for mask in range(len(avoided)) if avoided[mask]]
    if not enough:
        return []
    least = min(mask.bit_count() for mask in enough)
    chosen = sorted(mask for mask in enough if mask.bit_count() == least)
    return [tuple(i for i in range(n) if mask >> i & 1) for mask in chosen]


def players_of(coalitions: int) -> int:
    """n, from 2^n coalitions."""
    n = coalitions.bit_length() - 1
    if coalitions != 1 << n:
        raise ValueError(f"{coalitions} outcomes are not those of all coalitions")
    return n
