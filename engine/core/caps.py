"""Leverage cap and exposure limit: what is asked above them is not opened.

Both are tests of notional [tick]: of one account in a symbol against the limit, and against the
cap times the money behind it (initial margin on new orders: notional <= cap * equity). They hold
for the positions at the opening, single or legs, and for every order of the crowd that makes a
position larger.
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
    legs = len(inputs.legs)
    single = len(state.watch) - legs
    for i in range(min(len(inputs.asked), single)):
        asked, k, entry = inputs.asked[i], np.int64(inputs.symbol[i]), inputs.entry[i]
        if asked > abs(state.base[i, k]):
            money = state.quote[i] + ticks_of(state.base[i, k], entry)
            value = asked * entry
            note_opening(t, i, k, asked, entry, value, money, p, state)
    if len(inputs.asked) > single:
        for row in range(legs):
            note_leg_openings(t, row, single, p, inputs, state)


@kernel(bare=True)
def note_leg_openings(t, row, single, p, inputs, state):
    """The same for the legs of an account with several: one leverage, of all legs together."""
    i, symbols = single + row, state.raw.shape[1]
    asked = inputs.asked[single + row * symbols : single + (row + 1) * symbols]
    gross, money = opened_on(asked, state.quote[i], state.base[i], inputs.legs[row], p, inputs)
    for k in range(symbols):
        if asked[k] > abs(state.base[i, k]):
            note_opening(t, i, k, asked[k], inputs.legs[row, k], gross, money, p, state)


@kernel(bare=True)
def opened_on(asked, quote, base, entry, p, inputs):
    """(notional asked by all legs, collateral behind it) of an account with several legs [tick]."""
    gross, money, symbols = 0.0, quote, len(asked)
    for k in range(symbols):
        gross += asked[k] * entry[k]
        money += ticks_of(base[k], entry[k])
        if len(base) > symbols:
            money += base[symbols + k] * inputs.f[0, k] * (1.0 - p.haircut)
    return gross, money


@kernel(bare=True)
def note_opening(t, i, k, asked, entry, gross, money, p, state):
    """Log the limits that one position met which was not opened as large as it was asked."""
    base = state.base[i, k]
    for rule in range(32, 34):
        value = gross if rule == 32 else asked * entry
        limit = p.leverage_cap * max(money, 0.0) if rule == 32 else p.exposure_limit
        on = p.leverage_cap if rule == 32 else p.exposure_limit
        if on > 0.0 and value > limit:
            note(
                state, t, rule, k, i, -1, -1, 0, state.quote[i], base, state.raw[t, k],
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
