"""Where every account stands at one moment of a run: worth, requirement, and what is in hand."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.core.legs import worth_beside
from engine.core.state import Policy, Rule
from engine.log.addons import added_rates, in_force
from engine.log.legs import Account, correlations
from engine.log.movements import movements
from engine.record import Record


@dataclass(frozen=True, eq=False)
class Standing:
    """Balances of all rows just before event `number`, seen at the marks of the margin check."""

    result: Record
    number: int
    step: int
    quote: np.ndarray  # (R,) [tick]
    base: np.ndarray  # (R, K or 2 K) [lot]
    marks: np.ndarray  # (K,) [tick/lot]

    @property
    def accounts(self) -> np.ndarray:
        """Rows of the accounts that hold a position."""
        held = self.base[: self.result.accounts, : len(self.marks)] != 0.0
        return np.flatnonzero(held.any(axis=1))

    def notionals(self, rows: np.ndarray) -> np.ndarray:
        """Of all legs of some accounts, without sign [tick]."""
        return (np.abs(self.base[rows, : len(self.marks)]) * self.marks).sum(axis=1)

    def worths(self, rows: np.ndarray) -> np.ndarray:
        """Equity of some accounts [tick]."""
        k, haircut = self.result.compiled.inputs.symbol[rows], self.result.params.haircut
        out = self.quote[rows] + self.base[rows, k] * self.marks[k]
        for place in np.flatnonzero(k < 0):
            i = rows[place]
            out[place] = worth_beside(self.quote[i], self.base[i], self.marks, -1, haircut)
        return out

    def needs(self, rows: np.ndarray, addon: np.ndarray) -> np.ndarray:
        """Requirement of some accounts at given add-ons (K,) ADDON [tick]."""
        inputs = self.result.compiled.inputs
        k = inputs.symbol[rows]
        lots = np.abs(self.base[rows, k])
        notional = lots * self.marks[k]
        tier = np.searchsorted(inputs.floors, notional, side="right") - 1
        added = added_rates(lots, k, inputs, addon)
        out = notional * (inputs.rates[tier] + added) - inputs.deductions[tier]
        for place in np.flatnonzero(k < 0):
            i = int(rows[place])
            account = Account(self.result, i, 0.0, self.base[i], self.marks, self.rho, addon)
            out[place] = account.needed()
        return out

    @cached_property
    def rho(self) -> np.ndarray:
        """Correlations published then."""
        return correlations(self.result, self.number)

    def is_free(self, i: int) -> bool:
        """Whether the margin check looks at an account: no order, cooldown or auction is on."""
        events, p = self.result.events[: self.number], self.result.params
        mine = events["account"] == i
        triggers = np.flatnonzero(mine & (events["rule"] == Rule.MAINTENANCE))
        if not len(triggers):
            return True
        after = np.flatnonzero(mine & (events["rule"] == Rule.SLICE))
        filled = after[after > triggers[-1]]
        if p.policy == Policy.AUCTION or not len(filled):
            return False
        waits = p.policy == Policy.INCREMENTAL and p.cooldown > 0
        return not (waits and self.step <= int(events["step"][filled[-1]]) + p.cooldown)


def standing(result: Record, number: int, step: int | None = None) -> Standing:
    """Just before event `number`, at the marks of its step; or of `step`, after its events."""
    if step is None:
        step = int(result.events[number]["step"])
    moves = _movements(result)
    moves = moves[: np.searchsorted(moves["event"], number)]
    quote, base = result.compiled.quote.copy(), result.compiled.base.copy()
    np.add.at(quote, moves["payer"], -moves["ticks"])
    np.add.at(quote, moves["payee"], moves["ticks"])
    np.add.at(base, (moves["payer"], moves["symbol"]), moves["lots"])
    np.add.at(base, (moves["payee"], moves["symbol"]), -moves["lots"])
    marks = result.raw[max(step - result.params.check_lag, 0)].copy()
    return Standing(result, number, step, quote, base, marks)


def after_step(result: Record, step: int) -> Standing:
    """After everything that happened in a step."""
    return standing(result, int(np.searchsorted(result.events["step"], step + 1)), step)


def addons_at(found: Standing) -> np.ndarray:
    """The add-ons in force then."""
    return in_force(found.result, found.number)


def _movements(result: Record) -> np.ndarray:
    kept = result.__dict__.setdefault("_movements", [])
    if not kept:
        kept.append(movements(result))
    return kept[0]
