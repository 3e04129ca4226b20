"""A run in a dozen numbers, each with its formula."""

import numpy as np

from engine.core.state import Row, Rule
from engine.log.descent import forced_fills, liquidated_ticks, rows_of, trigger_of
from engine.record import Record

TOTALS = {
    "liquidated_notional": "USD",
    "liquidated_accounts": "accounts",
    "slippage_bp": "bp",
    "slippage_usd": "USD",
    "bad_debt": "USD",
    "fund_change": "USD",
    "adl_notional": "USD",
    "lowest_mark": "USD/coin",
    "highest_mark": "USD/coin",
    "largest_displacement": "fraction",
    "socialised_loss": "USD",
    "adl_haircut": "USD",
    "bankrupt_accounts": "accounts",
    "fees": "USD",
    "final_fund": "USD",
    "funding_paid": "USD",
    "crowd_traded": "USD",
    "halts": "1",
    "held_accounts": "accounts",
}


def in_usd(ticks, tick: float):
    """Ticks in USD: 0.01 for one tick of 0.01, where a product would give 0.010000000000000002."""
    return ticks * tick if tick >= 1.0 else ticks / round(1.0 / tick)


def in_coins(lots, lot: float):
    """Lots in coins, rounded once."""
    return in_usd(lots, lot)


def slippage(events: np.ndarray, start: np.ndarray | None = None) -> tuple[float, float]:
    """What forced fills cost against the mark at their trigger, and their notional at it [tick].

    sum(cost) and sum(|lots| * mark_0) with cost = lots * (price - mark_0), lots signed, mark_0
    the mark of the margin event. Slices, auction takes and backstop takes count, ADL does not: it
    has no fill in a market. Fees are not part of it. Negative if prices came back meanwhile.
    `start` is `trigger_of` the events, where it is known.
    """
    _, cost, notional = fills_of(events, start)
    return float(cost.sum()), float(notional.sum())


def fills_of(
    events: np.ndarray, start: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Forced fills as rows of the log, with what each cost and its notional [tick]; `slippage`."""
    fills = np.empty(len(events), np.int64)
    cost, notional = np.empty(len(events)), np.empty(len(events))
    start = trigger_of(events) if start is None else start
    n = forced_fills(events, start, fills, cost, notional)
    return fills[:n], cost[:n], notional[:n]


def unpaid(events: np.ndarray) -> float:
    """Debt of closed accounts [tick]: sum of -cash at each bankruptcy."""
    return float(-events["value"][rows_of(events, Rule.BANKRUPTCY)].sum())


def deleveraged(events: np.ndarray) -> float:
    """Value that auto-deleveraging took from winners [tick]: sum of |lots| * mark."""
    adl = rows_of(events, Rule.ADL_FILL)
    return float((np.abs(events["qty"][adl]) * events["mark"][adl]).sum())


def marks(result: Record) -> np.ndarray:
    """Mark (T, K) [USD/coin] that margin is computed from: the raw mark `mark.lag` steps ago."""
    steps = np.maximum(np.arange(len(result.raw)) - result.params.lag, 0)
    return result.raw[steps] / result.compiled.units.price


def totals(result: Record) -> dict[str, float]:
    """Totals of a run in the units of TOTALS.

    liquidated_notional   sum of `liquidated_ticks`
    liquidated_accounts   accounts with at least one margin event
    slippage_bp           the first number of `slippage` over the second, times 1e4
    slippage_usd          the first number of `slippage`
    bad_debt              what closed accounts owed: sum of -cash at each bankruptcy
    fund_change           insurance fund at the end less at the opening
    adl_notional          sum of |lots| * mark over ADL fills
    adl_haircut           what winners lost by them: sum of lots * (price - mark), lots signed
    socialised_loss       sum of what accounts paid into an overdrawn fund
    bankrupt_accounts     accounts with a bankruptcy
    fees                  taker and liquidation fees of forced fills
    final_fund            insurance fund at the end
    funding_paid          what the paying side paid at all settlements: |index| * lots of all longs
    crowd_traded          sum of |lots| * price over the orders of the crowd
    halts                 times the circuit breaker halted a symbol
    held_accounts         accounts whose forced order the price band held back
    lowest_mark, highest_mark   of the first symbol, over all steps
    largest_displacement  largest |mid / fundamental - 1| of any symbol
    """
    events, units = result.events, result.compiled.units
    rule, fund = events["rule"], result.accounts + Row.FUND

    def usd(ticks) -> float:
        return float(in_usd(ticks, units.tick))

    def accounts(kind: Rule) -> int:
        return len(np.unique(events["account"][rule == kind]))

    cost, filled = slippage(events, result.triggers)
    adl, settled = events[rule == Rule.ADL_FILL], events[rule == Rule.FUNDING]
    mark = marks(result)[:, 0]
    found = {
        "liquidated_notional": usd(liquidated_ticks(events).sum()),
        "liquidated_accounts": accounts(Rule.MAINTENANCE),
        "slippage_bp": cost / filled * 1e4 if filled else 0.0,
        "slippage_usd": usd(cost),
        "bad_debt": usd(unpaid(events)),
        "fund_change": usd(result.quote[fund] - result.compiled.quote[fund]),
        "adl_notional": usd(deleveraged(events)),
        "lowest_mark": float(mark.min()),
        "highest_mark": float(mark.max()),
        "largest_displacement": float(np.abs(result.mid / result.compiled.inputs.f - 1.0).max()),
        "socialised_loss": usd(-events["amount"][rule == Rule.SOCIALISED_LOSS].sum()),
        "adl_haircut": usd((-adl["amount"] - adl["qty"] * adl["mark"]).sum()),
        "bankrupt_accounts": accounts(Rule.BANKRUPTCY),
        "fees": usd(events["fee"].sum()),
        "final_fund": usd(result.quote[fund]),
        "funding_paid": usd((np.abs(settled["price"]) * settled["level"]).sum()),
        "crowd_traded": usd(np.abs(events["amount"][rule == Rule.CROWD]).sum()),
        "halts": int((rule == Rule.HALT).sum()),
        "held_accounts": accounts(Rule.BAND),
    }
    return found
