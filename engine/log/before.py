"""Balances just before an event, put together from the movements so far."""

import numpy as np

from engine.causes.attribution import movements
from engine.core.mark import lagged
from engine.core.state import Row, Rule
from engine.record import Record


def carried_before(result: Record, row: int, before: int) -> tuple[float, float]:
    """What a vault or liquidator was worth and the notional it held [tick], just before an event.

    Over all symbols, each at its mark, in the kernel's own order of adding.
    """
    quote, base = float(result.compiled.quote[row]), result.compiled.base[row].copy()
    for m in movements(result, row, before):
        quote += m["received"] - m["fee"]
        base[m["symbol"]] += m["qty"]
    worth, held, step = quote, 0.0, int(result.events[before]["step"])
    for k in range(result.raw.shape[1]):  # coins held as collateral follow the legs
        mark = lagged(result.raw, step, result.params.lag, k)
        worth += base[k] * mark
        held += abs(base[k]) * mark
    return float(worth), float(held)


def fund_before(result: Record, before: int) -> float:
    """Balance of the insurance fund [tick] just before an event, from the movements so far."""
    e = result.events[:before]
    fund = result.accounts + Row.FUND
    with_fee = (Rule.SLICE, Rule.AUCTION_TAKE, Rule.COLLATERAL_SALE)
    charged = np.isin(e["rule"], with_fee) & (e["fee"] > 0.0)
    taker = np.minimum(
        e["fee"][charged], np.rint(result.params.taker_fee * np.abs(e["amount"][charged]))
    )
    paid = e["amount"][np.isin(e["rule"], (Rule.FUND_PAYMENT, Rule.SOCIALISED_LOSS))]
    return float(result.compiled.quote[fund] + (e["fee"][charged] - taker).sum() - paid.sum())
