"""What a run is made of: codes, the event record and the columns a kernel works on.

Everything here is in whole **lots** of base and whole **ticks** of quote, held in float64; a price
is in ticks per lot. Sums of whole numbers below 2**53 are exact, so money is conserved to the
last tick and the order in which code visits accounts cannot matter.

Shapes: A accounts, K symbols, T steps, L liquidators, C traders of the crowd (0 or 3), N funding
settlements, R = A + 4 + L + C rows, E events.
"""

from typing import NamedTuple

import numpy as np

from engine.core.codes import Count as Count
from engine.core.codes import LegOrder as LegOrder
from engine.core.codes import MarginMode as MarginMode
from engine.core.codes import MarkRule as MarkRule
from engine.core.codes import Policy as Policy
from engine.core.codes import Row as Row
from engine.core.codes import Rule as Rule
from engine.core.codes import Status as Status
from engine.core.codes import Variant as Variant
from engine.core.jit import kernel
from engine.core.settings import Params as Params  # part of what a run is made of

EVENT = np.dtype(
    [
        ("step", "i4"),
        ("rule", "i2"),
        ("symbol", "i2"),
        ("account", "i4"),  # row the event is about
        ("parent", "i4"),  # event it belongs to (a slice to its trigger), -1 if none
        ("counter", "i4"),  # row on the other side, -1 if none
        ("detail", "i4"),  # tier in force, age of a lot, rank: see the catalogue
        ("quote", "f8"),  # [tick] cash before
        ("base", "f8"),  # [lot] position before
        ("mark", "f8"),  # [tick/lot] mark the rule was tested at
        ("value", "f8"),  # the two sides of the comparison
        ("limit", "f8"),
        ("qty", "f8"),  # [lot] change of the row's position, bought > 0
        ("price", "f8"),  # [tick/lot]
        ("amount", "f8"),  # [tick] quote the row received for qty (or as a payment)
        ("fee", "f8"),  # [tick] fees charged with it
        ("level", "f8"),  # [lot] consumed volume of the book before the orders of the group
        ("net", "f8"),  # [lot] net order of the group that shared one price
    ],
    align=True,
)


class Inputs(NamedTuple):
    """What a run reads and never changes."""

    f: np.ndarray  # (T, K) [tick/lot] fundamental price
    depth: np.ndarray  # (K,) [lot] that move the price by 1 % at the start
    calm: np.ndarray  # (K,) usual volatility of each symbol, over that of the first
    cut: np.ndarray  # (T, 1) share of the depth left by cancel bursts, or (1, 1) if none
    floors: np.ndarray  # (G,) [tick] tier floors
    rates: np.ndarray  # (G,) maintenance rates
    deductions: np.ndarray  # (G,) [tick]
    symbol: np.ndarray  # (A,) int32 symbol of the account's position, -1 for several
    entry: np.ndarray  # (A,) [tick/lot] entry price, a record beside the balances
    # The last C accounts hold several symbols on one collateral.
    legs: np.ndarray  # (C, K) [tick/lot] entry price of each leg
    rho: np.ndarray  # (T,) scripted correlation of all pairs, or (1,) the one at the opening
    scans: np.ndarray  # (S, K) joint moves of the scan mode
    settle: np.ndarray  # (N,) int64 steps of the funding settlements, rising
    script: np.ndarray  # (N, K) scripted rate; nan: by the formula, inf: no settlement
    reductions: np.ndarray  # (J, 3) step, account and share of scripted reductions
    outages: np.ndarray  # (J, 2) int64 step and duration of scripted outages
    scheme: int  # what maintenance rates depend on: 0 nothing, 1 the tier, 2 tier and add-ons
    notches: np.ndarray  # (N, 2) multiple of the usual volatility, and the rate it adds
    large: np.ndarray  # (M, 2) share of the published depth, and the rate it adds
    asked: np.ndarray  # (A - C + C K,) [lot] asked for by account, then by leg; (0,) without caps


