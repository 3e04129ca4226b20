"""Who descends from whom in the log, and what each event closed."""

import numpy as np

from engine.core.jit import kernel
from engine.core.state import Rule

CLOSING = (Rule.SLICE, Rule.AUCTION_TAKE, Rule.BACKSTOP_TAKE, Rule.ADL_FILL)


def liquidated_ticks(events: np.ndarray) -> np.ndarray:
    """For each event the notional [tick] it took from failing accounts: |lots| * mark.

    Slices, auction takes, backstop takes, and ADL fills, which close as many lots of the account
    in liquidation as they take from the winner. What liquidators sell later is not counted again.
    """
    closes = np.isin(events["rule"], CLOSING)
    return np.where(closes, np.abs(events["qty"]) * events["mark"], 0.0)


@kernel(bare=True)
def pick(events, rule, rows):
    """The numbers of `rows_of`; returns how many there are."""
    n = 0
    for event in range(len(events)):
        if events[event]["rule"] == rule:
            rows[n] = event
            n += 1
    return n


def rows_of(events: np.ndarray, rule: Rule) -> np.ndarray:
    """Numbers of the events of a rule, rising. Other threads run meanwhile, unlike with NumPy."""
    rows = np.empty(len(events), np.int64)
    return rows[: pick(events, int(rule), rows)]


@kernel(bare=True)
def climb(events, found):
    """`trigger_of`; an event whose parent was climbed from before takes what was found there."""
    for n in range(len(found)):
        m = np.int64(n)
        while m >= 0 and events[m]["rule"] != 1:
            m = np.int64(events[m]["parent"])
            if 0 <= m < n:
                m = found[m]
                break
        found[n] = m


def trigger_of(events: np.ndarray) -> np.ndarray:
    """For each event the margin event it descends from by `parent`, itself included; -1 if none."""
    found = np.empty(len(events), np.int64)
    climb(events, found)
    return found


@kernel(bare=True)
def forced_fills(events, start, rows, cost, notional):
    """The columns of `engine.totals.fills_of`; returns how many rows of them are filled."""
    n = 0
    for event in range(len(events)):
        fill, first = events[event], start[event]
        kind = fill["rule"]
        if (kind == 3 or kind == 5 or kind == 7) and first >= 0:
            mark = events[first]["mark"]
            rows[n] = event
            cost[n] = -fill["amount"] - fill["qty"] * mark
            notional[n] = abs(fill["qty"]) * mark
            n += 1
    return n
