"""Correlation measured in a run or in candles, and the formulas to judge a jump of it by.

A measured correlation rises when volatility rises, with no change in how two coins hang together.
The correction of Forbes and Rigobon stands beside every measured jump for that reason.
"""

from dataclasses import dataclass
from math import erfc, exp, inf, lgamma, log, log1p, pi, sqrt

import numpy as np
import pandas as pd

from engine.core.random import quantile
from engine.record import Record
from engine.totals import marks

NODES = 120  # of an integral
FRACTIONS = 400  # terms of a continued fraction
TINY = 1e-300


@dataclass(frozen=True)
class Comovement:
    """How two prices moved together before an event and during it."""

    before: float  # correlation of log returns
    during: float
    rise: float  # variance of the first during over before, less one
    corrected: float  # `during`, corrected for that rise (Forbes and Rigobon)
    returns: tuple[int, int]  # how many were measured before and during


def comovement(
    first: np.ndarray,
    second: np.ndarray,
    before: np.ndarray | slice,
    during: np.ndarray | slice,
) -> Comovement:
    """Correlation of the log returns of two price series (T,) over two stretches of them.

    before, during : masks (T,) or slices of steps. The return from step t - 1 to t belongs to t,
    and only counts where both steps are in the stretch.
    """
    x, y = (np.diff(np.log(np.asarray(prices, float))) for prices in (first, second))
    place = np.zeros((2, len(first)), bool)
    place[0, before], place[1, during] = True, True
    calm, stress = (here[1:] & here[:-1] for here in place)
    usual = _variance(x[calm])
    rise = _variance(x[stress]) / usual - 1.0 if usual > 0.0 else np.nan
    found = correlation(x[stress], y[stress])
    return Comovement(
        correlation(x[calm], y[calm]),
        found,
        rise,
        corrected(found, rise),
        (int(calm.sum()), int(stress.sum())),
    )


def _variance(x: np.ndarray) -> float:
    return float(np.var(x)) if len(x) else np.nan


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Pearson's correlation of two samples; nan where one of them does not move."""
    if len(x) < 2:
        return np.nan
    x, y = x - x.mean(), y - y.mean()
    spread = sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / spread if spread > 0.0 else np.nan


def inflated(rho: float, rise: float) -> float:
    """What is measured where the true correlation is `rho` and the first variance rose.

    rho sqrt((1 + d) / (1 + d rho^2)), d = `rise`. Source: K. Forbes and R. Rigobon, No contagion,
    only interdependence (2002).
    """
    return rho * sqrt((1.0 + rise) / (1.0 + rise * rho * rho))


def corrected(measured: float, rise: float) -> float:
    """The correlation behind a measured one after the first variance rose: undoes `inflated`.

    measured / sqrt(1 + d (1 - measured^2)), d = `rise`.
    """
    return measured / sqrt(1.0 + rise * (1.0 - measured * measured))


# --- measured in a run ---


def correlation_frame(
    result: Record, first: int = 0, second: int = 1, window: int = 120, every: int = 1
) -> pd.DataFrame:
    """Correlation of two symbols of a run over a moving window, one row a step.

    step, time_s [s]; held, the one the outside world was drawn with (nan in a replay); then the one
    measured over the last `window` steps in fundamental, mid and mark; and `corrected`, that of the
    mark corrected for the rise of the first symbol's variance since the first full window. Returns
    are over `every` steps each. Before a window is full, and where a price stands still, it is nan.
    """
    series = {
        "fundamental": result.compiled.fundamental,
        "mid": result.mid / result.compiled.units.price,
        "mark": marks(result),
    }
    count = len(result.mid)
    steps, held = np.arange(count), result.compiled.held
    out = {"step": steps, "time_s": steps * result.scenario.world.dt}
    out["held"] = held.between(first, second) if held is not None else np.full(count, np.nan)
    for name, prices in series.items():
        pair = np.log(prices[:, [first, second]])
        out[name], variance = rolling(pair, window, every)
    full = np.isfinite(variance)
    base = variance[full][0] if full.any() else np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = variance / base - 1.0
        out["corrected"] = out["mark"] / np.sqrt(1.0 + rise * (1.0 - out["mark"] ** 2))
    return pd.DataFrame(out)


