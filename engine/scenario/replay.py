"""Real candles as the outside world of a run."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.core.jit import kernel
from engine.core.maths import log, total
from engine.scenario.bars import MIN_STEPS, Aligned, align, bar_path
from engine.scenario.candles import Candles, utc_text
from engine.scenario.errors import InputError
from engine.scenario.funding_files import FundingRates
from engine.scenario.funding_replay import Schedule, schedule
from engine.scenario.paths import YEAR
from engine.scenario.schema import MAX_WORK, Scenario
from engine.scenario.schema import World as WorldSettings

LONGEST = 200_000  # steps of a run, as `world.steps` allows
MAX_STEPS = 3_600  # a bar, as `world.steps_per_bar` allows
SHOWN_GAPS = 3
LEAST_BLOCKS = 8  # that a median is taken of
# Which series of a symbol stands for the outside world where several are given, best first.
PREFERENCE = ("spot", "unknown", "mark", "perp")
# Leverage up to 20: what most accounts of a venue use, so a calm day stays calm.
PLAIN = {"accounts.leverage_high": 20.0}


@dataclass(frozen=True, eq=False)
class World:
    """Fundamental prices of a replay and what a reader has to know about them."""

    prices: np.ndarray  # (T, K) [USD/coin], read-only
    symbols: tuple[str, ...]
    notes: tuple[str, ...]
    dt: float  # [s] of a step
    steps_per_bar: int
    volatility: float  # [1/sqrt(year)], see `usual_volatility`
    start: str  # open time of the first bar, UTC
    data: str  # hash of the candles used, 16 characters; the way they are walked is not in it
    funding: Schedule | None = None  # real funding rates on the steps of the run


def replay_world(
    candles_list: Iterable[Candles],
    steps_per_bar: int = 12,
    funding: Iterable[FundingRates] = (),
) -> World:
    """The world of some candle series, one per symbol, aligned in time.

    Where a symbol comes as spot and as perpetual, spot is used: the candles of a perpetual already
    contain the forced flow of the day. `steps_per_bar` is lowered where the run would be longer
    than LONGEST steps. `funding` holds rates read by `engine.read_funding`, one file a symbol; a
    run then settles funding when and at what rate they say.
    """
    used, notes = choose(tuple(candles_list))
    aligned = align(used)
    steps = fitting_steps(len(aligned), steps_per_bar, notes)
    path = bar_path(aligned, steps)
    notes += origin_notes(aligned) + gap_notes(aligned)
    volatility = usual_volatility(path.prices, steps, aligned.bar_seconds)
    path.prices.flags.writeable = False
    digest = hashlib.sha256(" ".join(one.sha256 for one in aligned.candles).encode())
    rates = tuple(funding)
    settled = (
        schedule(rates, aligned.symbols, aligned.times, aligned.bar_seconds, steps)
        if rates
        else None
    )
    notes += settled.notes if settled else ()
    return World(
        prices=path.prices,
        symbols=aligned.symbols,
        notes=tuple(notes),
        dt=path.seconds_per_step,
        steps_per_bar=steps,
        volatility=volatility,
        start=utc_text(aligned.times[0]),
        data=digest.hexdigest()[:16],
        funding=settled,
    )


def choose(series: tuple[Candles, ...]) -> tuple[tuple[Candles, ...], list[str]]:
    """One series a symbol, the best kind of PREFERENCE, and a note for each one set aside."""
    best: dict[str, Candles] = {}
    kinds = set()
    for one in series:
        if (one.symbol, one.venue_kind) in kinds:
            label = f"{one.symbol} {one.venue_kind}"
            raise InputError("candles", label, "one file of a symbol and kind")
        kinds.add((one.symbol, one.venue_kind))
        kept = best.setdefault(one.symbol, one)
        if PREFERENCE.index(one.venue_kind) < PREFERENCE.index(kept.venue_kind):
            best[one.symbol] = one
    notes = [
        f"{one.symbol}: the {best[one.symbol].venue_kind} candles are the fundamental price; "
        f"the {one.venue_kind} candles are not used."
        for one in series
        if best[one.symbol] is not one
    ]
    return tuple(best.values()), notes


def fitting_steps(bars: int, asked: int, notes: list[str]) -> int:
    """Steps a bar that keep the run within LONGEST steps. Raises InputError where none does."""
    if not (isinstance(asked, int) and MIN_STEPS <= asked <= MAX_STEPS):
        allowed = f"a whole number in {MIN_STEPS} .. {MAX_STEPS:,}"
        raise InputError("world.steps_per_bar", asked, allowed)
    if bars * MIN_STEPS > LONGEST:
        allowed = f"at most {LONGEST // MIN_STEPS:,} ({LONGEST:,} steps, {MIN_STEPS} a bar)"
        raise InputError("candles, bars", bars, allowed)
    steps = min(asked, LONGEST // bars)
    if steps < asked:
        notes.append(f"{bars:,} bars: walked in {steps} steps each instead of {asked}.")
    return steps


def origin_notes(aligned: Aligned) -> list[str]:
    """What each series stands for, where that is not plain spot."""
    said = {
        "perp": "perpetual candles are used as the fundamental price; they already contain the "
        "forced flow of the day, so the run counts it twice.",
        "mark": "mark-price candles are used as the fundamental price; they already contain part "
        "of the forced flow of the day.",
        "unknown": "the file's name does not say spot or perpetual; candles of a perpetual "
        "would already contain the forced flow of the day.",
    }
    return [f"{c.symbol}: {said[c.venue_kind]}" for c in aligned.candles if c.venue_kind in said]


def gap_notes(aligned: Aligned) -> list[str]:
    """Bars that are missing or had to be left out. Nothing is filled in."""
    notes = []
    for row in aligned.dropped:
        if any(row[1:]):
            notes.append(
                f"{row.symbol}: bars that another symbol lacks are left out "
                f"({row.before} before, {row.inside} inside, {row.after} after the common range)."
            )
    gaps = aligned.candles[0].gaps
    if gaps:
        shown = ", ".join(f"{g.bars} from {utc_text(g.start_ms)[:16]}" for g in gaps[:SHOWN_GAPS])
        more = f" and {len(gaps) - SHOWN_GAPS} more gaps" if len(gaps) > SHOWN_GAPS else ""
        notes.append(f"Missing bars, not filled in, the price jumps: {shown}{more} (UTC).")
    return notes


@kernel
def block_variances(prices, block):
    """Sum of squared log returns in each whole block of `block` steps (blocks, K)."""
    out = np.zeros((prices.shape[0] // block, prices.shape[1]))
    for t in range(1, out.shape[0] * block):
        for k in range(prices.shape[1]):
            r = log(prices[t, k] / prices[t - 1, k])
            out[t // block, k] += r * r
    return out


def usual_volatility(prices: np.ndarray, steps: int, bar_seconds: int) -> float:
    """Volatility [1/sqrt(year)] of an ordinary hour: the book has its full depth up to it.

    The median over hours and symbols of the sum of squared log returns along the walked path,
    annualised, to four digits. The median is not moved by the event itself. Hours are shortened
    where there are fewer than LEAST_BLOCKS of them; where most are flat it is the mean.
    """
    bars = len(prices) // steps
    block = max(min(3_600 // bar_seconds, bars // LEAST_BLOCKS), 1)
    variances = np.sort(block_variances(prices, block * steps).ravel())
    variance = float(variances[len(variances) // 2])
    if variance == 0.0:
        variance = total(variances) / len(variances)
    volatility = np.sqrt(variance * (YEAR / (block * bar_seconds)))
    return min(float(f"{volatility:.4g}"), 20.0)


def replay_scenario(world: World, base: Scenario | None = None) -> Scenario:
    """The scenario that replays `world` through the accounts, book and rules of `base`.

    Without a base these are the schema's defaults with leverage up to 20. What belongs to a drawn
    world (drift, shocks, waypoints) is set back to its default.
    """
    plain = WorldSettings()
    base = Scenario().with_values(**PLAIN) if base is None else base
    rates = world.funding
    return base.with_values(
        **{
            "world.source": "replay",
            "world.price": float(world.prices[0, 0]),
            "world.steps": len(world.prices),
            "world.dt": world.dt,
            "world.volatility": world.volatility,
            "world.drift": plain.drift,
            "world.shocks": plain.shocks,
            "world.waypoints": plain.waypoints,
            "world.steps_per_bar": world.steps_per_bar,
            "world.data": world.data,
            "funding.data": rates.data if rates else "",
            "funding.cap": max(base.funding.cap, rates.largest if rates else 0.0),
        }
    )


def replayed(scenario: Scenario, world: Any) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
    """Prices, symbols and notes of a replay, checked against the scenario that asks for it."""
    asked = scenario.world
    if world is None:
        raise InputError("world.source", "replay", "given together with its candle files")
    if asked.data != world.data:
        raise InputError("world.data", asked.data, f"{world.data}, the hash of these candles")
    if asked.dt != world.dt:
        allowed = f"{world.dt!r}, a bar in world.steps_per_bar steps"
        raise InputError("world.dt", asked.dt, allowed)
    if asked.steps > len(world.prices):
        raise InputError("world.steps", asked.steps, f"at most {len(world.prices)}, all candles")
    work = scenario.accounts.count * asked.steps * len(world.symbols)
    if work > MAX_WORK:
        raise InputError("accounts x steps x symbols", work, f"at most {MAX_WORK:,}")
    return world.prices[: asked.steps], world.symbols, world.notes
