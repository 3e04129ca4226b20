"""A compiled scenario in which single accounts hold more, less or nothing. All else keeps its bits.

Lots and ticks stay those of the run, so no other balance is rounded anew. The book holds the
other side of what is left, so the base of all rows still sums to zero.
"""

from dataclasses import replace

import numpy as np

from engine.core.state import Row
from engine.scenario.compile import Compiled


def paid_at_entry(compiled: Compiled, row: int) -> float:
    """What the positions of an account cost at their entry prices [tick]; shorts count negative."""
    return float(costs_at_entry(compiled, np.array([row]))[0])


def costs_at_entry(compiled: Compiled, rows: np.ndarray) -> np.ndarray:
    """`paid_at_entry` of each of these accounts [tick]."""
    inputs, symbols = compiled.inputs, len(compiled.symbols)
    place = rows - (len(inputs.symbol) - len(inputs.legs))
    entry = np.repeat(inputs.entry[rows][:, None], symbols, axis=1)
    entry[place >= 0] = inputs.legs[place[place >= 0]]
    return np.rint(compiled.base[rows, :symbols] * entry).sum(axis=1)


def posted(compiled: Compiled, row: int) -> float:
    """Collateral of an account in cash [tick]: its balance and what its positions cost."""
    return float(compiled.quote[row]) + paid_at_entry(compiled, row)


def gross_at_entry(compiled: Compiled, row: int) -> float:
    """Notional of all positions of an account at their entry prices, without sign [tick]."""
    inputs, symbols = compiled.inputs, len(compiled.symbols)
    place = row - (len(inputs.symbol) - len(inputs.legs))
    entry = inputs.legs[place] if place >= 0 else inputs.entry[row]
    return float(np.abs(compiled.base[row, :symbols] * entry).sum())


def leverage_now(compiled: Compiled, row: int) -> float:
    """Notional at entry over collateral, coins held as collateral at the opening mark among it."""
    symbols = len(compiled.symbols)
    coins = compiled.base[row, symbols:] @ compiled.inputs.f[0, : compiled.base.shape[1] - symbols]
    return gross_at_entry(compiled, row) / max(posted(compiled, row) + float(coins), 1e-9)


def with_collateral(compiled: Compiled, row: int, extra: float) -> Compiled:
    """The account with `extra` more ticks of cash as collateral."""
    quote, people = compiled.quote.copy(), compiled.population
    quote[row] += extra
    collateral, leverage = people.collateral.copy(), people.leverage.copy()
    before = collateral[row]
    collateral[row] = before + extra * compiled.units.tick
    leverage[row] *= before / collateral[row]
    people = replace(people, collateral=collateral, leverage=leverage)
    return replace(compiled, quote=quote, population=people)


def scaled_lots(compiled: Compiled, row: int, share: float) -> np.ndarray:
    """Positions (K,) [lot] of an account at a share of their size: whole lots, at least one a leg.

    A share of 0 is no position at all.
    """
    base = compiled.base[row, : len(compiled.symbols)]
    lots = np.maximum(np.rint(np.abs(base) * share), 1.0 if share > 0.0 else 0.0)
    return np.where(base != 0.0, np.copysign(lots, base), 0.0)


def with_position(compiled: Compiled, row: int, lots: np.ndarray) -> Compiled:
    """The account with positions `lots` (K,) at the same entry prices and the same collateral."""
    symbols = len(compiled.symbols)
    cash = posted(compiled, row)
    base = compiled.base.copy()
    before = float(np.abs(base[row, :symbols]).sum())
    base[len(compiled.inputs.symbol) + Row.BOOK, :symbols] += base[row, :symbols] - lots
    base[row, :symbols] = lots
    changed = replace(compiled, base=base)
    quote = compiled.quote.copy()
    quote[row] = cash - paid_at_entry(changed, row)
    people, share = compiled.population, float(np.abs(lots).sum()) / before
    size, leverage = people.size_coin.copy(), people.leverage.copy()
    size[row] *= share
    leverage[row] *= share
    return replace(
        changed, quote=quote, population=replace(people, size_coin=size, leverage=leverage)
    )


def without(compiled: Compiled, rows: np.ndarray) -> Compiled:
    """Accounts that hold no position: they keep their collateral, and are never forced to trade."""
    symbols = len(compiled.symbols)
    base, quote = compiled.base.copy(), compiled.quote.copy()
    quote[rows] += costs_at_entry(compiled, rows)
    base[rows, :symbols] = 0.0
    book = len(compiled.inputs.symbol) + Row.BOOK
    base[book, :symbols] += compiled.base[rows, :symbols].sum(axis=0)
    return replace(compiled, base=base, quote=quote)
