"""What auto-deleveraging took from each winner, as a fraction of what it had to give.

A winner is on the other side of the accounts that were deleveraged against it, in profit, and not
in liquidation itself. Two fractions, both from 0 to 1:

    position   coins taken / (coins taken + coins left)
    profit     haircut / profit, the haircut being |q| * (mark - price) against the winner

The profit is counted at the mark: of coins taken when they were taken, of coins left at the last
deleveraging. A winner that is closed at a price better than the mark has a haircut below zero: it
loses its position, not its profit, and counts as zero here.
"""

import numpy as np
import pandas as pd

from engine.core.mark import lagged
from engine.core.state import Rule
from engine.fairness import inequality
from engine.log.movements import movements
from engine.record import Record

COLUMNS = ("account", "symbol", "taken", "left", "endowment", "haircut", "position", "profit")


def haircuts(result: Record) -> pd.DataFrame:
    """One row a winner, those who lost nothing included.

    account; symbol (number); taken, left [lot]; endowment and haircut [tick]; position, profit
    [fraction]. Empty if nobody was deleveraged.
    """
    events = result.events
    adl = np.flatnonzero((events["rule"] == Rule.ADL_FILL) & (events["qty"] != 0.0))
    groups = [
        _side(result, adl, k, side)
        for k in np.unique(events["symbol"][adl])
        for side in (-1.0, 1.0)
        if ((events["symbol"][adl] == k) & (np.sign(events["base"][adl]) == side)).any()
    ]
    return pd.concat(groups, ignore_index=True) if groups else pd.DataFrame(columns=list(COLUMNS))


def _side(result: Record, adl: np.ndarray, k: int, side: float) -> pd.DataFrame:
    """The winners of one symbol who were long (side 1) or short (-1)."""
    events, entry, n = result.events, entries(result, k), result.accounts
    found = adl[(events["symbol"][adl] == k) & (np.sign(events["base"][adl]) == side)]
    last, fill = int(found[-1]), events[found]
    row, q, mark = fill["account"], fill["qty"], fill["mark"]
    taken = np.bincount(row, np.abs(q), n)
    won = np.bincount(row, -q * (mark - entry[row]), n)
    paid = np.bincount(row, -fill["amount"] - q * mark, n)
    left = holdings(result, k, last)
    now = lagged(result.raw, int(events["step"][last]), result.params.lag, k)
    gain = np.where(np.sign(left) == side, left * (now - entry), 0.0)
    endowment = np.maximum(won, 0.0) + np.maximum(gain, 0.0)
    failing = np.zeros(n, bool)
    limits = events[: last + 1]
    failing[limits["account"][limits["rule"] == Rule.MAINTENANCE]] = True
    pool = np.flatnonzero((taken > 0.0) | ((endowment > 0.0) & ~failing))
    kept = np.where(np.sign(left) == side, np.abs(left), 0.0)[pool]
    haircut, endowment, taken = paid[pool], endowment[pool], taken[pool]
    share = np.maximum(haircut, 0.0) / np.maximum(endowment, 1.0)
    return pd.DataFrame(
        {
            "account": pool,
            "symbol": k,
            "taken": taken,
            "left": kept,
            "endowment": endowment,
            "haircut": haircut,
            "position": taken / (taken + kept),
            "profit": np.minimum(share, 1.0),
        }
    )


def entries(result: Record, k: int) -> np.ndarray:
    """Entry price (A,) [tick/lot] of every account in symbol `k`."""
    inputs = result.compiled.inputs
    entry = inputs.entry.copy()
    entry[len(entry) - len(inputs.legs) :] = inputs.legs[:, k]
    return entry


def holdings(result: Record, k: int, event: int) -> np.ndarray:
    """Position (A,) [lot] of every account in symbol `k` after an event."""
    moves = movements(result)
    moves = moves[(moves["event"] <= event) & (moves["symbol"] == k)]
    held = result.compiled.base[: result.accounts, k].copy()
    for side, sign in (("payer", 1.0), ("payee", -1.0)):  # who pays gets the lots
        mine = moves[moves[side] < result.accounts]
        held += sign * np.bincount(mine[side], mine["lots"], result.accounts)
    return held


def adl_fairness(result: Record) -> dict[str, float]:
    """Auto-deleveraging in numbers; all zero, and the Jain index one, if there was none.

    winners, touched [accounts]; gini, jain, atkinson (aversion 0.5) and largest_excess of the
    fractions of the positions taken; profit_gini, profit_jain of the fractions of profit; deviation
    from pro rata [1] of the coins.
    """
    frame = haircuts(result)
    names = ("gini", "atkinson", "largest_excess", "deviation", "profit_gini")
    if frame.empty:
        return {"winners": 0.0, "touched": 0.0, "jain": 1.0, "profit_jain": 1.0} | dict.fromkeys(
            names, 0.0
        )
    position, profit = frame["position"].to_numpy(), frame["profit"].to_numpy()
    taken, had = frame["taken"].to_numpy(), (frame["taken"] + frame["left"]).to_numpy()
    return {
        "winners": float(len(frame)),
        "touched": float((taken > 0.0).sum()),
        "gini": inequality.gini(position),
        "jain": inequality.jain(position),
        "atkinson": inequality.atkinson(position, 0.5),
        "largest_excess": inequality.largest_excess(taken, had),
        "deviation": inequality.pro_rata_deviation(taken, had),
        "profit_gini": inequality.gini(profit),
        "profit_jain": inequality.jain(profit),
    }


def overshoot(taken: float, needed: float) -> tuple[float, float]:
    """What was taken from winners beyond what the losses needed [USD], and as a multiple of it."""
    return taken - needed, taken / needed


def adl_share(liquidated: float, deleveraged: float) -> tuple[float, float, float]:
    """Notional closed in all [USD], deleveraged over liquidated, and the liquidated share of all.

    `liquidated` is what was closed otherwise than by auto-deleveraging.
    """
    total = liquidated + deleveraged
    return total, deleveraged / liquidated, liquidated / total
