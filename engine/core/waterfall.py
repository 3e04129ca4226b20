"""Who pays when a position is worth less than nothing: fund, vault, winners, everybody."""

import numpy as np

from engine.core.brief import note_payment
from engine.core.jit import kernel
from engine.core.ledger import ticks_of, trade, transfer
from engine.core.legs import cash_of
from engine.core.margin import equity
from engine.core.mark import lagged
from engine.core.queue import empty, insert, remove
from engine.core.radii import wake, wake_all
from engine.core.rows import heap_of, pop, ranking
from engine.core.state import note
from engine.core.tiers import liquidation_at, tier_at
from engine.core.winners import (
    in_front,
    make_queue,
    may_rank,
    put_back,
    take_first,
    winner_cap,
    winners,
)


@kernel(inline=True, bare=True)
def watch_at(i, k, quote, base, inputs, state):
    """`watch_again` for a caller that knows what the account holds."""
    price = liquidation_at(quote, base, k, inputs, state)
    insert(state, i, k, price, base > 0.0)


@kernel(inline=True, bare=True)
def watch_again(i, k, inputs, state):
    """Put an account back into the queue at the liquidation price of what it holds now."""
    watch_at(i, k, state.quote[i], state.base[i, k], inputs, state)


@kernel(bare=True)
def watch_everybody(inputs, state):
    """Empty the queue and put every active account into it anew; those with several legs wake."""
    wake_all(state)
    for k in range(state.market.shape[0]):
        empty(state.longs[k])
        empty(state.shorts[k])
        market = state.market[k]
        market["fire_below"] = -np.inf
        market["fire_above"] = np.inf
    for i in range(len(state.watch)):
        if state.watch[i]["status"] == 0 and inputs.symbol[i] >= 0:
            watch_again(i, np.int64(inputs.symbol[i]), inputs, state)


@kernel(bare=True)
def note_tier(t, i, k, mark, parent, inputs, state):
    """Log the tier in force if it changed since the account was last looked at."""
    quote, base = state.quote[i], state.base[i, k]
    tier = tier_at(abs(base) * mark, inputs)
    old = state.watch[i]["tier"]
    if tier != old:
        note(
            state, t, 2, k, i, parent, -1, tier, quote, base, mark,
            inputs.rates[tier], inputs.rates[old], 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
        )  # fmt: skip
        state.watch[i]["tier"] = tier
    return tier


@kernel(inline=True, bare=True)
def settle_closed(t, i, k, mark, parent, state):
    """An account holds nothing any more: what it owes is paid by the insurance fund."""
    state.watch[i]["status"] = 4
    if state.quote[i] < 0.0:
        pay_shortfall(t, i, k, mark, parent, state)


@kernel(inline=True, bare=True)
def settle_in_brief(i, state):
    """`settle_closed` after a fill that is logged in brief: both events follow from it."""
    state.watch[i]["status"] = 4
    cash = state.quote[i]
    if cash < 0.0:
        fund = len(state.watch) + 1
        note_payment(state.quote[fund], state)
        transfer(state.quote, fund, i, -cash)


