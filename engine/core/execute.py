"""Orders of one step meet the book; what the book does not take goes down the waterfall."""

import numpy as np

from engine.core.book import average_displacement, displacement, volume_at_end
from engine.core.jit import kernel
from engine.core.ledger import ticks_of, trade, transfer
from engine.core.legs import cash_of, needed
from engine.core.margin import bankruptcy_price, equity
from engine.core.mark import lagged
from engine.core.orders import is_brief
from engine.core.reference import outline
from engine.core.rows import ranking
from engine.core.state import count_event, note, note_group
from engine.core.tiers import maintenance_at, tier_at
from engine.core.waterfall import deleverage, note_tier, settle_closed, take_by_vault, watch_at


@kernel(inline=True, bare=True)
def group_mean(f, volume, net, depth, p):
    """Mean price [tick/lot] at which the book takes a netted group, before the spread."""
    return f * (1.0 + average_displacement(volume, net, depth, p.shape))


@kernel(bare=True)
def order_price(f, volume, net, depth, signed, p):
    """Price [tick/lot] an order of a netted group pays: the group's mean, plus half the spread."""
    mean = group_mean(f, volume, net, depth, p)
    return mean - p.half_spread * f if signed < 0.0 else mean + p.half_spread * f


@kernel(bare=True)
def shortfall_of(group, t, f, volume, depth, k, p, inputs, state):
    """What the fund would have to pay if `group` filled as it stands [tick]; inf past the book.

    An order that closes an account leaves it short of minus its equity at the fill. One that
    leaves lots pays for each lot filled the difference to the bankruptcy price, at which the rest
    is, or may have to be, closed.
    """
    accounts = len(state.watch)
    net = 0.0
    for j in range(len(group)):
        net += group[j]["qty"]
    if abs(volume + net) > volume_at_end(depth, p.shape):
        return np.inf
    total = 0.0
    for j in range(len(group)):
        i, qty = np.int64(group[j]["row"]), group[j]["qty"]
        if i >= accounts or qty == 0.0 or state.base[i, k] == 0.0:  # coins cost the fund nothing
            continue
        base, cash = state.base[i, k], cash_of(t, i, k, p, inputs, state)
        price = order_price(f, volume, net, depth, qty, p)
        if base + qty == 0.0:
            total += max(-equity(cash, base, price), 0.0)
        else:
            total += max(-qty * (bankruptcy_price(cash, base) - price), 0.0)
    return total


@kernel(bare=True)
def drop_first(group, order, qty, accounts, dropped):
    """Set the first `dropped` orders of the ranking aside and restore the others."""
    for j in range(len(group)):
        place = order[j]
        if j < dropped:
            group[place]["qty"] = 0.0
            group[place]["left"] = qty[place] if group[place]["row"] < accounts else 0.0
        else:
            group[place]["qty"] = qty[place]
            group[place]["left"] = 0.0


@kernel
def trim(group, t, f, volume, depth, k, p, inputs, state):
    """Cut a group of orders to what the book and the fund can bear.

    A forced order fills no worse than the bankruptcy price plus what the fund can pay. Orders are
    set aside worst first (shortfall per lot, then place) until the rest can be paid for; how many
    is found by halving, so where buys and sells offset each other it may be more than the least.
    The last one set aside is then filled as far as it can be. Liquidators' own sales wait.
    """
    accounts = len(state.watch)
    fund = max(state.quote[accounts + 1], 0.0)
    n = len(group)
    qty = np.empty(n)
    badness = np.empty(n)
    net = 0.0
    for j in range(n):
        qty[j] = group[j]["qty"]
        net += qty[j]
    end = volume_at_end(depth, p.shape)
    inside = min(max(net, -end - volume), end - volume)
    for j in range(n):
        i = np.int64(group[j]["row"])
        if i >= accounts or state.base[i, k] == 0.0:
            badness[j] = -np.inf
            continue
        price = order_price(f, volume, inside, depth, qty[j], p)
        gap = bankruptcy_price(cash_of(t, i, k, p, inputs, state), state.base[i, k]) - price
        badness[j] = -max(gap if qty[j] < 0.0 else -gap, 0.0)
    order = ranking(badness)
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        drop_first(group, order, qty, accounts, middle)
        if shortfall_of(group, t, f, volume, depth, k, p, inputs, state) <= fund:
            high = middle
        else:
            low = middle + 1
    drop_first(group, order, qty, accounts, low)
    if low > 0:
        last = order[low - 1]
        fill_partly(group, last, qty[last], fund, t, f, volume, depth, k, p, inputs, state)
    for j in range(n):
        group[j]["brief"] = -1  # no longer what was planned, so it is logged in full
        i = np.int64(group[j]["row"])
        if i < accounts and state.base[i, k] + qty[j] != 0.0:
            group[j]["left"] = 0.0  # a partial cut simply comes out smaller


