"""Multi-leg accounts step by step: the margin check, the leg that is cut, and how it fills."""

import numpy as np

from engine.core.auction import open_lot
from engine.core.bearable import order_price, shortfall_of, trim
from engine.core.breaker import legs_are_checked
from engine.core.brief import note_group
from engine.core.closing import COINS, IDLE, ON_OFFER, ORDERED, close_account, finish_leg, order_leg
from engine.core.credit import open_credit, update_credit
from engine.core.execute import charge, fill_account, fill_liquidator, place_rest
from engine.core.jit import kernel
from engine.core.ledger import ticks_of, trade
from engine.core.leg_cut import plan_leg
from engine.core.legs import (
    cash_beside,
    first_multi,
    holds_a_leg,
    leg_to_cut,
    needed,
    worst_price,
)
from engine.core.margin import equity, tier_of
from engine.core.mark import lagged
from engine.core.orders import add_order, is_brief
from engine.core.price_band import hold_back
from engine.core.radii import open_radii, sleep, sleep_for_good, travel
from engine.core.reference import outline
from engine.core.state import note


@kernel(bare=True)
def open_legs(p, inputs, state):
    """Multi-leg accounts at the opening: all idle, tiers of the opening prices, opening credit."""
    open_credit(inputs.rho[0], p.sigma0, inputs.calm, state.credit)
    open_radii(inputs, state)
    for row in range(state.legs.shape[0]):
        i = first_multi(state) + row
        state.pause[row] = 0
        state.watch[i]["status"] = 0 if holds_a_leg(i, state) else 4
        for k in range(state.legs.shape[1]):
            held = abs(state.base[i, k]) * inputs.f[0, k]
            state.legs[row, k]["stage"] = IDLE
            state.legs[row, k]["tier"] = tier_of(held, inputs.floors)


@kernel(bare=True)
def check_legs(t, p, inputs, state):
    """The margin check of multi-leg accounts, from the state at the start of the step.

    The marks may have reached those whose sleep is over, by row; written so that no sleep is
    longer than a way that is not a number. Those that stay awake, with whatever they have on its
    way to the book, are listed.
    """
    if p.margin_mode == 1:
        update_credit(t, p, inputs, state)
    way, n = travel(t, p, state), 0
    for row in range(len(state.until)):
        if not state.until[row] > way:
            i = first_multi(state) + row
            look_at(t, i, p, inputs, state)
            if not state.until[row] > way:
                state.awake[n] = i
                n += 1
    state.count[19] = n


@kernel(bare=True)
def look_at(t, i, p, inputs, state):
    """The margin check of one multi-leg account; it sleeps if it is safe, or closed."""
    outline()
    if p.guarded == 1 and not legs_are_checked(t, i, p, state):
        return
    status = state.watch[i]["status"]
    if status == 2 and state.pause[i - first_multi(state)] <= t:
        status = 0
        state.watch[i]["status"] = 0
    if status == 4:
        sleep_for_good(i, state)
    if status != 0:
        return
    if not holds_a_leg(i, state):  # the last leg was taken by auto-deleveraging
        close_account(t, i, 0, lagged(state.raw, t, p.lag, 0), -1, p, state)
        return
    value = cash_beside(t, i, -1, p.check_lag, p, state)
    limit = needed(t, i, -1, 0.0, p.check_lag, p, inputs, state)
    if value <= limit:
        liquidate(t, i, value, limit, p, inputs, state)
    else:
        sleep(t, i, value - limit, p, inputs, state)


@kernel(bare=True)
def liquidate(t, i, value, limit, p, inputs, state):
    """Start the policy: one leg is cut if the policy cuts and there is equity, else all go.

    Each leg has an event of its own; those after the first belong to the first.
    """
    for k in range(state.raw.shape[1]):
        note_leg_tier(t, i, k, p.check_lag, -1, inputs, state)
    first = leg_to_cut(t, i, p.check_lag, p, inputs, state)
    if p.policy == 1 and value >= 0.0:
        lots, why = plan_leg(t, i, first, value, limit, p, inputs, state)
        order_cut(t, i, first, lots, why, -1, value, limit, p, inputs, state)
        return
    why = 1 if p.policy == 1 else 0
    held = abs(state.base[i, first])
    parent = order_cut(t, i, first, held, why, -1, value, limit, p, inputs, state)
    for k in range(state.raw.shape[1]):
        held = abs(state.base[i, k])
        if k != first and held > 0.0:
            order_cut(t, i, k, held, why, parent, value, limit, p, inputs, state)


@kernel(bare=True)
def order_cut(t, i, k, lots, why, parent, value, limit, p, inputs, state):
    """Log the trigger for one leg and send its order, or offer it; returns the event."""
    quote, base, mark = state.quote[i], state.base[i, k], lagged(state.raw, t, p.check_lag, k)
    qty = -lots if base > 0.0 else lots
    n = note(
        state, t, 1, k, i, parent, -1, tier_of(abs(base) * mark, inputs.floors), quote, base, mark,
        value, limit, qty, 0.0, 0.0, 0.0, 0.0, 1.0 * why,
    )  # fmt: skip
    if p.policy == 2:
        order_leg(t, i, k, qty, n, ON_OFFER, state)
        open_lot(t, i, k, n, p, inputs, state)
    else:
        order_leg(t + p.order_lag, i, k, qty, n, ORDERED, state)
    return n