WATCH = np.dtype(
    [
        ("status", "i1"),  # Status
        ("tier", "i1"),  # tier in force when the account was last looked at
    ],
    align=True,
)

MARKET = np.dtype(
    [
        ("scale", "f8"),  # buckets per [tick/lot]
        ("fire_below", "f8"),  # [tick/lot] no long is due above this mark
        ("fire_above", "f8"),  # [tick/lot] no short is due below this mark
        ("volume", "f8"),  # [lot] consumed volume
        ("average", "f8"),  # moving average of the mark rule
        ("variance", "f8"),  # EWMA of squared log returns of mid
        ("depth", "f8"),  # [lot] per 1 %, now
        ("seen", "i8"),  # last step whose prices are computed
        # Sums over the limits of this step that are logged in brief:
        ("net", "f8"),  # [lot] their orders
        ("held", "f8"),  # [lot] their positions, without sign
        ("owed", "f8"),  # [tick] what they are worth below zero at the mark they were tested at
    ],
    align=True,
)

ORDER = np.dtype(
    [
        ("row", "u4"),
        ("symbol", "u4"),
        ("parent", "i4"),  # event that caused it
        ("step", "i4"),  # step at which it acts
        ("brief", "i4"),  # place in `State.limits` of the limit that caused it, -1 if none
        ("qty", "f8"),  # [lot] change of the row's position
        ("left", "f8"),  # [lot] part of qty the book did not take
    ],
    align=True,
)

LEG = np.dtype(
    [
        ("qty", "f8"),  # [lot] change that is on its way to the book
        ("parent", "i8"),  # event that caused it
        ("step", "i8"),  # step at which it acts
        ("brief", "i4"),  # HELD of engine.core.waiting if a price band held it back, else -1
        ("stage", "i1"),  # 0 idle, 1 ordered, 2 on offer, 3 coins being sold
        ("tier", "i1"),  # tier in force when the leg was last looked at
    ],
    align=True,
)

DESK = np.dtype(
    [
        ("pace", "f8"),  # [lot] a liquidator sells each step
        ("source", "i8"),  # event of its last take
    ],
    align=True,
)


GUARD = np.dtype(
    [
        ("until", "i8"),  # step at which trading goes on after the last halt
        ("since", "i8"),  # step of the last halt
        ("event", "i8"),  # its number in the log
        ("first", "i8"),  # first step the breaker looks back to
    ],
    align=True,
)

ADDON = np.dtype(
    [
        ("level", "i8"),  # notch of the volatility add-on
        ("risen", "i8"),  # step at which it last rose
        ("rate", "f8"),  # maintenance rate it adds
        ("share", "f8"),  # share of the opening depth that is published
        ("depth", "f8"),  # [lot] the same in coins that move the price by 1 %
    ],
    align=True,
)


