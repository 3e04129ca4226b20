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
FUND_GAP = 0.05  # of the opening fund, between the best and the worst path, likewise


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one seed showed. Slippage [bp], change of the fund and bad debt [USD]."""

    seed: int
    slippage: dict[str, float]
    fund: dict[str, float]
    bad_debt: dict[str, float]
    hardest: str  # the path that left the fund smallest
    dearest: str  # the path with the largest slippage
    holds: bool  # slippage and fund both differ by more than the gaps above


def hardest(results: dict[str, Any]) -> str:
    """The path that leaves the insurance fund smallest.

    Where the fund is used up by several, the one of them that left more unpaid debt.
    """

    def left(policy: str) -> tuple[float, float]:
        metrics = results[policy].metrics
        return round(metrics["final_fund"], 2), -metrics["bad_debt"]

    return min(results, key=left)


def trial(scenario: Scenario, seed: int) -> Trial:
    """Run the three policies on the world of `seed` and judge them."""
    results = compare(scenario.with_values(seed=seed))
    slippage = {name: float(r.metrics["slippage_bp"]) for name, r in results.items()}
    fund = {name: float(r.metrics["fund_change"]) for name, r in results.items()}
    return Trial(
        seed=seed,
        slippage=slippage,
        fund=fund,
        bad_debt={name: float(r.metrics["bad_debt"]) for name, r in results.items()},
        hardest=hardest(results),
        dearest=max(slippage, key=lambda name: slippage[name]),
        holds=differ(slippage, fund, scenario.venue.insurance_fund),
    )


def differ(slippage: dict[str, float], fund: dict[str, float], opening: float) -> bool:
    """The claim, for one world: slippage [bp] and fund [USD] both differ between the paths."""
    slippage_gap = max(slippage.values()) - min(slippage.values())
    fund_gap = max(fund.values()) - min(fund.values())
    return slippage_gap >= SLIPPAGE_GAP and fund_gap >= FUND_GAP * max(opening, 1.0)


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
