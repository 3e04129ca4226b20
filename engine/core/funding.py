"""Funding: what one side of a perpetual pays the other to hold its price at the index.

Rates are fractions of notional for one interval; a positive rate is paid by longs to shorts. A
premium is the relative distance of the venue's own price from the index.

    rate = P + clamp(I - P, -c, +c), then within +-cap

P average premium over the interval, I interest, c clamp: flat at I while P is within I +- c.
Sources: Binance funding FAQ and BitMEX perpetual contracts guide (the formula, the interval pays
the whole rate); Hyperliquid docs, trading/funding (the rate is for 8 hours, each hour pays an
eighth on the oracle's notional, cap 4 % an hour); dYdX v4 and Hyperliquid (premium of impact
prices).

What is paid for a lot is the funding index, a whole number of ticks, rounded once an interval.
A row with a position of b lots pays index * b, the book's row included, so payments sum to zero
to the last tick.
"""

import numpy as np

from engine.core.book import average_displacement
from engine.core.jit import kernel
from engine.core.ledger import transfer
from engine.core.mark import lagged
from engine.core.state import note


@kernel(inline=True)
def funding_rate(premium, interest, clamp):
    """P + clamp(I - P, -c, +c): the rate before its cap."""
    return premium + min(max(interest - premium, -clamp), clamp)


@kernel(inline=True)
def capped(rate, cap):
    """The rate within +-cap."""
    return min(max(rate, -cap), cap)


@kernel(inline=True)
def impact_premium(bid, ask):
    """Premium of the impact prices: max(0, bid) - max(0, -ask), each relative to the index.

    Zero while the index lies between what a sale and a purchase of the impact notional get.
    """
    return max(bid, 0.0) - max(-ask, 0.0)


@kernel(bare=True)
def premium_at(x, f, depth, p):
    """Premium of a step at displacement x: of the mid, or of the impact prices.

    The impact prices are what selling and buying `funding_impact` [tick] of notional would get in a
    book of this depth [lot per 1 %], half the spread included.
    """
    if p.funding_impact == 0.0:
        return x
    lots = p.funding_impact / f
    size = abs(x) / 0.01 * depth if p.shape == 1 else (abs(x) / 0.01) * (abs(x) / 0.01) * depth
    volume = size if x >= 0.0 else -size
    bid = average_displacement(volume, -lots, depth, p.shape) - p.half_spread
    ask = average_displacement(volume, lots, depth, p.shape) + p.half_spread
    return impact_premium(bid, ask)


@kernel(bare=True)
def average_premium(first, last, k, depth, p, f, mid):
    """Mean premium over the steps first .. last; mid / f - 1 of each is what a run records."""
    total = 0.0
    for t in range(first, last + 1):
        total += premium_at(mid[t, k] / f[t, k] - 1.0, f[t, k], depth, p)
    return total / (last - first + 1)


@kernel(bare=True)
def settlement_of(t, settle):
    """Number of settlements up to and including step t; `settle` (N,) holds their steps, rising."""
    low, high = 0, len(settle)
    while low < high:
        middle = (low + high) // 2
        if settle[middle] <= t:
            low = middle + 1
        else:
            high = middle
    return low


@kernel(bare=True)
def rate_at(n, k, depth, p, inputs, mid):
    """(rate before its cap, average premium) of settlement n in symbol k."""
    first = inputs.settle[n - 1] + 1 if n > 0 else 0
    premium = average_premium(first, inputs.settle[n], k, depth, p, inputs.f, mid)
    rate = inputs.script[n, k]
    if np.isnan(rate):
        rate = p.funding_share * funding_rate(premium, p.funding_interest, p.funding_clamp)
    return rate, premium


