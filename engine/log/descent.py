"""Who descends from whom in the log, and what each event closed."""

import numpy as np

from engine.core.state import Rule

CLOSING = (Rule.SLICE, Rule.AUCTION_TAKE, Rule.BACKSTOP_TAKE, Rule.ADL_FILL)


def liquidated_ticks(events: np.ndarray) -> np.ndarray:
    """For each event the notional [tick] it took from failing accounts: |lots| * mark.

    Slices, auction takes, backstop takes, and ADL fills, which close as many lots of the account
    in liquidation as they take from the winner. What liquidators sell later is not counted again.
    """
    closes = np.isin(events["rule"], CLOSING)
    return np.where(closes, np.abs(events["qty"]) * events["mark"], 0.0)


def trigger_of(events: np.ndarray) -> np.ndarray:
    """For each event the margin event it descends from by `parent`, itself included; -1 if none."""
    found = np.arange(len(events))
    while True:
        open_ends = (found >= 0) & (events["rule"][found] != Rule.MAINTENANCE)
        if not open_ends.any():
            return found
        found = np.where(open_ends, events["parent"][found], found)
