"""Scenario -> plain arrays: every cast, every random draw and every unit is settled here."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.core.jit import kernel
from engine.core.state import Inputs, Row
from engine.scenario.checks import check_reductions
from engine.scenario.errors import InputError
from engine.scenario.flows import Crowd
from engine.scenario.funding import rounding_note, settlements
from engine.scenario.openings import asked_lots, let_open, let_open_legs
from engine.scenario.paths import LEAST_SIGMA, YEAR, Held, generated
from engine.scenario.population import Population, draw, table_hash
from engine.scenario.portfolios import (
    Portfolios,
    draw_portfolios,
    scan_table,
    scripted_correlation,
    with_portfolios,
)
from engine.scenario.replay import replayed
from engine.scenario.rulebooks import Rulebook, load
from engine.scenario.schema import Scenario
from engine.scenario.units import Units, choose_units


@dataclass(frozen=True, eq=False)
class Compiled:
    """What a kernel needs to run a scenario under any of its policies."""

    scenario: Scenario
    units: Units
    population: Population
    portfolios: Portfolios
    inputs: Inputs
    quote: np.ndarray  # (R,) [tick] opening balances
    base: np.ndarray  # (R, K) [lot]; (R, 2 K) if coins are held as collateral
    fundamental: np.ndarray  # (T, K) [USD/coin]
    symbols: tuple[str, ...]
    notes: tuple[str, ...]
    held: Held | None = None  # correlation by step, of a generated world


def compile_scenario(
    scenario: Scenario,
    *,
    world: Any = None,
    table: Population | None = None,
    portfolios: Portfolios | None = None,
    tiers: Rulebook | None = None,
) -> Compiled:
    """Draw the world and the accounts of a scenario and put them into whole lots and ticks.

    `world` is a `replay.World` for a replay, `table` a population given by the reader,
    `portfolios` multi-leg accounts in place of those drawn, `tiers` the reader's own. Nothing here
    depends on the liquidation policy, so all policies see the same world.
    """
    f, symbols, notes, held, depths = outside_world(scenario, world)
    book = rulebook(scenario, tiers)
    wished = singles(scenario, table, f[0], book)
    people = let_open(scenario, wished, table is None, depths, f[0], book)
    wanted = portfolios if portfolios is not None else draw_portfolios(scenario, f[0], book)
    several = let_open_legs(scenario, wanted, f[0])
    units = choose_units(scenario, wished, wanted, f)
    quote, base, entry = opening(scenario, people, several, units, f[0])
    settle, script = settlements(scenario, world, f.shape[1])
    notes = (*notes, *rounding_note(scenario, units, float(f[0].min())))
    inputs = Inputs(
        f=np.ascontiguousarray(f * units.price),
        depth=depths / f[0] / units.lot,
        calm=calm_volatility(scenario, f.shape[1]),
        cut=cancel_bursts(scenario, len(f)),
        **tier_table(book, units),
        symbol=np.append(people.symbol, np.full(len(several), -1)).astype(np.int32),
        entry=entry,
        legs=np.ascontiguousarray(several.entry * units.price),
        rho=scripted_correlation(scenario, len(f)),
        scans=scan_table(scenario, f.shape[1]),
        settle=settle,
        script=script,
        reductions=reductions(scenario, len(people)),
        outages=np.array(scenario.venue.outages, np.int64).reshape(-1, 2),
        **addon_tables(scenario, len(book.rates)),
        asked=asked_lots(scenario, wished, wanted, units.lot),
    )
    people = with_portfolios(people, several)
    return Compiled(scenario, units, people, several, inputs, quote, base, f, symbols, notes, held)


def addon_tables(scenario: Scenario, tiers: int) -> dict[str, Any]:
    """Notches of the add-ons, and what maintenance rates depend on."""
    rails = scenario.guardrails
    return {
        "scheme": 2 if rails.addons else min(tiers - 1, 1),
        "notches": np.array(rails.volatility_addon, np.float64).reshape(-1, 2),
        "large": np.array(rails.concentration_addon, np.float64).reshape(-1, 2),
    }


def tier_table(book: Rulebook, units: Units) -> dict[str, Any]:
    """Floors [tick], rates and deductions [tick] of the margin tiers."""
    rates = np.array(book.rates, np.float64)
    return {
        "floors": book.floors / units.tick,
        "rates": rates,
        "deductions": book.deductions / units.tick,
    }


def outside_world(scenario: Scenario, world: Any) -> tuple[Any, ...]:
    """Prices (T, K) [USD/coin], names, notes, correlation by step, and depths [USD per 1 %]."""
    depths = np.array([scenario.book.depth])
    if scenario.world.source == "replay":
        return *replayed(scenario, world), None, depths
    if scenario.world.data:
        raise InputError("world.data", scenario.world.data, "empty unless world.source is replay")
    drawn = generated(scenario)
    depths = np.array([scenario.book.depth, *(row[2] for row in scenario.world.others)])
    return drawn.prices, drawn.symbols, drawn.notes, drawn.held, depths


def rulebook(scenario: Scenario, tiers: Rulebook | None) -> Rulebook:
    """The margin tiers in force: the reader's own where the scenario names them."""
    wanted = scenario.venue.tiers
    if tiers is None and wanted:
        raise InputError("venue.tiers", wanted, "given together with its file of tiers")
    if tiers is not None and wanted != tiers.name:
        raise InputError("venue.tiers", wanted, f"{tiers.name}, the hash of these tiers")
    return tiers if tiers is not None else load(scenario.venue.rulebook)


