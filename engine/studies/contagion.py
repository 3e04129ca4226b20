"""Correlation that a common holder makes: the closed form beside what a run shows."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.core.contagion import endogenous_correlation, feedback
from engine.core.state import Row
from engine.record import Record
from engine.scenario.errors import InputError
from engine.scenario.schema import Scenario
from engine.simulation import run

__all__ = ["Held", "by_band", "endogenous_correlation", "held_in_common"]


@dataclass(frozen=True)
class Held:
    """Two symbols with one holder: correlations of returns over windows of a run."""

    outside: float  # of the fundamental prices
    measured: float  # of mid
    closed: float  # of mid by the closed form, from the outside covariance and the opening state
    error: float  # standard error of `measured`, (1 - r^2) / sqrt(windows)
    feedback: tuple[float, ...]  # k of each symbol
    windows: int


def held_in_common(result: Record, window: int, pair: tuple[int, int] = (0, 1)) -> Held:
    """Correlation of two symbols' log returns over windows of `window` steps, and the closed form.

    The closed form (`endogenous_correlation`, the whole loop) uses the covariance of the outside
    returns of this very run, the fund's opening holdings and the opening depth. It holds where the
    fund acts often within a window, leaves no band alone, the book is flat and does not recover,
    and moves are small; elsewhere the difference is what a reader wants to see.

    Raises InputError without a leverage-targeting fund, or with fewer than eight windows.
    """
    p, compiled = result.params, result.compiled
    if p.traders == 0 or not compiled.base[fund_row(result)].any():
        raise InputError("crowd.fund_capital", 0.0, "a fund that holds something")
    windows = (len(result.mid) - 1) // window
    if windows < 8 or result.mid.shape[1] < 2:
        raise InputError("window", window, "two symbols, and at least eight windows in the run")
    steps = np.arange(windows + 1) * window
    outside = np.diff(np.log(compiled.inputs.f[steps]), axis=0)
    seen = np.diff(np.log(result.mid[steps]), axis=0)
    holdings = compiled.base[fund_row(result)] * compiled.inputs.f[0]
    depths = 100.0 * compiled.inputs.depth * compiled.inputs.f[0]
    closed = endogenous_correlation(np.cov(outside.T), p.fund_leverage, holdings, depths)
    i, j = pair
    measured = float(np.corrcoef(seen.T)[i, j])
    return Held(
        outside=float(np.corrcoef(outside.T)[i, j]),
        measured=measured,
        closed=float(closed[i, j]),
        error=float((1.0 - measured**2) / np.sqrt(windows)),
        feedback=tuple(map(float, feedback(p.fund_leverage, holdings, depths))),
        windows=windows,
    )


def by_band(scenario: Scenario, bands: Iterable[float], window: int) -> dict[float, Held]:
    """`held_in_common` for a fund that acts only beyond a band, for each band [fraction].

    Everything else, the draws of the outside world included, stays as it is in `scenario`.
    """
    return {
        band: held_in_common(run(scenario.with_values(**{"crowd.fund_band": band})), window)
        for band in bands
    }


def fund_row(result: Record) -> int:
    """The row of the leverage-targeting fund."""
    return int(result.accounts + Row.LIQUIDATOR + result.params.liquidators + 2)
