"""The same comparison in many worlds: how often a claim holds, and where it fails.

One trial is one seed: a new world and a new population, the same settings, every lane.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

from engine.claims import outstanding
from engine.scenario.schema import Scenario
from engine.simulation import compare
from engine.totals import TOTALS

SLIPPAGE_GAP = 5.0  # bp between the dearest and the cheapest path for them to differ
DEBT_GAP = 0.05  # of the opening fund, between the most and the least bad debt, likewise


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one seed showed: totals, and the metrics asked for, of each lane (`engine.metrics`)."""

    seed: int
    metrics: dict[str, dict[str, float]]

    @property
    def slippage(self) -> dict[str, float]:
        """Slippage by lane [bp]."""
        return self._each("slippage_bp")

    @property
    def bad_debt(self) -> dict[str, float]:
        """Debt that the accounts could not pay, by lane [USD]."""
        return self._each("bad_debt")

    @property
    def fund(self) -> dict[str, float]:
        """Change of the insurance fund by lane [USD]."""
        return self._each("fund_change")

    @property
    def hardest(self) -> str:
        """The lane with the most bad debt; empty if there was none."""
        return _most_debt(self.metrics)

    @property
    def dearest(self) -> str:
        """The lane with the largest slippage; empty if nothing was closed."""
        slippage = self.slippage
        dearest = max(slippage, key=lambda name: slippage[name])
        return dearest if slippage[dearest] > 0.0 else ""

    @property
    def holds(self) -> bool:
        """Whether slippage and bad debt both differ between the lanes; see `differ`."""
        opening = next(iter(self.metrics.values()))
        fund = opening["final_fund"] - opening["fund_change"]
        return differ(self.slippage, self.bad_debt, fund)

    def _each(self, metric: str) -> dict[str, float]:
        return {name: float(values[metric]) for name, values in self.metrics.items()}


def hardest(results: dict[str, Any]) -> str:
    """The lane that leaves most debt that the accounts cannot pay; empty if none leaves any.

    Where two leave the same, the one of them with the smaller fund at the end.
    """
    return _most_debt({name: result.metrics for name, result in results.items()})


def _most_debt(metrics: Mapping[str, Mapping[str, float]]) -> str:
    worst = max(metrics, key=lambda n: (metrics[n]["bad_debt"], -metrics[n]["final_fund"]))
    return worst if metrics[worst]["bad_debt"] > 0.0 else ""


def answer(results: dict[str, Any], question: str) -> str:
    """The lane that answers a prediction, e.g. "largest bad_debt"; empty if none stands out."""
    if question == "largest bad_debt":
        return hardest(results)
    return outstanding({name: result.metrics for name, result in results.items()}, question)


def trial(
    scenario: Scenario,
    seed: int,
    lanes: Mapping[str, Mapping[str, Any]] | None = None,
    also: Collection[str] = (),
) -> Trial:
    """Run the lanes (None: the three policies) on the world of `seed`.

    also : metrics to keep beside the totals
    """
    results = compare(scenario.with_values(seed=seed), lanes)
    names = TOTALS.keys() | set(also)
    return Trial(
        seed=seed,
        metrics={
            lane: {name: result.metrics[name] for name in names} for lane, result in results.items()
        },
    )


def differ(slippage: dict[str, float], debt: dict[str, float], fund: float) -> bool:
    """The claim, for one world: slippage [bp] and bad debt [USD] both differ between paths."""
    slippage_gap = max(slippage.values()) - min(slippage.values())
    debt_gap = max(debt.values()) - min(debt.values())
    return slippage_gap >= SLIPPAGE_GAP and debt_gap >= DEBT_GAP * max(fund, 1.0)


def trials(
    scenario: Scenario,
    seeds: range,
    lanes: Mapping[str, Mapping[str, Any]] | None = None,
    also: Collection[str] = (),
) -> Iterator[Trial]:
    """One trial a seed, as they finish."""
    for seed in seeds:
        yield trial(scenario, seed, lanes, also)


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
