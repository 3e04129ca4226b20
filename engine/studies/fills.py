"""What each forced fill cost, and how the dear ones are spread: mean and tail of slippage."""

import numpy as np
import pandas as pd

from engine.record import Record
from engine.totals import fills_of, in_usd


def fill_costs(result: Record) -> pd.DataFrame:
    """One row a forced fill, dearest first.

    event     its row in the log
    cost_bp   how much worse than the mark at its trigger it filled [bp]; negative if better
    usd       what was filled, at that mark [USD]
    worse     share [fraction] of all that was filled which cost this much or more
    """
    fills, cost, notional = fills_of(result.events)
    bp = np.divide(cost, notional, out=np.zeros(len(cost)), where=notional > 0.0) * 1e4
    order = np.argsort(-bp, kind="stable")
    usd = in_usd(notional, result.compiled.units.tick)[order]
    total = usd.sum()
    worse = np.cumsum(usd) / total if total > 0.0 else np.zeros(len(usd))
    return pd.DataFrame({"event": fills[order], "cost_bp": bp[order], "usd": usd, "worse": worse})


def dearest(costs: pd.DataFrame, share: float) -> float:
    """The least cost [bp] within the dearest `share` of what was filled; nan without a fill."""
    if not len(costs):
        return float("nan")
    at = int(np.searchsorted(costs["worse"].to_numpy(), share * (1.0 - 1e-12)))
    return float(costs["cost_bp"].iloc[min(at, len(costs) - 1)])
