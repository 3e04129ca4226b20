"""Scenario -> plain arrays: every cast, every random draw and every unit is settled here."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.core.maths import exp
from engine.core.state import Inputs, MarkRule, Params, Policy, Row, Variant
from engine.scenario.errors import InputError
from engine.scenario.paths import YEAR, fundamental
from engine.scenario.population import Population, draw
from engine.scenario.replay import replayed
from engine.scenario.rulebooks import load
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


def compile_scenario(
    scenario: Scenario, *, world: Any = None, table: Population | None = None
) -> Compiled:
    """Draw the world and the accounts of a scenario and put them into whole lots and ticks.

    `world` is a `replay.World` for a replay, `table` a population given by the reader. Nothing
    here depends on the liquidation policy, so all policies see the same world.
    """
    if scenario.world.source == "replay":
        f, symbols, notes = replayed(scenario, world)
    else:
        f, symbols, notes = fundamental(scenario), ("COIN",), ()
    people = table if table is not None else draw(scenario, f[0])
    if table is None and f.shape[1] > 1:
        people = spread_over_symbols(people, f[0])
    units = choose_units(scenario, people, f)
    quote, base, entry = opening(scenario, people, units, f.shape[1])
    book = load(scenario.venue.rulebook)
    inputs = Inputs(
        f=np.ascontiguousarray(f * units.price),
        depth=scenario.book.depth / f[0] / units.lot,
        cut=cancel_bursts(scenario, len(f)),
        floors=book.floors / units.tick,
        rates=np.array(book.rates, np.float64),
        deductions=book.deductions / units.tick,
        symbol=people.symbol.astype(np.int32),
        entry=entry,
    )
    return Compiled(scenario, units, people, inputs, quote, base, f, tuple(symbols), tuple(notes))


def spread_over_symbols(people: Population, prices: np.ndarray) -> Population:
    """The drawn accounts dealt out over several symbols in turn; USD amounts stay as drawn."""
    symbol = np.arange(len(people)) % len(prices)
    ratio = prices[symbol] / prices[0]
    return replace(
        people, symbol=symbol, size_coin=people.size_coin / ratio, entry=people.entry * ratio
    )


def choose_units(scenario: Scenario, people: Population, f: np.ndarray) -> Units:
    """The finest tick and a lot that keep every total a whole number below 2**49.

    The lot is the largest power of ten that gives the smallest position 100 lots, or the
    smallest one that keeps the total exact. Refuses a scenario whose totals cannot be held.
    """
    smallest, coins = float(people.size_coin.min()), float(people.size_coin.sum())
    lot_power = next(
        k for k in range(6, -19, -1) if ten(k) * LOTS_IN_SMALLEST <= smallest or k < -17
    )
    while coins / ten(lot_power) > SAFE / 16:
        lot_power += 1
    highest = f.max(axis=0)[people.symbol]  # each account at its own coin's best price
    money = (
        2.0 * float((people.size_coin * highest).sum())
        + float(people.collateral.sum())
        + scenario.venue.insurance_fund
        + scenario.venue.backstop_capital
        + scenario.liquidation.liquidators * scenario.liquidation.liquidator_capital
    )
    tick_power = -8
    while 4.0 * money / ten(tick_power) > SAFE:
        tick_power += 1
    if ten(tick_power) > 1.0 or coins / ten(lot_power) < len(people):
        raise InputError(
            "accounts.open_interest",
            scenario.accounts.open_interest,
            "so that all balances fit whole ticks of at most 1 USD",
        )
    return Units(lot=ten(lot_power), tick=ten(tick_power))


def ten(power: int) -> float:
    """A power of ten, rounded correctly on every platform."""
    return float(f"1e{power}")


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


def cancel_bursts(scenario: Scenario, steps: int) -> np.ndarray:
    """Share of the depth that stays, by step (T, 1); (1, 1) of ones if no burst is scripted."""
    if not scenario.book.cancels:
        return np.ones((1, 1))
    cut = np.ones((steps, 1))
    for step, duration, stays in scenario.book.cancels:
        cut[step : step + duration, 0] *= stays
    return cut


def kernel_params(scenario: Scenario, units: Units) -> Params:
    """Settings of the kernel for the scenario's own policy."""
    world, book, mark = scenario.world, scenario.book, scenario.mark
    venue, plan = scenario.venue, scenario.liquidation
    rules = ("last", "last_ema", "index", "index_ema", "median")
    return Params(
        decay=exp(-world.dt / book.recovery),
        shape=int(book.shape),
        half_spread=float(book.half_spread),
        thinning=float(book.thinning),
        sigma0=max(float(world.volatility) * float(np.sqrt(world.dt / YEAR)), 1e-7),
        keep=exp(-world.dt / book.memory),
        track=int(book.thinning > 0.0 or plan.policy == "auction" or bool(book.cancels)),
        rule=int(MarkRule(rules.index(mark.rule))),
        alpha=1.0 - exp(-world.dt / mark.smoothing),
        lag=int(mark.lag),
        clamp=float(mark.clamp),
        check_lag=int(mark.lag + venue.risk_latency),
        order_lag=int(venue.order_latency),
        sequential=int(venue.execution == "sequential"),
        taker_fee=float(venue.taker_fee),
        liquidation_fee=float(venue.liquidation_fee),
        policy=int(Policy[plan.policy.upper()]),
        variant=int(Variant[plan.variant.upper()]),
        fraction=float(plan.fraction),
        buffer=float(plan.buffer),
        cooldown=int(plan.cooldown),
        depth_share=float(plan.depth_share),
        min_slice=float(plan.min_slice) / units.tick,
        cost_rate=float(
            venue.liquidation_fee + venue.taker_fee + book.half_spread + plan.expected_slippage
        ),
        curve=int(plan.curve == "stairstep"),
        start_discount=float(plan.start_discount),
        growth=float(plan.growth),
        stair=int(plan.stair),
        deadline=int(plan.deadline),
        fallback=int(plan.fallback == "backstop"),
        unwind=int(plan.unwind),
        liquidators=int(plan.liquidators),
        leverage=float(plan.liquidator_leverage),
        asked=float(plan.liquidator_discount),
        asked_step=float(plan.liquidator_spread),
        risk_aversion=float(plan.risk_aversion),
        pressure=float(plan.inventory_pressure),
        vault_discount=float(venue.backstop_discount),
        adl_pro_rata=int(venue.adl == "pro_rata"),
    )
