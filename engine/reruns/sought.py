"""What it means that *this* event happens in another run.

An event of one run has no counterpart by number in another, so it is named by

    account      the same row
    rule         the same kind: margin trigger, bankruptcy or auto-deleveraging fill
    symbol       the same; an account with several legs has one margin for all, so any leg counts
    occurrence   the n-th event of that kind of the account: after a first cut the event looked at
                 is the second, and a run in which it is cut once has not had it
    until        the last step of the run

It happens in another run if that run has at least `occurrence` such events up to step `until`.
The window is the whole run and not the moment of the event, because a change that puts a
liquidation off by a second prevents nothing. With `until` at the step of the event itself the
question is the narrower one of the closed forms of `engine.explanation`: what would have held then.

The legs of one account that are closed at once are one trigger: the first of its events counts.
"""

from dataclasses import dataclass

import numpy as np

from engine.core.state import Rule
from engine.log.legs import is_several
from engine.record import Record

KINDS = (Rule.MAINTENANCE, Rule.BANKRUPTCY, Rule.ADL_FILL)


@dataclass(frozen=True)
class Sought:
    """An event, as it is looked for in other runs."""

    account: int
    rule: Rule
    symbol: int  # -1: any
    occurrence: int  # from 1
    until: int  # step, included

    def numbers(self, events: np.ndarray) -> np.ndarray:
        """Events of this kind of this account, in log order."""
        mine = (events["account"] == self.account) & (events["rule"] == self.rule)
        if self.symbol >= 0:
            mine &= events["symbol"] == self.symbol
        if self.rule == Rule.MAINTENANCE:
            mine &= events["parent"] < 0
        return np.flatnonzero(mine & (events["step"] <= self.until))

    def happens(self, events: np.ndarray) -> bool:
        """Whether the event is in this log."""
        return len(self.numbers(events)) >= self.occurrence


def sought(result: Record, number: int, until: int | None = None) -> Sought | None:
    """The event `number` as it is looked for in other runs; None for kinds that are not."""
    event = result.events[number]
    row, rule = int(event["account"]), int(event["rule"])
    if rule not in KINDS or row >= result.accounts:
        return None
    last = len(result.mid) - 1 if until is None else until
    symbol = -1 if is_several(result, row) else int(event["symbol"])
    found = Sought(row, Rule(rule), symbol, 1, last)
    place = int(np.searchsorted(found.numbers(result.events), number, side="right"))
    return Sought(row, Rule(rule), symbol, max(place, 1), last)