@kernel(bare=True)
def fill_partly(group, place, qty, fund, t, f, volume, depth, k, p, inputs, state):
    """Fill as many lots of one order as the fund can pay for, found by halving."""
    sign = -1.0 if qty < 0.0 else 1.0
    low, high = 0.0, abs(qty)
    while high - low > 1.0:
        middle = np.floor(0.5 * (low + high))
        group[place]["qty"] = sign * middle
        group[place]["left"] = qty - sign * middle
        if shortfall_of(group, t, f, volume, depth, k, p, inputs, state) <= fund:
            low = middle
        else:
            high = middle
    group[place]["qty"] = sign * low
    group[place]["left"] = qty - sign * low


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
        maintenance_at(notional, tier, inputs),
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
        place_rest(t, i, k, abs(left), bankruptcy_price(quote, base), mark, event, p, inputs, state)
        cash, rest = state.quote[i], state.base[i, k]
    if rest == 0.0:
        settle_closed(t, i, k, mark, event, state)
        return
    if len(inputs.floors) > 1:
        note_tier(t, i, k, mark, event, inputs, state)
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
def place_rest(t, i, k, lots, price, mark, parent, p, inputs, state):
    """What the book did not take: the vault, then winners at the bankruptcy price, then a dump.

    The dump fills against the book at the price where the book ends; the loss it leaves is
    socialised. It happens only when winners have no profit left to give.
    """
    lots -= take_by_vault(t, i, k, lots, price, mark, parent, p, state)
    if lots >= 1.0:
        lots -= deleverage(t, i, k, lots, price, mark, parent, p, inputs, state)
    if lots >= 1.0:
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
        several = inputs.symbol[i] < 0
        limit = needed(t, i, -1, 0.0, p.lag, p, inputs, state) if several else 0.0
        note(
            state, t, 3, k, i, parent, len(state.watch), -1, quote, base,
            mark, cash_of(t, i, k, p, inputs, state), limit, -side * lots, price, -ticks, 0.0,
            volume, net,
        )  # fmt: skip


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
def needs_care(low, high, k, mean, spread, volume, depth, p, state):
    """True if the book may end, or the fund may be short: then `shortfall_of` has the last word.

    No order costs the fund more than its account is worth below zero at the fill, so while the
    fund covers that sum (widened for rounding) nothing has to be cut.
    """
    accounts = len(state.watch)
    owed = 0.0
    for j in range(low, high):
        i, qty = np.int64(state.orders[j]["row"]), state.orders[j]["qty"]
        if i < accounts:
            price = mean - spread if qty < 0.0 else mean + spread
            owed += max(-equity(state.quote[i], state.base[i, k], price), 0.0)
    short = owed > 0.0 and owed * (1.0 + 2.0**-30) >= state.quote[accounts + 1]
    return short or abs(volume) > volume_at_end(depth, p.shape)


@kernel(inline=True, bare=True)
def can_be_borne(market, checked, mean, spread, volume, depth, fund, p):
    """True if the sums over a group show that `needs_care` is false, without looking at accounts.

    An account is worth no less than at the mark it was tested at, `checked`, minus its position
    times the way from there to the fill.
    """
    owed = market["owed"] + market["held"] * (abs(mean - checked) + spread)
    return owed * (1.0 + 2.0**-20) < fund and abs(volume) <= volume_at_end(depth, p.shape)


@kernel(inline=True, bare=True)
def is_summed(low, high, state):
    """Whether the sums of the market are those of the orders [low, high): all sent at once."""
    first, last = state.orders[low]["brief"], state.orders[high - 1]["brief"]
    return first >= 0 and last - first == high - 1 - low


@kernel(bare=True)
def net_of(low, high, state):
    """Net order [lot] of the orders [low, high)."""
    net = 0.0
    for j in range(low, high):
        net += state.orders[j]["qty"]
    return net


@kernel(bare=True)
def cut_to_size(t, k, low, high, net, p, inputs, state):
    """Make sure that book and fund can bear the orders [low, high).

    Returns their net order and whether any of them was cut.
    """
    volume, depth = state.market[k]["volume"], state.market[k]["depth"]
    f = inputs.f[t, k]
    mean = group_mean(f, volume, net, depth, p)
    if not needs_care(low, high, k, mean, p.half_spread * f, volume + net, depth, p, state):
        return net, False
    group = state.orders[low:high]
    fund = max(state.quote[len(state.watch) + 1], 0.0)
    if shortfall_of(group, t, f, volume, depth, k, p, inputs, state) <= fund:
        return net, False
    trim(group, t, f, volume, depth, k, p, inputs, state)
    return net_of(low, high, state), True


@kernel(bare=True)
def execute(t, k, low, high, mark, p, inputs, state):
    """Fill the orders [low, high) of this step as one netted group at one price."""
    outline()
    market = state.market[k]
    volume, depth = market["volume"], market["depth"]
    f = inputs.f[t, k]
    accounts = len(state.watch)
    spread = p.half_spread * f
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
