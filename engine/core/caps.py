"""Leverage cap and exposure limit: what is asked above them is not opened.

Both are tests of notional [tick]: of one account in a symbol against the limit, and against the
cap times the money behind it (initial margin on new orders: notional <= cap * equity). They hold
for the positions at the opening and for every order of the crowd that makes a position larger.
"""

import numpy as np

from engine.core.jit import kernel
from engine.core.ledger import ticks_of
from engine.core.state import note

OPENING, ORDER = 0, 1  # `detail` of an event: where it was asked


@kernel(bare=True)
def most_lots(asked, other, allowed, price):
    """Lots [lot, no sign] of `asked` that keep other + lots * price at or below `allowed`."""
    return min(asked, max(np.floor((allowed - other) / price), 0.0))


@kernel(bare=True)
def note_openings(t, p, inputs, state):
    """Log each account that asked for more than it was let open, once for each limit it met."""
    for i in range(len(inputs.asked)):
        asked, k = inputs.asked[i], np.int64(inputs.symbol[i])
        if k < 0 or asked <= abs(state.base[i, k]):
            continue
        quote, base, entry = state.quote[i], state.base[i, k], inputs.entry[i]
        value = asked * entry
        allowed = p.leverage_cap * (quote + ticks_of(base, entry))
        for rule in range(32, 34):
            limit = allowed if rule == 32 else p.exposure_limit
            if limit > 0.0 and value > limit:
                note(
                    state, t, rule, k, i, -1, -1, 0, quote, base, state.raw[t, k],
                    value, limit, 0.0, entry, 0.0, 0.0, asked, abs(base),
                )  # fmt: skip


@kernel(bare=True)
def least_kept(k, qty, base):
    """Lots [lot] an order leaves alone: nobody is made to close by a cap."""
    return abs(base[k]) if base[k] * (base[k] + qty) > 0.0 else 0.0


@kernel(bare=True)
def cap_of(rule, k, qty, quote, base, mids, p):
    """(notional asked, notional allowed, lots let open) of an order by one limit; -1 if it is off.

    quote [tick] and base (K,) [lot] before the order, mids (K,) [tick/lot]; 32 the leverage cap,
    of all positions, 33 the exposure limit, of the symbol's own.
    """
    target, worth, other = abs(base[k] + qty), quote, 0.0
    for j in range(len(mids)):
        worth += base[j] * mids[j]
        if j != k:
            other += abs(base[j]) * mids[j]
    on = p.leverage_cap if rule == 32 else p.exposure_limit
    if on <= 0.0:
        return -1.0, -1.0, target
    limit = on * max(worth, 0.0) if rule == 32 else on
    beside = other if rule == 32 else 0.0
    value = beside + target * mids[k]
    if value <= limit:
        return value, limit, target
    left = most_lots(target, beside, limit, mids[k])
    return value, limit, max(left, least_kept(k, qty, base))


@kernel(bare=True)
def within_caps(k, qty, quote, base, mids, p):
    """The part of an order [lot] that both limits let open; one that closes is left alone."""
    target = base[k] + qty
    if abs(target) <= abs(base[k]) and base[k] * target >= 0.0:
        return qty
    most = abs(target)
    for rule in range(32, 34):
        most = min(most, cap_of(rule, k, qty, quote, base, mids, p)[2])
    return (most if target > 0.0 else -most) - base[k]


@kernel(bare=True)
def cap_order(t, row, k, qty, p, state):
    """`within_caps` of an order of the crowd; logs each limit it met."""
    quote, base, mids = state.quote[row], state.base[row], state.mid[t]
    target = base[k] + qty
    if abs(target) <= abs(base[k]) and base[k] * target >= 0.0:
        return qty
    for rule in range(32, 34):
        value, limit, left = cap_of(rule, k, qty, quote, base, mids, p)
        if value > limit:
            note(
                state, t, rule, k, row, -1, -1, 1, quote, base[k], mids[k],
                value, limit, 0.0, mids[k], 0.0, 0.0, abs(target), left,
            )  # fmt: skip
    return within_caps(k, qty, quote, base, mids, p)
