"""The same comparison in many worlds: how often a claim holds, and where it fails.

One trial is one seed: a new world and a new population, the same settings, all three policies.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Any

from engine.scenario.schema import Scenario
from engine.simulation import compare

SLIPPAGE_GAP = 5.0  # bp between the dearest and the cheapest path for them to differ
DEBT_GAP = 0.05  # of the opening fund, between the most and the least unpaid debt, likewise


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one seed showed. Slippage [bp], change of the fund and unpaid debt [USD]."""

    seed: int
    slippage: dict[str, float]
    fund: dict[str, float]
    bad_debt: dict[str, float]
    hardest: str  # the path with the most unpaid debt; empty if there was none
    dearest: str  # the path with the largest slippage; empty if nothing was closed
    holds: bool  # slippage and unpaid debt both differ by more than the gaps above


def hardest(results: dict[str, Any]) -> str:
    """The path that leaves most debt that the accounts cannot pay; empty if none leaves any.

    Where two leave the same, the one of them with the smaller fund at the end.
    """

    def left(policy: str) -> tuple[float, float]:
        metrics = results[policy].metrics
        return float(metrics["bad_debt"]), -float(metrics["final_fund"])

    worst = max(results, key=left)
    return worst if results[worst].metrics["bad_debt"] > 0.0 else ""


def trial(scenario: Scenario, seed: int) -> Trial:
    """Run the three policies on the world of `seed` and judge them."""
    results = compare(scenario.with_values(seed=seed))
    slippage, fund, debt = (
        {name: float(result.metrics[key]) for name, result in results.items()}
        for key in ("slippage_bp", "fund_change", "bad_debt")
    )
    dearest = max(slippage, key=lambda name: slippage[name])
    return Trial(
        seed=seed,
        slippage=slippage,
        fund=fund,
        bad_debt=debt,
        hardest=hardest(results),
        dearest=dearest if slippage[dearest] > 0.0 else "",
        holds=differ(slippage, debt, scenario.venue.insurance_fund),
    )


def differ(slippage: dict[str, float], debt: dict[str, float], fund: float) -> bool:
    """The claim, for one world: slippage [bp] and unpaid debt [USD] both differ between paths."""
    slippage_gap = max(slippage.values()) - min(slippage.values())
    debt_gap = max(debt.values()) - min(debt.values())
    return slippage_gap >= SLIPPAGE_GAP and debt_gap >= DEBT_GAP * max(fund, 1.0)


def trials(scenario: Scenario, seeds: range) -> Iterator[Trial]:
    """One trial a seed, as they finish."""
    for seed in seeds:
        yield trial(scenario, seed)


def wilson(successes: int, number: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share: (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n).

    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212.
    """
    if number == 0:
        return 0.0, 1.0
    share, spread = successes / number, z * z / number
    middle = share + spread / 2
    half = sqrt(share * (1 - share) * spread + spread * spread / 4)
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))
