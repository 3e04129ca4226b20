"""Real funding rates on the steps of a replay."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.scenario.errors import InputError
from engine.scenario.funding_files import FundingRates

LATE_MS = 60_000  # stamps are some seconds late; a settlement belongs to the minute it began in


@dataclass(frozen=True, eq=False)
class Schedule:
    """Settlements of a replay: steps (N,), rates (N, K), inf where a symbol has none."""

    steps: np.ndarray
    rates: np.ndarray
    data: str  # hash of the files used, 16 characters
    notes: tuple[str, ...]

    @property
    def largest(self) -> float:
        """Largest |rate| in it."""
        found = np.abs(self.rates[np.isfinite(self.rates)])
        return float(found.max()) if found.size else 0.0


def schedule(
    funding: Iterable[FundingRates], symbols: tuple[str, ...], bar_times: np.ndarray,
    bar_seconds: int, steps_per_bar: int,
) -> Schedule:  # fmt: skip
    """Put each symbol's settlements on the steps of the bars (open times [ms UTC]) they fall into.

    A settlement at the opening is left out, as are those outside the candles or in a gap; how many
    are inside a gap is noted. Raises InputError for a symbol that is not replayed, or given twice.
    """
    files = tuple(funding)
    rows: dict[int, np.ndarray] = {}
    notes: list[str] = []
    for number, one in enumerate(files):
        if one.symbol not in symbols:
            raise InputError(
                "funding", one.symbol, "a symbol of the candles: " + ", ".join(symbols)
            )
        if one.symbol in {other.symbol for other in files[:number]}:
            raise InputError("funding", one.symbol, "one file of a symbol")
        steps, lost = _steps(one.times, bar_times, bar_seconds, steps_per_bar)
        if lost:
            notes.append(f"{one.symbol}: {lost} funding settlements fall into missing bars.")
        for step, rate in zip(steps.tolist(), one.rates.tolist(), strict=True):
            if step > 0:
                row = rows.setdefault(step, np.full(len(symbols), np.inf))
                row[symbols.index(one.symbol)] = rate
    if not rows:
        raise InputError("funding", "no settlement", "rates of the time of the candles")
    digest = hashlib.sha256(" ".join(one.sha256 for one in files).encode()).hexdigest()[:16]
    order = sorted(rows)
    return Schedule(
        np.array(order, np.int64), np.array([rows[step] for step in order]), digest, tuple(notes)
    )


def _steps(
    times: np.ndarray, bar_times: np.ndarray, bar_seconds: int, steps_per_bar: int
) -> tuple[np.ndarray, int]:
    """The step of each stamp, -1 outside the candles, and how many lie in gaps between them."""
    stamps = times // LATE_MS * LATE_MS
    bar = np.searchsorted(bar_times, stamps, side="right") - 1
    inside = (stamps >= bar_times[0]) & (stamps < bar_times[-1] + bar_seconds * 1000)
    late = stamps - bar_times[np.maximum(bar, 0)]
    in_gap = inside & (late >= bar_seconds * 1000)
    within = (late * steps_per_bar) // (bar_seconds * 1000)
    steps = np.where(inside & ~in_gap, bar * steps_per_bar + within, -1)
    return steps, int(in_gap.sum())
