"""Whole lots and whole ticks: the units in which balances are exact."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from engine.scenario.errors import InputError
from engine.scenario.population import Population
from engine.scenario.portfolios import Portfolios
from engine.scenario.schema import Scenario

SAFE = 2.0**49  # ticks or lots in all rows together; sums stay exact far beyond it
LOTS_IN_SMALLEST = 100  # a position of this many lots can be cut by one per cent
# With funding, which is paid in whole ticks a lot: larger lots and finer ticks round it less.
SAFE_FUNDED = 2.0**51
LOTS_FUNDED = 10


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

    With funding the smallest position has 10 lots and the tick is up to four times finer, as a
    payment is a whole number of ticks a lot. All that funding can move counts as money then.
    """
    funded, crowd = scenario.funding.on, scenario.crowd
    safe = SAFE_FUNDED if funded else SAFE
    in_smallest = LOTS_FUNDED if funded else LOTS_IN_SMALLEST
    legs, held = np.abs(several.size_coin), np.abs(several.coins)
    sizes = np.concatenate([people.size_coin, legs[legs > 0.0], held[held > 0.0]])
    smallest, coins = float(sizes.min()), float(sizes.sum())
    if crowd.on:
        coins += float(crowd.most / f.min())
    lot_power = next(k for k in range(6, -19, -1) if ten(k) * in_smallest <= smallest or k < -17)
    while coins / ten(lot_power) > SAFE / 16:
        lot_power += 1
    highest = np.array([column.max() for column in f.T])  # each account at its coin's best price
    worth = float((people.size_coin * highest[people.symbol]).sum())
    worth += float(((legs + held) * highest).sum())
    money = (
        2.0 * worth
        + float(people.collateral.sum() + np.abs(several.collateral).sum())
        + scenario.venue.insurance_fund
        + scenario.venue.backstop_capital
        + scenario.liquidation.liquidators * scenario.liquidation.liquidator_capital
    )
    money += crowd_money(scenario)
    if funded:
        money += funding_money(scenario, worth + crowd.most)
    tick_power = -8
    while 4.0 * money / ten(tick_power) > safe:
        tick_power += 1
    if ten(tick_power) > 1.0 or coins / ten(lot_power) < len(sizes):
        raise InputError(
            "accounts.open_interest",
            scenario.accounts.open_interest,
            "so that all balances fit whole ticks of at most 1 USD",
        )
    return Units(lot=ten(lot_power), tick=ten(tick_power))


def crowd_money(scenario: Scenario) -> float:
    """Capital and positions of the crowd [USD]; zero without one."""
    crowd = scenario.crowd
    if not crowd.on:
        return 0.0
    return 2.0 * crowd.most + crowd.trend_capital + crowd.carry_capital + crowd.fund_capital


def funding_money(scenario: Scenario, notional: float) -> float:
    """What funding can move at most [USD]: the cap at every settlement, or ten times all of it."""
    funding, world = scenario.funding, scenario.world
    payments = world.steps if funding.data else world.steps * world.dt / funding.interval
    return notional * min(funding.cap * min(payments, world.steps), 10.0)


@cache
def ten(power: int) -> float:
    """A power of ten, rounded correctly on every platform."""
    return float(f"1e{power}")
