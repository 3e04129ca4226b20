"""What changes of limits did in a run, in a few numbers."""

import numpy as np

from engine.causes.contributions import tipped_by_credit
from engine.core.state import Rule
from engine.record import Record

LIMITS = {
    "limit_changes": "changes",
    "limit_raised": "USD",
    "limit_due": "accounts",
    "early_accounts": "accounts",
    "early_notional": "USD",
}


def limit_numbers(result: Record) -> dict[str, float]:
    """Numbers of the ledger of limit changes, tier steps of single accounts left out.

    limit_changes    published changes of add-ons and of correlations
    limit_raised     by how much they raised requirements at the same prices, decreases left out
    limit_due        accounts that were due by a change alone
    early_accounts   accounts whose first margin trigger came above the requirement of their tier
    early_notional   what these held at that trigger
    """
    events, tick = result.events, result.compiled.units.tick
    rule = events["rule"]
    added = events[np.isin(rule, (Rule.VOLATILITY_ADDON, Rule.DEPTH_PUBLISHED))]
    credit = np.flatnonzero(rule == Rule.CORRELATION_CHANGE)
    moved = events[rule == Rule.REQUIREMENT_CHANGE]
    steps = np.unique(events["step"][credit])
    last = [int(credit[events["step"][credit] == step][-1]) for step in steps]
    due = added["net"].sum() + sum(len(tipped_by_credit(result, n)) for n in last)
    raised = np.maximum(added["level"], 0.0).sum()
    raised += np.maximum(moved["value"] - moved["limit"], 0.0).sum()
    early = early_triggers(result)
    return {
        "limit_changes": float(len(added) + len(credit)),
        "limit_raised": float(raised) * tick,
        "limit_due": float(due),
        "early_accounts": float(len(early)),
        "early_notional": float((np.abs(early["base"]) * early["mark"]).sum()) * tick,
    }


def early_triggers(result: Record) -> np.ndarray:
    """First margin events of accounts with one position whose tier alone would not be reached."""
    events, inputs = result.events, result.compiled.inputs
    hits = events[events["rule"] == Rule.MAINTENANCE]
    _, first = np.unique(hits["account"], return_index=True)
    hits = hits[first]
    hits = hits[inputs.symbol[hits["account"]] >= 0]
    notional = np.abs(hits["base"]) * hits["mark"]
    tier = np.searchsorted(inputs.floors, notional, side="right") - 1
    own = notional * inputs.rates[tier] - inputs.deductions[tier]
    return hits[hits["value"] > own]
