"""Whole lots and whole ticks: the units in which balances are exact."""

from dataclasses import dataclass

import numpy as np

from engine.scenario.errors import InputError
from engine.scenario.population import Population
from engine.scenario.portfolios import Portfolios
from engine.scenario.schema import Scenario

SAFE = 2.0**49  # ticks or lots in all rows together; sums stay exact far beyond it
LOTS_IN_SMALLEST = 100  # a position of this many lots can be cut by one per cent


@dataclass(frozen=True)
class Units:
    """Size of a lot and of a tick, both powers of ten."""

    lot: float  # coin
    tick: float  # USD

    @property
    def price(self) -> float:
        """Ticks per lot in one USD per coin."""
        return self.lot / self.tick


def choose_units(
    scenario: Scenario, people: Population, several: Portfolios, f: np.ndarray
) -> Units:
    """The finest tick and a lot that keep every total a whole number below 2**49.

    The lot is the largest power of ten that gives the smallest position 100 lots, or the
    smallest one that keeps the total exact. Refuses a scenario whose totals cannot be held.
    """
    legs, held = np.abs(several.size_coin), np.abs(several.coins)
    sizes = np.concatenate([people.size_coin, legs[legs > 0.0], held[held > 0.0]])
    smallest, coins = float(sizes.min()), float(sizes.sum())
    lot_power = next(
        k for k in range(6, -19, -1) if ten(k) * LOTS_IN_SMALLEST <= smallest or k < -17
    )
    while coins / ten(lot_power) > SAFE / 16:
        lot_power += 1
    highest = f.max(axis=0)[people.symbol]  # each account at its own coin's best price
    money = (
        2.0 * float((people.size_coin * highest).sum())
        + 2.0 * float(((legs + held) * f.max(axis=0)).sum())
        + float(people.collateral.sum() + np.abs(several.collateral).sum())
        + scenario.venue.insurance_fund
        + scenario.venue.backstop_capital
        + scenario.liquidation.liquidators * scenario.liquidation.liquidator_capital
    )
    tick_power = -8
    while 4.0 * money / ten(tick_power) > SAFE:
        tick_power += 1
    if ten(tick_power) > 1.0 or coins / ten(lot_power) < len(sizes):
        raise InputError(
            "accounts.open_interest",
            scenario.accounts.open_interest,
            "so that all balances fit whole ticks of at most 1 USD",
        )
    return Units(lot=ten(lot_power), tick=ten(tick_power))


def ten(power: int) -> float:
    """A power of ten, rounded correctly on every platform."""
    return float(f"1e{power}")