@kernel(bare=True)
def note_leg_tier(t, i, k, lag, parent, inputs, state):
    """Log the tier of a leg if it changed since the leg was last looked at."""
    quote, base, mark = state.quote[i], state.base[i, k], lagged(state.raw, t, lag, k)
    tier = tier_of(abs(base) * mark, inputs.floors)
    leg = state.legs[i - first_multi(state), k]
    old = leg["tier"]
    if base != 0.0 and tier != old:
        note(
            state, t, 2, k, i, parent, -1, tier, quote, base, mark,
            inputs.rates[tier], inputs.rates[old], 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
        )  # fmt: skip
        leg["tier"] = tier


@kernel(bare=True)
def leg_orders(t, k, state):
    """Collect the orders of multi-leg accounts that meet the book of symbol `k` now, by row."""
    for n in range(state.count[19]):
        i = state.awake[n]
        leg = state.legs[i - first_multi(state), k]
        if (leg["stage"] == ORDERED or leg["stage"] == COINS) and leg["step"] <= t:
            add_order(i, leg["qty"], leg["parent"], leg["brief"], state)


@kernel
def execute_mixed(t, k, low, high, mark, p, inputs, state):
    """`execute` for a group that may hold orders of multi-leg accounts."""
    market = state.market[k]
    volume, depth, f = market["volume"], market["depth"], inputs.f[t, k]
    if p.band > 0.0:
        hold_back(t, k, low, high, mark, p, inputs, state)
    group = state.orders[low:high]
    fund = max(state.quote[len(state.watch) + 1], 0.0)
    is_cut = shortfall_of(group, t, f, volume, depth, k, p, inputs, state) > fund
    if is_cut:
        trim(group, t, f, volume, depth, k, p, inputs, state)
    net = 0.0
    for j in range(len(group)):
        net += group[j]["qty"]
    market["volume"] = volume + net
    if is_brief(p):
        note_group(t, k, is_cut, volume, net, depth, state)
    for j in range(low, high):
        order = state.orders[j]
        i, parent, brief = np.int64(order["row"]), order["parent"], order["brief"]
        qty, left = order["qty"], order["left"]
        price = order_price(f, volume, net, depth, qty, p)
        if i >= len(state.watch):
            fill_liquidator(t, i, k, qty, price, mark, volume, net, state)
        elif i < first_multi(state):
            fill_account(
                t, i, k, qty, left, parent, brief, price, mark, volume, net, p, inputs, state
            )
        elif state.legs[i - first_multi(state), k]["stage"] == COINS:
            sell_coins(t, i, k, qty, parent, price, mark, volume, net, p, state)
        else:
            fill_leg(t, i, k, qty, left, parent, brief, price, mark, volume, net, p, inputs, state)


@kernel(bare=True)
def fill_leg(t, i, k, qty, left, parent, brief, price, mark, volume, net, p, inputs, state):
    """Fill a forced order of one leg: to the account's other legs it is an order like any other."""
    quote, base = state.quote[i], state.base[i, k]
    limit_price = worst_price(cash_beside(t, i, k, p.lag, p, state), base)
    event = parent
    if qty != 0.0:
        ticks = ticks_of(qty, price)
        trade(state.quote, state.base, k, i, len(state.watch), qty, ticks)
        rest, have = base + qty, np.inf
        if rest + left == 0.0:
            have = np.floor(equity(cash_beside(t, i, k, p.lag, p, state), rest, limit_price))
        taker, fee = charge(i, ticks, have, p, state)
        value = cash_beside(t, i, -1, p.lag, p, state)
        limit = needed(t, i, -1, 0.0, p.lag, p, inputs, state)
        event = note(
            state, t, 3, k, i, parent, len(state.watch), tier_of(abs(rest) * mark, inputs.floors),
            quote, base, mark, value, limit, qty, price, -ticks, taker + fee, volume, net,
        )  # fmt: skip
    if left != 0.0:
        place_rest(t, i, k, abs(left), limit_price, mark, event, brief, p, inputs, state)
    note_leg_tier(t, i, k, p.lag, event, inputs, state)
    if state.legs[i - first_multi(state), k]["step"] > t:
        return  # a price band holds the rest back
    finish_leg(t, i, k, mark, event, p, state)


@kernel(bare=True)
def sell_coins(t, i, k, qty, parent, price, mark, volume, net, p, state):
    """Coins held as collateral are sold, through the same book, to pay what the account owes."""
    column, book = state.raw.shape[1] + k, len(state.watch)
    quote, held = state.quote[i], state.base[i, column]
    event = parent
    if qty != 0.0:
        ticks = ticks_of(qty, price)
        trade(state.quote, state.base, column, i, book, qty, ticks)
        taker, fee = charge(i, ticks, max(state.quote[i], 0.0), p, state)
        event = note(
            state, t, 15, k, i, parent, book, 0, quote, held, mark, quote, 0.0,
            qty, price, -ticks, taker + fee, volume, net,
        )  # fmt: skip
    if state.legs[i - first_multi(state), k]["step"] <= t:  # no price band holds the rest back
        finish_leg(t, i, k, mark, event, p, state)
