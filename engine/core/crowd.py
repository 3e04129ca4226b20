"""Discretionary flow: three rows that trade through the same book as everybody, by plain rules.

Each acts every `crowd_every` steps and posts its own capital; none is liquidated by force, and at
zero equity it closes. All decide on what they see at the start of the step, then trade one after
another. Whoever sees volatility above the usual one wants less:

    appetite = min(1, (usual / sigma) ** aversion)

trend    target notional = clip(s / scale, -1, 1) * equity * leverage / K * appetite, with the
         signal s = mid / average - 1 and an exponential average of the mids it has seen
carry    the side that is paid, capital * leverage / K * appetite, while |funding| >= threshold
         and sigma / usual < exit; its hedge elsewhere is not part of the model
fund     scales all its positions by one factor s = leverage * appetite * equity / gross whenever
         its own leverage gross / equity is further than the band from the target

Sources: Cont and Wagalath, "Running for the Exit" (Mathematical Finance 2013), for a fund whose
proportional sales couple its holdings; the trend and carry rules are this model's own.
"""

import numpy as np

from engine.core.bearable import order_price
from engine.core.book import volume_at_end
from engine.core.breaker import is_open
from engine.core.caps import cap_order
from engine.core.jit import kernel
from engine.core.ledger import ticks_of, trade
from engine.core.maths import power
from engine.core.price_band import reference_at, within_band
from engine.core.state import note

WISH = np.dtype(
    [
        ("qty", "f8"),  # [lot] what a trader of the crowd wants to trade
        ("value", "f8"),  # what decided it, and the threshold
        ("limit", "f8"),
        ("why", "i8"),
    ],
    align=True,
)

TREND, CARRY, LEAVE, TARGET, BROKE = 0, 1, 2, 3, 4  # `detail` of an event: what decided


@kernel(bare=True)
def appetite(sigma, usual, p):
    """min(1, (usual / sigma) ** aversion): the share of its size a trader wants now."""
    if p.aversion > 0.0 and sigma > usual:
        return power(usual / sigma, p.aversion)
    return 1.0


@kernel(bare=True)
def worth_of(quote, base, mids):
    """Equity and gross notional [tick] of a row at the mids of the step."""
    worth, gross = quote, 0.0
    for k in range(len(mids)):
        worth += base[k] * mids[k]
        gross += abs(base[k]) * mids[k]
    return worth, gross


@kernel(bare=True)
def plan_trend(k, mids, sigmas, usual, average, quote, base, p):
    """(lots to trade, what decided, value, limit): the signal against the one of full size."""
    worth, _ = worth_of(quote, base, mids)
    signal = mids[k] / average - 1.0
    share = min(max(signal / p.trend_scale, -1.0), 1.0)
    room = max(worth, 0.0) * p.crowd_leverage / len(mids) * appetite(sigmas[k], usual[k], p)
    return np.rint(share * room / mids[k]) - base[k], TREND, signal, p.trend_scale


@kernel(bare=True)
def plan_carry(k, mids, sigmas, usual, rate, base, p):
    """The last funding rate against the threshold, or volatility against the exit."""
    heat = sigmas[k] / usual[k]
    if heat >= p.carry_exit:
        return 0.0 - base[k], LEAVE, heat, p.carry_exit
    target = 0.0
    if rate != 0.0 and abs(rate) >= p.carry_threshold:
        room = p.carry_capital * p.crowd_leverage / len(mids) * appetite(sigmas[k], usual[k], p)
        target = np.rint(room / mids[k])
        target = -target if rate > 0.0 else target
    return target - base[k], CARRY, rate, p.carry_threshold


@kernel(bare=True)
def plan_fund(k, mids, sigmas, usual, quote, base, p):
    """The fund's leverage against its target; the same factor for every position."""
    worth, gross = worth_of(quote, base, mids)
    if gross == 0.0:
        return 0.0, TARGET, 0.0, p.fund_leverage
    if worth <= 0.0:
        return 0.0 - base[k], BROKE, worth / gross, 0.0
    calm = 1.0
    for j in range(len(mids)):
        calm = min(calm, appetite(sigmas[j], usual[j], p))
    target = p.fund_leverage * calm
    held = gross / worth
    if abs(held / target - 1.0) <= p.fund_band:
        return 0.0, TARGET, held, target
    return np.rint(base[k] * (target / held)) - base[k], TARGET, held, target


