"""Which accounts with several legs have to be looked at: those whose safety radius is used up.

No single price liquidates such an account, so it cannot wait for one. But its equity less its
requirement, s, changes by at most L * r while no mark moves by more than the fraction r:

    L = sum_k |notional_k| * (1 + rate_k) + coins

rate_k is the steepest rate of the tier table and the add-ons in force, so a change of tier is
within it; by correlation the same sum is a bound, as no correlation is above 1 in size; by scan it
is the larger of that sum and of the swing of the notionals in a scan. The account is safe while
the marks are within its radius r = s / L.

How far they are is not measured from where each account was last looked at but along their way:
with d_t the largest relative move of any mark in step t, no mark has moved by more than
exp(d_1 + .. + d_t) - 1, and log(1 + r) >= 2 r / (2 + r). So an account that is looked at after a
way of D sleeps until the way is D + 2 r / (2 + r), and nothing is ever grouped or sorted.

Whatever else changes s wakes the account: a winner is deleveraged, funding, a shared loss, add-ons
and correlations published anew. Accounts the venue has in hand are awake all the time. Who is due
is decided by the exact test alone, in order of rows, so the bits are those of a plain scan.

Rounding must never let an account sleep too long. Amounts are whole ticks and prices floats: both
sides of the test are exact to about 1e-15 of what they are sums of, and s is taken smaller by
`SAFE` of that and by one tick. A root magnifies what rounding leaves of a correlation matrix with
an eigenvalue of zero (`is_correlation` passes entries that are 1e-9 off): by correlation s is
taken smaller by `ROUGH` of the margins too, which covers a thousand symbols. A tier file may be a
cent off at its floors: that jump is taken off. The way itself, a sum over steps, is rounded by
far less than `STRIDE`.
"""

import numpy as np

from engine.core.jit import kernel
from engine.core.legs import first_multi
from engine.core.mark import lagged
from engine.core.tiers import added_rate

SAFE = 1e-9  # share of all amounts that rounding may add up to
ROUGH = 1e-3  # share of the leg margins that a root may add to a requirement
STRIDE = 1e-6  # of the way, for the rounding of its sum

WAY, STEEPEST, JUMP = 0, 1, 2  # places of `State.gauge`


@kernel(bare=True)
def open_radii(inputs, state):
    """The marks have not moved, and everybody is awake.

    Where the way starts infinite, no radius reaches: each step is a plain scan.
    """
    if state.gauge[WAY] < np.inf:
        state.gauge[WAY] = 0.0
    state.gauge[STEEPEST], state.gauge[JUMP] = inputs.rates[0], 0.0
    for g in range(1, len(inputs.rates)):
        state.gauge[STEEPEST] = max(state.gauge[STEEPEST], inputs.rates[g])
        step = inputs.floors[g] * (inputs.rates[g] - inputs.rates[g - 1])
        state.gauge[JUMP] += abs(inputs.deductions[g] - inputs.deductions[g - 1] - step)
    wake_all(state)


@kernel(bare=True)
def wake(i, state):
    """Look at account `i` when it is its turn next."""
    state.until[i - first_multi(state)] = -np.inf


@kernel(bare=True)
def wake_all(state):
    """Look at every account with several legs in the next check."""
    for row in range(len(state.until)):
        state.until[row] = -np.inf


@kernel(bare=True)
def travel(t, p, state):
    """Add the largest move of a mark in step `t` to the way; returns the way so far."""
    largest = 0.0
    for k in range(state.raw.shape[1]):
        before = lagged(state.raw, t - 1, p.check_lag, k)
        now = lagged(state.raw, t, p.check_lag, k)
        largest = max(largest, abs(now - before) / before if before > 0.0 else np.inf)
    state.gauge[WAY] += largest
    return state.gauge[WAY]


@kernel(bare=True)
def swing(values, scans):
    """Most a worst loss [tick] can change for each unit all the notionals (K,) change by."""
    most = 0.0
    for s in range(scans.shape[0]):
        change = 0.0
        for k in range(len(values)):
            change += abs(values[k] * scans[s, k])
        most = max(most, change)
    return most


@kernel(bare=True)
def radius(t, i, room, p, inputs, state):
    """Largest relative move of any mark that account `i` surely survives with `room` [tick].

    Reads margins and notionals of its legs from state.need, where the check has left them.
    """
    symbols = state.raw.shape[1]
    held, steep, margins = 0.0, 0.0, 0.0
    for k in range(symbols):
        size, rate = abs(state.need[1, k]), state.gauge[STEEPEST]
        if inputs.scheme == 2:
            rate += added_rate(state.base[i, k], k, inputs, state.addon[0])
        held += size
        steep += size * rate
        margins += abs(state.need[0, k])
    for j in range(state.base.shape[1] - symbols):
        held += abs(state.base[i, symbols + j]) * lagged(state.raw, t, p.check_lag, j)
    most = max(p.floor, 1.0)
    steep *= most
    if p.margin_mode == 2:
        steep = max(steep, swing(state.need[1], inputs.scans))
    room -= 1.0 + most * symbols * state.gauge[JUMP] + SAFE * (abs(state.quote[i]) + held)
    if p.margin_mode == 1:
        room -= ROUGH * most * margins
    return max(room, 0.0) / (held + steep)


@kernel(bare=True)
def sleep(t, i, room, p, inputs, state):
    """Account `i` is not looked at until the marks may have used up its radius."""
    if state.gauge[WAY] < np.inf:
        r = radius(t, i, room, p, inputs, state)
        until = state.gauge[WAY] + 2.0 * r / (2.0 + r) - STRIDE
        state.until[i - first_multi(state)] = until


@kernel(bare=True)
def sleep_for_good(i, state):
    """Account `i` is closed."""
    state.until[i - first_multi(state)] = np.inf
