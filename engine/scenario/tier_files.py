"""Margin tiers of a reader's own: one file, read and checked as a rulebook is.

Read are CSV with a header, and JSON as the leverage-bracket interface of Binance USD-M gives it: a
list of {symbol, brackets}, one such object, or the list of brackets alone. Nothing is repaired.
Columns (their names in that interface): floor (notionalFloor) and rate (maintMarginRatio) and
max_leverage (initialLeverage); deduction (cum) may be left out, as continuity determines it.
Source of the names: Binance USD-M futures API, "Notional and Leverage Brackets".
"""

import csv
import hashlib
import io
import json
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np

from engine.scenario.candle_table import where
from engine.scenario.candles import name_parts
from engine.scenario.errors import InputError
from engine.scenario.rulebooks import Rulebook
from engine.scenario.unpack import LONGEST_VALUE, read_text

MAX_TIERS = 50
MAX_TEXT = 2**20  # characters
MAX_SYMBOLS = 2_000
NAMES = {
    "floor": ("floor", "notionalfloor", "minnotional"),
    "rate": ("rate", "maintmarginratio", "maintenancemarginrate"),
    "max_leverage": ("max_leverage", "initialleverage", "maxleverage"),
    "deduction": ("deduction", "cum"),
}
NEEDED = ("floor", "rate", "max_leverage")
BOUNDS: dict[str, tuple[Any, Any, str]] = {  # lowest, highest, in words
    "floor": (0, 10**12, "0 .. 1e12 [USD]"),
    "rate": (Decimal("0.00001"), Decimal("0.99"), "0.00001 .. 0.99 [fraction]"),
    "max_leverage": (1, 1_000, "1 .. 1,000"),
    "deduction": (0, 10**12, "0 .. 1e12 [USD]"),
}
CENT = Decimal("0.01")


def read_tiers(source: Any, *, name: str | None = None, symbol: str | None = None) -> Rulebook:
    """The rulebook of a file of margin tiers; `source` is a path or the file's bytes.

    symbol : which one of a JSON file with several. The rulebook's name is the hash of its numbers.
    Raises InputError, and nothing else, for a file that cannot be used.
    """
    text, name = read_text(source, name)
    if len(text) > MAX_TEXT:
        raise InputError(f"{name}, characters", len(text), f"at most {MAX_TEXT:,}")
    if text.lstrip()[:1] in ("[", "{"):
        rows, found = _json_rows(text, name, symbol)
    else:
        rows, found = _csv_rows(text, name), name_parts(name)[0]
    if not 1 <= len(rows) <= MAX_TIERS:
        raise InputError(f"{name}, tiers", len(rows), f"1 .. {MAX_TIERS}")
    table = [_row(row, k, name) for k, row in enumerate(rows)]
    if "bracket" in rows[0]:  # the interface may give them in any order
        table.sort(key=lambda row: row["floor"])
    _check(table, name)
    return _rulebook(table, found)


def tier_symbols(source: Any, *, name: str | None = None) -> tuple[str, ...]:
    """The symbols whose brackets a JSON file holds; none for CSV, or for brackets alone."""
    text, name = read_text(source, name)
    if len(text) > MAX_TEXT or text.lstrip()[:1] not in ("[", "{"):
        return ()
    found = _json(text, name)
    return tuple(
        dict.fromkeys(str(row.get("symbol", ""))[:20] for row in found if "brackets" in row)
    )


def _csv_rows(text: str, name: str) -> list[dict[str, Any]]:
    try:
        lines = csv.reader(io.StringIO(text.strip("\n"), newline=""), strict=True)
        header = [cell.strip().lower() for cell in next(lines, [])]
        if len(set(header)) < len(header):
            shown = ",".join(header)[:LONGEST_VALUE]
            raise InputError(f"{name}, header", shown, "each column once")
        rows: list[dict[str, Any]] = []
        for row in lines:
            if not row:
                continue
            if len(rows) >= MAX_TIERS:
                raise InputError(f"{name}, tiers", len(rows) + 1, f"1 .. {MAX_TIERS}")
            if len(row) != len(header):
                shown = ",".join(row)[:LONGEST_VALUE]
                place = f"{name}, row {len(rows) + 1}"
                raise InputError(place, shown, f"{len(header)} cells, as in the header")
            rows.append(dict(zip(header, row, strict=True)))
    except csv.Error as error:
        raise InputError(name, str(error), "comma-separated cells") from None
    for column in NEEDED:
        if not set(NAMES[column]) & set(header):
            shown = ",".join(header)[:LONGEST_VALUE]
            raise InputError(f"{name}, header", shown, "a column " + " or ".join(NAMES[column]))
    return rows


