"""From candles to price paths: several symbols on one grid, and the walk within a bar.

A candle does not say in which order its extremes were reached. The stated order is: open, the
extreme nearer to the open, the other extreme, close; if both are equally near, low comes first.
Only + - * / are used, each rounded once, so the bits are the same on every processor.
"""

import operator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from engine.scenario.candles import Candles, utc_text
from engine.scenario.errors import InputError

MAX_SYMBOLS = 16
MIN_STEPS, MAX_STEPS = 4, 86_400  # a bar; four waypoints need four steps
MAX_PRICES = 5_000_000  # steps x symbols of one path: 40 MB
SAME_DISTANCE = 1e-12  # of the open: below any tick, above the rounding of decimals


class Dropped(NamedTuple):
    """Bars of one symbol left out because another symbol lacks them."""

    symbol: str
    before: int  # earlier than the first common bar
    inside: int
    after: int  # later than the last common bar


@dataclass(frozen=True, eq=False)
class Aligned:
    """Several symbols whose bars have the same open times; `dropped` has one row a symbol."""

    candles: tuple[Candles, ...]
    dropped: tuple[Dropped, ...]

    @property
    def times(self) -> np.ndarray:
        """Common open times (T,) in ms UTC."""
        return self.candles[0].times

    @property
    def bar_seconds(self) -> int:
        return self.candles[0].bar_seconds

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(one.symbol for one in self.candles)

    def __len__(self):
        return len(self.times)


class BarPath(NamedTuple):
    """A price path and where it jumped.

    `prices` is (T,) for one symbol and (T, K) for several, T = bars x steps a bar, bar b being
    steps b*n .. b*n + n-1. `gap_steps` are the steps (the opens) before which bars are missing
    and `gap_bars` how many are missing there. `bar_times` are the open times used [ms UTC].
    """

    prices: np.ndarray
    gap_steps: np.ndarray
    gap_bars: np.ndarray
    bar_times: np.ndarray
    seconds_per_step: float


def align(candles_list) -> Aligned:
    """Keep the bars that every symbol has; nothing is filled, and what goes is counted.

    All must have the same bar length. One series of a symbol and venue kind is allowed.
    """
    series = tuple(candles_list)
    if not 1 <= len(series) <= MAX_SYMBOLS:
        raise InputError("symbols", len(series), f"1 to {MAX_SYMBOLS}")
    seen = set()
    for one in series:
        label = (one.symbol, one.venue_kind)
        if label in seen:
            raise InputError("symbol", " ".join(label), "one series of a symbol and venue kind")
        if one.bar_seconds != series[0].bar_seconds:
            allowed = f"{series[0].bar_seconds}, the bar length of {series[0].symbol}"
            raise InputError(f"{one.symbol}, bar length in seconds", one.bar_seconds, allowed)
        seen.add(label)
    common = series[0].times
    for one in series[1:]:
        common = np.intersect1d(common, one.times, assume_unique=True)
    if len(common) == 0:
        ranges = "; ".join(f"{one.symbol} {_range(one)}" for one in series)
        raise InputError("common open times", ranges, "at least one bar that every symbol has")
    kept = tuple(one.keep(np.isin(one.times, common, assume_unique=True)) for one in series)
    return Aligned(kept, tuple(_dropped(one, common) for one in series))


def _range(one):
    return f"{utc_text(one.times[0])[:16]} to {utc_text(one.end_ms)[:16]}"


def _dropped(one, common):
    before = int((one.times < common[0]).sum())
    after = int((one.times > common[-1]).sum())
    return Dropped(one.symbol, before, len(one) - before - after - len(common), after)


