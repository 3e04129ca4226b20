"""A band of prices around a reference, beyond which no order is filled.

    a buy fills up to    reference * (1 + band)
    a sell fills down to reference * (1 - band)

What counts is the worst price on an order's way through the book, its last lot, with half the
spread. So the band says how many lots still fit. The rest of a forced order waits and comes first
in the next step; what the crowd, liquidators and accounts wanted beyond the band is not traded.

Sources: Binance, order price caps and floors as a ratio by symbol; OKX, price limits around the
index; Bybit, highest buy and lowest sell by symbol.
"""

import numpy as np

from engine.core.book import displacement, volume_at_end
from engine.core.jit import kernel
from engine.core.mark import lagged
from engine.core.state import note
from engine.core.waiting import HELD, hold


@kernel(bare=True)
def reference_at(t, k, p, inputs, raw):
    """What the band lies around [tick/lot]: the outside price, or the mark in force."""
    return lagged(raw, t, p.lag, k) if p.band_on_mark == 1 else inputs.f[t, k]


@kernel(inline=True, bare=True)
def band_edge(reference, sign, p):
    """Highest price of a buy (sign 1) or lowest of a sell (sign -1)."""
    return reference * (1.0 + sign * p.band)


@kernel(inline=True, bare=True)
def last_price(f, volume, depth, sign, p):
    """Price [tick/lot] of the last lot of an order that leaves the book at `volume`."""
    return f * (1.0 + displacement(volume, depth, p.shape)) + sign * (p.half_spread * f)


@kernel(inline=True, bare=True)
def fits(f, volume, depth, edge, sign, p):
    """Whether an order may leave the book at `volume`."""
    return sign * (edge - last_price(f, volume, depth, sign, p)) >= 0.0


@kernel(bare=True)
def band_room(f, volume, depth, reference, sign, p):
    """Whole lots that can be bought (sign 1) or sold (sign -1) before the band ends.

    Infinite where the book ends first. Found by halving, so that the test itself decides.
    """
    edge, end = band_edge(reference, sign, p), volume_at_end(depth, p.shape)
    if not fits(f, volume, depth, edge, sign, p):
        return 0.0
    if fits(f, sign * end, depth, edge, sign, p):
        return np.inf
    low, high = 0.0, np.ceil(end - sign * volume)
    while high - low > 1.0:
        middle = np.floor(0.5 * (low + high))
        if fits(f, volume + sign * middle, depth, edge, sign, p):
            low = middle
        else:
            high = middle
    return low


@kernel(bare=True)
def within_band(qty, f, volume, depth, reference, p):
    """An order cut to what the band leaves [lot]."""
    sign = 1.0 if qty > 0.0 else -1.0
    return sign * min(abs(qty), band_room(f, volume, depth, reference, sign, p))


@kernel(bare=True)
def one_side(low, high, sign, state):
    """Lots of the orders [low, high) that buy (sign 1) or sell (sign -1)."""
    total = 0.0
    for j in range(low, high):
        total += max(sign * state.orders[j]["qty"], 0.0)
    return total


@kernel(bare=True)
def hold_back(t, k, low, high, mark, p, inputs, state):
    """Cut the orders [low, high) to the band; what does not fit waits, the last ones first.

    Each side gets the room it would have alone, in the order of the group: whatever the fund then
    cannot pay for, those that are left stay inside the band.
    """
    market = state.market[k]
    f, volume, depth = inputs.f[t, k], market["volume"], market["depth"]
    reference = reference_at(t, k, p, inputs, state.raw)
    for side in range(2):
        sign = 1.0 if side == 0 else -1.0
        total = one_side(low, high, sign, state)
        room = band_room(f, volume, depth, reference, sign, p)
        if total > room:
            hold_side(t, k, low, high, sign, room, sign * total, mark, p, inputs, state)


@kernel(bare=True)
def hold_side(t, k, low, high, sign, most, net, mark, p, inputs, state):
    """Let orders of one side through until `most` lots are; the rest of them wait.

    net : [lot] orders of the side with which the band was tested
    """
    for j in range(low, high):
        order = state.orders[j]
        wanted = max(sign * order["qty"], 0.0)
        if wanted == 0.0:
            continue
        taken = min(wanted, most)
        most -= taken
        if taken < wanted:
            order["qty"] = sign * taken
            row = np.int64(order["row"])
            if row < len(state.watch):
                rest = sign * (wanted - taken)
                keep_back(
                    t, row, k, rest, order["parent"], order["brief"], net, mark, p, inputs, state
                )


@kernel(bare=True)
def keep_back(t, i, k, rest, parent, brief, net, mark, p, inputs, state):
    """Let `rest` lots of an account's order wait; the first time, log why."""
    if brief != HELD:
        market, sign = state.market[k], 1.0 if rest > 0.0 else -1.0
        f, volume, depth = inputs.f[t, k], market["volume"], market["depth"]
        reference = reference_at(t, k, p, inputs, state.raw)
        note(
            state, t, 44, k, i, parent, -1, 0, state.quote[i], state.base[i, k], mark,
            worst_price(f, volume, net, depth, sign, p), band_edge(reference, sign, p),
            rest, reference, 0.0, 0.0, volume, net,
        )  # fmt: skip
    hold(t + 1, i, k, rest, parent, HELD, inputs, state)


@kernel(bare=True)
def worst_price(f, volume, net, depth, sign, p):
    """The worse of the first and the last price of an order on the side `sign` [tick/lot]."""
    first = last_price(f, volume, depth, sign, p)
    last = last_price(f, volume + net, depth, sign, p)
    return max(first, last) if sign > 0.0 else min(first, last)
