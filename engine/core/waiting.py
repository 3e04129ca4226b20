"""Forced orders that wait: for the end of a halt, of an outage, or for room in a price band.

An account whose order waits is neither watched nor deleveraged, as if the order were on its way.
What waited comes before new orders of its symbol, first in, first out. A leg of an account with
several waits in its own place (`State.legs`).
"""

import numpy as np

from engine.core.jit import kernel

HELD = -2  # `ORDER.brief` of an order that a price band has held back before
WAITS = 5  # Status.WAITING


@kernel(bare=True)
def hold(step, i, k, qty, parent, brief, inputs, state):
    """Let an order of account `i` wait, for `step` at the earliest."""
    if inputs.symbol[i] < 0:
        leg = state.legs[i - (len(state.watch) - len(inputs.legs)), k]
        leg["qty"], leg["parent"], leg["step"], leg["brief"] = qty, parent, step, brief
        return
    order = state.waiting[state.count[14]]
    order["row"] = i
    order["symbol"] = k
    order["qty"] = qty
    order["parent"] = parent
    order["brief"] = brief
    state.count[14] += 1
    state.watch[i]["status"] = WAITS


@kernel(bare=True)
def park(t, k, inputs, state):
    """Trading stands still: every order of this step waits."""
    for j in range(state.count[2]):
        order = state.orders[j]
        i, parent, brief = np.int64(order["row"]), order["parent"], order["brief"]
        hold(t + 1, i, k, order["qty"], parent, brief, inputs, state)
    state.count[2] = 0


@kernel(bare=True)
def recall(k, state):
    """The orders of symbol `k` that waited become orders of this step."""
    kept, waiting = 0, state.count[14]
    for j in range(waiting):
        held = state.waiting[j]
        if held["symbol"] != k:
            if kept != j:
                state.waiting[kept] = held
            kept += 1
            continue
        state.watch[held["row"]]["status"] = 1
        order = state.orders[state.count[2]]
        order["row"], order["qty"], order["left"] = held["row"], held["qty"], 0.0
        order["parent"], order["brief"] = held["parent"], held["brief"]
        state.count[2] += 1
    state.count[7] += waiting - kept
    state.count[14] = kept
