"""Who paid for a run's forced losses, to the last tick.

The loss of a liquidation is counted from the account's own limit: what each coin closed by force
fetched less than at the price where its equity met the maintenance margin, and the fees charged.

    loss of a fill = side * |q| * (limit price - price) + fees

It falls apart into waiting (limit price to the mark when the coin was sold), slippage (that mark to
the price) and fees; what liquidators and the vault then lose or gain on the coins, until they sold
them in the book or the run ended, is the part `carry`. Each value |q| * price is rounded once to
whole ticks and used on both sides, so that the sum over those who paid is an `==`:

    account       its cash and coins, valued at the limit price, from its first limit to the end
    liquidators   what they were worth at the start less at the end (negative: they earned)
    vault         the same
    fund          what it paid for debts, less what everybody paid into it
    winners       auto-deleveraged coins: the price they got, held against the mark
    everybody     shares of the loss that the fund could not bear

The parts come from the fills, the owners from balances: the sum is a check that can fail.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.core.jit import kernel
from engine.core.margin import liquidation_price
from engine.core.state import Row, Rule
from engine.log.addons import added_at
from engine.log.movements import movements
from engine.record import Record

PARTS = ("waiting", "slippage", "fees", "carry")
OWNERS = {
    "account": "Accounts closed",
    "liquidators": "Liquidators",
    "vault": "Backstop vault",
    "fund": "Insurance fund",
    "winners": "Winners (ADL)",
    "everybody": "Everybody",
}
FORCED = (
    Rule.SLICE,
    Rule.AUCTION_TAKE,
    Rule.BACKSTOP_TAKE,
    Rule.ADL_FILL,
    Rule.COLLATERAL_SALE,
)


@dataclass(frozen=True)
class Owners:
    """Whole ticks. `loss` and `paid` name PARTS and OWNERS; `tick` is USD per tick."""

    loss: dict[str, float]
    paid: dict[str, float]
    tick: float

    @property
    def total(self) -> float:
        """The loss [tick]."""
        return sum(self.loss.values())


@kernel
def limit_prices(quote, base, added, floors, rates, deductions, out):
    """Price [tick/lot] at which each of these balances meets its maintenance margin.

    added : (N,) rates that add-ons put on those of the tiers
    """
    table = rates.copy()
    for n in range(len(out)):
        for g in range(len(rates)):
            table[g] = rates[g] + added[n]
        out[n] = liquidation_price(quote[n], base[n], floors, table, deductions)


def several(result: Record) -> np.ndarray:
    """For each account whether it holds several symbols on one collateral."""
    return result.compiled.inputs.symbol < 0


def reference_prices(result: Record, n: np.ndarray, triggers: np.ndarray) -> np.ndarray:
    """For each fill `n` with its margin event the price [tick/lot] its loss is counted from.

    It is the limit price of the account at its margin event. Where an account holds several
    symbols no single price is its limit: then it is the mark that the check saw.
    """
    events, inputs = result.events, result.compiled.inputs
    start = events[triggers]
    step = np.maximum(start["step"] - result.params.check_lag, 0)
    price = np.ascontiguousarray(result.raw[step, events["symbol"][n]])
    one = np.flatnonzero(~several(result)[start["account"]])
    own = np.empty(len(one))
    limit_prices(
        start["quote"][one], start["base"][one], added_at(result, triggers[one]),
        inputs.floors, inputs.rates, inputs.deductions, own,
    )  # fmt: skip
    price[one] = own
    return price


def fills(result: Record) -> dict[str, np.ndarray]:
    """Every fill that closed coins of a failing account, by column.

    event, trigger (number of its margin event), account, q [lot] its change, got [tick] cash it
    received for it, fee [tick], limit and mark [tick]: the cash at the limit price and at the mark.
    """
    kept = result.__dict__.get("_fills")
    if kept is None:
        kept = result.__dict__["_fills"] = _fills(result)
    return kept


def _fills(result: Record) -> dict[str, np.ndarray]:
    events = result.events
    start = result.triggers
    n = np.flatnonzero(np.isin(events["rule"], FORCED) & (start >= 0) & (events["qty"] != 0.0))
    start, found = start[n], events[n]
    sign = np.where(found["rule"] == Rule.ADL_FILL, -1.0, 1.0)  # there the winner is the account
    q = sign * found["qty"]
    return {
        "event": n,
        "trigger": start,
        "account": events["account"][start],
        "adl": found["rule"] == Rule.ADL_FILL,
        "q": q,
        "got": sign * found["amount"],
        "fee": found["fee"],
        "limit": -np.rint(q * reference_prices(result, n, start)),
        "mark": -np.rint(q * found["mark"]),
    }


def who_paid(result: Record) -> Owners:
    """The loss of all liquidations of a run by part, and by who paid it."""
    f = fills(result)
    adl, tick = f["adl"], result.compiled.units.tick
    events = result.events
    carried, traders = carried_on(result)
    own, strange = fund_payments(result)
    shared = -events["amount"][events["rule"] == Rule.SOCIALISED_LOSS].sum()
    loss = {
        "waiting": (f["limit"] - f["mark"]).sum(),
        "slippage": (f["mark"] - f["got"])[~adl].sum(),
        "fees": f["fee"].sum(),
        "carry": carried,
    }
    paid = {
        "account": account_shares(result, f).sum(),
        "liquidators": traders[1:].sum(),
        "vault": traders[0],
        "fund": own + strange - shared,
        "winners": (f["got"] - f["mark"])[adl].sum() - strange,
        "everybody": shared,
    }
    return Owners(_plain(loss), _plain(paid), tick)


def _plain(values: dict) -> dict[str, float]:
    return {name: float(value) + 0.0 for name, value in values.items()}  # no -0.0


def fund_payments(result: Record) -> tuple[float, float]:
    """What the fund paid [tick]: to the accounts in liquidation, and to deleveraged winners.

    A winner left with a debt by rounding, or by a price worse than its entry, is the second kind.
    """
    events = result.events
    n = np.flatnonzero(events["rule"] == Rule.FUND_PAYMENT)
    start = result.triggers[n]
    own = events["account"][n] == events["account"][start]
    amount = events["amount"][n]
    return float(amount[own].sum()), float(amount[~own].sum())


def carried_on(result: Record) -> tuple[float, np.ndarray]:
    """What the takers of coins lost on them [tick]: from the events, and by row from balances.

    The rows are the vault and the liquidators; coins they still hold count at the last mark, and
    funding that they paid or got is no part of it.
    """
    events, rule, first = result.events, result.events["rule"], result.accounts + Row.VAULT
    rows = slice(first, first + 1 + result.params.liquidators)
    last = result.raw[max(len(result.raw) - 1 - result.params.lag, 0)]
    symbols = len(last)
    held = np.rint(result.base[rows, :symbols] * last).sum(axis=1)
    taken = np.isin(rule, (Rule.AUCTION_TAKE, Rule.BACKSTOP_TAKE))
    spent = events["amount"][taken].sum() - events["amount"][rule == Rule.UNWIND].sum()
    opening = np.rint(result.compiled.base[rows, :symbols] * result.raw[0]).sum(axis=1)
    worth = result.compiled.quote[rows] + opening - result.quote[rows] - held
    moves = movements(result)
    moves = moves[rule[moves["event"]] == Rule.FUNDING]
    for side, sign in (("payee", 1.0), ("payer", -1.0)):
        mine = moves[(moves[side] >= rows.start) & (moves[side] < rows.stop)]
        worth += sign * np.bincount(mine[side] - first, mine["ticks"], len(worth))
    return float(spent - held.sum()), worth


def account_shares(result: Record, f: dict[str, np.ndarray]) -> np.ndarray:
    """What each account lost by its own liquidation (A,) [tick], from its balances.

    Cash at the first limit less cash at the end, and the coins closed at their limit price. What
    else moved its cash in between (a share of others' losses, being deleveraged as a winner,
    funding) is taken out.
    """
    events, moves, n = result.events, movements(result), result.accounts
    start = result.triggers
    limits = np.flatnonzero(events["rule"] == Rule.MAINTENANCE)
    first = np.full(n, len(events))
    first[events["account"][limits[::-1]]] = limits[::-1]  # the earliest is written last
    closed = np.flatnonzero(first < len(events))
    share = np.bincount(f["account"], f["limit"], n).astype(float)  # of nothing it counts whole
    share[closed] += events["quote"][first[closed]] - result.quote[closed]
    e = moves["event"]
    own_kind = np.isin(events["rule"][e], (*FORCED, Rule.FUND_PAYMENT)) & (start[e] >= 0)
    failing = np.where(own_kind, events["account"][start[e]], -1)
    for side, sign in (("payee", 1.0), ("payer", -1.0)):
        row = moves[side]
        inside = row < n
        later = inside & (e > first[np.where(inside, row, 0)]) & (row != failing)
        share += sign * np.bincount(row[later], moves["ticks"][later], n)
    return share


def by_account(result: Record) -> pd.DataFrame:
    """The loss of each account that was closed by force, and who paid it, in whole ticks.

    account; loss; own, fund, winners: what the account itself, the insurance fund (and everybody
    through it) and deleveraged winners paid of it. They add up to the loss, row by row.
    """
    f, n, events = fills(result), result.accounts, result.events
    worth = np.where(f["adl"], f["mark"], f["got"])
    paid = np.flatnonzero(events["rule"] == Rule.FUND_PAYMENT)
    paid = paid[events["account"][result.triggers[paid]] == events["account"][paid]]
    rows = np.unique(f["account"])
    columns = {
        "loss": np.bincount(f["account"], f["limit"] - worth + f["fee"], n),
        "own": account_shares(result, f),
        "fund": np.bincount(events["account"][paid], events["amount"][paid], n),
        "winners": np.bincount(f["account"], np.where(f["adl"], f["got"] - f["mark"], 0.0), n),
    }
    return pd.DataFrame({"account": rows} | {name: x[rows] for name, x in columns.items()})
