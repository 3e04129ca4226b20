"""What follows when a leg of a multi-leg account is done: wait, go on, sell coins, or settle."""

import numpy as np

from engine.core.jit import kernel
from engine.core.legs import first_multi, holds_a_leg
from engine.core.mark import lagged
from engine.core.waterfall import settle_closed

IDLE, ORDERED, ON_OFFER, COINS = 0, 1, 2, 3  # stage of a leg


@kernel(bare=True)
def order_leg(t, i, k, qty, parent, stage, state):
    """Note a change of leg `k`, or a sale of its coins, that meets the book at step `t`."""
    leg = state.legs[i - first_multi(state), k]
    leg["qty"], leg["parent"], leg["step"], leg["stage"] = qty, parent, t, stage
    leg["brief"] = -1
    state.watch[i]["status"] = 3 if stage == ON_OFFER else 1


@kernel(bare=True)
def finish_leg(t, i, k, mark, parent, p, state):
    """Leg `k` is filled. Once no other leg is on its way the account goes on, or is settled."""
    row = i - first_multi(state)
    state.legs[row, k]["stage"] = IDLE
    for j in range(state.legs.shape[1]):
        if state.legs[row, j]["stage"] != IDLE:
            return
    if not holds_a_leg(i, state):
        close_account(t, i, k, mark, parent, p, state)
    elif p.policy == 1 and p.cooldown > 0:
        state.watch[i]["status"] = 2
        state.pause[row] = t + p.cooldown
    else:
        state.watch[i]["status"] = 0


@kernel(bare=True)
def close_account(t, i, k, mark, parent, p, state):
    """Nothing is held any more: coins are sold if cash is short, then the account is settled."""
    symbols = state.raw.shape[1]
    short = -state.quote[i]
    later = t + max(p.order_lag, 1)
    waits = False
    for j in range(state.base.shape[1] - symbols):
        if short > 0.0 and state.base[i, symbols + j] > 0.0:
            counted = lagged(state.raw, t, p.lag, j) * (1.0 - p.haircut)
            lots = state.base[i, symbols + j]
            if counted > 0.0:
                lots = min(lots, np.ceil(short / counted))
            order_leg(later, i, j, -lots, parent, COINS, state)
            short -= lots * counted
            waits = True
    if not waits:
        settle_closed(t, i, k, mark, parent, state)