def rolling(logs: np.ndarray, window: int, every: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Correlation of two log prices (T, 2) over the last `window` steps, and the first variance.

    Returns over `every` steps, one starting at each step, so they overlap if `every` > 1. Both
    results are (T,), nan before `window` steps have passed.
    """
    count = len(logs)
    rho, variance = np.full(count, np.nan), np.full(count, np.nan)
    moves = logs[every:] - logs[:-every]
    number = window - every + 1  # returns in a window
    if number < 2 or len(moves) < number:
        return rho, variance
    views = np.lib.stride_tricks.sliding_window_view(moves, number, axis=0)  # (rows, 2, number)
    centred = views - views.mean(axis=2, keepdims=True)
    xx, yy = (np.einsum("ij,ij->i", centred[:, k], centred[:, k]) for k in (0, 1))
    xy = np.einsum("ij,ij->i", centred[:, 0], centred[:, 1])
    moving = (xx > 0.0) & (yy > 0.0)
    found = np.full(len(xx), np.nan)
    found[moving] = xy[moving] / np.sqrt(xx[moving] * yy[moving])
    rho[window:], variance[window:] = found, xx / number
    return rho, variance


# --- formulas ---


def conditional_correlation(rho: float, z: float) -> float:
    """Correlation of a normal pair where the first is known to exceed z standard deviations.

    rho sqrt(v / (rho^2 v + 1 - rho^2)), v = 1 + z h - h^2 the variance left, h = phi(z) / (1 -
    Phi(z)). It falls as z rises: a correlation that rises in large moves is not a normal one's.
    """
    h = exp(-0.5 * z * z) / sqrt(2.0 * pi) / normal_below(-z)
    v = 1.0 + z * h - h * h
    return rho * sqrt(v / (rho * rho * v + 1.0 - rho * rho))


def normal_below(x: float) -> float:
    """Chance that a standard normal number is below x."""
    return 0.5 * erfc(-x / sqrt(2.0))


def student_below(x: float, freedom: float) -> float:
    """Chance that a Student t number with that many degrees of freedom is below x.

    Half the regularised incomplete beta function I(v / (v + x^2); v / 2, 1 / 2) for x < 0.
    """
    half = 0.5 * _beta_share(freedom / (freedom + x * x), 0.5 * freedom, 0.5)
    return half if x < 0.0 else 1.0 - half


def _beta_share(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function, by Lentz's continued fraction."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _beta_share(1.0 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, FRACTIONS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0)),
        ):
            d, c = 1.0 / _away(1.0 + term * d), _away(1.0 + term / c)
            value *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return front * value


def _away(x: float) -> float:
    return x if abs(x) > TINY else TINY


def student_quantile(p: float, freedom: float) -> float:
    """The x with chance p below it under Student's t, by bisection."""
    low, high = -1.0, 1.0
    while student_below(low, freedom) > p:
        low *= 2.0
    while student_below(high, freedom) < p:
        high *= 2.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if student_below(middle, freedom) < p else (low, middle)
    return 0.5 * (low + high)


def tail_dependence(rho: float, freedom: float) -> float:
    """Chance that one of a pair is in its far tail given that the other is, under a t copula.

    2 T(-sqrt((v + 1) (1 - rho) / (1 + rho))), T with v + 1 degrees of freedom; zero under a normal
    copula unless rho is 1.
    """
    if rho <= -1.0:
        return 0.0
    x = sqrt((freedom + 1.0) * (1.0 - rho) / (1.0 + rho))
    return 2.0 * student_below(-x, freedom + 1.0)


def joint_crash(rho: float, chance: float, freedom: float = 0.0) -> float:
    """Chance that the second is below its own `chance` quantile given that the first is.

    Normal copula if `freedom` is 0, else the t copula. The density of the first times the
    conditional chance of the second, integrated below the quantile.
    """
    if abs(rho) >= 1.0:
        return 1.0 if rho > 0.0 else 0.0
    edge = float(quantile(chance)) if freedom == 0.0 else student_quantile(chance, freedom)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    total = 0.0
    for node, weight in zip(nodes.tolist(), weights.tolist(), strict=True):
        s = 0.5 * (node + 1.0)
        x = edge - s / (1.0 - s)
        total += 0.5 * weight / (1.0 - s) ** 2 * _both(x, edge, rho, freedom)
    return total / chance


def _both(x: float, edge: float, rho: float, freedom: float) -> float:
    """Density of the first at x, times the chance that the second is below the edge."""
    left = sqrt(1.0 - rho * rho)
    if freedom == 0.0:
        return exp(-0.5 * x * x) / sqrt(2.0 * pi) * normal_below((edge - rho * x) / left)
    v = freedom
    scale = exp(lgamma(0.5 * (v + 1.0)) - lgamma(0.5 * v)) / sqrt(v * pi)
    density = scale * exp(-0.5 * (v + 1.0) * log1p(x * x / v))
    spread = left * sqrt((v + x * x) / (v + 1.0))
    return density * student_below((edge - rho * x) / spread, v + 1.0)


@dataclass(frozen=True)
class Regimes:
    """What a Markov chain of calm and stress does in the long run."""

    calm: float  # share of steps
    stress: float
    calm_steps: float  # mean length
    stress_steps: float
    memory: float  # share of today's surprise that is left after a step
    half_life: float  # steps until half of it is left; inf where it never fades


def regimes(p_calm_to_stress: float, p_stress_to_calm: float) -> Regimes:
    """Shares p_out / (p_in + p_out), mean lengths 1 / p, memory 1 - p_in - p_out."""
    into, out = p_calm_to_stress, p_stress_to_calm
    memory = 1.0 - into - out
    half = inf if abs(memory) == 1.0 else 0.0
    if 0.0 < abs(memory) < 1.0:
        half = log(0.5) / log(abs(memory))
    stress = into / (into + out) if into > 0.0 else 0.0
    calm_steps, stress_steps = (1.0 / p if p > 0.0 else inf for p in (into, out))
    return Regimes(1.0 - stress, stress, calm_steps, stress_steps, memory, half)


def least_common(symbols: int) -> float:
    """The lowest correlation that all pairs of n symbols can have: -1 / (n - 1)."""
    return -1.0 / (symbols - 1)


def book_volatility(symbols: int, sigma: float, rho: float) -> float:
    """Volatility of equal long positions with one correlation: sigma sqrt(1/n + (1 - 1/n) rho)."""
    return sigma * sqrt(max(1.0 / symbols + (1.0 - 1.0 / symbols) * rho, 0.0))


def pair_volatility(sigma: float, rho: float, side: int) -> float:
    """Volatility of two equal positions: side +1 both long, -1 a hedge. sigma sqrt(2 +- 2 rho)."""
    return sigma * sqrt(2.0 + 2.0 * side * rho)


def effective_positions(risks: np.ndarray, matrix: np.ndarray) -> float:
    """How many independent positions a book amounts to: (sum |r|)^2 / (r' R r).

    risks : (n,) signed risk of each position, such as its maintenance margin; matrix : (n, n). It
    is n for equal unrelated positions and 1 for the same position n times, n / (1 + (n - 1) rho)
    between; a perfect hedge is unbounded.
    """
    risks = np.asarray(risks, float)
    joint = float(risks @ np.asarray(matrix, float) @ risks)
    gross = float(np.abs(risks).sum())
    return gross * gross / joint if joint > 1e-12 * gross * gross else inf
