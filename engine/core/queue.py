"""Accounts waiting for their liquidation price, in buckets of price.

Only accounts whose price is near are looked at, so cost follows events and not accounts x steps.
The bucket is only a first guess: who is due is always decided by the exact test
`equity <= maintenance`, so the answer has the bits of a plain scan. Keys are widened by 2**-40 so
that rounding can make the queue look at an account too early, never too late.
"""

import numpy as np

from engine.core.jit import kernel
from engine.core.rows import add_row

WIDER = 1.0 + 2.0**-40
NARROWER = 1.0 - 2.0**-40


@kernel(inline=True, bare=True)
def bucket_of(price, scale, buckets):
    """Bucket of a price; everything below zero is in the first, above the range in the last."""
    place = price * scale
    if not place > 0.0:
        return 0
    if place >= buckets - 1:
        return buckets - 1
    return int(place)


@kernel(bare=True)
def empty(heads):
    """Empty every bucket of one side."""
    for b in range(len(heads)):
        heads[b] = -1


@kernel(inline=True, bare=True)
def insert(state, i, k, price, is_long):
    """Watch account `i` at its liquidation price [tick/lot].

    The market is written only where it changes: else each insertion would wait for the last.
    """
    market, account = state.market[k], state.watch[i]
    buckets = state.longs.shape[1]
    if is_long:
        wide = price * WIDER
        b = bucket_of(wide, market["scale"], buckets)
        account["after"] = state.longs[k, b]
        state.longs[k, b] = i
        if b > market["highest"]:
            market["highest"] = b
        if wide > market["fire_below"]:
            market["fire_below"] = wide
    else:
        wide = price * NARROWER
        b = bucket_of(wide, market["scale"], buckets)
        account["after"] = state.shorts[k, b]
        state.shorts[k, b] = i
        if b < market["lowest"]:
            market["lowest"] = b
        if wide < market["fire_above"]:
            market["fire_above"] = wide
    account["key"] = wide


@kernel(bare=True)
def remove(state, i, k, is_long):
    """Stop watching account `i`; it must be in its bucket."""
    heads = state.longs if is_long else state.shorts
    b = bucket_of(state.watch[i]["key"], state.market[k]["scale"], heads.shape[1])
    if heads[k, b] == i:
        heads[k, b] = state.watch[i]["after"]
        return
    j = heads[k, b]
    while state.watch[j]["after"] != i:
        j = state.watch[j]["after"]
    state.watch[j]["after"] = state.watch[i]["after"]


@kernel(bare=True)
def drain_longs(state, k, mark):
    """Every long whose key is at or above `mark` leaves its bucket and is due.

    Buckets above the mark's own are emptied, the own one is filtered. What stays decides when to
    look next.
    """
    buckets = state.longs.shape[1]
    own = bucket_of(mark, state.market[k]["scale"], buckets)
    b = state.market[k]["highest"]
    while b >= own:
        kept = np.int32(-1)
        best = -np.inf
        i = int(state.longs[k, b])
        while i >= 0:
            following = int(state.watch[i]["after"])
            if state.watch[i]["key"] >= mark:
                add_row(state.due, state.groups, i)
            else:
                state.watch[i]["after"] = kept
                kept = i
                best = max(best, state.watch[i]["key"])
            i = following
        state.longs[k, b] = kept
        if kept >= 0:
            state.market[k]["highest"] = b
            state.market[k]["fire_below"] = best
            return
        b -= 1
    while b > 0 and state.longs[k, b] < 0:
        b -= 1
    state.market[k]["highest"] = max(b, 0)
    best = -np.inf
    if b >= 0:
        i = int(state.longs[k, b])
        while i >= 0:
            best = max(best, state.watch[i]["key"])
            i = int(state.watch[i]["after"])
    state.market[k]["fire_below"] = best


@kernel(bare=True)
def drain_shorts(state, k, mark):
    """Every short whose key is at or below `mark` is due; the mirror of `drain_longs`."""
    buckets = state.shorts.shape[1]
    own = bucket_of(mark, state.market[k]["scale"], buckets)
    b = state.market[k]["lowest"]
    while b <= own:
        kept = np.int32(-1)
        best = np.inf
        i = int(state.shorts[k, b])
        while i >= 0:
            following = int(state.watch[i]["after"])
            if state.watch[i]["key"] <= mark:
                add_row(state.due, state.groups, i)
            else:
                state.watch[i]["after"] = kept
                kept = i
                best = min(best, state.watch[i]["key"])
            i = following
        state.shorts[k, b] = kept
        if kept >= 0:
            state.market[k]["lowest"] = b
            state.market[k]["fire_above"] = best
            return
        b += 1
    while b < buckets - 1 and state.shorts[k, b] < 0:
        b += 1
    state.market[k]["lowest"] = min(b, buckets - 1)
    best = np.inf
    if b < buckets:
        i = int(state.shorts[k, b])
        while i >= 0:
            best = min(best, state.watch[i]["key"])
            i = int(state.watch[i]["after"])
    state.market[k]["fire_above"] = best
