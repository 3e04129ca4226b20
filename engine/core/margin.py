"""Margin: equity, tiers, maintenance and initial margin, liquidation and bankruptcy price.

All prices are in quote per unit of base, all amounts in quote. `base` is signed: long positive.
`quote` is the cash of the account after paying for its position, so a long of 1 bought at 100 with
10 of collateral has quote -90. Quote and base may be in any consistent units (ticks and lots too).

A tier table is three ascending arrays of equal length: `floors` [quote notional, floors[0] = 0],
`rates` [fraction of notional] and `deductions` [quote]. It is continuous in the notional:

    MM(n) = n * rates[k] - deductions[k],   k = the tier of n

Sources: Binance, "Leverage and Margin of USDS-M Futures" (maintenance amount); Bybit, "Maintenance
Margin (USDT Contract)" (MM deduction); Hyperliquid docs, "Margin tiers".
"""

from fractions import Fraction

import numpy as np

from engine.core.jit import kernel


@kernel(inline=True)
def equity(quote, base, mark):
    """Value of an account [quote]: quote + base * mark."""
    return quote + base * mark


@kernel(inline=True)
def tier_of(notional, floors):
    """Index of the tier a notional [quote] falls in. A boundary belongs to the upper tier.

    MM is continuous, so at a boundary both tiers give the same requirement.
    """
    tier = 0
    while tier + 1 < len(floors) and notional >= floors[tier + 1]:
        tier += 1
    return tier


def tier_within(notional, limits):
    """Index of the tier a notional falls in when tiers are given by their upper `limits`.

    A boundary belongs to the lower tier ("up to and including", as OKX and Bybit print it); above
    the last limit it is the last tier.
    """
    tier = 0
    while tier + 1 < len(limits) and notional > limits[tier]:
        tier += 1
    return tier


@kernel(inline=True)
def maintenance(notional, tier, rates, deductions):
    """Maintenance margin [quote]: notional * rate - deduction of the tier.

    Source: Binance, Bybit and Hyperliquid margin-tier pages.
    """
    return notional * rates[tier] - deductions[tier]


@kernel(inline=True)
def next_deduction(previous, floor, rate, previous_rate):
    """Deduction [quote] of a tier from the one below: previous + floor * (rate - previous rate)."""
    return previous + floor * (rate - previous_rate)


@kernel
def deductions(floors, rates):
    """Deduction of each tier [quote] that makes MM continuous at every floor.

    ded[0] = 0, ded[n] = ded[n-1] + floors[n] * (rates[n] - rates[n-1]).
    Source: Binance "maintenance amount"; Bybit "MM deduction"; Hyperliquid "Margin tiers".
    """
    amounts = np.zeros(len(floors))
    for n in range(1, len(floors)):
        amounts[n] = next_deduction(amounts[n - 1], floors[n], rates[n], rates[n - 1])
    return amounts


@kernel(inline=True)
def tier_liquidation_price(quote, base, rate, deduction):
    """Price [quote/base] at which equity equals MM if this one tier held at every notional.

    quote + base * p = rate * |base| * p - deduction, so
    p = (quote + deduction) / (rate * |base| - base).
    """
    return (quote + deduction) / (rate * abs(base) - base)


@kernel(inline=True)
def liquidation_price(quote, base, floors, rates, deductions):
    """Price [quote/base] at which equity equals maintenance margin, in the tier of that price.

    MM is convex in the notional, so it is the largest of the tier lines. A long meets the line
    that gives the highest price first, a short the one that gives the lowest, and that is the tier
    of the price itself: no search for a fixed point is needed. Zero or less means that no
    positive price liquidates a long. `base` is not zero and every rate is below one.

    Source: Binance, "How to calculate liquidation price of USDS-M futures" (the bracket is that
    of the notional at the liquidation price).
    """
    price = tier_liquidation_price(quote, base, rates[0], deductions[0])
    for tier in range(1, len(floors)):
        candidate = tier_liquidation_price(quote, base, rates[tier], deductions[tier])
        if base > 0.0:
            price = max(price, candidate)
        else:
            price = min(price, candidate)
    return price


