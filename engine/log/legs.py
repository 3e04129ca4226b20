"""An account with several legs at one moment of a run, put together again from the log."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.core.legs import needed_with, worth_beside
from engine.core.state import Rule
from engine.log.addons import opening_addons
from engine.record import Record

MOVES = (
    Rule.SLICE,
    Rule.AUCTION_TAKE,
    Rule.BACKSTOP_TAKE,
    Rule.ADL_FILL,
    Rule.UNWIND,
    Rule.COLLATERAL_SALE,
)


def first_several(result: Record) -> int:
    """Row of the first account with several legs; the number of accounts if there is none."""
    return result.accounts - len(result.compiled.inputs.legs)


def is_several(result: Record, row: int) -> bool:
    """Whether a row is an account with several legs."""
    return first_several(result) <= row < result.accounts


@dataclass(frozen=True, eq=False)
class Account:
    """Cash, legs and coins of an account, the marks it is seen at, and the correlations in force.

    quote [tick]; base (K,) or (2 K,) [lot], coins behind the legs; marks (K,) [tick/lot];
    rho (K, K); addon (K,) ADDON, of the opening if None
    """

    result: Record
    row: int
    quote: float
    base: np.ndarray
    marks: np.ndarray
    rho: np.ndarray
    addon: np.ndarray | None = None

    @property
    def symbols(self) -> int:
        """Number of symbols."""
        return len(self.marks)

    @property
    def entries(self) -> np.ndarray:
        """Entry price of each leg [tick/lot]."""
        return self.result.compiled.inputs.legs[self.row - first_several(self.result)]

    @property
    def held(self) -> list[int]:
        """Symbols in which it has a position."""
        return [int(k) for k in np.flatnonzero(self.base[: self.symbols])]

    def worth(self, leg: int = -1) -> float:
        """Equity, or all of it but one leg: the cash that leg has behind it [tick]."""
        haircut = self.result.params.haircut
        return float(worth_beside(self.quote, self.base, self.marks, leg, haircut))

    def needed(self, leg: int = -1, lots: float = 0.0, rho: np.ndarray | None = None) -> float:
        """Requirement [tick], perhaps with one leg smaller or at other correlations."""
        return float(self._needed(leg, lots, self.rho if rho is None else rho)[0])

    def margins(self) -> np.ndarray:
        """Signed margin of each leg (K,) [tick]."""
        return self._needed(-1, 0.0, self.rho)[1][0]

    def _needed(self, leg: int, lots: float, rho: np.ndarray) -> tuple[float, np.ndarray]:
        room = np.zeros((2, self.symbols))
        p, inputs = self.result.params, self.result.compiled.inputs
        addon = opening_addons(inputs) if self.addon is None else self.addon
        need = needed_with(self.base, self.marks, leg, lots, rho, p, inputs, addon, room)
        return need, room

    def after(self, event: Any) -> "Account":
        """The account after a fill of its own."""
        base = self.base.copy()
        base[column_of(event, self.symbols)] += event["qty"]
        quote = self.quote + float(event["amount"]) - float(event["fee"])
        return replace(self, quote=quote, base=base)


def column_of(event: Any, symbols: int) -> int:
    """Column of the base that a fill changes: coins held as collateral follow the symbols."""
    return int(event["symbol"]) + (symbols if event["rule"] == Rule.COLLATERAL_SALE else 0)


def correlations(result: Record, number: int, step: int | None = None) -> np.ndarray:
    """Correlations published by the events before `number` (and before `step`, if it is given)."""
    symbols = result.mid.shape[1]
    rho = np.full((symbols, symbols), float(result.compiled.inputs.rho[0]))
    np.fill_diagonal(rho, 1.0)
    events = result.events[:number]
    for event in events[events["rule"] == Rule.CORRELATION_CHANGE]:
        if step is None or event["step"] < step:
            k, j = int(event["symbol"]), int(event["detail"])
            rho[k, j] = rho[j, k] = event["value"]
    return rho


def holdings(result: Record, numbers: np.ndarray) -> np.ndarray:
    """Positions and coins (N, K or 2 K) [lot] of the accounts of some events, just before each.

    One walk through the log.
    """
    base, symbols = result.compiled.base.copy(), result.mid.shape[1]
    out = np.zeros((len(numbers), base.shape[1]))
    events, here = result.events, 0
    moving = np.flatnonzero(np.isin(events["rule"], MOVES))
    for place, number in enumerate(numbers):
        while here < len(moving) and moving[here] < number:
            event = events[moving[here]]
            column = column_of(event, symbols)
            base[event["account"], column] += event["qty"]
            if event["counter"] >= 0:
                base[event["counter"], column] -= event["qty"]
            here += 1
        out[place] = base[events[number]["account"]]
    return out


def trigger_positions(result: Record, symbol: int) -> np.ndarray:
    """For each event the position [lot] its margin trigger has in a symbol, 0 for other events.

    An account with several legs counts once, at the first event of its trigger.
    """
    events = result.events
    triggers = events["rule"] == Rule.MAINTENANCE
    out = np.where(triggers & (events["symbol"] == symbol), events["base"], 0.0)
    several = np.flatnonzero(triggers & (events["account"] >= first_several(result)))
    if len(several):
        out[several] = holdings(result, several)[:, symbol]
        out[several[events["parent"][several] >= 0]] = 0.0
    return out
