"""What book and fund can bear of the orders of one step, and what they pay."""

import numpy as np

from engine.core.book import average_displacement, volume_at_end
from engine.core.jit import kernel
from engine.core.legs import cash_of
from engine.core.margin import bankruptcy_price, equity
from engine.core.rows import ranking


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
        # No longer what was planned, so it is logged in full.
        group[j]["brief"] = min(group[j]["brief"], -1)
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


@kernel(bare=True)
def needs_care(low, high, k, mean, spread, volume, depth, p, state):
    """True if the book may end, or the fund may be short: then `shortfall_of` has the last word.

    No order costs the fund more than its account is worth below zero at the fill, and one that
    waits whole costs nothing, so while the fund covers that sum (widened for rounding) nothing has
    to be cut.
    """
    accounts = len(state.watch)
    owed = 0.0
    for j in range(low, high):
        i, qty = np.int64(state.orders[j]["row"]), state.orders[j]["qty"]
        if i < accounts and qty != 0.0:
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