@kernel(bare=True)
def pay_shortfall(t, i, k, mark, parent, state):
    """The insurance fund pays what an account owes.

    The fund may go below zero within a step; `socialise` brings it back before the step ends.
    """
    fund = len(state.watch) + 1
    owed = -state.quote[i]
    n = note(
        state, t, 8, k, i, parent, -1, 0, state.quote[i], 0.0, mark,
        -owed, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip
    note(
        state, t, 9, k, i, n, fund, 0, state.quote[i], 0.0, mark,
        owed, state.quote[fund], 0.0, 0.0, owed, 0.0, 0.0, 0.0,
    )  # fmt: skip
    transfer(state.quote, fund, i, owed)


@kernel(bare=True)
def carried(t, row, p, state):
    """What a row is worth and the notional it holds, over all symbols at their marks [tick]."""
    worth, held = state.quote[row], 0.0
    for k in range(state.raw.shape[1]):
        mark = lagged(state.raw, t, p.lag, k)
        worth += state.base[row, k] * mark
        held += abs(state.base[row, k]) * mark
    return worth, held


@kernel(bare=True)
def vault_lots(worth, held, side, mark, price):
    """Lots a vault can take at `price`: it never holds more notional than it is worth.

    Each lot uses up its notional and the loss it is bought at. `side` is +1 if it takes a long.
    """
    room = worth - held
    return max(np.floor(room / (mark + max(side * (price - mark), 0.0))), 0.0)


@kernel(bare=True)
def take_by_vault(t, i, k, lots, price, mark, parent, p, state):
    """The vault takes up to `lots` of account `i` at `price`; returns the lots it took."""
    vault = len(state.watch) + 3
    side = 1.0 if state.base[i, k] > 0.0 else -1.0
    worth, held = carried(t, vault, p, state)
    room = vault_lots(worth, held, side, mark, price)
    taken = min(lots, room)
    if taken < 1.0:
        return 0.0
    signed = -side * taken
    quote, base = state.quote[i], state.base[i, k]
    ticks = ticks_of(signed, price)
    trade(state.quote, state.base, k, i, vault, signed, ticks)
    note(
        state, t, 7, k, i, parent, vault, 0, quote, base, mark,
        taken * mark, room * mark, signed, price, -ticks, 0.0, 0.0, 0.0,
    )  # fmt: skip
    return taken


@kernel
def in_order(values, order):
    """`values` rearranged."""
    out = np.empty(len(order))
    for j in range(len(order)):
        out[j] = values[order[j]]
    return out


@kernel
def shared_out(lots, caps):
    """Whole lots in proportion to `caps`, by largest remainder, ties to the earlier place."""
    total = 0.0
    for cap in caps:
        total += cap
    share = np.empty(len(caps))
    rest = np.empty(len(caps))
    given = 0.0
    for j in range(len(caps)):
        exact = min(lots / total, 1.0) * caps[j]
        share[j] = np.floor(exact)
        rest[j] = -(exact - share[j])
        given += share[j]
    missing = min(lots, total) - given
    order = ranking(rest)
    j = 0
    while missing > 0.0:
        place = order[j % len(caps)]
        if share[place] < caps[place]:
            share[place] += 1.0
            missing -= 1.0
        j += 1
    return share


@kernel(bare=True)
def fill_winner(t, w, i, k, lots, price, ticks, mark, cap, rank, parent, inputs, state):
    """Close `lots` of winner `w` against account `i` for `ticks`; the winner is watched anew."""
    quote, base = state.quote[w], state.base[w, k]
    signed = lots if base < 0.0 else -lots
    watched = state.watch[w]["status"] == 0 and inputs.symbol[w] >= 0
    if watched:
        remove(state, w, k, base > 0.0)
    trade(state.quote, state.base, k, w, i, signed, ticks)
    if inputs.symbol[w] < 0:
        wake(w, state)
    n = note(
        state, t, 10, k, w, parent, i, rank, quote, base, mark,
        lots, cap, signed, price, -ticks, 0.0, 0.0, 0.0,
    )  # fmt: skip
    if state.base[w, k] == 0.0 and inputs.symbol[w] >= 0:
        settle_closed(t, w, k, mark, n, state)
    elif watched:
        watch_again(w, k, inputs, state)


@kernel
def deleverage_all(t, i, k, lots, price, mark, parent, p, inputs, state):
    """`deleverage` with every winner ranked anew: pro rata, or accounts with several legs."""
    side = 1.0 if state.base[i, k] > 0.0 else -1.0
    rows, caps, score = winners(t, k, side, price, mark, p, inputs, state)
    n = len(rows)
    if n == 0:
        return 0.0
    pro_rata = p.adl_pro_rata == 1
    order = ranking(score) if pro_rata else heap_of(score)
    most = shared_out(lots, in_order(caps, order)) if pro_rata else caps
    placed, paid = 0.0, 0.0
    for j in range(n):
        place = order[j] if pro_rata else pop(order, n - j, score)
        part = min(most[j if pro_rata else place], lots - placed)
        if part < 1.0:
            continue
        placed += part
        total = ticks_of(side * placed, price)
        fill_winner(
            t, rows[place], i, k, part, price, total - paid, mark, caps[place], j, parent,
            inputs, state,
        )  # fmt: skip
        paid = total
        if placed >= lots:
            break
    return placed


@kernel(bare=True)
def deleverage_first(t, i, k, lots, price, mark, parent, p, inputs, state):
    """`deleverage` by queue, which is made once for all orders of a group.

    Winners whose profit does not pay for one lot at this price are passed over; they and those who
    keep a part of their position go back into the queue.
    """
    side = 1.0 if state.base[i, k] > 0.0 else -1.0
    if not may_rank(state):
        return 0.0
    if state.count[18] != side:
        make_queue(k, side, mark, inputs, state)
    n, aside, rank = state.count[17], 0, 0
    placed, paid = 0.0, 0.0
    while placed < lots:
        n = in_front(n, state)
        if n == 0:
            break
        w = take_first(n, state)
        n -= 1
        cap = winner_cap(t, w, k, side, price, mark, p, inputs, state)
        if cap >= 1.0:
            part = min(cap, lots - placed)
            placed += part
            total = ticks_of(side * placed, price)
            fill_winner(
                t, w, i, k, part, price, total - paid, mark, cap, rank, parent, inputs, state
            )
            paid = total
            rank += 1
        if state.base[w, k] != 0.0:
            aside += 1
            state.queue[len(state.queue) - aside] = w
    put_back(n, aside, k, mark, inputs, state)
    return placed


@kernel
def deleverage(t, i, k, lots, price, mark, parent, p, inputs, state):
    """Auto-deleveraging: winners take the rest of account `i` at its bankruptcy price.

    By queue (the highest score first) or pro rata (each the same fraction of its cap). Ticks are
    rounded on the running total, so the parts add up to the whole. Returns the lots placed.
    """
    if p.adl_pro_rata == 1 or len(inputs.legs) > 0:
        return deleverage_all(t, i, k, lots, price, mark, parent, p, inputs, state)
    return deleverage_first(t, i, k, lots, price, mark, parent, p, inputs, state)


@kernel
def socialise(t, p, inputs, state):
    """Bring an overdrawn fund back to zero: every account with equity pays the same fraction.

    share_j = loss * equity_j / sum of equity, whole ticks by largest remainder, at most the
    equity itself. What nobody can pay stays with the fund.
    """
    accounts = len(state.watch)
    fund = accounts + 1
    loss = -state.quote[fund]
    if loss <= 0.0:
        return
    state.count[7] += accounts
    rows, worth = np.empty(accounts, np.int64), np.empty(accounts)
    n = 0
    for j in range(accounts):
        own = max(np.int64(inputs.symbol[j]), 0)
        price = lagged(state.raw, t, p.lag, own)
        cash = cash_of(t, j, own, p, inputs, state)
        rows[n], worth[n] = j, np.floor(equity(cash, state.base[j, own], price))
        if worth[n] >= 1.0:
            n += 1
    if n == 0:
        return
    share = shared_out(loss, worth[:n])
    for j in range(n):
        i = rows[j]
        own = max(np.int64(inputs.symbol[i]), 0)
        if share[j] <= 0.0:
            continue
        base, mark = state.base[i, own], lagged(state.raw, t, p.lag, own)
        note(
            state, t, 11, own, i, -1, fund, 0, state.quote[i], base, mark,
            share[j], worth[j], 0.0, 0.0, -share[j], 0.0, 0.0, 0.0,
        )  # fmt: skip
        transfer(state.quote, i, fund, share[j])
    watch_everybody(inputs, state)
