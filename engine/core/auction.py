"""Dutch auction: a lot is offered at a growing discount until a liquidator takes it."""

import numpy as np

from engine.core.closing import finish_leg
from engine.core.curves import stairstep_exponential
from engine.core.execute import charge
from engine.core.jit import kernel
from engine.core.ledger import ticks_of, trade
from engine.core.legs import cash_of, worst_price
from engine.core.margin import equity
from engine.core.mark import lagged
from engine.core.state import note
from engine.core.waterfall import carried, settle_closed, take_by_vault


@kernel(bare=True)
def discount_at(age, curve, start, growth, stair):
    """Discount to mark [1] after `age` steps: linear, or a stairstep exponential of the price.

    linear:    start + growth * age
    stairstep: 1 - (1 - start) * (1 - growth) ** floor(age / stair)
    Source: MakerDAO, Liquidations 2.0, `LinearDecrease` and `StairstepExponentialDecrease`.
    """
    if curve == 0:
        return min(start + growth * age, 0.99)
    return min(1.0 - stairstep_exponential(1.0 - start, 1.0 - growth, stair, age), 0.99)


@kernel(bare=True)
def asked_discount(place, used, sigma, p):
    """Discount [1] at which a liquidator buys: base + risk * sigma * sqrt(unwind) + inventory.

    place : 0 for the keenest; used : share of its capacity already carried [1]
    """
    base = p.asked + p.asked_step * place
    return base + p.risk_aversion * sigma * np.sqrt(1.0 * p.unwind) + p.pressure * used


@kernel(bare=True)
def room_of(t, row, p, state):
    """Capacity and free room of a liquidator over all symbols [tick of notional]."""
    worth, held = carried(t, row, p, state)
    capacity = max(worth, 0.0) * p.leverage
    return capacity, capacity - held


@kernel(bare=True)
def keenest(t, price, sigma, p, state):
    """The liquidator that asks least and has room for a lot: (place or -1, discount asked)."""
    accounts = len(state.watch)
    best, least = -1, np.inf
    for place in range(p.liquidators):
        capacity, room = room_of(t, accounts + 4 + place, p, state)
        if room < price or capacity <= 0.0:
            continue
        asked = asked_discount(place, 1.0 - room / capacity, sigma, p)
        if asked < least:
            best, least = place, asked
    return best, least


@kernel(bare=True)
def open_lot(t, i, k, trigger, p, inputs, state):
    """Put the whole position of an account in symbol `k` on offer."""
    mark = lagged(state.raw, t, p.lag, k)
    quote, base = state.quote[i], state.base[i, k]
    side = 1.0 if base > 0.0 else -1.0
    price = mark * (1.0 - side * p.start_discount)
    n = note(
        state, t, 4, k, i, trigger, -1, 0, quote, base, mark,
        price, worst_price(cash_of(t, i, k, p, inputs, state), base), -base,
        price, 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip
    state.watch[i]["status"] = 3
    lot = state.lots[state.count[1]]
    lot["row"] = i
    lot["symbol"] = k
    lot["step"] = t
    lot["parent"] = n
    state.count[1] += 1


@kernel(bare=True)
def close_lot(t, i, k, mark, parent, p, inputs, state):
    """A position on offer is gone: the account is settled, or waits for its other legs."""
    if inputs.symbol[i] < 0:
        finish_leg(t, i, k, mark, parent, p, state)
    else:
        settle_closed(t, i, k, mark, parent, state)


@kernel(bare=True)
def offer(t, lot, discount, age, mark, sigma, p, inputs, state):
    """Offer one lot at a discount; liquidators take from the keenest on while they agree.

    A take must leave the account no deeper below zero than the fund can pay.
    """
    accounts = len(state.watch)
    i, k = np.int64(lot["row"]), np.int64(lot["symbol"])
    side = 1.0 if state.base[i, k] > 0.0 else -1.0
    price = mark * (1.0 - side * discount)
    while state.base[i, k] != 0.0:
        quote, base = state.quote[i], state.base[i, k]
        cash = cash_of(t, i, k, p, inputs, state)
        if equity(cash, base, price) + max(state.quote[accounts + 1], 0.0) < 0.0:
            return
        place, asked = keenest(t, price, sigma, p, state)
        if place < 0 or asked > discount:
            return
        row = accounts + 4 + place
        room = room_of(t, row, p, state)[1]
        taken = min(abs(base), max(np.floor(room / price), 1.0))
        ticks = ticks_of(-side * taken, price)
        trade(state.quote, state.base, k, i, row, -side * taken, ticks)
        have = np.floor(cash_of(t, i, k, p, inputs, state)) if taken == abs(base) else np.inf
        taker, fee = charge(i, ticks, have, p, state)
        n = note(
            state, t, 5, k, i, lot["parent"], row, age, quote, base, mark,
            discount, asked, -side * taken, price, -ticks, taker + fee, 0.0, 0.0,
        )  # fmt: skip
        desk = state.desk[place, k]
        desk["pace"] = np.ceil(abs(state.base[row, k]) / p.unwind)
        desk["source"] = n
        if state.base[i, k] == 0.0:
            close_lot(t, i, k, mark, n, p, inputs, state)


@kernel(bare=True)
def expire(t, lot, age, mark, p, inputs, state):
    """No taker before the deadline: the vault if that is the fall-back, then a market order."""
    i, k = np.int64(lot["row"]), np.int64(lot["symbol"])
    quote, base = state.quote[i], state.base[i, k]
    n = note(
        state, t, 6, k, i, lot["parent"], -1, age, quote, base, mark,
        1.0 * age, 1.0 * p.deadline, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip
    if p.fallback == 1:
        side = 1.0 if base > 0.0 else -1.0
        limit = worst_price(cash_of(t, i, k, p, inputs, state), base)
        price = mark * (1.0 - side * p.vault_discount)
        price = max(price, limit) if side > 0.0 else min(price, limit)
        take_by_vault(t, i, k, abs(base), price, mark, n, p, state)
    return n
