"""Accounts waiting for their liquidation price, in buckets of price.

Only accounts whose price is near are looked at, so cost follows events and not accounts x steps.
The bucket is only a first guess: who is due is always decided by the exact test
`equity <= maintenance`, so the answer has the bits of a plain scan. Keys are widened by 2**-40 so
that rounding can make the queue look at an account too early, never too late.
"""

import numpy as np

from engine.core.jit import kernel

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


@kernel(inline=True, bare=True)
def insert(state, i, k, price, is_long):
    """Watch account `i` at its liquidation price [tick/lot]."""
    buckets = state.longs.shape[1]
    if is_long:
        wide = price * WIDER
        b = bucket_of(wide, state.market[k]["scale"], buckets)
        state.after[i] = state.longs[k, b]
        state.longs[k, b] = i
        state.market[k]["highest"] = max(state.market[k]["highest"], b)
        state.market[k]["fire_below"] = max(state.market[k]["fire_below"], wide)
    else:
        wide = price * NARROWER
        b = bucket_of(wide, state.market[k]["scale"], buckets)
        state.after[i] = state.shorts[k, b]
        state.shorts[k, b] = i
        state.market[k]["lowest"] = min(state.market[k]["lowest"], b)
        state.market[k]["fire_above"] = min(state.market[k]["fire_above"], wide)
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
def drain_longs(state, k, mark, hits, n):
    """Take out every long whose key is at or above `mark`; returns the new count of hits.

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
            following = int(state.after[i])
            if state.key[i] >= mark:
                hits[n] = i
                n += 1
            else:
                state.after[i] = kept
                kept = i
                best = max(best, state.key[i])
            i = following
        state.longs[k, b] = kept
        if kept >= 0:
            state.market[k]["highest"] = b
            state.market[k]["fire_below"] = best
            return n
        b -= 1
    while b > 0 and state.longs[k, b] < 0:
        b -= 1
    state.market[k]["highest"] = max(b, 0)
    best = -np.inf
    if b >= 0:
        i = int(state.longs[k, b])
        while i >= 0:
            best = max(best, state.key[i])
            i = int(state.after[i])
    state.market[k]["fire_below"] = best
    return n


@kernel(inline=True, bare=True)
def drain_shorts(state, k, mark, hits, n):
    """Take out every short whose key is at or below `mark`; the mirror of `drain_longs`."""
    buckets = state.shorts.shape[1]
    own = bucket_of(mark, state.market[k]["scale"], buckets)
    b = state.market[k]["lowest"]
    while b <= own:
        kept = np.int32(-1)
        best = np.inf
        i = int(state.shorts[k, b])
        while i >= 0:
            following = int(state.after[i])
            if state.key[i] <= mark:
                hits[n] = i
                n += 1
            else:
                state.after[i] = kept
                kept = i
                best = min(best, state.key[i])
            i = following
        state.shorts[k, b] = kept
        if kept >= 0:
            state.market[k]["lowest"] = b
            state.market[k]["fire_above"] = best
            return n
        b += 1
    while b < buckets - 1 and state.shorts[k, b] < 0:
        b += 1
    state.market[k]["lowest"] = min(b, buckets - 1)
    best = np.inf
    if b < buckets:
        i = int(state.shorts[k, b])
        while i >= 0:
            best = min(best, state.key[i])
            i = int(state.after[i])
    state.market[k]["fire_above"] = best
    return n