@kernel(inline=True)
def bankruptcy_price(quote, base):
    """Price [quote/base] at which equity is zero: -quote / base. `base` is not zero."""
    return -quote / base


def fixed_liquidation_price(quote, base, maintenance_margin):
    """Price [quote/base] at which equity equals a maintenance margin [quote] that does not move.

    Some venues take the margin at the entry value: LP = entry - side * (IM - MM) / size.
    Source: Bybit help centre, "Liquidation Price (USDT Contract)", isolated margin.
    """
    return (maintenance_margin - quote) / base


def reachable_price(price):
    """The price if it is positive, else zero: no positive price takes such a long there."""
    return np.maximum(price, 0.0)


@kernel(inline=True)
def cash_after_entry(collateral, base, entry):
    """Quote [quote] of an account that put up `collateral` and took `base` at price `entry`."""
    return collateral - base * entry


def free_collateral(wallet, other_unrealised, other_maintenance):
    """What the rest of a cross account leaves for one position [quote]: WB + UPNL - TMM of others.

    Source: Binance, "How to calculate liquidation price of USDS-M futures".
    """
    return wallet + other_unrealised - other_maintenance


@kernel
def notional(size, price):
    """Value of a position [quote], never negative: |size| * price."""
    return np.abs(size) * price


@kernel
def initial_margin(value, leverage):
    """Margin [quote] to open a position of this value: value / leverage."""
    return value / leverage


def leverage_of(value, collateral):
    """Leverage: value of the position / collateral."""
    return value / collateral


def half_initial_rate(max_leverage):
    """Maintenance rate as half of the initial rate at the tier's maximum leverage.

    Source: Hyperliquid docs, trading/margining.
    """
    return 1.0 / (2.0 * max_leverage)


def sloped_rate(base_rate, slope, size):
    """Margin rate that grows with the position: base rate + slope * size [base].

    Source: Deribit support 25944738177565, linear perpetual margin.
    """
    return base_rate + slope * abs(size)


def risk_limit_steps(notional, base_limit, step):
    """Number of risk-limit steps a position needs: none below `base_limit`, one per `step` above.

    Each step raises both margin rates by the same increment. Source: BitMEX riskLimitsExamples.
    """
    if notional < base_limit:
        return 0
    return 1 + int((notional - base_limit) // step)


def stepped_rate(base_rate, increment, steps):
    """Margin rate after `steps` risk-limit steps: base rate + steps * increment (BitMEX: 0.5 %)."""
    return base_rate + increment * steps


def collateral_to_hold(quote, base, mark, maintenance_margin):
    """Collateral [quote] missing to maintenance at this mark; negative if some can be spared."""
    return maintenance_margin - equity(quote, base, mark)


def size_to_hold(collateral, side, entry, mark, rate):
    """Largest size [base] whose equity still meets maintenance at `mark`, one rate, no deduction.

    Equity collateral - size * loss equals rate * size * mark, loss = side * (entry - mark) a unit.
    Infinite if the position gains more a unit than its maintenance.
    """
    need = side * (entry - mark) + rate * mark
    return collateral / need if need > 0.0 else np.inf


def leverage_to_hold(side, entry, mark, rate):
    """Highest entry leverage (entry * size / collateral) that meets maintenance at `mark`."""
    need = side * (entry - mark) + rate * mark
    return entry / need if need > 0.0 else np.inf


def inverse(price):
    """Price of the quote in the coin, 1 / price.

    A coin-settled (inverse) contract is the linear one on this price with the coin as money: a
    long of N contracts of 1 USD holds -N of base.
    """
    return 1.0 / price


def round_to_tick(price, tick, up):
    """Price on the grid of `tick`, rounded up or down, exact for decimal inputs.

    Venues round liquidation and bankruptcy prices toward safety: Bybit help 900000031623.
    """
    exact = Fraction(str(price)) / Fraction(str(tick))
    steps = -(-exact.numerator // exact.denominator) if up else exact.numerator // exact.denominator
    return float(steps * Fraction(str(tick)))
