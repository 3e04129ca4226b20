"""Scenario -> plain arrays: every cast, every random draw and every unit is settled here."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.core.state import Inputs, Row
from engine.scenario.errors import InputError
from engine.scenario.paths import LEAST_SIGMA, YEAR, Held, generated
from engine.scenario.population import Population, draw
from engine.scenario.replay import replayed
from engine.scenario.rulebooks import load
from engine.scenario.schema import Scenario
from engine.scenario.units import Units, choose_units


@dataclass(frozen=True, eq=False)
class Compiled:
    """What a kernel needs to run a scenario under any of its policies."""

    scenario: Scenario
    units: Units
    population: Population
    inputs: Inputs
    quote: np.ndarray  # (R,) [tick] opening balances
    base: np.ndarray  # (R, K) [lot]
    fundamental: np.ndarray  # (T, K) [USD/coin]
    symbols: tuple[str, ...]
    notes: tuple[str, ...]
    held: Held | None = None  # correlation by step, of a generated world


def compile_scenario(
    scenario: Scenario, *, world: Any = None, table: Population | None = None
) -> Compiled:
    """Draw the world and the accounts of a scenario and put them into whole lots and ticks.

    `world` is a `replay.World` for a replay, `table` a population given by the reader. Nothing
    here depends on the liquidation policy, so all policies see the same world.
    """
    held, depths = None, np.array([scenario.book.depth])
    if scenario.world.source == "replay":
        f, symbols, notes = replayed(scenario, world)
    elif scenario.world.data:
        raise InputError("world.data", scenario.world.data, "empty unless world.source is replay")
    else:
        drawn = generated(scenario)
        f, symbols, notes, held = drawn.prices, drawn.symbols, drawn.notes, drawn.held
        depths = np.array([scenario.book.depth, *(row[2] for row in scenario.world.others)])
    if table is None and scenario.accounts.data:
        raise InputError("accounts.data", scenario.accounts.data, "given together with its table")
    people = table if table is not None else draw(scenario, f[0])
    if table is None and f.shape[1] > 1:
        people = spread_over_symbols(people, f[0])
    units = choose_units(scenario, people, f)
    quote, base, entry = opening(scenario, people, units, f.shape[1])
    book = load(scenario.venue.rulebook)
    inputs = Inputs(
        f=np.ascontiguousarray(f * units.price),
        depth=depths / f[0] / units.lot,
        calm=calm_volatility(scenario, f.shape[1]),
        cut=cancel_bursts(scenario, len(f)),
        floors=book.floors / units.tick,
        rates=np.array(book.rates, np.float64),
        deductions=book.deductions / units.tick,
        symbol=people.symbol.astype(np.int32),
        entry=entry,
    )
    return Compiled(
        scenario, units, people, inputs, quote, base, f, tuple(symbols), tuple(notes), held
    )


def spread_over_symbols(people: Population, prices: np.ndarray) -> Population:
    """The drawn accounts dealt out over several symbols in turn; USD amounts stay as drawn."""
    symbol = np.arange(len(people)) % len(prices)
    ratio = prices[symbol] / prices[0]
    return replace(
        people, symbol=symbol, size_coin=people.size_coin / ratio, entry=people.entry * ratio
    )


def opening(
    scenario: Scenario, people: Population, units: Units, symbols: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Opening balances (R,) [tick] and (R, K) [lot], and entry prices (A,) [tick/lot].

    The cash of an account is its collateral less what its position cost. The book holds the
    other side of all positions, so the base of all rows sums to zero.
    """
    accounts = len(people)
    venue, plan = scenario.venue, scenario.liquidation
    rows = accounts + Row.LIQUIDATOR + plan.liquidators
    quote, base = np.zeros(rows), np.zeros((rows, symbols))
    lots = people.side * np.maximum(np.rint(people.size_coin / units.lot), 1.0)
    entry = people.entry * units.price
    base[np.arange(accounts), people.symbol] = lots
    quote[:accounts] = np.rint(people.collateral / units.tick) - np.rint(lots * entry)
    base[accounts + Row.BOOK] = -base[:accounts].sum(axis=0)
    quote[accounts + Row.FUND] = np.rint(venue.insurance_fund / units.tick)
    quote[accounts + Row.VAULT] = np.rint(venue.backstop_capital / units.tick)
    quote[accounts + Row.LIQUIDATOR :] = np.rint(plan.liquidator_capital / units.tick)
    return quote, base, entry


def calm_volatility(scenario: Scenario, symbols: int) -> np.ndarray:
    """Usual volatility of each symbol (K,) [1] over that of the first; a replay has one for all."""
    world, usual = scenario.world, np.ones(symbols)
    if world.source == "generated":
        least = LEAST_SIGMA / float(np.sqrt(world.dt / YEAR))
        first = max(float(world.volatility), least)
        usual[1:] = [max(float(row[1]), least) / first for row in world.others]
    return usual


def cancel_bursts(scenario: Scenario, steps: int) -> np.ndarray:
    """Share of the depth that stays, by step (T, 1); (1, 1) of ones if no burst is scripted."""
    if not scenario.book.cancels:
        return np.ones((1, 1))
    cut = np.ones((steps, 1))
    for step, duration, stays in scenario.book.cancels:
        cut[step : step + duration, 0] *= stays
    return cut
