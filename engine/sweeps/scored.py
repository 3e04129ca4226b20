"""What the opening state foretold, held against what happened, over thousands of scenarios.

Each case is one scenario and one world: depth, speed of the move, leverage, crowding, insurance
fund and policy are spread evenly over their ranges by a Halton sequence, and the number of the case
is its seed. Five numbers are computed from the opening alone (the scripted move of the outside
world is taken as known), and each is put beside the number of the run that it speaks of.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from math import exp, log
from typing import Any

import numpy as np
import pandas as pd

from engine.band.bounds import known_band, largest_move
from engine.core.state import Rule
from engine.graph.opening import opening_graph
from engine.scenario.errors import InputError
from engine.scenario.schema import Scenario
from engine.simulation import POLICIES, Result, run
from engine.studies.costs import order_cost
from engine.studies.opening import beforehand
from engine.sweeps.axes import AXES, moved
from engine.sweeps.schedule import handed_out
from engine.sweeps.summary import mean_of, resamples

CHUNK = 10  # cases handed out together: about a tenth of a second
MAX_CASES = 100_000
RANGES: dict[str, tuple[float, float]] = {  # what a case may be; evenly in the logarithm where > 0
    "depth": (2e6, 3e7),
    "speed": (2.0, 600.0),
    "leverage": (10.0, 100.0),
    "crowding": (0.3, 0.9),
    "fund": (2e5, 5e6),
}
BASES = (2, 3, 5, 7, 11, 13)  # of the Halton sequence, the last one for the policy
SLICES = (Rule.SLICE, Rule.AUCTION_TAKE, Rule.BACKSTOP_TAKE)
SAMPLES = 200  # bootstrap samples of a correlation
DIGITS = 6  # significant ones that are kept of each number


@dataclass(frozen=True)
class Foretold:
    """One number of the opening and the number of the run that it speaks of; units of both."""

    before: str
    after: str
    before_unit: str
    after_unit: str


SCORED = {
    "band": Foretold("band_before", "band_after", "fraction", "fraction"),
    "multiplier": Foretold("multiplier_before", "multiplier_after", "1", "fraction"),
    "frontier": Foretold("frontier_before", "frontier_after", "fraction", "fraction"),
    "fund": Foretold("fund_before", "fund_after", "of the fund", "of the fund"),
    "cost": Foretold("cost_before", "cost_after", "bp", "bp"),
}


def halton(index: int, base: int) -> float:
    """Number `index` (from 0) of van der Corput's sequence in a base: evenly spread over (0, 1).

    Source: J. H. Halton, "On the efficiency of certain quasi-random sequences of points in
    evaluating multi-dimensional integrals", Numerische Mathematik 2 (1960), 84-90.
    """
    found, part, index = 0.0, 1.0, index + 1
    while index:
        part /= base
        index, digit = divmod(index, base)
        found += digit * part
    return found


def place_of(number: int) -> dict[str, Any]:
    """Settings of a case: a value a range, and a policy."""
    place: dict[str, Any] = {}
    for (name, (low, high)), base in zip(RANGES.items(), BASES, strict=False):
        part = halton(number, base)
        if name == "crowding":
            value = low + part * (high - low)
        else:
            value = exp(log(low) + part * (log(high) - log(low)))
        place[name] = float(f"{value:.4g}")
    return place | {"policy": POLICIES[int(halton(number, BASES[-1]) * len(POLICIES))]}


def case_scenario(scenario: Scenario, number: int) -> Scenario:
    """The scenario of a case; its number is its seed."""
    place = place_of(number)
    at = moved(scenario, {name: place[name] for name in place if name in AXES})
    return at.with_values(
        **{
            "venue.insurance_fund": place["fund"],
            "liquidation.policy": place["policy"],
            "seed": number,
        }
    )


def score_case(scenario: Scenario, number: int) -> dict[str, Any]:
    """A row: the case, and each of SCORED before and after, to DIGITS significant digits."""
    result = run(case_scenario(scenario, number))
    found = foretold(result) | came_true(result)
    return {"case": number, **place_of(number)} | {
        name: float(f"{value:.{DIGITS}g}") for name, value in found.items()
    }


def foretold(result: Result) -> dict[str, float]:
    """The numbers of the opening. Nothing of the run is read.

    band_before [fraction] : mean distance from a limit to the far end of its band, over the
        notional that the scripted move reaches
    multiplier_before [1] : the largest cascade multiplier on the way
    frontier_before [fraction] : margin ratio below which slices turn toxic in the largest band,
        less the maintenance rate: above zero, slices at the limit are foretold to be toxic
    fund_before : debt of the largest band, closed at once, over the fund
    cost_before [bp] : mean displacement and half spread of one order for all the notional that the
        scripted move reaches, in the opening book
    """
    compiled, move = result.compiled, largest_move(result.scenario)
    known = beforehand(result)
    band = known_band(compiled, result.params, move)
    n, inputs = result.accounts, compiled.inputs
    lots = np.abs(compiled.base[np.arange(n), np.asarray(inputs.symbol)])
    usd = lots * inputs.f[0, 0] * compiled.units.tick * band["reached"]
    trigger = np.where(band["trigger"] > 0.0, band["trigger"], np.inf)
    width = np.abs(1.0 - band["far"] / trigger)
    scenario = result.scenario
    book, total = scenario.book, float(usd.sum())
    cost = order_cost(total, book.depth, book.shape, book.half_spread) if total > 0.0 else 0.0
    return {
        "band_before": float((width * usd).sum() / total) if total > 0.0 else 0.0,
        "multiplier_before": float(opening_graph(result)["loop"].max()),
        "frontier_before": known["frontier_crowd"] - known["rate"],
        "fund_before": known["band_debt"] / scenario.venue.insurance_fund,
        "cost_before": cost * 1e4,
    }


def came_true(result: Result) -> dict[str, float]:
    """The numbers of the run.

    band_after [fraction] : mean distance from an account's trigger to its worst forced fill
    multiplier_after [fraction] : branching ratio, forced flow caused by forced flow over all
    frontier_after [fraction] : share of forced orders that lowered the margin ratio
    fund_after : bad debt over the fund
    cost_after [bp] : slippage of forced fills against the mark at their trigger
    """
    slices = int(np.isin(result.events["rule"], SLICES).sum())
    metrics = result.metrics
    return {
        "band_after": metrics["band_width"],
        "multiplier_after": metrics["branching_ratio"],
        "frontier_after": float(result.toxic.sum()) / slices if slices else 0.0,
        "fund_after": metrics["bad_debt"] / result.scenario.venue.insurance_fund,
        "cost_after": metrics["slippage_bp"],
    }


def score_cases(scenario: Scenario, numbers: tuple[int, ...]) -> list[dict[str, Any]]:
    """Some cases, in order."""
    return [score_case(scenario, number) for number in numbers]


def scored(
    scenario: Scenario,
    numbers: Sequence[int],
    *,
    executor: Executor | None = None,
    threads: int | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[list[dict[str, Any]]]:
    """Rows of some cases, as they finish."""
    if not 1 <= len(numbers) <= MAX_CASES or min(numbers) < 0:
        raise InputError("cases", numbers, f"1 .. {MAX_CASES:,} numbers from 0 on")
    chunks = [tuple(numbers[k : k + CHUNK]) for k in range(0, len(numbers), CHUNK)]
    calls = [(chunk, (score_cases, scenario, chunk)) for chunk in chunks]
    for _, rows in handed_out(calls, executor, threads, stop):
        yield rows


def score_beforehand(
    scenario: Scenario, cases: int | range = 2_000, **options: Any
) -> pd.DataFrame:
    """The numbers of the opening beside those of the run, a row a case; see SCORED and RANGES.

    options : executor, threads and stop, as for `engine.sweep`
    """
    numbers = cases if isinstance(cases, range) else range(cases)
    rows = [row for part in scored(scenario, numbers, **options) for row in part]
    return pd.DataFrame(rows).sort_values("case", ignore_index=True)


def calibration(frame: pd.DataFrame, name: str, bins: int = 8, level: float = 0.95) -> pd.DataFrame:
    """Foretold against happened: one row a bin of equally many cases, by what was foretold.

    low, high : ends of the bin; before, after : means in it; after_low, after_high : Student's
    interval of the mean; cases. Cases with the same foretold number stay in one bin.
    """
    pair = pair_of(name)
    ordered = frame.sort_values(pair.before, kind="stable")
    ends = np.unique(np.quantile(ordered[pair.before], np.linspace(0.0, 1.0, bins + 1)))
    place = np.clip(np.searchsorted(ends, ordered[pair.before], "right") - 1, 0, len(ends) - 2)
    rows = []
    for _, part in ordered.groupby(place if len(ends) > 1 else np.zeros(len(ordered), int)):
        before, after = part[pair.before], part[pair.after].to_numpy(float)
        mean, low, high = mean_of(after, level)
        rows.append(
            {
                "low": float(before.min()), "high": float(before.max()),
                "before": float(before.mean()), "after": mean, "after_low": low,
                "after_high": high, "cases": len(part),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def rank_correlation(
    frame: pd.DataFrame, name: str, level: float = 0.95
) -> tuple[float, float, float]:
    """Spearman's rank correlation of foretold and happened, with its bootstrap interval.

    The correlation of the ranks, ties at their mean rank: 1 if more foretold always went with more
    happened, 0 if the opening told nothing.
    Source: C. Spearman, "The proof and measurement of association between two things", American
    Journal of Psychology 15 (1904), 72-101.
    """
    pair = pair_of(name)
    values = frame[[pair.before, pair.after]].to_numpy(float)
    drawn = values[resamples(len(values), SAMPLES)]
    found = np.array([spearman(part[:, 0], part[:, 1]) for part in drawn])
    low, high = np.quantile(found, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return spearman(values[:, 0], values[:, 1]), float(low), float(high)


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of the ranks; 0 where one side does not vary."""
    a, b = mean_ranks(one), mean_ranks(other)
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 0.0 else 0.0


def mean_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share the mean of theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return (last - (count - 1) / 2.0)[place]


def misleads(frame: pd.DataFrame, name: str, most: int = 3) -> pd.DataFrame:
    """The cases whose rank of what happened is furthest above, and below, that of the foretold.

    Rows of `frame` with `gap` [fraction of all cases]: above 0 it came worse than foretold.
    """
    pair = pair_of(name)
    ranks = [mean_ranks(frame[column].to_numpy(float)) for column in (pair.after, pair.before)]
    found = frame.assign(gap=(ranks[0] - ranks[1]) / len(frame)).sort_values("gap", kind="stable")
    return pd.concat([found.iloc[::-1][:most], found[:most]], ignore_index=True)


def pair_of(name: str) -> Foretold:
    """One of SCORED. Raises InputError."""
    if name not in SCORED:
        raise InputError("number", name, "one of " + ", ".join(SCORED))
    return SCORED[name]
