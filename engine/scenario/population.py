"""Who holds positions at the opening: drawn from the scenario, or read from a table.

Every attribute of account i is a draw with its own address (attribute, i). Changing one
distribution therefore leaves the draws of the others as they are, and adding accounts leaves
those of the first ones as they are; only the scale of the sizes follows the total.
"""

import csv
import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from engine.core.jit import kernel
from engine.core.margin import maintenance, tier_of
from engine.core.maths import exp, log, total
from engine.core.random import Stream, fill_normal, fill_uniform, uniform
from engine.scenario.errors import InputError
from engine.scenario.rulebooks import Rulebook, load
from engine.scenario.schema import Accounts, Scenario

MAX_ROWS = 1_000_000
MAX_SYMBOLS = 1_000
SMALL = 2_000  # accounts of a population that is kept for the next run
MAX_BYTES = 200_000_000
RANGE = 2**32  # draws kept for one attribute
DRAWS = int(Stream.POPULATION)
SIZE, LEVERAGE, ENTRY, SIDE, ISOLATED = range(5)  # part of the format of links: never renumber
GOLDEN, SQRT_TWO = 0.6180339887498949, 0.41421356237309515  # fractional parts


@dataclass(frozen=True, eq=False)
class Population:
    """Accounts at the opening, one array per attribute and one row per account."""

    side: np.ndarray  # int64: +1 long, -1 short
    size_coin: np.ndarray  # coin, above 0
    entry: np.ndarray  # USD per coin
    leverage: np.ndarray  # entry notional over the margin posted for it
    collateral: np.ndarray  # USD posted: margin, wallet of a cross account, and any top-up
    isolated: np.ndarray  # bool
    symbol: np.ndarray  # int64

    def __len__(self) -> int:
        return len(self.side)


def draw(
    scenario: Scenario, fundamental0: float | np.ndarray, book: Rulebook | None = None
) -> Population:
    """Draw `accounts.count` accounts for a run that opens at the price `fundamental0` [USD/coin].

    size        log-normal with spread `size_spread`, scaled so that long plus short notional at
                the opening price is `open_interest`
    leverage    log-uniform from `leverage_low` to `leverage_high`, at most what the rulebook
                allows for the entry notional
    entry       opening price * exp(entry_spread * z), z standard normal
    side        long for a share `long_share`, spread evenly over the rows (see `fill_shares`)
    isolated    for a share `isolated_share`, likewise
    collateral  entry notional / leverage, times 1 + `wallet` for a cross account, topped up to
                maintenance margin + `headroom` * notional at the opening price
    """
    accounts, book = scenario.accounts, book or load(scenario.venue.rulebook)
    chosen = _kept if accounts.count <= SMALL else _draw
    return chosen(accounts, scenario.seed, float(np.ravel(fundamental0)[0]), book)


def _draw(accounts: Accounts, seed: int, price: float, book: Rulebook) -> Population:
    count = accounts.count
    size, entry, leverage, collateral = (np.empty(count) for _ in range(4))
    side, isolated = np.empty(count, np.int64), np.empty(count, np.bool_)
    fill_normal(size, seed, DRAWS, SIZE * RANGE)
    fill_normal(entry, seed, DRAWS, ENTRY * RANGE)
    fill_uniform(leverage, seed, DRAWS, LEVERAGE * RANGE)
    fill_positions(
        size, float(accounts.size_spread), float(accounts.open_interest),
        entry, float(accounts.entry_spread), price,
    )  # fmt: skip
    fill_shares(side, seed, SIDE * RANGE, GOLDEN, float(accounts.long_share), -1)
    fill_shares(isolated, seed, ISOLATED * RANGE, SQRT_TWO, float(accounts.isolated_share), 0)
    fill_margins(
        leverage, float(accounts.leverage_low), float(accounts.leverage_high), book.max_leverage,
        size, entry, isolated, float(accounts.wallet), collateral, book.floors,
    )  # fmt: skip
    top_up(
        collateral, side, size, entry,
        np.full(count, price), np.full(count, float(accounts.headroom)),
        book.floors, book.rates, book.deductions,
    )  # fmt: skip
    symbol = np.zeros(count, np.int64)
    return Population(side, size, entry, leverage, collateral, isolated, symbol)