@kernel(bare=True)
def plan(who, k, mids, sigmas, usual, average, rate, quote, base, p):
    """What trader `who` (0 trend, 1 carry, 2 fund) wants in symbol k; see the three rules.

    mids [tick/lot], sigmas and usual volatilities [1/sqrt(step)] are (K,), base [lot] as well.
    """
    if who == 0:
        return plan_trend(k, mids, sigmas, usual, average, quote, base, p)
    if who == 1:
        return plan_carry(k, mids, sigmas, usual, rate, base, p)
    return plan_fund(k, mids, sigmas, usual, quote, base, p)


@kernel(inline=True)
def next_average(average, mid, p):
    """The trend followers' average after they have seen one more mid."""
    return average + p.trend_alpha * (mid - average)


@kernel(bare=True)
def within_book(qty, volume, depth, p):
    """An order cut to the largest one allowed, and to what the book still holds [lot]."""
    most = max(np.floor(p.crowd_share * depth), 1.0)
    end = volume_at_end(depth, p.shape)
    room = max(np.floor(end - volume if qty > 0.0 else end + volume), 0.0)
    size = min(min(abs(qty), most), room)
    return size if qty > 0.0 else -size


@kernel(bare=True)
def act_crowd(t, p, inputs, state):
    """All traders decide on what they see now; then they trade, symbol by symbol, in row order."""
    first = len(state.watch) + 4 + p.liquidators
    symbols = state.market.shape[0]
    for k in range(symbols):
        state.average[k] = next_average(state.average[k], state.mid[t, k], p)
    for k in range(symbols):
        for who in range(p.traders):
            qty, why, value, limit = plan(
                who, k, state.mid[t], state.sigma[t], state.usual, state.average[k], state.paid[k],
                state.quote[first + who], state.base[first + who], p,
            )  # fmt: skip
            wish = state.wishes[who, k]
            wish["qty"] = qty
            wish["why"] = why
            wish["value"] = value
            wish["limit"] = limit
    for k in range(symbols):
        for who in range(p.traders):
            fill_crowd(t, first + who, k, state.wishes[who, k], p, inputs, state)


@kernel(bare=True)
def allowed(t, k, qty, p, inputs, state):
    """What a halt and the price band leave of an order of one's own will [lot]."""
    market = state.market[k]
    if not is_open(t, k, state):
        return 0.0
    if p.band == 0.0:
        return qty
    reference = reference_at(t, k, p, inputs, state.raw)
    return within_band(qty, inputs.f[t, k], market["volume"], market["depth"], reference, p)


@kernel(bare=True)
def fill_crowd(t, row, k, wish, p, inputs, state):
    """One order of the crowd meets the book alone."""
    market = state.market[k]
    volume, depth = market["volume"], market["depth"]
    qty = wish["qty"]
    if p.leverage_cap > 0.0 or p.exposure_limit > 0.0:
        qty = cap_order(t, row, k, qty, p, state)
    qty = within_book(qty, volume, depth, p)
    if p.guarded == 1:
        qty = allowed(t, k, qty, p, inputs, state)
    if abs(qty) < 1.0:
        return
    book = len(state.watch)
    price = order_price(inputs.f[t, k], volume, qty, depth, qty, p)
    quote, base = state.quote[row], state.base[row, k]
    ticks = ticks_of(qty, price)
    trade(state.quote, state.base, k, row, book, qty, ticks)
    market["volume"] = volume + qty
    note(
        state, t, 21, k, row, -1, book, wish["why"], quote, base, state.mid[t, k],
        wish["value"], wish["limit"], qty, price, -ticks, 0.0, volume, qty,
    )  # fmt: skip
