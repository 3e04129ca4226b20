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
def climb(rule, parent, found):
    """`trigger_of`; an event whose parent was climbed from before takes what was found there."""
    for n in range(len(found)):
        m = np.int64(n)
        while m >= 0 and rule[m] != 1:
            m = np.int64(parent[m])
            if 0 <= m < n:
                m = found[m]
                break
        found[n] = m


def trigger_of(events: np.ndarray) -> np.ndarray:
    """For each event the margin event it descends from by `parent`, itself included; -1 if none."""
    found = np.empty(len(events), np.int64)
    climb(events["rule"], events["parent"], found)
    return found


@kernel(bare=True)
def forced_fills(rule, start, qty, mark, amount, rows, cost, notional):
    """The columns of `engine.totals.fills_of`; returns how many rows of them are filled."""
    n = 0
    for event in range(len(rule)):
        kind, first = rule[event], start[event]
        if (kind == 3 or kind == 5 or kind == 7) and first >= 0:
            rows[n] = event
            cost[n] = -amount[event] - qty[event] * mark[first]
            notional[n] = abs(qty[event]) * mark[first]
            n += 1
    return n
