"""Means and tails of a sweep, each with its interval.

A mean's interval is Student's. A tail is an expected shortfall, with an interval by bootstrap over
worlds. Draws come from a counter, so the same table gives the same intervals.
"""

from math import cos, exp, nan, pi, sin, sqrt
from statistics import NormalDist

import numpy as np
import pandas as pd

from engine.core.random import fill_uniform
from engine.metrics import UNITS
from engine.scenario.errors import InputError

AHEAD = ("ahead", "ahead_low", "ahead_high")
RESAMPLES = 1_000
BOOTSTRAP = 101  # stream of the draws; no run uses it
WORSE_WHEN_SMALL = ("fund_change", "final_fund", "lowest_mark", "adl_jain", "band_inside")


def summarise(
    frame: pd.DataFrame, *, level: float = 0.95, tail: float = 0.95, against: str | None = None
) -> pd.DataFrame:
    """One row a place, lane and metric of a `sweep`, over its seeds.

    worlds; mean, mean_low, mean_high : mean and its interval at `level` (`student`); not a number
        where there is one world
    tail, tail_low, tail_high : expected shortfall at `tail`, the mean of the worst 1 - tail of the
        worlds (`shortfall`): the largest values, of the metrics in WORSE_WHEN_SMALL the smallest.
        The interval is the percentile interval of RESAMPLES bootstrap samples. With few worlds in
        the tail (20 worlds at 0.95 hold one) it is too narrow: it knows nothing worse than seen.
    against : a lane. Adds ahead, ahead_low, ahead_high: mean of lane less that lane, world by
        world. Both saw the same worlds, so this interval is narrower than two apart.
    """
    check_share("level", level)
    check_share("tail", tail)
    if not isinstance(frame, pd.DataFrame):
        raise InputError("table", frame, "a table made by engine.sweep")
    metrics = [name for name in frame.columns if name in UNITS]
    places = [name for name in frame.columns if name not in (*metrics, "lane", "seed")]
    if "lane" not in frame.columns or "seed" not in frame.columns or not metrics:
        raise InputError("table", list(frame.columns)[:6], "a table made by engine.sweep")
    check_against(frame, places, against)
    for name in metrics:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            raise InputError(f"table, {name}", str(frame[name].dtype), "numbers")
    groups = frame.groupby(places, sort=False) if places else [((), frame)]
    rows = []
    for place, group in groups:
        values = {lane: part.set_index("seed") for lane, part in group.groupby("lane", sort=False)}
        for lane, part in values.items():
            for name in metrics:
                row = dict(zip(places, place, strict=True)) | {"lane": lane, "metric": name}
                row |= of_values(part[name].to_numpy(float), level, tail, name in WORSE_WHEN_SMALL)
                if against is not None:
                    gap = (part[name] - values[against][name]).dropna().to_numpy(float)
                    row |= dict(zip(AHEAD, mean_of(gap, level), strict=True))
                rows.append(row)
    return pd.DataFrame(rows)


def check_against(frame: pd.DataFrame, places: list[str], against: str | None) -> None:
    """Raise InputError unless every place has this lane, and each lane a seed once."""
    if against is None:
        return
    lanes = set(frame["lane"])
    if not isinstance(against, str) or against not in lanes:
        raise InputError("against", against, "a lane of the table")
    here = frame[frame["lane"] == against]
    if places and len(here[places].drop_duplicates()) < len(frame[places].drop_duplicates()):
        raise InputError("against", against, "a lane of every place of the table")
    if frame.duplicated([*places, "lane", "seed"]).any():
        raise InputError("table", "a seed twice", "each seed of a place and lane once")


