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
    """Bucket of a price; everything below zero is in the first, above the range in the last.

    Unsigned, as a place that may be negative costs a test at each use.
    """
    place = price * scale
    if not place > 0.0:
        return np.uint32(0)
    return np.uint32(min(place, buckets - 1.0))


@kernel(bare=True)
def empty(heads):
    """Empty every bucket of one side."""
    for b in range(len(heads)):
        heads[b] = -1


@kernel(inline=True, bare=True)
def insert(state, i, k, price, is_long):
    """Watch account `i` at its liquidation price [tick/lot].

    The bounds are moved without a branch: whether they move cannot be predicted.
    """
    market = state.market[k]
    if is_long:
        wide = price * WIDER
        b = bucket_of(wide, market["scale"], state.longs.shape[1])
        state.after[i] = state.longs[k, b]
        state.longs[k, b] = i
        market["fire_below"] = max(market["fire_below"], wide)
    else:
        wide = price * NARROWER
        b = bucket_of(wide, market["scale"], state.longs.shape[1])
        state.after[i] = state.shorts[k, b]
        state.shorts[k, b] = i
        market["fire_above"] = min(market["fire_above"], wide)
    state.key[i] = wide


@kernel(bare=True)
def remove(state, i, k, is_long):
    """Stop watching account `i`; it must be in its bucket."""
    heads = state.longs if is_long else state.shorts
    b = bucket_of(state.key[i], state.market[k]["scale"], heads.shape[1])
    if heads[k, b] == i:
        heads[k, b] = state.after[i]
        return
    j = heads[k, b]
    while state.after[j] != i:
        j = state.after[j]
    state.after[j] = state.after[i]


@kernel(inline=True, bare=True)
def take_all(heads, b, state):
    """Everybody in a bucket is due."""
    i = np.int64(heads[b])
    if i >= 0:
        heads[b] = -1
    while i >= 0:
        add_row(state.due, state.groups, i)
        i = np.int64(state.after[i])


@kernel(bare=True)
def drain_longs(state, k, mark):
    """Every long whose key is at or above `mark` leaves its bucket and is due.

    Buckets above the mark's own are emptied, the own one is filtered. What stays decides when to
    look next.
    """
    heads, market = state.longs[k], state.market[k]
    own = np.int64(bucket_of(mark, market["scale"], len(heads)))
    last = np.int64(bucket_of(market["fire_below"], market["scale"], len(heads)))
    for b in range(own + 1, last + 1):
        take_all(heads, b, state)
    kept, best = np.int32(-1), -np.inf
    i = np.int64(heads[own])
    while i >= 0:
        following = np.int64(state.after[i])
        if state.key[i] >= mark:
            add_row(state.due, state.groups, i)
        else:
            state.after[i] = kept
            kept = np.int32(i)
            best = max(best, state.key[i])
        i = following
    heads[own] = kept
    b = own
    while b > 0 and heads[b] < 0:
        b -= 1
    i = np.int64(heads[b])
    while i >= 0 and b != own:
        best = max(best, state.key[i])
        i = np.int64(state.after[i])
    market["fire_below"] = best


@kernel(bare=True)
def drain_shorts(state, k, mark):
    """Every short whose key is at or below `mark` is due; the mirror of `drain_longs`."""
    heads, market = state.shorts[k], state.market[k]
    own = np.int64(bucket_of(mark, market["scale"], len(heads)))
    first = np.int64(bucket_of(market["fire_above"], market["scale"], len(heads)))
    for b in range(first, own):
        take_all(heads, b, state)
    kept, best = np.int32(-1), np.inf
    i = np.int64(heads[own])
    while i >= 0:
        following = np.int64(state.after[i])
        if state.key[i] <= mark:
            add_row(state.due, state.groups, i)
        else:
            state.after[i] = kept
            kept = np.int32(i)
            best = min(best, state.key[i])
        i = following
    heads[own] = kept
    b = own
    while b < len(heads) - 1 and heads[b] < 0:
        b += 1
    i = np.int64(heads[b])
    while i >= 0 and b != own:
        best = min(best, state.key[i])
        i = np.int64(state.after[i])
    market["fire_above"] = best
