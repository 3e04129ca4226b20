"""Reductions decided beforehand: an account closes part of its own position at a set step.

It is an ordinary order, not a forced one: it meets the book alone, after funding and the crowd and
before the margin check of its step, and pays the taker fee only. An account the venue already has
in hand (an order on its way, a cooldown, an auction) can do nothing, nor can one with several legs.
Nor does anybody reduce in a halt, or beyond a price band.
"""

import numpy as np

from engine.core.bearable import order_price
from engine.core.book import volume_at_end
from engine.core.crowd import allowed
from engine.core.jit import kernel
from engine.core.ledger import ticks_of, trade, transfer
from engine.core.margin import equity, tier_of
from engine.core.mark import lagged
from engine.core.queue import remove
from engine.core.state import note
from engine.core.tiers import maintenance_at
from engine.core.waterfall import note_tier, watch_again


@kernel(bare=True)
def next_reduction(t, stop, reductions):
    """The first step after t with a scripted reduction, `stop` if that is earlier."""
    for j in range(len(reductions)):
        if t < reductions[j, 0] < stop:
            stop = np.int64(reductions[j, 0])
    return stop


@kernel(bare=True)
def lots_to_close(base, share, volume, depth, shape):
    """floor(share * |base|) lots, but no more than the book still holds."""
    end = volume_at_end(depth, shape)
    room = max(np.floor(end + volume if base > 0.0 else end - volume), 0.0)
    return min(np.floor(share * abs(base)), room)


@kernel(bare=True)
def reduce_account(t, i, share, p, inputs, state):
    """Close `share` of the position of account `i` at the price of an order of its own."""
    k = np.int64(inputs.symbol[i])
    quote, base = state.quote[i], state.base[i, k]
    market = state.market[k]
    volume, depth = market["volume"], market["depth"]
    lots = lots_to_close(base, share, volume, depth, p.shape)
    if p.guarded == 1:
        lots = abs(allowed(t, k, -np.copysign(lots, base), p, inputs, state))
    legs = i >= len(state.watch) - len(inputs.legs)
    if legs or state.watch[i]["status"] != 0 or lots < 1.0:
        return
    remove(state, i, k, base > 0.0)
    qty = -lots if base > 0.0 else lots
    price = order_price(inputs.f[t, k], volume, qty, depth, qty, p)
    ticks = ticks_of(qty, price)
    book = len(state.watch)
    trade(state.quote, state.base, k, i, book, qty, ticks)
    fee = np.rint(p.taker_fee * abs(ticks))
    if fee > 0.0:
        transfer(state.quote, i, book + 2, fee)
    market["volume"] = volume + qty
    mark, rest = lagged(state.raw, t, p.lag, k), base + qty
    notional = abs(rest) * mark
    tier = tier_of(notional, inputs.floors)
    n = note(
        state, t, 22, k, i, -1, book, tier, quote, base, mark,
        equity(state.quote[i], rest, mark),
        maintenance_at(notional, tier, rest, k, inputs, state),
        qty, price, -ticks, fee, volume, qty,
    )  # fmt: skip
    note_tier(t, i, k, mark, n, inputs, state)
    watch_again(i, k, inputs, state)


@kernel(bare=True)
def keep_reductions(t, p, inputs, state):
    """All reductions of this step, in the order in which they are given."""
    for j in range(len(inputs.reductions)):
        if inputs.reductions[j, 0] == t:
            i, share = np.int64(inputs.reductions[j, 1]), inputs.reductions[j, 2]
            reduce_account(t, i, share, p, inputs, state)