@kernel(bare=True)
def settle_funding(t, n, k, p, inputs, state):
    """Settlement n: every row with a position in symbol k pays index * lots, cleared by the book.

    One event at the scope of the symbol: value and limit are the rate before its cap and the cap,
    price the index [tick/lot], amount what the book received, level the lots of all longs, net the
    average premium, detail the rows with a position. Returns whether there was a settlement.
    """
    if np.isinf(inputs.script[n, k]):
        return False
    book = len(state.watch)
    rate, premium = rate_at(n, k, state.market[k]["depth"], p, inputs, state.mid)
    paid = capped(rate, p.funding_cap)
    price = inputs.f[t, k] if p.funding_on_index == 1 else lagged(state.raw, t, p.lag, k)
    index = np.rint(paid * price)
    longs, holders = 0.0, 0
    for row in range(state.base.shape[0]):
        if state.base[row, k] != 0.0:
            longs += max(state.base[row, k], 0.0)
            holders += 1
    held = state.base[book, k]
    note(
        state, t, 20, k, book, -1, -1, holders, state.quote[book], held, price,
        rate, p.funding_cap, 0.0, index, 0.0 - index * held, 0.0, longs, premium,
    )  # fmt: skip
    for row in range(state.base.shape[0]):
        if row != book and state.base[row, k] != 0.0:
            transfer(state.quote, row, book, index * state.base[row, k])
    state.paid[k] = paid
    return True


# Closed forms, for checking by hand.


def payments_to_liquidation(leverage, maintenance, rate):
    """Funding payments until a position at a mark that stands still meets maintenance margin.

    n = (1 / leverage - maintenance) / rate, rates of notional; not rounded. Infinite unless the
    position pays (rate above zero). Derived: equity 1/L of notional falls by the rate each time.
    """
    return (1.0 / leverage - maintenance) / rate if rate > 0.0 else np.inf


def perpetual_ratio(pull, interest, foreign, domestic):
    """No-arbitrage price of a linear perpetual over spot, continuous funding.

    (pull - interest) / (pull + r_foreign - r_domestic), all a year; `pull` is the share of the
    premium paid a year. Source: He, Manela, Ross and von Wachter, "Fundamentals of Perpetual
    Futures" (arXiv 2212.06888); Ackerer, Hugonnier and Jermann (arXiv 2310.11771).
    """
    return (pull - interest) / (pull + foreign - domestic)


def perpetual_ratio_discrete(pull, interest, domestic, foreign):
    """The same with a payment each interval, rates per interval.

    (pull - i) (1 + r_b) / (pull (1 + r_b) + r_b - r_a), r_a domestic and r_b foreign.
    """
    return (pull - interest) * (1.0 + foreign) / (pull * (1.0 + foreign) + foreign - domestic)


def par_interest(domestic, foreign):
    """Interest at which a perpetual trades at spot: (r_a - r_b) / (1 + r_b)."""
    return (domestic - foreign) / (1.0 + foreign)


def interest_of_interval(quote_rate, base_rate, intervals):
    """Interest of one interval from two daily rates: (quote - base) / intervals a day.

    Source: Bybit help centre, funding rate; BitMEX perpetual contracts guide.
    """
    return (quote_rate - base_rate) / intervals


def cap_of_margins(initial, maintenance, share):
    """Largest rate allowed by a rule on margins: share * (initial - maintenance rate).

    Source: BitMEX perpetual contracts guide (75 %); dYdX v4 liquidity tiers (600 %).
    """
    return share * (initial - maintenance)


def damped(premium, damper):
    """max(d, P) + min(-d, P): nothing is paid while the premium is within +-d.

    Source: Deribit support 31424939178397.
    """
    return max(damper, premium) + min(-damper, premium)


def payment(size, mark, rate):
    """What a signed position of `size` [base] pays [quote] for one interval: size * mark * rate."""
    return size * mark * rate


def impact_notional(margin, initial_rate):
    """Notional [quote] at whose prices the premium is read: margin / initial rate at top leverage.

    Source: Binance funding FAQ (200 USDT over the initial margin rate).
    """
    return margin / initial_rate


def premium_samples(hours, every):
    """Samples of the premium in an interval of `hours`, one each `every` seconds.

    Source: Binance funding FAQ (5,760 in eight hours at five seconds).
    """
    return int(hours * 3_600 // every)


def received(base, stamps, opened, closed):
    """Funding a signed position received [quote]: -base * mark * rate at each stamp it was open.

    stamps : (time, mark, rate) rows; one at the time of opening or closing counts.
    """
    return -sum(payment(base, mark, rate) for at, mark, rate in stamps if opened <= at <= closed)
