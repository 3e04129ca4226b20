"""Tables of a result in coins, USD and seconds."""

from typing import Any

import numpy as np
import pandas as pd

from engine import attribution, contributions
from engine.core.jit import kernel
from engine.core.margin import liquidation_price, tier_of
from engine.core.state import Rule
from engine.metrics import in_coins, in_usd
from engine.movements import conservation, ledger
from engine.record import Record
from engine.series import series_frame

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
    change that is ordered; price [USD/coin]; amount [USD] received for it; fee [USD]; toxic.
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


@kernel(bare=True)
def opening_limits(inputs, quote, base, price, tier):
    """Liquidation price [tick/lot] (zero if none is positive) and tier of each account."""
    for i in range(len(price)):
        k = int(inputs.symbol[i])
        price[i] = liquidation_price(
            quote[i], base[i, k], inputs.floors, inputs.rates, inputs.deductions
        )
        price[i] = max(price[i], 0.0)
        tier[i] = tier_of(abs(base[i, k]) * inputs.f[0, k], inputs.floors)


def account_frame(result: Record) -> pd.DataFrame:
    """One row an account: how it opened and how it ended.

    account, symbol, side (long, short), size_coin [coin], notional_usd [USD] at the opening price,
    leverage [1] at entry, entry [USD/coin], collateral [USD], isolated, liquidation_price and
    bankruptcy_price [USD/coin] at the opening (0: no positive price), tier (from 0); final_quote
    [USD], final_base [coin], liquidated (it met its maintenance margin), liquidated_step (first
    time, -1: never), ended:

    bankrupt   closed, and owed more than it had
    closed     liquidated, no position left
    reduced    liquidated, part of the position left
    adl        not liquidated, but deleveraged as a winner
    untouched  its position never changed
    """
    opening, units, people = result.compiled, result.compiled.units, result.compiled.population
    n, inputs = result.accounts, result.compiled.inputs
    rows, symbol = np.arange(n), inputs.symbol
    price, tier = np.empty(n), np.empty(n, np.int64)
    opening_limits(inputs, opening.quote[:n], opening.base[:n], price, tier)
    lots, left = opening.base[rows, symbol], result.base[rows, symbol]
    first = first_steps(result)
    return pd.DataFrame(
        {
            "account": rows,
            "symbol": np.array(opening.symbols, dtype=object)[symbol],
            "side": np.where(lots > 0.0, "long", "short"),
            "size_coin": in_coins(np.abs(lots), units.lot),
            "notional_usd": in_usd(np.abs(lots) * inputs.f[0, symbol], units.tick),
            "leverage": people.leverage,
            "entry": people.entry,
            "collateral": people.collateral,
            "isolated": people.isolated,
            "liquidation_price": price / units.price,
            "bankruptcy_price": np.maximum(-opening.quote[:n] / lots, 0.0) / units.price,
            "tier": tier,
            "final_quote": in_usd(result.quote[:n], units.tick),
            "final_base": in_coins(left, units.lot),
            "liquidated": first >= 0,
            "liquidated_step": first,
            "ended": endings(result, first >= 0, lots, left),
        }
    )


def first_steps(result: Record) -> np.ndarray:
    """Step of each account's first margin event; -1 if it has none."""
    hits = result.events[result.events["rule"] == Rule.MAINTENANCE]
    first = np.full(result.accounts, -1)
    first[hits["account"][::-1]] = hits["step"][::-1]  # the earliest is written last
    return first


def endings(result: Record, liquidated, opened, left) -> np.ndarray:
    """How each account ended; see `account_frame`."""
    bankrupt = np.zeros(result.accounts, bool)
    bankrupt[result.events["account"][result.events["rule"] == Rule.BANKRUPTCY]] = True
    cases = [bankrupt, opened == left, ~liquidated, left == 0.0]
    return np.select(cases, ["bankrupt", "untouched", "adl", "closed"], "reduced")


def balances(result: Record) -> list[dict[str, Any]]:
    """Final balances by row: name, quote [USD], base [coin] by symbol; whole ticks and lots."""
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
