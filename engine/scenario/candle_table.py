"""From the text of a candle file to six named columns and open times in ms UTC.

pandas reads the cells; what it cannot read is found again and named by row and column. Rows are
counted from 1 and a header is not one of them.
"""

import csv
import io

import numpy as np
import pandas as pd

from engine.scenario.errors import InputError
from engine.scenario.unpack import LONGEST_VALUE, one_line

MAX_ROWS = 200_000  # 138 days of one-minute bars
MAX_COLUMNS = 64  # of the first line
MAX_CELLS = 4_000_000  # of the file; each costs pandas 16 bytes before it is looked at
MAX_LINE = 4_096  # [characters] of the first line
EARLIEST_MS, LATEST_MS = 1_230_768_000_000, 4_102_444_800_000  # 2009-01-01 .. 2100-01-01
UNITS_PER_MS = {"seconds": 1e-3, "milliseconds": 1.0, "microseconds": 1e3}

PRICES = ("open", "high", "low", "close")
COLUMNS = ("open_time", *PRICES, "volume")
OTHER_NAMES = {
    "open_time": ("open time", "opentime", "timestamp", "time", "date", "datetime"),
    "volume": ("vol",),
}
WHOSE = ("symbol", "ticker", "pair")  # columns that say which symbol a row is of
ISO_DATE = r"\d{4}-\d{2}-\d{2}"
ISO_OFFSET = r".*\d{2}:\d{2}.*(?:Z|[+-]\d{2}(?::?\d{2})?)"


def parse(text: str, name: str) -> pd.DataFrame:
    """The six columns by name: prices and volume as float64, times as numbers or ISO text."""
    body, first = _first_line(text.strip("\n"), name)
    positions, whose = list(range(6)), []
    if not _is_number(first[1] if len(first) > 1 else ""):
        positions = _header_positions(first, name)
        names = [cell.strip().lower() for cell in first]
        whose = [k for k, word in enumerate(names) if word in WHOSE]
        body, first = _first_line(body.partition("\n")[2], name)
    rows = body.count("\n") + 1
    if rows > MAX_ROWS:
        raise InputError(f"{name}, rows", rows, f"at most {MAX_ROWS:,}")
    cells = body.count(",") + rows
    if cells > MAX_CELLS:
        raise InputError(f"{name}, cells", cells, f"at most {MAX_CELLS:,}")
    if len(first) <= max(positions):
        raise InputError(f"{name}, columns", len(first), f"at least {max(positions) + 1}")
    time_kind = "float64" if _is_number(first[positions[0]]) else "str"
    kinds = dict.fromkeys(positions, "float64") | {positions[0]: time_kind}
    texts = dict.fromkeys(whose, "str")
    try:
        frame = _read_csv(body, [*positions, *whose], kinds | texts)
    except Exception as error:  # pandas raises ValueError, ParserError, OverflowError and others
        raise _bad_cell(body, positions, kinds, name, error) from None
    for place in whose:
        other = (frame[place] != frame[place].iloc[0]).to_numpy("bool")
        allowed = f"{frame[place].iloc[0]}, the symbol of row 1: one file a symbol"
        refuse(other, frame[place], name, names[place], allowed[:LONGEST_VALUE])
    return frame[positions].set_axis(list(COLUMNS), axis="columns")


def _read_csv(body, positions, kinds):
    # Empty and "NA" cells stay text and so are refused. pandas 3 rounds decimals exactly.
    options = {"header": None, "na_filter": False, "low_memory": False, "skipinitialspace": True}
    return pd.read_csv(io.BytesIO(body.encode()), usecols=positions, dtype=kinds, **options)


def _first_line(text, name):
    """The text and the cells of its first line."""
    line = text[: MAX_LINE + 1].partition("\n")[0]
    if len(line) > MAX_LINE:
        raise InputError(f"{name}, first line", line, f"at most {MAX_LINE} characters")
    try:
        cells = next(csv.reader([line], skipinitialspace=True), [])
    except csv.Error as error:
        raise InputError(f"{name}, first line", line, f"comma-separated cells ({error})") from None
    if not any(cell.strip() for cell in cells):
        raise InputError(f"{name}, first line", line, f"cells of {', '.join(COLUMNS)}")
    if len(cells) > MAX_COLUMNS:
        raise InputError(f"{name}, columns", len(cells), f"at most {MAX_COLUMNS}")
    return text, cells


