"""Orders of one step meet the book; what the book does not take goes down the waterfall."""

import numpy as np

from engine.core.bearable import (
    can_be_borne,
    cut_to_size,
    group_mean,
    is_summed,
    net_of,
    order_price,
)
from engine.core.book import displacement, volume_at_end
from engine.core.brief import note_group
from engine.core.jit import kernel
from engine.core.ledger import ticks_of, trade, transfer
from engine.core.legs import cash_of, needed
from engine.core.margin import bankruptcy_price, equity
from engine.core.mark import lagged
from engine.core.orders import is_brief
from engine.core.price_band import band_room, hold_back, keep_back, reference_at
from engine.core.reference import outline
from engine.core.state import count_event, note
from engine.core.tiers import maintenance_at, tier_at
from engine.core.waiting import WAITS
from engine.core.waterfall import (
    deleverage,
    note_tier,
    settle_closed,
    settle_in_brief,
    take_by_vault,
    watch_at,
)
from engine.core.winners import forget_queue


@kernel(inline=True, bare=True)
def fees_of(ticks, have, p):
    """Taker fee and liquidation fee [tick] of a fill, at most what the account can spare.

    have : whole ticks left to an account that is being closed, infinite for one that goes on
    """
    have = max(have, 0.0)
    taker = 0.0
    if p.taker_fee > 0.0:
        taker = min(np.rint(p.taker_fee * abs(ticks)), have)
    return taker, min(np.rint(p.liquidation_fee * abs(ticks)), have - taker)


@kernel(inline=True, bare=True)
def charge(i, ticks, have, p, state):
    """Taker fee to the venue, liquidation fee to the fund; returns both, see `fees_of`."""
    accounts = len(state.watch)
    taker, fee = fees_of(ticks, have, p)
    if taker > 0.0:
        transfer(state.quote, i, accounts + 2, taker)
    if fee > 0.0:
        transfer(state.quote, i, accounts + 1, fee)
    return taker, fee


@kernel(inline=True, bare=True)
def spare(quote, base, qty, left, ticks):
    """What an account can pay fees from after a fill [tick]; infinite for one that goes on.

    What the book did not take goes at the bankruptcy price.
    """
    rest = base + qty
    if rest + left != 0.0:
        return np.inf
    return np.floor(equity(quote - ticks, rest, bankruptcy_price(quote, base)))


@kernel(bare=True)
def note_slice(t, i, k, qty, parent, price, mark, fee, level, net, quote, base, inputs, state):
    """Log a fill in full, after the account was charged for it."""
    rest = base + qty
    notional = abs(rest) * mark
    tier = tier_at(notional, inputs)
    return note(
        state, t, 3, k, i, parent, len(state.watch), tier, quote, base,
        mark, equity(state.quote[i], rest, mark),
        maintenance_at(notional, tier, rest, k, inputs, state),
        qty, price, -ticks_of(qty, price), fee, level, net,
    )  # fmt: skip


@kernel(inline=True, bare=True)
def fill_account(
    t, i, k, qty, left, parent, brief, price, mark, level, net, p, inputs, state
):  # fmt: skip
    """Fill a forced order and send the account on: watched again, cooling, or closed."""
    quote, base = state.quote[i], state.base[i, k]
    cash, rest, event = quote, base, parent
    if qty != 0.0:
        ticks = ticks_of(qty, price)
        trade(state.quote, state.base, k, i, len(state.watch), qty, ticks)
        taker, fee = charge(i, ticks, spare(quote, base, qty, left, ticks), p, state)
        cash, rest = quote - ticks - taker - fee, base + qty
        if brief >= 0:
            event = count_event(state)  # written afterwards, see `engine.core.unfold`
        else:
            event = note_slice(
                t, i, k, qty, parent, price, mark, taker + fee, level, net, quote, base,
                inputs, state,
            )  # fmt: skip
    if left != 0.0:
        worst = bankruptcy_price(quote, base)
        place_rest(t, i, k, abs(left), worst, mark, event, brief, p, inputs, state)
        cash, rest = state.quote[i], state.base[i, k]
    if rest == 0.0:
        if brief >= 0:
            settle_in_brief(i, state)
        else:
            settle_closed(t, i, k, mark, event, state)
        return
    forget_queue(rest, state)
    if len(inputs.floors) > 1:
        note_tier(t, i, k, mark, event, inputs, state)
    if p.guarded == 1 and state.watch[i]["status"] == WAITS:
        return
    if p.cooldown > 0 and p.policy == 1:
        cool_down(t, i, k, p, state)
    else:
        state.watch[i]["status"] = 0
        watch_at(i, k, cash, rest, inputs, state)


@kernel(bare=True)
def cool_down(t, i, k, p, state):
    """An account waits before it is looked at again."""
    state.watch[i]["status"] = 2
    spot = state.cooling[state.count[6] % len(state.cooling)]
    spot["row"] = i
    spot["symbol"] = k
    spot["step"] = t + p.cooldown
    state.count[6] += 1


