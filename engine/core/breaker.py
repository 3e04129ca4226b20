"""Limits on trading that look at prices and clocks alone: circuit breaker and scripted outages.

Circuit breaker, by symbol: with P the mid or the mark in force, trading halts for `breaker_halt`
steps once

    max(1 - P_t / highest P, P_t / lowest P - 1) >= breaker_move

highest and lowest over the last `breaker_window` steps, this one included, none of them before the
end of the last halt. In a halt nobody trades with the book of the symbol and no auction is taken;
the outside price, funding and the book's recovery go on, and margin checks if the rules say so.

Outage, of the whole venue: for a scripted time nobody is checked and no forced order is sent or
filled. It is no guardrail: everybody else goes on trading.

Sources: CME, price limits with pauses; BitMEX, halt of 2020-03-13 (an outage).
"""

import numpy as np

from engine.core.jit import kernel
from engine.core.mark import lagged
from engine.core.state import note


@kernel(inline=True, bare=True)
def watched_price(t, k, p, mid, raw):
    """The price the breaker looks at [tick/lot]."""
    return lagged(raw, t, p.lag, k) if p.breaker_on_mark == 1 else mid[t, k]


@kernel(bare=True)
def extreme(t, k, side, first, p, state):
    """The step from `first` to t with the highest (side 0) or lowest (1) price, the latest of many.

    Steps that a later one outdoes are forgotten, so each step is kept and dropped once.
    """
    steps, ends = state.peaks[side, k], state.ends[side, k]
    sign = 1.0 if side == 0 else -1.0
    now, head, tail = sign * watched_price(t, k, p, state.mid, state.raw), ends[0], ends[1]
    while tail > head:
        if sign * watched_price(steps[tail - 1], k, p, state.mid, state.raw) > now:
            break
        tail -= 1
    steps[tail] = t
    while steps[head] < first:
        head += 1
    ends[0], ends[1] = head, tail + 1
    return np.int64(steps[head])


@kernel(bare=True)
def moved(price, high, low):
    """Fall from the highest and rise from the lowest price, whichever is larger [1]."""
    return max(1.0 - price / high, price / low - 1.0)


@kernel(bare=True)
def note_venue(t, rule, k, parent, detail, value, limit, price, p, state):
    """Log an event of the venue itself; its row holds the fees."""
    row = len(state.watch) + 2
    return note(
        state, t, rule, k, row, parent, -1, detail, state.quote[row], state.base[row, k],
        lagged(state.raw, t, p.lag, k), value, limit, 0.0, price, 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip


@kernel(bare=True)
def keep_breaker(t, k, p, state):
    """End the halt of symbol `k` that is over, and begin one where the price moved too far."""
    guard = state.guard[k]
    if guard["until"] > t:
        return
    if guard["until"] == t and t > 0:
        since = guard["since"]
        price = watched_price(since, k, p, state.mid, state.raw)
        note_venue(
            t, 41, k, guard["event"], 0, 1.0 * (t - since), 1.0 * p.breaker_halt, price, p, state
        )
        guard["first"] = t
        for side in range(2):
            state.ends[side, k, 0] = state.ends[side, k, 1] = 0
    first = max(t - p.breaker_window, guard["first"])
    at_high, at_low = extreme(t, k, 0, first, p, state), extreme(t, k, 1, first, p, state)
    price = watched_price(t, k, p, state.mid, state.raw)
    high = watched_price(at_high, k, p, state.mid, state.raw)
    low = watched_price(at_low, k, p, state.mid, state.raw)
    value = moved(price, high, low)
    if value >= p.breaker_move:
        fell = 1.0 - price / high >= price / low - 1.0
        at, reference = (at_high, high) if fell else (at_low, low)
        n = note_venue(t, 40, k, -1, at, value, p.breaker_move, reference, p, state)
        guard["event"], guard["since"], guard["until"] = n, t, t + p.breaker_halt


@kernel(bare=True)
def keep_outages(t, p, inputs, state):
    """Log the end of an outage that is over, and the start of the next."""
    for j in range(len(inputs.outages)):
        start, length = inputs.outages[j, 0], inputs.outages[j, 1]
        if start + length == t:
            parent = state.count[16]
            note_venue(t, 43, 0, parent, 0, 1.0 * (t - start), 1.0 * length, 0.0, p, state)
    for j in range(len(inputs.outages)):
        start, length = inputs.outages[j, 0], inputs.outages[j, 1]
        if start == t:
            n = note_venue(t, 42, 0, -1, length, 1.0 * t, 1.0 * start, 0.0, p, state)
            state.count[15], state.count[16] = t + length, n


@kernel(bare=True)
def keep_guards(t, p, inputs, state):
    """What opens and closes trading at the start of step `t`."""
    keep_outages(t, p, inputs, state)
    if p.breaker_move > 0.0:
        for k in range(len(state.guard)):
            keep_breaker(t, k, p, state)


@kernel(bare=True)
def next_guard(t, stop, p, inputs, state):
    """The next step to look at: each one with a breaker, in an outage, and while orders wait."""
    if p.breaker_move > 0.0 or state.count[15] > t or state.count[14] > 0:
        return t + 1
    for j in range(len(inputs.outages)):
        if t < inputs.outages[j, 0]:
            stop = min(stop, inputs.outages[j, 0])
    return stop


@kernel(inline=True, bare=True)
def is_open(t, k, state):
    """Whether symbol `k` trades."""
    return state.guard[k]["until"] <= t


@kernel(inline=True, bare=True)
def is_up(t, state):
    """Whether the liquidation engine runs."""
    return state.count[15] <= t


@kernel(inline=True, bare=True)
def is_checked(t, k, p, state):
    """Whether the margin check runs in symbol `k`."""
    return is_up(t, state) and (p.halt_checks == 1 or is_open(t, k, state))


@kernel(bare=True)
def legs_are_checked(t, i, p, state):
    """Whether an account with several legs is checked: where halts stop checks, of every leg."""
    for k in range(len(state.guard)):
        if state.base[i, k] != 0.0 and not is_checked(t, k, p, state):
            return False
    return is_up(t, state)