def _header_positions(cells, name) -> list[int]:
    """Where the six columns stand, by the names in the header."""
    names = [cell.strip().lower() for cell in cells]
    positions = []
    for column in COLUMNS:
        known = (column, *OTHER_NAMES.get(column, ()))
        found = next((word for word in known if word in names), None)
        if found is None:
            raise InputError(f"{name}, header", ",".join(cells), f"a column {' or '.join(known)}")
        positions.append(names.index(found))
    return positions


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _bad_cell(body, positions, kinds, name, error) -> InputError:
    """Find the cell pandas stumbled over; it does not say where."""
    try:
        frame = _read_csv(body, positions, "str")
    except Exception:
        return InputError(
            f"{name}, rows", body[:LONGEST_VALUE], f"comma-separated cells ({one_line(error)})"
        )
    bad = pd.DataFrame(
        {
            column: pd.to_numeric(frame[position], errors="coerce").isna()
            for column, position in zip(COLUMNS, positions, strict=True)
            if kinds[position] == "float64"
        }
    )
    if not bad.to_numpy().any():
        return InputError(f"{name}, rows", body[:LONGEST_VALUE], f"numbers ({one_line(error)})")
    row = int(bad.any(axis="columns").to_numpy().argmax())
    column = bad.columns[int(bad.iloc[row].to_numpy().argmax())]
    value = frame[positions[COLUMNS.index(column)]].iloc[row]
    return InputError(where(name, row, column), value, "a number")


def open_times(column: pd.Series, name: str) -> np.ndarray:
    """Open times as int64 ms UTC."""
    numeric = column.dtype == "float64"
    times = _numeric_times(column.to_numpy(), name) if numeric else _iso_times(column, name)
    bad = ~((times >= EARLIEST_MS) & (times < LATEST_MS))
    refuse(bad, column, name, "open_time", "a time from 2009 to 2099")
    refuse(times != np.floor(times), column, name, "open_time", "a whole number of ms")
    return times.astype("int64")


def _numeric_times(raw, name):
    """[ms] of plain numbers; the first one decides the unit, since their ranges are far apart."""
    for per_ms in UNITS_PER_MS.values():
        if EARLIEST_MS * per_ms <= raw[0] < LATEST_MS * per_ms:
            # exact: below 2**53, and multiplying by 1000 or dividing by it rounds once
            return raw * 1000.0 if per_ms < 1 else raw / per_ms
    units = ", ".join(UNITS_PER_MS)
    raise InputError(
        where(name, 0, "open_time"), float(raw[0]), f"{units} since 1970, for 2009 to 2099"
    )


def _iso_times(column, name):
    """[ms] of ISO text; with offsets in every row or in none (then UTC)."""
    dated = column.str.match(ISO_DATE).to_numpy("bool")  # pandas would take "now" for a time
    stamps = pd.to_datetime(column.where(dated, None), format="ISO8601", errors="coerce", utc=True)
    bad = stamps.isna().to_numpy("bool")
    refuse(bad, column, name, "open_time", "a time as 2021-05-19 12:20:00+00:00")
    zoned = column.str.fullmatch(ISO_OFFSET).to_numpy("bool")
    refuse(zoned != zoned[0], column, name, "open_time", "offsets in every row or in none")
    return stamps.dt.tz_localize(None).to_numpy("datetime64[us]").astype("int64") / 1e3


def where(name, row, column) -> str:
    """Rows are counted from 1 and the header is not one of them."""
    return f"{name}, row {row + 1}, {column}"


def refuse(bad, values, name, column, allowed):
    """Raise InputError for the first row that is `bad`, if there is one."""
    if bad.any():
        row = int(np.argmax(bad))
        value = values.iloc[row] if isinstance(values, pd.Series) else values[row]
        value = value.item() if isinstance(value, np.generic) else value
        raise InputError(where(name, row, column), value, allowed)