def singles(
    scenario: Scenario, table: Population | None, prices: np.ndarray, book: Rulebook
) -> Population:
    """The accounts with one position: given, or drawn and dealt out over the symbols."""
    if table is not None:
        if scenario.accounts.data not in ("", own := table_hash(table)):
            raise InputError("accounts.data", scenario.accounts.data, f"{own}, the table's hash")
        return table
    if scenario.accounts.data:
        raise InputError("accounts.data", scenario.accounts.data, "given together with its table")
    people = draw(scenario, prices, book)
    return spread_over_symbols(people, prices) if len(prices) > 1 else people


def spread_over_symbols(people: Population, prices: np.ndarray) -> Population:
    """The drawn accounts dealt out over several symbols in turn; USD amounts stay as drawn."""
    symbol = np.arange(len(people)) % len(prices)
    ratio = prices[symbol] / prices[0]
    return replace(
        people, symbol=symbol, size_coin=people.size_coin / ratio, entry=people.entry * ratio
    )


def opening(
    scenario: Scenario,
    people: Population,
    several: Portfolios,
    units: Units,
    prices: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Opening balances (R,) [tick] and (R, K) [lot], and entry prices (A,) [tick/lot].

    The cash of an account is its collateral less what its position cost. The book holds the
    other side of all positions, so the base of all rows sums to zero. `prices` (K,) [USD/coin] are
    those of the opening.
    """
    single, accounts, symbols = len(people), len(people) + len(several), len(prices)
    venue, plan = scenario.venue, scenario.liquidation
    crowd = accounts + Row.LIQUIDATOR + plan.liquidators
    rows = crowd + (3 if scenario.crowd.on else 0)
    columns = 2 * symbols if several.coins.any() else symbols
    quote, base = np.zeros(rows), np.zeros((rows, columns))
    entry = np.zeros(accounts)
    open_singles(
        people.side, people.size_coin, people.entry, people.collateral, people.symbol,
        units.lot, units.tick, units.price, quote, base, entry,
    )  # fmt: skip
    open_portfolios(several, units, quote[single:accounts], base[single:accounts])
    quote[accounts + Row.FUND] = np.rint(venue.insurance_fund / units.tick)
    quote[accounts + Row.VAULT] = np.rint(venue.backstop_capital / units.tick)
    quote[accounts + Row.LIQUIDATOR : crowd] = np.rint(plan.liquidator_capital / units.tick)
    if scenario.crowd.on:
        open_crowd(scenario.crowd, units, prices, quote[crowd:], base[crowd:, :symbols])
    open_book(base, accounts + int(Row.BOOK))
    return quote, base, entry


@kernel(bare=True)
def open_singles(side, size, price, collateral, symbol, lot, tick, unit, quote, base, entry):
    """Cash, position and entry price of the accounts with one position; `unit` ticks/lot a USD."""
    for i in range(side.size):
        lots = side[i] * max(np.rint(size[i] / lot), 1.0)
        entry[i] = price[i] * unit
        base[i, symbol[i]] = lots
        quote[i] = np.rint(collateral[i] / tick) - np.rint(lots * entry[i])


@kernel(bare=True)
def open_book(base, book):
    """Give the book the other side of all positions. Whole lots: any order adds up to the same."""
    for k in range(base.shape[1]):
        lots = 0.0
        for row in range(len(base)):
            lots += base[row, k]
        base[book, k] = -lots


def open_portfolios(several: Portfolios, units: Units, quote: np.ndarray, base: np.ndarray) -> None:
    """Cash, legs and coins of the multi-leg accounts, in whole ticks and lots."""
    symbols = several.size_coin.shape[1]
    lots = np.maximum(np.rint(np.abs(several.size_coin) / units.lot), 1.0)
    base[:, :symbols] = np.sign(several.size_coin) * lots
    paid = np.rint(base[:, :symbols] * (several.entry * units.price)).sum(axis=1)
    quote[:] = np.rint(several.collateral / units.tick) - paid
    if base.shape[1] > symbols:
        base[:, symbols:] = np.rint(several.coins / units.lot)


def calm_volatility(scenario: Scenario, symbols: int) -> np.ndarray:
    """Usual volatility of each symbol (K,) [1] over that of the first; a replay has one for all."""
    world, usual = scenario.world, np.ones(symbols)
    if world.source == "generated":
        least = LEAST_SIGMA / float(np.sqrt(world.dt / YEAR))
        first = max(float(world.volatility), least)
        usual[1:] = [max(float(row[1]), least) / first for row in world.others]
    return usual


def open_crowd(
    crowd: Crowd, units: Units, prices: np.ndarray, quote: np.ndarray, base: np.ndarray
) -> None:
    """Capital of the three traders; the fund opens at its leverage, equal sums in every symbol."""
    capital = np.array([crowd.trend_capital, crowd.carry_capital, crowd.fund_capital])
    quote[:] = np.rint(capital / units.tick)
    share = crowd.fund_leverage * crowd.fund_capital / len(prices)
    base[2] = np.rint(share / prices / units.lot)
    quote[2] -= np.rint(base[2] * (prices * units.price)).sum()


def reductions(scenario: Scenario, accounts: int) -> np.ndarray:
    """Scripted reductions (J, 3): step, account, share. A table may have fewer accounts."""
    rows = scenario.accounts.reductions
    check_reductions(rows, accounts)
    return np.array(rows, np.float64).reshape(-1, 3)


def cancel_bursts(scenario: Scenario, steps: int) -> np.ndarray:
    """Share of the depth that stays, by step (T, 1); (1, 1) of ones if no burst is scripted."""
    if not scenario.book.cancels:
        return np.ones((1, 1))
    cut = np.ones((steps, 1))
    for step, duration, stays in scenario.book.cancels:
        cut[step : step + duration, 0] *= stays
    return cut