def _json(text: str, name: str) -> list[dict[str, Any]]:
    """A list of objects, numbers with a point as decimals."""
    try:
        found = json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise InputError(name, text[:LONGEST_VALUE], f"JSON ({str(error)[:80]})") from None
    except (ValueError, RecursionError, InvalidOperation):
        allowed = "JSON without numbers of thousands of digits or brackets nested that deep"
        raise InputError(name, text[:LONGEST_VALUE], allowed) from None
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found) or not found:
        raise InputError(name, text[:LONGEST_VALUE], "a list of objects with brackets")
    if len(found) > MAX_SYMBOLS:
        raise InputError(f"{name}, symbols", len(found), f"at most {MAX_SYMBOLS:,}")
    return found


def _json_rows(text: str, name: str, symbol: str | None) -> tuple[list[dict[str, Any]], str]:
    """The brackets of one symbol, keys in lower case, and the symbol's name."""
    found: Any = _json(text, name)
    label = name_parts(name)[0]
    if "brackets" in found[0]:
        named = {str(row.get("symbol", ""))[:20]: row.get("brackets") for row in found}
        if symbol is None and len(named) > 1:
            shown = ", ".join(list(named)[:3])
            raise InputError(
                f"{name}, symbols", f"{len(named)}: {shown} ..", "one symbol's brackets"
            )
        label = symbol if symbol is not None else next(iter(named))
        if label not in named:
            raise InputError(f"{name}, symbol", label, "one of " + ", ".join(list(named)[:5]))
        found = named[label]
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise InputError(f"{name}, brackets", str(found)[:LONGEST_VALUE], "a list of objects")
    rows = [
        {str(key).lower(): value for key, value in row.items()} for row in found[: MAX_TIERS + 1]
    ]
    return rows, label if label and label.isalnum() else name_parts(name)[0]


def _row(row: dict[str, Any], number: int, name: str) -> dict[str, Decimal]:
    out = {}
    for column, names in NAMES.items():
        key = next((key for key in names if key in row), None)
        place = where(name, number, column)
        if key is None:
            if column in NEEDED:
                raise InputError(place, "missing", "a number: " + " or ".join(names))
            continue
        low, high, allowed = BOUNDS[column]
        value = _decimal(row[key])
        if value is None or not low <= value <= high:
            raise InputError(place, str(row[key])[:LONGEST_VALUE], allowed)
        out[column] = value
    return out


def _decimal(cell: Any) -> Decimal | None:
    """A number of at most 40 characters; None for anything else, nan among it."""
    text = str(cell).strip()
    if isinstance(cell, bool) or len(text) > 40 or "_" in text or not text.isascii():
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and -30 < value.adjusted() < 30 else None


def _check(table: list[dict[str, Decimal]], name: str) -> None:
    """Tiers start at 0, ascend and are continuous; deductions that are missing are filled in.

    deduction[n] = deduction[n-1] + floor[n] * (rate[n] - rate[n-1])
    """
    before: dict[str, Decimal] | None = None
    for n, tier in enumerate(table):
        if before is None:
            _hold(tier["floor"] == 0, name, n, "floor", tier["floor"], "0 in the first tier")
            expected = Decimal(0)
        else:
            for column, way in (("floor", "above"), ("rate", "above"), ("max_leverage", "below")):
                ahead = tier[column] > before[column]
                if way == "below":
                    ahead = tier[column] < before[column]
                allowed = f"{way} {before[column]:f}, that of the tier before"
                _hold(ahead, name, n, column, tier[column], allowed)
            expected = before["deduction"] + tier["floor"] * (tier["rate"] - before["rate"])
        most = 1 / tier["rate"]
        allowed = f"at most {most:.6g}: initial margin is not below maintenance"
        _hold(tier["max_leverage"] <= most, name, n, "max_leverage", tier["max_leverage"], allowed)
        given = tier.setdefault("deduction", expected)
        near = abs(given - expected) <= max(CENT, expected * Decimal("1e-9"))
        allowed = f"{expected:f}, so that margin is continuous"
        _hold(near, name, n, "deduction", given, allowed)
        before = tier


def _hold(holds: bool, name: str, row: int, column: str, value: Decimal, allowed: str) -> None:
    if not holds:
        raise InputError(where(name, row, column), float(value), allowed)


def _rulebook(table: list[dict[str, Decimal]], symbol: str) -> Rulebook:
    columns = {column: np.array([float(row[column]) for row in table]) for column in NAMES}
    digest = hashlib.sha256()
    for array in columns.values():
        array.flags.writeable = False
        digest.update(array.astype("<f8").tobytes())
    return Rulebook(
        name=digest.hexdigest()[:16],
        title=f"own tiers, {symbol}",
        venue="own",
        symbol=symbol,
        as_of="unknown",
        source="a file of the reader",
        evidence="T",
        note="",
        floors=columns["floor"],
        rates=columns["rate"],
        deductions=columns["deduction"],
        max_leverage=columns["max_leverage"],
    )
