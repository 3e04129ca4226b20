"""One axis at a time: what its values are, and the change that gives a value.

The values of an axis are whole numbers of steps. `now` is the number at which the run is; it stands
for the run's own value even where that lies between two steps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import floor, log10

from engine.remedies.told import Change, Value


@dataclass(frozen=True)
class Axis:
    """Values, how they are shown, and how they are put in force."""

    name: str
    title: str
    unit: str
    now: int
    shown_now: Value
    step: float  # of a value as it is shown; 0 for a choice
    grid: tuple[int, ...]
    change: Callable[[int], Change]
    options: tuple[str, ...] = ()  # of a choice, in its order
    ratio: bool = True  # distances count as ratios, not as differences

    def value(self, k: int) -> Value:
        """The value that is shown for step `k`."""
        if k == self.now:
            return self.shown_now
        if self.options:
            return self.options[k]
        # Twelve digits hide what multiplying adds, and none of what was run.
        return float(f"{k * self.step:.12g}")

    def far(self, k: int) -> float:
        """How far `k` is from `now`."""
        if not self.ratio or k <= 0 or self.now <= 0:
            return abs(k - self.now)
        return max(k / self.now, self.now / k)


def digits(value: float, count: int, least: float = 0.0) -> float:
    """The power of ten that gives `value` so many digits, at least `least`."""
    return max(10.0 ** (floor(log10(max(abs(value), 1e-12))) + 1 - count), least)