@kernel(bare=True)
def place_rest(t, i, k, lots, price, mark, parent, brief, p, inputs, state):
    """What the book did not take: the vault, then winners at the bankruptcy price, then a dump.

    The dump fills against the book at the price where the book ends; the loss it leaves is
    socialised. It happens only when winners have no profit left to give, and a price band keeps
    back what lies beyond it.
    """
    lots -= take_by_vault(t, i, k, lots, price, mark, parent, p, state)
    if lots >= 1.0:
        lots -= deleverage(t, i, k, lots, price, mark, parent, p, inputs, state)
    if lots >= 1.0 and p.band > 0.0:
        lots = dump_within(t, i, k, lots, mark, parent, brief, p, inputs, state)
    if lots >= 1.0:
        dump(t, i, k, lots, mark, parent, p, inputs, state)


@kernel(bare=True)
def dump(t, i, k, lots, mark, parent, p, inputs, state):
    """Close `lots` through the book whatever they fetch; past its end, at its last price."""
    side = 1.0 if state.base[i, k] > 0.0 else -1.0
    depth, volume = state.market[k]["depth"], state.market[k]["volume"]
    f = inputs.f[t, k]
    end = volume_at_end(depth, p.shape)
    net = min(max(-side * lots, -end - volume), end - volume)
    price = order_price(f, volume, net, depth, -side, p)
    if abs(net) < lots:
        price = f * (1.0 + displacement(-side * end, depth, p.shape))
    quote, base = state.quote[i], state.base[i, k]
    ticks = ticks_of(-side * lots, price)
    trade(state.quote, state.base, k, i, len(state.watch), -side * lots, ticks)
    state.market[k]["volume"] = volume + net
    if inputs.symbol[i] < 0:
        value = cash_of(t, i, -1, p, inputs, state)
        limit = needed(t, i, -1, 0.0, p.lag, p, inputs, state)
    else:
        rest = state.base[i, k]
        notional = abs(rest) * mark
        value = equity(state.quote[i], rest, mark)
        limit = maintenance_at(notional, tier_at(notional, inputs), rest, k, inputs, state)
    note(
        state, t, 3, k, i, parent, len(state.watch), -1, quote, base,
        mark, value, limit, -side * lots, price, -ticks, 0.0, volume, net,
    )  # fmt: skip


@kernel(bare=True)
def dump_within(t, i, k, lots, mark, parent, brief, p, inputs, state):
    """Lots that can be dumped within the price band; the others wait."""
    sign = -1.0 if state.base[i, k] > 0.0 else 1.0
    market = state.market[k]
    reference = reference_at(t, k, p, inputs, state.raw)
    room = band_room(inputs.f[t, k], market["volume"], market["depth"], reference, sign, p)
    taken = min(lots, room)
    if taken < lots:
        rest = sign * (lots - taken)
        keep_back(t, i, k, rest, parent, brief, sign * lots, mark, p, inputs, state)
    return taken


@kernel(bare=True)
def fill_liquidator(t, row, k, qty, price, mark, volume, net, state):
    """A liquidator sells part of what it took, through the same book as everybody."""
    if qty == 0.0:
        return
    accounts = len(state.watch)
    quote, base = state.quote[row], state.base[row, k]
    ticks = ticks_of(qty, price)
    trade(state.quote, state.base, k, row, accounts, qty, ticks)
    source = state.desk[row - accounts - 4, k]["source"]
    note(
        state, t, 12, k, row, source, accounts, 0, quote, base, mark,
        abs(qty), abs(base), qty, price, -ticks, 0.0, volume, net,
    )  # fmt: skip


@kernel(bare=True)
def execute(t, k, low, high, mark, p, inputs, state):
    """Fill the orders [low, high) of this step as one netted group at one price."""
    outline()
    market = state.market[k]
    volume, depth = market["volume"], market["depth"]
    f = inputs.f[t, k]
    accounts = len(state.watch)
    spread = p.half_spread * f
    if p.band > 0.0:
        hold_back(t, k, low, high, mark, p, inputs, state)
    summed = is_summed(low, high, state)
    net = market["net"] if summed else net_of(low, high, state)
    mean = group_mean(f, volume, net, depth, p)
    checked = lagged(state.raw, t, p.check_lag, k)
    fund = state.quote[accounts + 1]
    is_cut = False
    if not (summed and can_be_borne(market, checked, mean, spread, volume + net, depth, fund, p)):
        net, is_cut = cut_to_size(t, k, low, high, net, p, inputs, state)
        mean = group_mean(f, volume, net, depth, p)
    market["volume"] = volume + net
    if is_brief(p):
        note_group(t, k, is_cut, volume, net, depth, state)
    bid, ask = mean - spread, mean + spread
    state.count[18] = 0
    for j in range(low, high):
        order = state.orders[np.uint64(j)]
        i, parent, brief = np.int64(order["row"]), order["parent"], order["brief"]
        qty, left = order["qty"], order["left"]
        price = bid if qty < 0.0 else ask
        if i < accounts:
            fill_account(
                t, i, k, qty, left, parent, brief, price, mark, volume, net, p, inputs, state
            )
        else:
            fill_liquidator(t, i, k, qty, price, mark, volume, net, state)