_kept = lru_cache(maxsize=64)(_draw)  # places of a sweep share the accounts of their seeds


@kernel
def fill_positions(size, size_spread, interest, entry, entry_spread, price):
    """Turn standard normal draws into sizes [coin] and entry prices [USD/coin]; see `draw`."""
    for i in range(size.size):
        size[i] = exp(size_spread * size[i])
        entry[i] = price * exp(entry_spread * entry[i])
    scale = interest / total(size) / price
    for i in range(size.size):
        size[i] *= scale


@kernel
def fill_shares(out, seed, first, stride, share, other):
    """Write 1 for a share of the rows and `other` for the rest, spread evenly.

    A row is below the share by its number in [0, 1): a random start, then equal irrational strides,
    modulo 1. How many are is count * share to within a few accounts, for any count, and row i does
    not depend on count. Two irrational strides keep two attributes unrelated.
    """
    start = uniform(seed, DRAWS, first)
    for i in range(out.size):
        turns = start + stride * i
        out[i] = 1 if turns - np.floor(turns) < share else other


@kernel
def fill_margins(leverage, low, high, most, size, entry, isolated, wallet, collateral, floors):
    """Turn even draws into leverages, and write the collateral [USD] posted with them."""
    bottom, top = log(low), log(high)
    for i in range(leverage.size):
        bought = size[i] * entry[i]
        wanted = min(max(exp(bottom + leverage[i] * (top - bottom)), low), high)
        leverage[i] = min(wanted, most[tier_of(bought, floors)])
        margin = bought / leverage[i]
        collateral[i] = margin if isolated[i] else margin * (1.0 + wallet)


@kernel
def top_up(collateral, side, size, entry, price, headroom, floors, rates, deductions):
    """Raise collateral [USD] to where equity at `price` is maintenance + headroom * notional.

    Equity is collateral + side * size * (price - entry).
    """
    for i in range(collateral.size):
        notional = size[i] * price[i]
        tier = tier_of(notional, floors)
        needed = maintenance(notional, tier, rates, deductions) + headroom[i] * notional
        needed -= side[i] * size[i] * (price[i] - entry[i])
        collateral[i] = max(collateral[i], needed)


# --- accounts given as a table ---


def table_hash(people: Population) -> str:
    """16 characters that stand for a table in a link: the same for the same accounts."""
    digest = hashlib.sha256()
    for array in (people.side, people.size_coin, people.entry, people.collateral):
        digest.update(array.astype("<f8").tobytes())
    for flags in (people.isolated, people.symbol):
        digest.update(flags.astype("<i8").tobytes())
    return digest.hexdigest()[:16]


COLUMNS = {
    "side": "long or short",
    "size_coin": "a number above 0, at most 1e12 [coin]",
    "entry": "1e-6 .. 1e7 [USD/coin]",
    "leverage": "1 .. 1,000",
    "collateral": "a number above 0, at most 1e15 [USD]",
    "isolated": "true or false",
    "symbol": "the number of a symbol, from 0",
}
_BOUNDS = {
    "size_coin": (1e-12, 1e12),
    "entry": (1e-6, 1e7),
    "leverage": (1.0, 1_000.0),
    "collateral": (1e-9, 1e15),
}
_SIDES = {"long": 1, "short": -1}
_FLAGS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


