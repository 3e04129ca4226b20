"""The table of accounts: how each opened and how it ended, one row a position."""

import numpy as np
import pandas as pd

from engine.core.jit import kernel
from engine.core.leg_limits import opening_leg_limits
from engine.core.legs import worth_beside
from engine.core.margin import liquidation_price, tier_of
from engine.core.state import Rule
from engine.core.tiers import added_rate
from engine.log.addons import opening_addons
from engine.log.legs import correlations, first_several
from engine.record import Record
from engine.totals import in_coins, in_usd


@kernel(bare=True)
def opening_limits(inputs, addon, quote, base, table, price, tier):
    """Liquidation price [tick/lot] (zero if none is positive) and tier of each account.

    addon (K,) ADDON in force; table (G,) is room for the rates of one account.
    """
    for i in range(len(price)):
        k = int(inputs.symbol[i])
        added = added_rate(base[i, k], k, inputs, addon)
        for g in range(len(table)):
            table[g] = inputs.rates[g] + added
        price[i] = liquidation_price(quote[i], base[i, k], inputs.floors, table, inputs.deductions)
        price[i] = max(price[i], 0.0)
        tier[i] = tier_of(abs(base[i, k]) * inputs.f[0, k], inputs.floors)


def account_frame(result: Record) -> pd.DataFrame:
    """One row a position: how it opened and how it ended.

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

    An account with several legs has a row for each. Leverage, collateral, final_quote, liquidated
    and a bankruptcy are those of the account, all else is the leg's; its two prices hold while the
    other legs stay at their opening marks.
    """
    opening, units, people = result.compiled, result.compiled.units, result.compiled.population
    row, symbol, price, bankrupt, tier, entry = opening_positions(result)
    lots, left = opening.base[row, symbol], result.base[row, symbol]
    first = first_steps(result)[row]
    return pd.DataFrame(
        {
            "account": row,
            "symbol": np.array(opening.symbols, dtype=object)[symbol],
            "side": np.where(lots > 0.0, "long", "short"),
            "size_coin": in_coins(np.abs(lots), units.lot),
            "notional_usd": in_usd(np.abs(lots) * opening.inputs.f[0, symbol], units.tick),
            "leverage": people.leverage[row],
            "entry": entry,
            "collateral": people.collateral[row],
            "isolated": people.isolated[row],
            "liquidation_price": price / units.price,
            "bankruptcy_price": np.maximum(bankrupt, 0.0) / units.price,
            "tier": tier,
            "final_quote": in_usd(result.quote[row], units.tick),
            "final_base": in_coins(left, units.lot),
            "liquidated": first >= 0,
            "liquidated_step": first,
            "ended": endings(result, row, first >= 0, lots, left),
        }
    )


def opening_positions(result: Record) -> tuple[np.ndarray, ...]:
    """(row, symbol, liquidation price, bankruptcy price, tier, entry [USD/coin]) by position."""
    opening, inputs, n = result.compiled, result.compiled.inputs, first_several(result)
    row, symbol = np.arange(n), inputs.symbol[:n]
    price, tier = np.empty(n), np.empty(n, np.int64)
    addon, table = opening_addons(inputs), inputs.rates.copy()
    opening_limits(inputs, addon, opening.quote[:n], opening.base[:n], table, price, tier)
    bankrupt = -opening.quote[:n] / opening.base[row, symbol]
    entry = opening.population.entry[:n]
    if n == result.accounts:
        return row, symbol, price, bankrupt, tier, entry
    quote, base, marks = opening.quote[n:], opening.base[n:], result.raw[0].copy()
    place, leg = np.nonzero(base[: result.accounts - n, : len(marks)])
    limits = np.zeros((result.accounts - n, len(marks)))
    rho = correlations(result, 0)
    opening_leg_limits(quote[: len(limits)], base, marks, rho, result.params, inputs, addon, limits)
    haircut = result.params.haircut
    cash = [
        worth_beside(quote[c], base[c], marks, k, haircut) for c, k in zip(place, leg, strict=True)
    ]
    floor = np.searchsorted(inputs.floors, np.abs(base[place, leg]) * inputs.f[0, leg], "right") - 1
    return (
        np.append(row, n + place),
        np.append(symbol, leg),
        np.append(price, limits[place, leg]),
        np.append(bankrupt, -np.array(cash) / base[place, leg]),
        np.append(tier, floor),
        np.append(entry, opening.portfolios.entry[place, leg]),
    )


def first_steps(result: Record) -> np.ndarray:
    """Step of each account's first margin event; -1 if it has none."""
    hits = result.events[result.events["rule"] == Rule.MAINTENANCE]
    first = np.full(result.accounts, -1)
    first[hits["account"][::-1]] = hits["step"][::-1]  # the earliest is written last
    return first


def endings(result: Record, row, liquidated, opened, left) -> np.ndarray:
    """How each position ended; see `account_frame`."""
    bankrupt = np.zeros(result.accounts, bool)
    bankrupt[result.events["account"][result.events["rule"] == Rule.BANKRUPTCY]] = True
    cases = [bankrupt[row], opened == left, ~liquidated, left == 0.0]
    return np.select(cases, ["bankrupt", "untouched", "adl", "closed"], "reduced")
