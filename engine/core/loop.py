"""The order of the day: prices move, limits are checked, positions are reduced, losses are paid."""

import numpy as np

from engine.core.addons import open_addons
from engine.core.auction import close_lot, discount_at, expire, offer, open_lot
from engine.core.breaker import is_checked, is_open, is_up, keep_guards, next_guard
from engine.core.brief import note_limit
from engine.core.closing import ORDERED, order_leg
from engine.core.cross import check_legs, execute_mixed, leg_orders, open_legs
from engine.core.cut import plan_cut
from engine.core.execute import execute
from engine.core.jit import kernel
from engine.core.margin import equity
from engine.core.mark import lagged
from engine.core.orders import (
    add_order,
    by_risk,
    is_brief,
    is_waiting,
    release,
    send_order,
    unwind_orders,
)
from engine.core.price import advance
from engine.core.queue import drain_longs, drain_shorts
from engine.core.reference import by_reference, outline
from engine.core.rows import NONE, ONE, lowest_of
from engine.core.schedule import arm_schedule, keep_schedule, next_date
from engine.core.state import note
from engine.core.tiers import maintenance_at, tier_at
from engine.core.waiting import park, recall
from engine.core.waterfall import note_tier, socialise, watch_again, watch_everybody


@kernel(inline=True, bare=True)
def send_at_once(i, k, qty, quote, base, value, state):
    """Log a limit in brief and order what it asks for; `execute` reads the sums."""
    state.watch[i]["status"] = 1
    place = state.count[11]
    n = note_limit(i, quote, base, state)
    add_order(i, qty, n, place, state)
    market = state.market[k]
    market["net"] += qty
    market["held"] += abs(base)
    market["owed"] += max(-value, 0.0)


@kernel(inline=True, bare=True)
def check_account(t, i, k, mark, p, inputs, state):
    """The margin check: if equity is at or below maintenance, log it and start the policy."""
    quote, base = state.quote[i], state.base[i, k]
    value = equity(quote, base, mark)
    notional = abs(base) * mark
    tier = tier_at(notional, inputs)
    limit = maintenance_at(notional, tier, base, k, inputs, state)
    if value > limit:
        watch_again(i, k, inputs, state)
        return
    if len(inputs.floors) > 1 and tier != state.watch[i]["tier"]:
        note_tier(t, i, k, mark, -1, inputs, state)
    lots, why = plan_cut(
        p.policy, p.variant, p.fraction, p.buffer, p.depth_share, p.min_slice, p.cost_rate,
        value, base, mark, tier, state.market[k]["depth"],
        inputs.floors, state.table, inputs.deductions,
    )  # fmt: skip
    qty = -np.copysign(lots, base)
    if is_brief(p):
        send_at_once(i, k, qty, quote, base, value, state)
        return
    n = note(
        state, t, 1, k, i, -1, -1, tier, quote, base, mark,
        value, limit, qty, 0.0, 0.0, 0.0, 0.0, 1.0 * why,
    )  # fmt: skip
    if p.policy == 2:
        open_lot(t, i, k, n, p, inputs, state)
    else:
        send_order(t, i, k, lots, n, p, state)


@kernel(bare=True)
def run_auctions(t, k, mark, p, inputs, state):
    """Offer every open lot of a symbol, oldest first; drop the finished, expire the late."""
    sigma = state.sigma[t, k]
    kept = 0
    for a in range(state.count[1]):
        lot = state.lots[a]
        i = np.int64(lot["row"])
        if lot["symbol"] == k:
            age = t - lot["step"]
            discount = discount_at(age, p.curve, p.start_discount, p.growth, p.stair)
            offer(t, lot, discount, age, mark, sigma, p, inputs, state)
            if state.base[i, k] == 0.0:
                continue
            if age >= p.deadline:
                n = expire(t, lot, age, mark, p, inputs, state)
                if state.base[i, k] == 0.0:
                    close_lot(t, i, k, mark, n, p, inputs, state)
                elif inputs.symbol[i] < 0:
                    order_leg(t + p.order_lag, i, k, -state.base[i, k], n, ORDERED, state)
                else:
                    send_order(t, i, k, abs(state.base[i, k]), n, p, state)
                continue
        if kept != a:
            state.lots[kept] = lot
        kept += 1
    state.count[1] = kept


@kernel(bare=True)
def check_margin(t, k, p, inputs, state):
    """Collect every account whose price was reached and test each exactly, lowest row first."""
    outline()
    mark = lagged(state.raw, t, p.check_lag, k)
    market = state.market[k]
    market["net"] = market["held"] = market["owed"] = 0.0
    if mark <= market["fire_below"]:
        drain_longs(state, k, mark)
    if mark >= market["fire_above"]:
        drain_shorts(state, k, mark)
    for g in range(len(state.groups)):
        while state.groups[g] != NONE:
            place = lowest_of(state.groups[g], g)
            state.groups[g] &= state.groups[g] - ONE
            word = state.due[place]
            state.due[place] = NONE
            while word != NONE:
                check_account(t, lowest_of(word, place), k, mark, p, inputs, state)
                word &= word - ONE


