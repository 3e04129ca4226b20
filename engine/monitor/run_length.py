"""Run length: how many steps a chart runs until it alarms, on independent normal values.

With z normal, of mean `shift` and deviation 1, the mean run length from rest solves an integral
equation (Page 1954 for CUSUM, Crowder 1987 for EWMA); here by Gauss-Legendre quadrature:

    CUSUM  L(s) = 1 + L(0) P(k - s - shift) + int_0^h L(x) p(x + k - s - shift) dx
    EWMA   L(u) = 1 + 1/w int_low^high L(x) p((x - (1 - w) u) / w - shift) dx

p and P are the density and the distribution of the standard normal law, w the weight. The values
of a market are neither normal nor independent: what the charts do there has to be measured.
"""

from functools import lru_cache
from math import erfc, exp, sqrt

import numpy as np

from engine.core.jit import kernel
from engine.core.random import Stream, normal
from engine.monitor.detectors import WEIGHT, K

NODES = 120
FAR = 12.0  # deviations to the side where nobody looks
DAY = 86_400.0  # s


def below(x: float) -> float:
    """Probability that a standard normal number is below x."""
    return 0.5 * erfc(-x / sqrt(2.0))


def density(x: np.ndarray) -> np.ndarray:
    """Density of the standard normal law."""
    return np.exp(-0.5 * x * x) / sqrt(2.0 * np.pi)


@lru_cache
def rule() -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights on -1 .. 1."""
    return np.polynomial.legendre.leggauss(NODES)


def nodes(low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """The same on an interval."""
    x, w = rule()
    half = 0.5 * (high - low)
    return half * x + 0.5 * (high + low), half * w


def cusum_run_length(k: float, h: float, shift: float = 0.0) -> float:
    """Mean run length of the upper CUSUM."""
    x, w = nodes(0.0, h)
    start = np.append(0.0, x)
    into = density(x[None, :] + k - start[:, None] - shift) * w
    reset = np.array([below(k - s - shift) for s in start])
    system = np.eye(NODES + 1) - np.column_stack([reset, into])
    return float(np.linalg.solve(system, np.ones(NODES + 1))[0])


def two_sided(up: float, down: float) -> float:
    """Mean run length of both sides together: 1 / (1/up + 1/down). Exact for CUSUM."""
    return 1.0 / (1.0 / up + 1.0 / down)


def siegmund(k: float, h: float) -> float:
    """Approximation for the upper CUSUM without a shift.

    (exp(2kb) - 2kb - 1) / 2k^2 with b = h + 1.166. Source: D. Siegmund, Sequential Analysis (1985).
    """
    b = h + 1.166
    return (exp(2.0 * k * b) - 2.0 * k * b - 1.0) / (2.0 * k * k)


def ewma_run_length(weight: float, limit: float, shift: float = 0.0, sides: int = 2) -> float:
    """Mean run length of the EWMA with fixed limits, `limit` times its long-run deviation.

    sides : 2, or 1 for the upper side alone
    """
    scale = sqrt(weight / (2.0 - weight))
    high = limit * scale
    x, w = nodes(-high if sides == 2 else -FAR * scale, high)
    start = np.append(0.0, x)
    moved = (x[None, :] - (1.0 - weight) * start[:, None]) / weight - shift
    into = density(moved) * w / weight
    inner = np.linalg.solve(np.eye(NODES) - into[1:], np.ones(NODES))
    return float(1.0 + into[0] @ inner)


def shewhart_run_length(limit: float, shift: float = 0.0, sides: int = 2) -> float:
    """Mean run length of a chart that looks at the newest value alone: 1 / P(alarm)."""
    alarm = below(shift - limit) + (below(-shift - limit) if sides == 2 else 0.0)
    return 1.0 / alarm


def run_length(detector: str, limit: float) -> float:
    """Mean run length of one of the monitor's charts, upper side, without a shift."""
    if detector == "cusum":
        return cusum_run_length(K, limit)
    if detector == "ewma":
        return ewma_run_length(WEIGHT, limit, sides=1)
    return shewhart_run_length(limit, sides=1)


@lru_cache
def limit_for(detector: str, length: float) -> float:
    """The least limit, in hundredths, at which a chart's mean run length is at least `length`.

    Hundredths, so that the last bit of a library's arithmetic decides nothing.
    """
    low, high = 100, 2_500  # in hundredths
    if run_length(detector, low / 100.0) >= length:
        return low / 100.0
    while high - low > 1:
        middle = (low + high) // 2
        if not 0.0 < run_length(detector, middle / 100.0) < length:
            high = middle
        else:
            low = middle
    return high / 100.0


def alarms_a_day(length: float, charts: int, dt: float) -> float:
    """False alarms a day of `charts` charts that start again after each, one value every dt [s]."""
    return charts * DAY / dt / length


@kernel
def _simulated(seed, first, k, h, weight, limit, shift, cusum, most):
    """Steps until a two-sided chart alarms, on normal values of the seed's own stream."""
    scale = np.sqrt(weight / (2.0 - weight))
    up = down = now = 0.0
    for t in range(most):
        z = normal(seed, first, t) + shift
        if cusum:
            up, down = max(0.0, up + z - k), max(0.0, down - z - k)
            if up > h or down > h:
                return t + 1
        else:
            now = weight * z + (1.0 - weight) * now
            if abs(now) > limit * scale:
                return t + 1
    return most


def simulated_cusum(k: float, h: float, shift: float, runs: int) -> tuple[float, float]:
    """Mean run length of the two-sided CUSUM over `runs` simulated runs, and its standard error."""
    return _mean([_simulated(i, MONITOR, k, h, 0.5, 0.0, shift, True, MOST) for i in range(runs)])


def simulated_ewma(weight: float, limit: float, shift: float, runs: int) -> tuple[float, float]:
    """The same of the two-sided EWMA with fixed limits."""
    return _mean(
        [_simulated(i, MONITOR, 0.0, 0.0, weight, limit, shift, False, MOST) for i in range(runs)]
    )


MONITOR = int(Stream.MONITOR)
MOST = 1_000_000  # steps after which a simulated run is given up


def _mean(lengths: list[int]) -> tuple[float, float]:
    found = np.array(lengths, float)
    return float(found.mean()), float(found.std(ddof=1) / np.sqrt(len(found)))
