"""The only two functions that move money.

Every row (account, book, insurance fund, fee account, vault, liquidator) is a plain row, so the
sums of quote and of base over all rows are constant in every run, by construction.
"""

import numpy as np

from engine.core.jit import kernel


@kernel(inline=True, bare=True)
def transfer(quote, payer, payee, ticks):
    """Move `ticks` [tick] of quote from one row to another."""
    quote[payer] -= ticks
    quote[payee] += ticks


@kernel(inline=True, bare=True)
def trade(quote, base, symbol, row, other, lots, ticks):
    """`row` buys `lots` [lot] (sells if negative) from `other` and pays `ticks` [tick] for it.

    `ticks` is a whole number with the sign of `lots`; see `ticks_of`.
    """
    base[row, symbol] += lots
    base[other, symbol] -= lots
    transfer(quote, row, other, ticks)


@kernel(inline=True, bare=True)
def ticks_of(lots, price):
    """What `lots` cost at `price` [tick/lot], rounded once to whole ticks."""
    return np.rint(lots * price)