def from_table(table: Any, symbols: int = 1) -> Population:
    """Accounts from a DataFrame, or from the bytes of a CSV file (UTF-8, comma, header row).

    Columns, in any order (see COLUMNS for what is allowed in each):

    side        long or short
    size_coin   position [coin]
    entry       entry price [USD/coin]
    leverage    entry notional / collateral; or instead
    collateral  USD posted for the position
    isolated    true or false; optional, true if the column is missing
    symbol      0 for the first symbol; optional, 0 if the column is missing

    Row 1 is the first account. Raises InputError naming row and column.
    """
    if not isinstance(table, bytes | pd.DataFrame):
        raise InputError("table", type(table).__name__, "a DataFrame, or the bytes of a CSV file")
    if isinstance(symbols, bool) or not isinstance(symbols, int) or not 1 <= symbols <= MAX_SYMBOLS:
        raise InputError("symbols", symbols, f"a whole number in 1 .. {MAX_SYMBOLS:,}")
    columns = _from_csv(table) if isinstance(table, bytes) else _from_frame(table)
    _check_needed(columns)
    count = len(columns["side"])
    size = _numbers(columns, "size_coin")
    entry = _numbers(columns, "entry")
    if "leverage" in columns:
        leverage = _numbers(columns, "leverage")
        collateral = size * entry / leverage
    else:
        collateral = _numbers(columns, "collateral")
        leverage = size * entry / collateral
    flags = _words(columns, "isolated", _FLAGS) if "isolated" in columns else [True] * count
    places = {str(k): k for k in range(symbols)}
    where = _words(columns, "symbol", places) if "symbol" in columns else [0] * count
    return Population(
        side=np.array(_words(columns, "side", _SIDES), np.int64),
        size_coin=size,
        entry=entry,
        leverage=leverage,
        collateral=collateral,
        isolated=np.array(flags, bool),
        symbol=np.array(where, np.int64),
    )


def _from_frame(frame: Any) -> dict[str, list]:
    _check_count(len(frame))
    names = [str(name).strip().lower() for name in frame.columns]
    _check_names(names)
    return {name: frame.iloc[:, k].tolist() for k, name in enumerate(names)}


def _from_csv(data: bytes) -> dict[str, list]:
    if len(data) > MAX_BYTES:
        raise InputError("table", f"{len(data):,} bytes", f"at most {MAX_BYTES:,} bytes")
    try:
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        names = [name.strip().lower() for name in next(lines, [])]
        _check_names(names)
        rows: list[list[str]] = []
        for row in lines:
            if not row:
                continue
            _check_count(len(rows) + 1)
            if len(row) != len(names):
                place = f"table row {len(rows) + 1}"
                raise InputError(place, ",".join(row), f"{len(names)} values, as in the header")
            rows.append(row)
    except UnicodeDecodeError as error:
        raise InputError("table", f"byte {error.start}", "text in UTF-8") from None
    except csv.Error as error:
        raise InputError("table", str(error), "a CSV file with commas") from None
    _check_count(len(rows))
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}


def _check_names(names: list[str]) -> None:
    for k, name in enumerate(names):
        if name not in COLUMNS:
            raise InputError("table columns", name, "one of " + ", ".join(COLUMNS))
        if name in names[:k]:
            raise InputError("table columns", name, "each column once")


def _check_count(count: int) -> None:
    if not 1 <= count <= MAX_ROWS:
        raise InputError("table rows", count, f"1 .. {MAX_ROWS:,} accounts")


def _check_needed(columns: dict[str, list]) -> None:
    for name in ("side", "size_coin", "entry"):
        if name not in columns:
            raise InputError("table columns", ", ".join(columns), f"a column {name} as well")
    if ("leverage" in columns) == ("collateral" in columns):
        found = ", ".join(columns)
        raise InputError("table columns", found, "one of leverage and collateral, not both")


def _numbers(columns: dict[str, list], name: str) -> np.ndarray:
    low, high = _BOUNDS[name]
    cells = columns[name]
    out = np.array([_number(cell) for cell in cells])
    wrong = np.flatnonzero(~((out >= low) & (out <= high)))
    if wrong.size:
        raise _wrong(int(wrong[0]), name, cells[wrong[0]])
    return out


def _number(cell: Any) -> float:
    try:
        return nan if "_" in str(cell) else float(cell)  # Python would read 1_0 as ten
    except (TypeError, ValueError, OverflowError):
        return nan


def _words(columns: dict[str, list], name: str, meanings: dict[str, Any]) -> list:
    out = []
    for i, cell in enumerate(columns[name]):
        word = str(cell).strip().lower()
        if word not in meanings:
            raise _wrong(i, name, cell)
        out.append(meanings[word])
    return out


def _wrong(row: int, name: str, cell: Any) -> InputError:
    return InputError(f"table row {row + 1}, column {name}", cell, COLUMNS[name])
