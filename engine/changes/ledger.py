"""The ledger of limit changes: what changed, why, and the risk the change created.

One row for each event that changed a limit and none besides. Old and new requirement of every
account are computed again at the same prices; where they do not lead to what the run logged,
nothing is told.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from engine.causes.attribution import Disagreement
from engine.changes.causes import cause_of
from engine.changes.moved import Moved
from engine.changes.standing import Standing, standing
from engine.changes.waiting import held_up
from engine.core.state import Rule
from engine.log.addons import apply, in_force
from engine.record import Record
from engine.scenario.errors import InputError

NAMES = {
    Rule.LIMIT_CHANGE: "margin tier",
    Rule.CORRELATION_CHANGE: "correlation credit",
    Rule.VOLATILITY_ADDON: "volatility add-on",
    Rule.DEPTH_PUBLISHED: "concentration add-on",
    Rule.HALT: "circuit breaker",
    Rule.RESUMPTION: "circuit breaker",
    Rule.BAND: "price band",
    Rule.OUTAGE: "outage",
    Rule.OUTAGE_END: "outage",
}
UNITS = {
    Rule.LIMIT_CHANGE: "maintenance rate",
    Rule.CORRELATION_CHANGE: "correlation",
    Rule.VOLATILITY_ADDON: "rate added",
    Rule.DEPTH_PUBLISHED: "share of the opening depth",
    Rule.HALT: "trading",
    Rule.RESUMPTION: "trading",
    Rule.BAND: "worst price of the order",
    Rule.OUTAGE: "liquidation engine",
    Rule.OUTAGE_END: "liquidation engine",
}
ON_OFF = {  # 1: open, runs; 0: halted, stands still
    Rule.HALT: (1.0, 0.0), Rule.RESUMPTION: (0.0, 1.0),
    Rule.OUTAGE: (1.0, 0.0), Rule.OUTAGE_END: (0.0, 1.0),
}  # fmt: skip


def limit_ledger(result: Record) -> pd.DataFrame:
    """One row a change of a limit, in log order.

    event, step, time_s [s]; limit (what kind), scope, symbol; old and new, in `unit` (of a price
    band: the worst price of the order without it, and its edge, USD a coin); cause_event (-1: the
    outside world) and cause, in words; accounts whose requirement moved, and moved_usd by which
    all together; due, how many of them were due by the change alone, and due_notional_usd what
    they held; held, accounts whose forced order or margin check it holds up, and held_notional_usd
    what stays open by that.
    """
    rows = [_row(result, int(n)) for n in change_events(result)]
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = [
    "event", "step", "time_s", "limit", "scope", "symbol", "old", "new", "unit", "cause_event",
    "cause", "accounts", "moved_usd", "due", "due_notional_usd", "held", "held_notional_usd",
]  # fmt: skip


def change_events(result: Record) -> np.ndarray:
    """Numbers of the events that changed a limit."""
    return np.flatnonzero(np.isin(result.events["rule"], list(NAMES)))


def _row(result: Record, number: int) -> dict[str, Any]:
    event, tick = result.events[number], result.compiled.units.tick
    rule = Rule(int(event["rule"]))
    cause = cause_of(result, number)
    found = moved_by(result, number)
    due = [one for one in found if one.due]
    held = found if rule in HOLDS else []
    old, new = values_of(result, event)
    return {
        "event": number,
        "step": int(event["step"]),
        "time_s": float(event["step"]) * result.scenario.world.dt,
        "limit": NAMES[rule],
        "scope": scope_of(result, event),
        "symbol": symbol_of(result, event),
        "old": old,
        "new": new,
        "unit": UNITS[rule],
        "cause_event": cause.event,
        "cause": cause.words,
        "accounts": len(found) - len(held),
        "moved_usd": sum((one.after - one.before) for one in found) * tick,
        "due": len(due),
        "due_notional_usd": sum(one.notional for one in due) * tick,
        "held": len(held),
        "held_notional_usd": sum(one.notional for one in held) * tick,
    }


def values_of(result: Record, event: Any) -> tuple[float, float]:
    """Old and new value of a limit."""
    rule = Rule(int(event["rule"]))
    if rule == Rule.BAND:
        price = result.compiled.units.price
        return float(event["value"]) / price, float(event["limit"]) / price
    return ON_OFF.get(rule, (float(event["limit"]), float(event["value"])))


def symbol_of(result: Record, event: Any) -> str:
    """The symbol of a change."""
    if event["rule"] in (Rule.OUTAGE, Rule.OUTAGE_END):
        return "all symbols"
    return result.compiled.symbols[int(event["symbol"])]


def scope_of(result: Record, event: Any) -> str:
    """Whom a change holds for."""
    names = result.compiled.symbols
    symbol = names[int(event["symbol"])]
    if event["rule"] in (Rule.OUTAGE, Rule.OUTAGE_END):
        return "the whole venue"
    if event["rule"] in (Rule.LIMIT_CHANGE, Rule.BAND):
        return f"{result.row_name(int(event['account']))}, {symbol}"
    if event["rule"] == Rule.CORRELATION_CHANGE:
        return f"{symbol} and {names[int(event['detail'])]}"
    return f"every position in {symbol}"


def limit_accounts(result: Record, number: int) -> pd.DataFrame:
    """Whose requirement a change moved, the most first, or whom it holds up: in USD.

    At the same prices: account, notional_usd (held up: what stays open), before_usd, after_usd,
    more_usd, equity_usd, room_before_usd, room_after_usd (equity above the requirement), due.
    Raises InputError if event `number` changed no limit.
    """
    if number not in set(change_events(result).tolist()):
        raise InputError("event", number, "an event that changed a limit, see limit_ledger")
    tick = result.compiled.units.tick
    found = sorted(
        moved_by(result, number), key=lambda one: (-abs(one.after - one.before), -one.notional)
    )
    return pd.DataFrame(
        {
            "account": [one.account for one in found],
            "notional_usd": [one.notional * tick for one in found],
            "before_usd": [one.before * tick for one in found],
            "after_usd": [one.after * tick for one in found],
            "more_usd": [(one.after - one.before) * tick for one in found],
            "equity_usd": [one.worth * tick for one in found],
            "room_before_usd": [(one.worth - one.before) * tick for one in found],
            "room_after_usd": [(one.worth - one.after) * tick for one in found],
            "due": [one.due for one in found],
        }
    )


def moved_by(result: Record, number: int) -> list[Moved]:
    """Accounts whose requirement a change moved, or whom it holds up; kept with the result."""
    kept = result.__dict__.setdefault("_moved_by", {})
    if number not in kept:
        rule = Rule(int(result.events[number]["rule"]))
        kept[number] = MOVED[rule](result, number)
    return kept[number]


def _by_addon(result: Record, number: int) -> list[Moved]:
    """By a change of an add-on: everybody with a position in its symbol."""
    event, here = result.events[number], standing(result, number)
    old = in_force(result, number)
    new = old.copy()
    apply(event, new, result.compiled.inputs)
    held = np.flatnonzero(here.base[: result.accounts, int(event["symbol"])] != 0.0)
    before, after = here.needs(held, old), here.needs(held, new)
    changed = before != after
    total = sum((after - before).tolist(), 0.0)
    found = _moved(here, held[changed], before[changed], after[changed])
    due = sum(one.due for one in found)
    if total != event["level"] or due != event["net"]:
        told = f"{total!r} and {due} accounts, logged {event['level']!r} and {event['net']:g}"
        raise Disagreement(f"event {number}: what the change moved recomputes to {told}")
    return found


def _moved(here: Standing, rows: np.ndarray, before: np.ndarray, after: np.ndarray) -> list[Moved]:
    """Accounts with what a change did to them."""
    sizes, worths = here.notionals(rows), here.worths(rows)
    columns = (rows.tolist(), sizes.tolist(), before.tolist(), after.tolist(), worths.tolist())
    return [
        Moved(i, size, was, now, worth, was < worth <= now and here.is_free(i))
        for i, size, was, now, worth in zip(*columns, strict=True)
    ]


def _by_correlation(result: Record, number: int) -> list[Moved]:
    """By correlations published together: their accounts stand with the last pair of the step."""
    events = result.events
    mine = np.flatnonzero(
        (events["rule"] == Rule.REQUIREMENT_CHANGE) & (events["parent"] == number)
    )
    found: list[Moved] = []
    for n in mine.tolist():
        one = events[n : n + 1]
        rows = one["account"].astype(np.int64)
        found += _moved(standing(result, n), rows, one["limit"], one["value"])
    return found


def _nobody(result: Record, number: int) -> list[Moved]:
    """A tier step moves nobody: the table is continuous, only the next dollar costs more.

    Nor does the end of a halt or of an outage.
    """
    return []


MOVED: dict[Rule, Callable[[Record, int], list[Moved]]] = {
    Rule.LIMIT_CHANGE: _nobody,
    Rule.HALT: held_up,
    Rule.OUTAGE: held_up,
    Rule.BAND: held_up,
    Rule.RESUMPTION: _nobody,
    Rule.OUTAGE_END: _nobody,
    Rule.CORRELATION_CHANGE: _by_correlation,
    Rule.VOLATILITY_ADDON: _by_addon,
    Rule.DEPTH_PUBLISHED: _by_addon,
}
HOLDS = (Rule.HALT, Rule.OUTAGE, Rule.BAND)
