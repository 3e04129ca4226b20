"""Real candles: one file of open, high, low, close and volume (OHLCV), read and checked.

Read are the files Binance publishes and what people make of them: with or without a header, 6,
12 or more columns, times in seconds, milliseconds or microseconds (one unit a file, told by
magnitude) or as ISO text with UTC offsets, plain, gzip or zip. Times without an offset are UTC.

Nothing is repaired. A file that is unsorted, repeats a bar or has a price outside its bar is
refused with the row and the column named; missing bars are listed in `gaps` and never filled.
Source of the columns: https://github.com/binance/binance-public-data, "Klines".
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from engine.scenario.candle_table import COLUMNS, PRICES, open_times, parse, refuse
from engine.scenario.errors import InputError
from engine.scenario.unpack import read_text

PRICE_RANGE = (1e-12, 1e12)  # [quote/base]
MAX_VOLUME = 1e18  # [base]
QUOTES = {"USDT", "USDC", "BUSD", "FDUSD", "USD", "EUR", "BTC", "ETH"}
VENUE_KINDS = {  # words of a file's name, the first that fits wins
    "mark": {"mark", "markprice", "markpriceklines"},
    "perp": {"perp", "perpetual", "swap", "futures", "um", "cm"},
    "spot": {"spot"},
}


@dataclass(frozen=True)
class Gap:
    """Bars that are not there: the first missing open time, the next one present, how many."""

    start_ms: int
    end_ms: int
    bars: int


@dataclass(frozen=True, eq=False)
class Candles:
    """One symbol's bars; all arrays (T,), read-only, one row a bar.

    `times` are open times in ms UTC, prices [quote/base], `volume` [base]. `bar_seconds` is the
    commonest spacing. `sha256` hashes times, prices and volume, so it is the same for the same
    bars however they were written down.
    """

    symbol: str
    venue_kind: str  # "spot", "perp", "mark" or "unknown", by the file's name
    times: np.ndarray
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    volume: np.ndarray
    bar_seconds: int
    gaps: tuple[Gap, ...]
    sha256: str

    def __len__(self):
        return len(self.times)

    @property
    def end_ms(self) -> int:
        """When the last bar closes [ms UTC]."""
        return int(self.times[-1]) + self.bar_seconds * 1000

    def keep(self, rows) -> "Candles":
        """The same symbol with only these rows (slice or boolean mask); gaps are found anew."""
        columns = [getattr(self, column)[rows] for column in COLUMNS[1:]]
        return build(self.symbol, self.venue_kind, self.times[rows], columns, self.bar_seconds)

    def summary(self) -> dict:
        """What the file holds, ready for JSON: times as UTC text, `missing` the bars in gaps."""
        return {
            "symbol": self.symbol,
            "venue_kind": self.venue_kind,
            "bars": len(self),
            "bar_seconds": self.bar_seconds,
            "start": utc_text(self.times[0]),
            "end": utc_text(self.end_ms),
            "low": float(self.low.min()),
            "high": float(self.high.max()),
            "missing": sum(gap.bars for gap in self.gaps),
            "gaps": [
                {"start": utc_text(gap.start_ms), "end": utc_text(gap.end_ms), "bars": gap.bars}
                for gap in self.gaps
            ],
            "sha256": self.sha256,
        }


def read_candles(source, *, name: str | None = None) -> Candles:
    """Read one candle file; `source` is a path or the file's bytes, `name` its name if not given.

    Raises InputError, and nothing else, for a file that cannot be used.
    """
    text, name = read_text(source, name)
    frame = parse(text, name)
    times = open_times(frame["open_time"], name)
    columns = [frame[column].to_numpy("float64") + 0.0 for column in COLUMNS[1:]]  # no -0.0
    _check(times, columns, name)
    symbol, venue_kind = name_parts(name)
    return build(symbol, venue_kind, times, columns, _bar_seconds(times, name))


def build(symbol, venue_kind, times, columns, bar_seconds) -> Candles:
    """Candles from arrays that have passed the checks: finds gaps, hashes, makes read-only."""
    arrays = [np.array(times, "int64"), *(np.array(column, "float64") for column in columns)]
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
        array.flags.writeable = False
    times, bar_ms = arrays[0], bar_seconds * 1000
    gaps = tuple(
        Gap(int(times[i]) + bar_ms, int(times[i + 1]), int(times[i + 1] - times[i]) // bar_ms - 1)
        for i in np.flatnonzero(np.diff(times) > bar_ms)
    )
    opened, high, low, close, volume = arrays[1:]
    return Candles(
        symbol=symbol,
        venue_kind=venue_kind,
        times=times,
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=volume,
        bar_seconds=bar_seconds,
        gaps=gaps,
        sha256=digest.hexdigest()[:16],
    )


def name_parts(name: str) -> tuple[str, str]:
    """Symbol and venue kind from a file's name: BTCUSDT-perp-1m.csv.gz is ("BTCUSDT", "perp")."""
    words = name.replace("_", "-").replace(".", "-").replace(" ", "-").upper().split("-")
    symbol = words[0]
    if len(words) > 1 and words[1] in QUOTES:  # BTC_USDT-5m, as freqtrade names its files
        symbol += words[1]
    lower = {word.lower() for word in words[1:]}
    kind = next((kind for kind, signs in VENUE_KINDS.items() if signs & lower), "unknown")
    return (symbol if symbol.isalnum() and len(symbol) <= 20 else "UNKNOWN"), kind


def utc_text(ms: int) -> str:
    """2021-05-19T12:20:00+00:00 for a time in ms."""
    return datetime.fromtimestamp(int(ms) / 1000, UTC).isoformat()


def _bar_seconds(times, name) -> int:
    """The commonest spacing [s] (the shortest of equals); every bar must lie on its grid."""
    if len(times) < 2:
        raise InputError(f"{name}, rows", len(times), "at least 2")
    spacings, counts = np.unique(np.diff(times), return_counts=True)
    bar_ms = int(spacings[counts.argmax()])
    if bar_ms % 1000:
        raise InputError(f"{name}, bar length in ms", bar_ms, "a whole number of seconds")
    off = (times - times[0]) % bar_ms != 0
    refuse(off, times, name, "open_time", f"a multiple of {bar_ms // 1000} s after row 1")
    return bar_ms // 1000


def _check(times, columns, name):
    """Refuse the first bar that cannot be: order, then each number, then low <= ... <= high."""
    later = np.concatenate([[False], np.diff(times) <= 0])
    refuse(later, times, name, "open_time", "later than the row before")
    lowest, highest = PRICE_RANGE
    for column, values in zip(PRICES, columns, strict=False):
        bad = ~((values >= lowest) & (values <= highest))  # also true for nan
        refuse(bad, values, name, column, f"a price from {lowest:g} to {highest:g}")
    opened, high, low, close, volume = columns
    refuse(low > np.minimum(opened, close), low, name, "low", "at most open and close")
    refuse(high < np.maximum(opened, close), high, name, "high", "at least open and close")
    bad = ~((volume >= 0) & (volume <= MAX_VOLUME))
    refuse(bad, volume, name, "volume", f"a volume from 0 to {MAX_VOLUME:g}")