def check_share(name: str, value: float) -> None:
    """Raise InputError unless it is a share between nothing and all."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value < 1.0:
        raise InputError(name, value, "more than 0 and less than 1 [fraction]")


def of_values(values: np.ndarray, level: float, tail: float, small: bool) -> dict[str, float]:
    """Mean and tail of one metric in some worlds, with their intervals."""
    mean, low, high = mean_of(values, level)
    sign = -1.0 if small else 1.0
    worst = sign * shortfall(sign * values, tail)
    drawn = sign * shortfall(sign * values[resamples(len(values), RESAMPLES)], tail)
    ends = np.quantile(drawn, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return {
        "worlds": len(values), "mean": mean, "mean_low": low, "mean_high": high,
        "tail": float(worst), "tail_low": float(ends[0]), "tail_high": float(ends[1]),
    }  # fmt: skip


def mean_of(values: np.ndarray, level: float) -> tuple[float, float, float]:
    """Mean and the ends of Student's interval: mean +- t * s / sqrt(n)."""
    n = len(values)
    mean = float(values.mean()) if n else nan
    if n < 2:
        return mean, nan, nan
    half = student(level, n - 1) * float(values.std(ddof=1)) / sqrt(n)
    return mean, mean - half, mean + half


def shortfall(values: np.ndarray, level: float) -> np.ndarray:
    """Expected shortfall along the last axis: mean of the largest 1 - level of the values.

    With n values sorted downwards and k = n (1 - level): the first floor(k), and the next one with
    the weight k - floor(k), over k; for k < 1 the largest. An exact mean of a tail of the empirical
    distribution, which is coherent where a quantile is not.
    Source: C. Acerbi and D. Tasche, "On the coherence of expected shortfall", Journal of Banking
    and Finance 26 (2002), 1487-1503, definition 2.6.
    """
    n = values.shape[-1]
    k = round(n * (1.0 - level), 9)
    down = np.sort(values, axis=-1)[..., ::-1]
    weight = np.clip(k - np.arange(n), 0.0, 1.0) if k >= 1.0 else np.eye(1, n)[0]
    return (down * weight).sum(axis=-1) / weight.sum()


def resamples(n: int, count: int) -> np.ndarray:
    """Places (count, n) drawn with replacement from n worlds; the same ones for the same n.

    Source of the method: B. Efron, "Bootstrap methods: another look at the jackknife", Annals of
    Statistics 7 (1979), 1-26; the percentile interval takes quantiles of what they give.
    """
    drawn = np.empty(count * n)
    fill_uniform(drawn, 0, BOOTSTRAP, 0)
    return (drawn * n).astype(np.int64).reshape(count, n)


def student(level: float, freedom: int) -> float:
    """t with P(|T| <= t) = level, T of Student's distribution with `freedom` degrees of freedom.

    Exact for 1 and 2, else an expansion that is right to six digits.
    Source: G. W. Hill, Algorithm 396: Student's t-quantiles, Communications of the ACM 13 (1970),
    619-620.
    """
    p, n = 1.0 - level, float(freedom)
    if freedom == 1:
        return cos(p * pi / 2.0) / sin(p * pi / 2.0)
    if freedom == 2:
        return sqrt(2.0 / (p * (2.0 - p)) - 2.0)
    a = 1.0 / (n - 0.5)
    b = 48.0 / (a * a)
    c = ((20700.0 * a / b - 98.0) * a - 16.0) * a + 96.36
    d = ((94.5 / (b + c) - 3.0) / b + 1.0) * sqrt(a * pi / 2.0) * n
    y = (d * p) ** (2.0 / n)
    if y > 0.05 + a:
        x = NormalDist().inv_cdf(p / 2.0)
        y = x * x
        if freedom < 5:
            c += 0.3 * (n - 4.5) * (x + 0.6)
        c = (((0.05 * d * x - 5.0) * x - 7.0) * x - 2.0) * x + b + c
        y = (((((0.4 * y + 6.3) * y + 36.0) * y + 94.5) / c - y - 3.0) / b + 1.0) * x
        y = a * y * y
        y = exp(y) - 1.0 if y > 0.002 else 0.5 * y * y + y
    else:
        y = (
            (1.0 / (((n + 6.0) / (n * y) - 0.089 * d - 0.822) * (n + 2.0) * 3.0) + 0.5 / (n + 4.0))
            * y
            - 1.0
        ) * (n + 1.0) / (n + 2.0) + 1.0 / y
    return sqrt(n * y)
