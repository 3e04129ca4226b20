"""Whose forced order, or margin check, a halt, an outage or a price band holds up.

Requirements stay as they are: the risk is a position that the venue wanted closed and that stays
open, at prices that go on moving.
"""

import numpy as np

from engine.changes.moved import Moved
from engine.changes.standing import addons_at, standing
from engine.core.state import Policy, Rule
from engine.record import Record


def held_up(result: Record, number: int) -> list[Moved]:
    """Accounts by row, each with the notional that stays open at the mark of its own event.

    Of a price band: the order it answers to. Of a halt or an outage: orders that were to meet the
    book in it; and where margin checks stop as well, who the first check after it finds at the
    limit.
    """
    event = result.events[number]
    if event["rule"] == Rule.BAND:
        return [_held(result, number, abs(float(event["qty"])))]
    start, stop = _span(result, number)
    found: dict[int, Moved] = {}
    for n in np.flatnonzero(_orders(result, number, start, stop)).tolist():
        one = result.events[n]
        lots = abs(float(one["qty"] if one["rule"] == Rule.MAINTENANCE else one["base"]))
        new = _held(result, n, lots)
        old = found.get(new.account)
        found[new.account] = new.with_notional(old.notional if old else 0.0)
    return [found[row] for row in sorted(found)]


def _span(result: Record, number: int) -> tuple[int, int]:
    """The first step of a halt or an outage, and the first one after it."""
    event = result.events[number]
    start = int(event["step"])
    outage = event["rule"] == Rule.OUTAGE
    return start, start + (int(event["detail"]) if outage else result.params.breaker_halt)


def _orders(result: Record, number: int, start: int, stop: int) -> np.ndarray:
    """Which events (E,) sent an order that was due in the span, or are checks right after it."""
    events, p, halt = result.events, result.params, result.events[number]
    sends = events["rule"] == Rule.AUCTION_EXPIRE
    triggers = events["rule"] == Rule.MAINTENANCE
    if p.policy != Policy.AUCTION:
        sends = triggers
    due = events["step"] + p.order_lag
    found = sends & (due >= start) & (due < stop)
    if halt["rule"] == Rule.OUTAGE or not p.halt_checks:
        found |= triggers & (events["step"] == stop)
    if halt["rule"] == Rule.HALT:
        found &= events["symbol"] == halt["symbol"]
    return found


def _held(result: Record, number: int, lots: float) -> Moved:
    """The account of an event; `lots` of it stay open."""
    event, here = result.events[number], standing(result, number)
    row = np.array([event["account"]], np.int64)
    need = float(here.needs(row, addons_at(here))[0])
    notional = lots * float(event["mark"])
    return Moved(int(row[0]), notional, need, need, float(here.worths(row)[0]), False)