def bar_path(candles, steps_per_bar, start=None, end=None, across_gaps="jump") -> BarPath:
    """Walk each bar in `steps_per_bar` steps: open, nearer extreme, other extreme, close.

    `candles` is one Candles or an Aligned. Bars with start <= open time < end are walked; both
    are ms UTC or ISO text (without an offset: UTC). The first step of a bar is its open and the
    last its close, both exactly; the extremes come at about 1/3 and 2/3 (`waypoints`), between
    them the path is linear. So its lowest and highest price are the candles', bit for bit.

    `across_gaps`: "jump" goes straight on at the next bar's open, "refuse" raises InputError.
    """
    steps = _whole("steps_per_bar", steps_per_bar, MIN_STEPS, MAX_STEPS)
    if across_gaps not in ("jump", "refuse"):
        raise InputError("across_gaps", across_gaps, "'jump' or 'refuse'")
    series = candles.candles if isinstance(candles, Aligned) else (candles,)
    rows = _rows(candles.times, start, end)
    times = candles.times[rows]
    if len(times) * steps * len(series) > MAX_PRICES:
        size = f"{len(times)} bars x {steps} steps x {len(series)} symbols"
        raise InputError("price path", size, f"at most {MAX_PRICES} prices")
    spacing = np.diff(times) // (candles.bar_seconds * 1000)
    gaps = np.flatnonzero(spacing > 1)
    if across_gaps == "refuse" and len(gaps):
        at = utc_text(times[gaps[0]] + candles.bar_seconds * 1000)
        raise InputError("candles, first missing bar", at, "no missing bar in this range")
    paths = [walk(one.open[rows], one.high[rows], one.low[rows], one.close[rows], steps)
             for one in series]  # fmt: skip
    prices = np.stack(paths, axis=1) if isinstance(candles, Aligned) else paths[0]
    seconds = candles.bar_seconds / steps
    return BarPath(prices, (gaps + 1) * steps, spacing[gaps] - 1, times.copy(), seconds)


def waypoints(steps: int) -> tuple[int, int, int, int]:
    """Steps of a bar at which open, first extreme, second extreme and close are reached."""
    first = (2 * steps + 1) // 6  # (steps - 1) / 3 to the nearest step
    return 0, first, steps - 1 - first, steps - 1


def walk(opened, high, low, close, steps: int) -> np.ndarray:
    """The path (bars * steps,) through arrays (bars,) of prices [quote/base].

    Between waypoints: `a + (b - a) * (i / n)`, i < n, which rounding cannot carry past b.
    """
    low_first = opened - low <= (high - opened) + SAME_DISTANCE * opened
    nearer, other = np.where(low_first, low, high), np.where(low_first, high, low)
    path = np.empty((len(opened), steps))
    at = waypoints(steps)
    prices = (opened, nearer, other, close)
    for leg in range(3):
        count = at[leg + 1] - at[leg]
        share = np.arange(count, dtype="float64") / count
        change = prices[leg + 1] - prices[leg]
        path[:, at[leg] : at[leg + 1]] = prices[leg][:, None] + change[:, None] * share
    path[:, -1] = close
    return path.reshape(-1)


def _rows(times, start, end) -> slice:
    begin = 0 if start is None else int(np.searchsorted(times, _moment("start", start)))
    stop = len(times) if end is None else int(np.searchsorted(times, _moment("end", end)))
    if begin >= stop:
        whole = f"a range with bars; there are bars from {utc_text(times[0])} to "
        raise InputError("start, end", (start, end), whole + utc_text(times[-1]))
    return slice(begin, stop)


def _moment(field, value) -> int:
    if not isinstance(value, str):
        return _whole(field, value, 0, 2**53)
    try:
        moment = datetime.fromisoformat(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise InputError(field, value, "ms since 1970 or a time as 2021-05-19T12:20") from None


def _whole(field, value, low, high) -> int:
    allowed = f"a whole number from {low} to {high}"
    try:
        number = operator.index(value)
    except TypeError:
        raise InputError(field, value, allowed) from None
    if isinstance(value, bool) or not low <= number <= high:
        raise InputError(field, value, allowed)
    return number
