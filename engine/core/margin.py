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


@kernel(inline=True)
def maintenance(notional, tier, rates, deductions):
    """Maintenance margin [quote]: notional * rate - deduction of the tier.

    Source: Binance, Bybit and Hyperliquid margin-tier pages.
    """
    return notional * rates[tier] - deductions[tier]


@kernel
def deductions(floors, rates):
    """Deduction of each tier [quote] that makes MM continuous at every floor.

    ded[0] = 0, ded[n] = ded[n-1] + floors[n] * (rates[n] - rates[n-1]).
    Source: Binance "maintenance amount"; Bybit "MM deduction"; Hyperliquid "Margin tiers".
    """
    amounts = np.zeros(len(floors))
    for n in range(1, len(floors)):
        amounts[n] = amounts[n - 1] + floors[n] * (rates[n] - rates[n - 1])
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
