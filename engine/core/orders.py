"""Orders on their way: of this step, delayed by latency, waiting out a cooldown, unwinding."""

import numpy as np

from engine.core.jit import kernel
from engine.core.legs import account_ratio
from engine.core.margin import equity
from engine.core.rows import ranking
from engine.core.waterfall import watch_again


@kernel(inline=True, bare=True)
def is_brief(p):
    """Whether each limit is filled whole in its own step, netted: then both are logged in brief."""
    return p.brief == 1


@kernel(inline=True, bare=True)
def add_order(row, qty, parent, brief, state):
    """Append an order to those of this step."""
    order = state.orders[np.uint64(state.count[2])]
    order["row"] = row
    order["qty"] = qty
    order["left"] = 0.0
    order["parent"] = parent
    order["brief"] = brief
    state.count[2] += 1


@kernel(bare=True)
def send_order(t, i, k, lots, parent, p, state):
    """Close `lots` of account `i`: now, or after the order latency."""
    qty = -lots if state.base[i, k] > 0.0 else lots
    # Not watched, and no winner to be deleveraged, until the order is filled.
    state.watch[i]["status"] = 1
    if p.order_lag == 0:
        add_order(i, qty, parent, -1, state)
        return
    order = state.sent[state.count[4] % len(state.sent)]
    order["row"] = i
    order["symbol"] = k
    order["qty"] = qty
    order["parent"] = parent
    order["step"] = t + p.order_lag
    state.count[4] += 1


@kernel(bare=True)
def unwind_orders(k, p, state):
    """Liquidators sell what they took, a fixed number of lots a step."""
    accounts = len(state.watch)
    for place in range(p.liquidators):
        row = accounts + 4 + place
        base = state.base[row, k]
        if base != 0.0:
            lots = min(abs(base), state.desk[place, k]["pace"])
            qty = -lots if base > 0.0 else lots
            add_order(row, qty, state.desk[place, k]["source"], -1, state)


@kernel(inline=True, bare=True)
def is_waiting(state):
    """Whether an account is cooling or an order is on its way."""
    return state.count[5] < state.count[6] or state.count[3] < state.count[4]


@kernel(bare=True)
def release(t, k, inputs, state):
    """Watch accounts again whose cooldown is over, and collect orders that reach the book now."""
    while state.count[5] < state.count[6]:
        spot = state.cooling[state.count[5] % len(state.cooling)]
        if spot["step"] > t or spot["symbol"] != k:
            break
        i = np.int64(spot["row"])
        if state.watch[i]["status"] == 2:
            state.watch[i]["status"] = 0
            watch_again(i, k, inputs, state)
        state.count[5] += 1
    while state.count[3] < state.count[4]:
        order = state.sent[state.count[3] % len(state.sent)]
        if order["step"] > t or order["symbol"] != k:
            break
        add_order(order["row"], order["qty"], order["parent"], -1, state)
        state.count[3] += 1


@kernel
def by_risk(t, k, mark, p, inputs, state):
    """Order the orders of this step by margin ratio, worst first, then as they came."""
    n = int(state.count[2])
    accounts = len(state.watch)
    ratio = np.empty(n)
    for j in range(n):
        i = np.int64(state.orders[j]["row"])
        ratio[j] = np.inf
        if i < accounts:
            if inputs.symbol[i] < 0:
                ratio[j] = account_ratio(t, i, p.lag, p, state)
                continue
            notional = abs(state.base[i, k]) * mark
            ratio[j] = equity(state.quote[i], state.base[i, k], mark) / notional
    order = ranking(ratio)
    before = state.orders[:n].copy()
    for j in range(n):
        state.orders[j] = before[order[j]]
