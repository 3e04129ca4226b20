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
def within_caps(t, row, k, qty, p, state):
    """An order of the crowd, cut to what the limits let it open [lot]; logs each limit it met."""
    base, mid = state.base[row, k], state.mid[t, k]
    target = abs(base + qty)
    if target <= abs(base) and base * (base + qty) >= 0.0:
        return qty
    worth, other = state.quote[row], 0.0
    for j in range(state.mid.shape[1]):
        worth += state.base[row, j] * state.mid[t, j]
        if j != k:
            other += abs(state.base[row, j]) * state.mid[t, j]
    least = abs(base) if base * (base + qty) > 0.0 else 0.0  # nobody is made to close by a cap
    most = target
    for rule in range(32, 34):
        on = p.leverage_cap if rule == 32 else p.exposure_limit
        limit = p.leverage_cap * max(worth, 0.0) if rule == 32 else p.exposure_limit
        beside = other if rule == 32 else 0.0
        if on > 0.0 and beside + target * mid > limit:
            left = max(most_lots(target, beside, limit, mid), least)
            note(
                state, t, rule, k, row, -1, -1, 1, state.quote[row], base, mid,
                beside + target * mid, limit, 0.0, mid, 0.0, 0.0, target, left,
            )  # fmt: skip
            most = min(most, left)
    signed = most if base + qty > 0.0 else -most
    return signed - base
