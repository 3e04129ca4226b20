"""What an explanation holds."""

from dataclasses import dataclass

from engine.causes.attribution import Part
from engine.explanation.arithmetic import Fill, Remedy


@dataclass(frozen=True)
class Explanation:
    """Why one event happened: the limit, both sides, the loss, the cut, the fills, the remedy."""

    event: int
    step: int
    account: int
    rule: str
    title: str
    formula: str
    formula_latex: str
    source: str
    inputs: tuple[tuple[str, float, str], ...]
    value: float
    limit: float
    unit: str
    parts: tuple[Part, ...]
    total: float
    cut: tuple[str, ...]
    fills: tuple[Fill, ...]
    pushed: tuple[int, ...]
    prevented: tuple[Remedy, ...]
    threshold: str
    text: str
    changed: int | None = None  # the earlier event that last changed the limit
    split: str = "change of equity"  # what the parts are parts of
    # letter of the formula, what it is, value, unit; empty where its words say it
    symbols: tuple[tuple[str, str, float, str], ...] = ()