class State(NamedTuple):
    """What a run changes. Made afresh for each run by `engine.core.workspace`."""

    quote: np.ndarray  # (R,) [tick]
    base: np.ndarray  # (R, K) [lot]; (R, 2 K) with coins held as collateral in further columns
    watch: np.ndarray  # (A,) WATCH
    # Accounts waiting for their price, by bucket: longs fire when the mark falls to their key.
    key: np.ndarray  # (A,) [tick/lot] liquidation price, widened
    after: np.ndarray  # (A,) int32 next account in the same bucket, -1 if none
    longs: np.ndarray  # (K, B) int32 first account of each bucket, -1 if empty
    shorts: np.ndarray  # (K, B) int32
    market: np.ndarray  # (K,) MARKET
    due: np.ndarray  # (A // 64 + 1,) uint64 accounts due in this step, a bit each
    groups: np.ndarray  # (A // 4096 + 1,) uint64 words of `due` that are not zero, a bit each
    orders: np.ndarray  # (A + L,) ORDER of this step
    queue: np.ndarray  # (A,) int64 winners of this group of orders, a heap by `score`
    score: np.ndarray  # (A,) rank in it, the lowest first
    sent: np.ndarray  # (A + 1,) ORDER ring: on their way to the book, first in first out
    cooling: np.ndarray  # (A + 1,) ORDER ring: accounts between two cuts
    lots: np.ndarray  # (A + C K,) ORDER on offer, oldest first; `step` is the opening
    desk: np.ndarray  # (L, K) DESK
    count: np.ndarray  # (C,) int64, see Count
    addon: np.ndarray  # (2, K) ADDON in force, and proposed
    table: np.ndarray  # (G,) maintenance rates of the position last looked at
    paid: np.ndarray  # (K,) funding rate of the last settlement
    average: np.ndarray  # (K,) [tick/lot] the trend followers' average of mid
    usual: np.ndarray  # (K,) usual volatility a step, p.sigma0 * calm
    wishes: np.ndarray  # (C, K) WISH of engine.core.crowd
    # Limits on trading.
    waiting: np.ndarray  # (A,) ORDER held back, or waiting for a halt or an outage to end
    guard: np.ndarray  # (K,) GUARD
    peaks: np.ndarray  # (2, K, T) int32 steps that may be the highest, the lowest of the window
    ends: np.ndarray  # (2, K, 2) int64 first and last + 1 of them
    # Multi-leg accounts.
    legs: np.ndarray  # (C, K) LEG
    pause: np.ndarray  # (C,) int64 step at which a cooldown ends
    until: np.ndarray  # (C,) way of the marks until which a safe account is not looked at
    awake: np.ndarray  # (C,) int64 accounts that are not asleep, by row
    gauge: np.ndarray  # (3,) their way so far, and bounds of the tier table: see `radii`
    before: np.ndarray  # (C,) [tick] requirement before a change of correlation
    need: np.ndarray  # (2, K) room: signed margins and notionals of one account
    credit: np.ndarray  # (4, K, K) correlation published, covariance, proposal, room
    # Written for the reader.
    mid: np.ndarray  # (T, K) [tick/lot]
    raw: np.ndarray  # (T, K) [tick/lot] mark before its lag
    sigma: np.ndarray  # (T, K) realised volatility a step, or (1, 1) if not tracked
    # The log; `engine.core.unfold` makes one list of events of these.
    log: np.ndarray  # (E,) EVENT events logged in full
    number: np.ndarray  # (E,) int32 their numbers among all events
    limits: np.ndarray  # (E,) LIMIT of engine.core.brief
    netted: np.ndarray  # (E,) GROUP of engine.core.brief
    funds: np.ndarray  # (E,) [tick] what the fund held before each payment logged in brief


@kernel(inline=True, bare=True)
def fill_in(
    row, step, rule, symbol, account, parent, counter, detail,
    quote, base, mark, value, limit, qty, price, amount, fee, level, net,
):  # fmt: skip
    """Write every field of one event."""
    row["step"] = step
    row["rule"] = rule
    row["symbol"] = symbol
    row["account"] = account
    row["parent"] = parent
    row["counter"] = counter
    row["detail"] = detail
    row["quote"] = quote
    row["base"] = base
    row["mark"] = mark
    row["value"] = value
    row["limit"] = limit
    row["qty"] = qty
    row["price"] = price
    row["amount"] = amount
    row["fee"] = fee
    row["level"] = level
    row["net"] = net


@kernel(inline=True, bare=True)
def count_event(state):
    """The number of the next event."""
    n = state.count[0]
    state.count[0] = n + 1
    return n


@kernel(bare=True)
def note(
    state, step, rule, symbol, account, parent, counter, detail,
    quote, base, mark, value, limit, qty, price, amount, fee, level, net,
):  # fmt: skip
    """Log one event and return its number. Past the end of the log it is only counted."""
    n = count_event(state)
    if n < len(state.log):
        place = state.count[10]
        state.count[10] = place + 1
        state.number[place] = n
        fill_in(
            state.log[place], step, rule, symbol, account, parent, counter, detail,
            quote, base, mark, value, limit, qty, price, amount, fee, level, net,
        )  # fmt: skip
    return n
