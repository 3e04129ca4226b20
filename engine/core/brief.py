"""What the kernel logs in brief; `engine.core.unfold` makes full events of it after the run."""

import numpy as np

from engine.core.jit import kernel
from engine.core.state import count_event

# A limit that triggered and the fill of its order, in brief: what two events of `EVENT` are made
# of and cannot be recomputed from the settings and the prices. See `engine.core.unfold`.
LIMIT = np.dtype(
    [
        ("quote", "f8"),  # [tick] cash before
        ("base", "f8"),  # [lot] position before
        ("account", "u4"),
        ("event", "i4"),  # number of the trigger in the log
    ],
    align=True,
)

GROUP = np.dtype(
    [
        ("step", "u4"),
        ("symbol", "u4"),
        ("limits", "u4"),  # how many had triggered in the run when the group was filled
        ("fill", "i4"),  # number of its first fill in the log, -1 if the fills are logged in full
        ("level", "f8"),  # [lot] consumed volume of the book before the group
        ("net", "f8"),  # [lot] net order of the group
        ("depth", "f8"),  # [lot] that move the price by 1 %
    ],
    align=True,
)


@kernel(inline=True, bare=True)
def note_limit(i, quote, base, state):
    """Log in brief that account `i` reached its limit; returns the number of the event."""
    n = count_event(state)
    place = np.uint64(state.count[11])
    state.count[11] += 1
    if n < len(state.log):
        limit = state.limits[place]
        limit["quote"] = quote
        limit["base"] = base
        limit["account"] = i
        limit["event"] = n
    return n


@kernel(inline=True, bare=True)
def note_payment(held, state):
    """Log in brief that an account is bankrupt and the fund, which held `held`, pays."""
    n = state.count[0] + 1
    state.count[0] = n + 1
    place = np.uint64(state.count[13])
    state.count[13] += 1
    if n < len(state.log):
        state.funds[place] = held


@kernel(bare=True)
def note_group(t, k, is_cut, level, net, depth, state):
    """Log the orders that were netted and filled at one price, before their fills are counted.

    A group in which no limit triggered is not logged: there are never more groups than events.
    """
    place = state.count[12]
    if place < len(state.netted):
        if state.count[11] == (state.netted[place - 1]["limits"] if place > 0 else 0):
            return
        state.count[12] = place + 1
        group = state.netted[place]
        group["step"] = t
        group["symbol"] = k
        group["limits"] = state.count[11]
        group["fill"] = -1 if is_cut else state.count[0]
        group["level"] = level
        group["net"] = net
        group["depth"] = depth
