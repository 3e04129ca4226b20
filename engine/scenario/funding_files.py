"""Real funding rates: one file of times and rates, read and checked.

Read are the answers of venues' interfaces and what people make of them: CSV with a header, or JSON
(a list of objects, bare or inside `data`, `result` or `list`). Known names of the time are those
of Binance (fundingTime, calc_time), Bybit (fundingRateTimestamp), OKX (fundingTime), Hyperliquid
(time) and plain ones; of the rate fundingRate, last_funding_rate and plain ones. A column `premium`
is kept where there is one. Times are milliseconds, seconds or ISO text, as for candles.

Nothing is repaired. Rows in falling order of time, as some interfaces give them, are turned round;
any other order, a repeated time or a rate that cannot be is refused with its row named.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from engine.scenario.candle_table import MAX_LINE, open_times, refuse, where
from engine.scenario.candles import name_parts
from engine.scenario.errors import InputError
from engine.scenario.unpack import LONGEST_VALUE, read_text

MAX_ROWS = 200_000
MAX_JSON = 8 * 2**20  # [characters]
LARGEST = 0.2  # a rate of one interval beyond this is a mistake of units
NAMES = {
    "time": (
        "funding_time", "fundingtime", "calc_time", "fundingratetimestamp", "funding_timestamp",
        "timestamp", "time", "date", "datetime",
    ),
    "rate": ("funding_rate", "fundingrate", "last_funding_rate", "lastfundingrate", "rate"),
    "premium": ("premium",),
    "symbol": ("coin", "symbol", "instid"),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class FundingRates:
    """One symbol's settlements; arrays (N,), read-only, in order of time.

    `times` [ms UTC] as stamped, often some milliseconds late; `rates` [fraction of notional for the
    interval], positive where longs pay; `premiums` likewise, or None. `sha256` hashes times and
    rates.
    """

    symbol: str
    times: np.ndarray
    rates: np.ndarray
    premiums: np.ndarray | None
    sha256: str

    def __len__(self):
        return len(self.times)


def read_funding(source: Any, *, name: str | None = None) -> FundingRates:
    """Read one file of funding rates; `source` is a path or the file's bytes.

    Raises InputError, and nothing else, for a file that cannot be used.
    """
    text, name = read_text(source, name)
    table = _json_table(text, name) if text.lstrip()[:1] in ("[", "{") else _csv_table(text, name)
    times = open_times(_time_column(table["time"], name), name)
    rates = _numbers(table["rate"], "rate", name)
    refuse(~(np.abs(rates) <= LARGEST), rates, name, "rate", f"a rate of at most +-{LARGEST:g}")
    premiums = _numbers(table["premium"], "premium", name) if "premium" in table else None
    if premiums is not None:
        refuse(~(np.abs(premiums) <= 1.0), premiums, name, "premium", "at most +-1")
    if len(times) > 1 and times[-1] < times[0]:
        times, rates = times[::-1], rates[::-1]
        premiums = premiums[::-1] if premiums is not None else None
    later = np.concatenate([[False], np.diff(times) <= 0])
    refuse(later, times, name, "time", "later than the row before (or earlier, in every row)")
    return _build(_symbol(table, name), times, rates, premiums)


def _build(symbol, times, rates, premiums) -> FundingRates:
    times, rates = np.array(times, "int64"), np.array(rates, "float64") + 0.0  # no -0.0
    digest = hashlib.sha256()
    for array in (times, rates):
        digest.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
        array.flags.writeable = False
    if premiums is not None:
        premiums = np.array(premiums, "float64")
        premiums.flags.writeable = False
    return FundingRates(symbol, times, rates, premiums, digest.hexdigest()[:16])


def _csv_table(text: str, name: str) -> dict[str, list]:
    """The columns that are known, as text."""
    try:
        lines = csv.reader(_short_lines(text, name), strict=True)
        header = [cell.strip().lower() for cell in next(lines, [])]
        places = _places(header, name)
        found: dict[str, list] = {column: [] for column in places}
        for number, row in enumerate(lines):
            if number >= MAX_ROWS:
                raise InputError(f"{name}, rows", number + 1, f"at most {MAX_ROWS:,}")
            if len(row) != len(header):
                shown = ",".join(row)[:LONGEST_VALUE]
                allowed = f"{len(header)} cells, as in the header"
                raise InputError(f"{name}, row {number + 1}", shown, allowed)
            for column, place in places.items():
                found[column].append(row[place].strip())
    except csv.Error as error:
        raise InputError(name, str(error), "comma-separated cells") from None
    return _filled(found, name)


def _short_lines(text: str, name: str) -> Iterator[str]:
    """The lines of a file, none of them so long that its cells would fill the memory."""
    for number, line in enumerate(io.StringIO(text.strip("\n"), newline="")):
        if len(line) > MAX_LINE:
            shown, allowed = line[:LONGEST_VALUE], f"at most {MAX_LINE:,} characters"
            raise InputError(f"{name}, line {number + 1}", shown, allowed)
        yield line


def _places(header: list[str], name: str) -> dict[str, int]:
    """Where the known columns stand; a time and a rate are needed."""
    places = {}
    for column, names in NAMES.items():
        hit = next((word for word in names if word in header), None)
        if hit is not None:
            places[column] = header.index(hit)
        elif column in ("time", "rate"):
            shown = ",".join(header)[:LONGEST_VALUE]
            raise InputError(f"{name}, header", shown, "a column " + " or ".join(names))
    return places


def _json_table(text: str, name: str) -> dict[str, list]:
    """The known fields of a list of objects."""
    if len(text) > MAX_JSON:
        raise InputError(f"{name}, characters", len(text), f"at most {MAX_JSON:,} of JSON")
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(name, text[:LONGEST_VALUE], f"JSON ({str(error)[:80]})") from None
    for key in ("result", "data", "list"):
        if isinstance(rows, dict) and key in rows:
            rows = rows[key]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(name, text[:LONGEST_VALUE], "a list of objects with a time and a rate")
    if len(rows) > MAX_ROWS:
        raise InputError(f"{name}, rows", len(rows), f"at most {MAX_ROWS:,}")
    keys = [key.lower() for key in rows[0]] if rows else []
    places = _places(keys, name)
    found: dict[str, list] = {column: [] for column in places}
    for number, row in enumerate(rows):
        lower = {key.lower(): value for key, value in row.items()}
        for column, place in places.items():
            value = lower.get(keys[place])
            if isinstance(value, bool) or not isinstance(value, (str, int, float)):
                raise InputError(where(name, number, column), value, "a number or a text")
            shown = str(value)[:LONGEST_VALUE]
            if any("\ud800" <= letter <= "\udfff" for letter in shown):  # half a letter of JSON
                raise InputError(where(name, number, column), value, "text in UTF-8")
            found[column].append(shown)
    return _filled(found, name)


def _filled(found: dict[str, list], name: str) -> dict[str, list]:
    if not found["time"]:
        raise InputError(f"{name}, rows", 0, "at least one settlement")
    return found


def _time_column(cells: list[str], name: str) -> pd.Series:
    """Plain numbers as float64, anything else as text."""
    numbers = [_number(cell) for cell in cells]
    if np.isnan(numbers[0]):
        return pd.Series(cells, dtype="str")
    bad = np.isnan(numbers)
    refuse(bad, cells, name, "time", "a number, as in row 1")
    return pd.Series(numbers, dtype="float64")


def _numbers(cells: list[str], column: str, name: str) -> np.ndarray:
    values = np.array([_number(cell) for cell in cells])
    refuse(np.isnan(values), cells, name, column, "a number")
    return values


def _number(cell: str) -> float:
    try:
        return np.nan if "_" in cell else float(cell)  # Python would read 1_0 as ten
    except (ValueError, OverflowError):
        return np.nan


def _symbol(table: dict[str, list], name: str) -> str:
    """As the rows name it, all alike; else by the file's name."""
    given = set(table.get("symbol", ()))
    if len(given) > 1:
        raise InputError(name, sorted(given)[:3], "the rates of one symbol")
    word = given.pop().upper().replace("-", "") if given else ""
    return word if word.isalnum() and len(word) <= 20 else name_parts(name)[0]