@kernel(inline=True, bare=True)
def act(t, k, p, inputs, state):
    """Everything that happens at step `t` in symbol `k` after its prices are known."""
    fund = len(state.watch) + 1
    before = state.quote[fund]
    state.count[2] = 0
    trades, checks, forced = True, True, True
    if p.guarded == 1:
        trades, checks = is_open(t, k, state), is_checked(t, k, p, state)
        forced = trades and is_up(t, state)
        if forced and state.count[14] > 0:
            recall(k, state)
    if is_waiting(state):
        release(t, k, inputs, state)
    if checks:
        check_margin(t, k, p, inputs, state)
    mark = lagged(state.raw, t, p.lag, k)
    if forced:
        if p.policy == 2:
            if state.count[1] > 0:
                run_auctions(t, k, mark, p, inputs, state)
        if len(state.legs) > 0:
            leg_orders(t, k, state)
    else:
        park(t, k, inputs, state)
    if p.policy == 2 and trades:
        unwind_orders(k, p, state)
    n = int(state.count[2])
    size = max(n, 1)
    if p.sequential == 1 and n > 0:
        by_risk(t, k, mark, p, inputs, state)
        size = 1
    for low in range(0, n, size):
        if len(state.legs) > 0:
            execute_mixed(t, k, low, low + size, mark, p, inputs, state)
        else:
            execute(t, k, low, low + size, mark, p, inputs, state)
    if state.quote[fund] < min(before, 0.0):
        socialise(t, p, inputs, state)


@kernel(bare=True)
def arm(p, inputs, state):
    """Set the market to its opening state and watch every account at its liquidation price."""
    accounts = len(state.watch)
    for place in range(len(state.count)):
        state.count[place] = 0
    buckets = state.longs.shape[1]
    for k in range(inputs.f.shape[1]):
        market = state.market[k]
        market["scale"] = buckets / (2.0 * inputs.f[0, k])
        market["volume"] = 0.0
        market["average"] = 0.0 if p.rule == 3 else inputs.f[0, k]
        usual = p.sigma0 * inputs.calm[k]
        market["variance"] = usual * usual
        market["depth"] = inputs.depth[k]
        market["seen"] = -1
    open_addons(inputs, state)
    open_legs(p, inputs, state)
    for i in range(accounts - len(inputs.legs)):
        k = np.int64(inputs.symbol[i])
        base = state.base[i, k]
        state.watch[i]["status"] = 4 if base == 0.0 else 0
        state.watch[i]["tier"] = tier_at(abs(base) * inputs.f[0, k], inputs)
    watch_everybody(inputs, state)
    arm_schedule(inputs, state)
    for place in range(state.desk.shape[0]):
        for k in range(state.desk.shape[1]):
            state.desk[place, k]["pace"] = 0.0
            state.desk[place, k]["source"] = -1
    for k in range(len(state.guard)):
        state.guard[k]["until"] = state.guard[k]["first"] = 0
        state.ends[0, k, 0] = state.ends[0, k, 1] = 0
        state.ends[1, k, 0] = state.ends[1, k, 1] = 0


@kernel(bare=True)
def next_appointment(t, p, steps, inputs, state):
    """The next step at which something is scheduled, whatever prices do."""
    if p.policy == 2:
        if state.count[1] > 0:
            return t + 1
        accounts = len(state.watch)
        for row in range(accounts + 4, accounts + 4 + p.liquidators):
            for k in range(state.raw.shape[1]):
                if state.base[row, k] != 0.0:
                    return t + 1
    stop = next_date(t, steps, p, inputs)
    if state.count[5] < state.count[6]:
        stop = min(stop, state.cooling[state.count[5] % len(state.cooling)]["step"])
    if state.count[3] < state.count[4]:
        stop = min(stop, state.sent[state.count[3] % len(state.sent)]["step"])
    if p.guarded == 1:
        stop = next_guard(t, stop, p, inputs, state)
    return max(stop, t + 1)


@kernel(inline=True, bare=True)
def next_stop(t, p, steps, inputs, state):
    """`next_appointment`, asked only where there can be one."""
    if is_waiting(state) or p.policy == 2 or p.scheduled == 1 or p.guarded == 1:
        return next_appointment(t, p, steps, inputs, state)
    return steps


@kernel(bare=True)
def all_steps(p, inputs, state, most_events, most_work):
    """`simulate`, with everything handed over by reference."""
    outline()
    arm(p, inputs, state)
    state.count[8], state.count[9] = most_events, most_work
    steps, symbols = inputs.f.shape
    t = -1
    while state.count[0] <= most_events and state.count[7] <= most_work:
        # A socialised loss reaches every symbol, so none of several may run ahead.
        alone = symbols == 1 and len(inputs.legs) == 0
        stop = next_stop(t, p, steps, inputs, state) if alone else t + 1
        following = steps
        for k in range(symbols):
            seen = state.market[k]["seen"]
            if seen <= t:
                seen = advance(k, stop, p, inputs, state)
            following = min(following, seen)
        if following >= steps:
            break
        t = following
        if p.guarded == 1:
            keep_guards(t, p, inputs, state)
        if p.scheduled == 1:
            keep_schedule(t, p, inputs, state)
        if len(inputs.legs) > 0:
            check_legs(t, p, inputs, state)
        for k in range(symbols):
            if state.market[k]["seen"] == t:
                act(t, k, p, inputs, state)
    return state.count[0]


@kernel(bare=True)
def simulate(p, inputs, state, most_events, most_work):
    """Run a scenario from its opening state to its end; returns the number of events.

    The log counts past its end without writing, and the run stops once `most_events` are counted
    or rankings have looked at `most_work` accounts, so no scenario can buy unbounded work. Quiet
    stretches are computed without looking at accounts: cost follows events, not accounts x steps.
    """
    p, inputs, state = by_reference(p), by_reference(inputs), by_reference(state)
    return all_steps(p, inputs, state, most_events, most_work)
