"""Claims of notes as comparisons of numbers, so that a run can decide whether they hold.

    liquidated_notional[last] > 1.1 * liquidated_notional[index] and bad_debt[last] > 0

A claim is one comparison or several joined by `and`. Each compares a metric of one lane with a
number, or with a metric of a lane, which may be multiplied by a number.
"""

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from engine.metrics import UNITS
from engine.scenario.errors import InputError

USUALLY, OFTEN = 0.8, 0.5  # least share of worlds for each word
SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
GRAMMAR = "METRIC[LANE] > NUMBER * METRIC[LANE], or > NUMBER (also <, >=, <=), joined by 'and'"
_NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
_METRIC = r"([a-z][a-z0-9_]*)\[([a-z][a-z0-9_]*)\]"
_COMPARISON = re.compile(
    rf"{_METRIC} (>=|<=|>|<) (?:(?:({_NUMBER}) \* )?{_METRIC}|({_NUMBER}))", re.ASCII
)
Metrics = Mapping[str, Mapping[str, float]]  # lane -> metric -> value


@dataclass(frozen=True)
class Comparison:
    """`metric[lane] sign factor * other[other_lane]`, or `... sign factor` without another."""

    metric: str
    lane: str
    sign: str
    factor: float
    other: str = ""
    other_lane: str = ""

    def holds(self, metrics: Metrics) -> bool:
        """Whether it is so in these results."""
        right = self.factor * (metrics[self.other_lane][self.other] if self.other else 1.0)
        return SIGNS[self.sign](metrics[self.lane][self.metric], right)


@dataclass(frozen=True)
class Claim:
    """Comparisons that must all hold."""

    text: str
    parts: tuple[Comparison, ...]

    @property
    def metrics(self) -> set[str]:
        """The metrics that decide it."""
        return {name for part in self.parts for name in (part.metric, part.other) if name}

    def holds(self, metrics: Metrics) -> bool:
        """Whether all of them hold in these results."""
        return all(part.holds(metrics) for part in self.parts)


def parse(text: str, lanes: Collection[str]) -> Claim:
    """Read a claim about these lanes. Raises InputError where it does not follow the grammar."""
    if not isinstance(text, str):
        raise InputError("compare", type(text).__name__, GRAMMAR)
    return Claim(text, tuple(_comparison(part, lanes) for part in text.split(" and ")))


def _comparison(text: str, lanes: Collection[str]) -> Comparison:
    found = _COMPARISON.fullmatch(text)
    if not found:
        raise InputError("compare", text, GRAMMAR)
    metric, lane, sign, factor, other, other_lane, number = found.groups()
    for name in filter(None, (metric, other)):
        if name not in UNITS:
            raise InputError("compare", name, "a metric: " + ", ".join(UNITS))
    for name in filter(None, (lane, other_lane)):
        if name not in lanes:
            raise InputError("compare", name, "a lane: " + ", ".join(lanes))
    return Comparison(metric, lane, sign, float(number or factor or 1.0), other or "", other_lane)


def outstanding(metrics: Metrics, question: str) -> str:
    """The lane that answers `largest METRIC` or `smallest METRIC`; empty where all lanes are alike.

    Where two lanes have the same value, the one of them with the smaller fund at the end.
    """
    way, _, metric = question.partition(" ")
    if way not in ("largest", "smallest") or metric not in UNITS:
        allowed = "largest or smallest, and one of " + ", ".join(UNITS)
        raise InputError("answer", question, allowed)
    sign = 1.0 if way == "largest" else -1.0
    if len({one[metric] for one in metrics.values()}) == 1:
        return ""
    return max(
        metrics, key=lambda lane: (sign * metrics[lane][metric], -metrics[lane]["final_fund"])
    )


def word(held: int, number: int) -> str:
    """How a share may be worded: "usually", "often", or "" where it may not be claimed."""
    share = held / number if number else 0.0
    return "usually" if share >= USUALLY else "often" if share >= OFTEN else ""
