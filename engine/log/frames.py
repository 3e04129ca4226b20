"""Tables of a result in coins, USD and seconds."""

from typing import Any

import numpy as np
import pandas as pd

from engine.causes import attribution, contributions
from engine.core.state import Rule
from engine.log.accounts import account_frame
from engine.log.movements import conservation, ledger
from engine.log.series import series_frame
from engine.record import Record
from engine.totals import in_coins, in_usd

__all__ = [
    "account_frame",
    "balances",
    "conservation",
    "event_frame",
    "ledger",
    "series_frame",
]

RULES = tuple(rule.name.lower() for rule in Rule)
SIDES_UNIT = {  # of `value` and `limit`; USD where nothing else is said
    Rule.LIMIT_CHANGE: "fraction",
    Rule.AUCTION_OPEN: "USD/coin",
    Rule.AUCTION_TAKE: "fraction",
    Rule.AUCTION_EXPIRE: "step",
    Rule.ADL_FILL: "coin",
    Rule.UNWIND: "coin",
    Rule.CORRELATION_CHANGE: "",
    Rule.FUNDING: "fraction",
    Rule.CROWD: "fraction",
    Rule.HALT: "fraction",
    Rule.RESUMPTION: "step",
    Rule.OUTAGE: "step",
    Rule.OUTAGE_END: "step",
    Rule.BAND: "USD/coin",
    Rule.VOLATILITY_ADDON: "fraction",
    Rule.DEPTH_PUBLISHED: "fraction",
}


def by_rule(words: dict[Rule, str]) -> np.ndarray:
    """One word a rule, to be looked up by the number of the rule."""
    table = np.full(max(Rule) + 1, "", dtype=object)
    for rule, word in words.items():
        table[rule] = word
    return table


def event_frame(result: Record) -> pd.DataFrame:
    """One row an event, in log order; the number of an event is its index.

    event, step, time_s [s]; rule (a name of RULES); symbol (its name); account (row of the
    balances); parent, the event it belongs to, and cause, the one that contributed most to it (-1:
    none, the outside world); mark [USD/coin]; value and limit, the two sides of the comparison, in
    `unit`; quantity [coin] change of the row's position, for `maintenance` and `auction_open` the
    change that is ordered, for `band` what waits; price [USD/coin]; amount [USD] received for it;
    fee [USD]; toxic.
    """
    events, units = result.events, result.compiled.units
    rule = events["rule"].astype(np.int64)
    scales = {"USD": 1.0 / units.tick, "coin": 1.0 / units.lot, "USD/coin": units.price}
    unit = by_rule({r: SIDES_UNIT.get(r, "USD") for r in Rule})
    scale = np.array([scales.get(name, 1.0) for name in unit])[rule]
    return pd.DataFrame(
        {
            "event": np.arange(len(events)),
            "step": events["step"],
            "time_s": events["step"] * result.scenario.world.dt,
            "rule": by_rule({r: r.name.lower() for r in Rule})[rule],
            "symbol": np.array(result.compiled.symbols, dtype=object)[events["symbol"]],
            "account": events["account"],
            "parent": events["parent"],
            "cause": contributions.causes(result),
            "mark": events["mark"] / units.price,
            "value": events["value"] / scale,
            "limit": events["limit"] / scale,
            "unit": unit[rule],
            "quantity": in_coins(events["qty"], units.lot) + 0.0,
            "price": events["price"] / units.price,
            "amount": in_usd(events["amount"], units.tick) + 0.0,
            "fee": in_usd(events["fee"], units.tick),
            "toxic": attribution.toxic(result),
        }
    )


def balances(result: Record) -> list[dict[str, Any]]:
    """Final balances by row: name, quote [USD], base [coin] by symbol; whole ticks and lots.

    Where coins are held as collateral they follow the symbols, in the same order.
    """
    units = result.compiled.units
    quote = in_usd(result.quote, units.tick).tolist()
    base = in_coins(result.base, units.lot).tolist()
    return [
        {
            "row": row,
            "name": result.row_name(row),
            "quote": quote[row],
            "base": base[row],
            "ticks": int(result.quote[row]),
            "lots": [int(lots) for lots in result.base[row]],
        }
        for row in range(len(quote))
    ]
