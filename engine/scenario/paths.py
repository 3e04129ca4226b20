"""The outside world: the fundamental prices that the rest of the market quotes."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.core.correlation import factor, least_eigenvalue, nearest
from engine.core.paths import (
    add_shock,
    bends,
    bridged,
    diffusion,
    draws,
    follow,
    mix,
    regimes,
    tail_scales,
)
from engine.core.random import Stream
from engine.scenario.errors import InputError
from engine.scenario.schema import Scenario
from engine.scenario.world import World

YEAR = 365 * 24 * 3_600.0  # s; markets that never close have a year of 365 days
LEAST_SIGMA = 1e-7  # [1/sqrt(step)] volatility that stands for none
LOWEST, HIGHEST = 1e-9, 1e12  # USD per coin: outside this a path is refused
BELOW_ZERO = -1e-12  # an eigenvalue that is negative beyond rounding
SMALL = 20_000  # steps x symbols of a world that is kept for the next run
LETTERS = "ABCDEFGH"


@dataclass(frozen=True, eq=False)
class Held:
    """Which correlation matrix held at each step of a generated world.

    The moves from step t - 1 to step t were drawn with `matrices[which[t]]`: the usual one, the
    one of stress, then one for each scripted jump.
    """

    matrices: np.ndarray  # (S, K, K)
    which: np.ndarray  # (T,) int64
    stress: np.ndarray  # (T,) bool

    def between(self, first: int = 0, second: int = 1) -> np.ndarray:
        """Correlation of two symbols at each step (T,)."""
        return self.matrices[self.which, first, second]


@dataclass(frozen=True, eq=False)
class Generated:
    """A drawn outside world."""

    prices: np.ndarray  # (T, K) [USD/coin]
    symbols: tuple[str, ...]
    held: Held
    notes: tuple[str, ...]


def fundamental(scenario: Scenario) -> np.ndarray:
    """Fundamental prices by (step, symbol) [USD per coin] alone; see `generated`."""
    return generated(scenario).prices


def generated(scenario: Scenario) -> Generated:
    """Draw the outside world of a scenario; row 0 of its prices are the opening ones.

    Geometric Brownian motion with `world.volatility` and `world.drift` a year, times the scripted
    shocks, led through the waypoints. A shock multiplies the price by 1 + move, in equal parts of
    its logarithm over `duration` steps beginning with `step`; a jump has duration 1. Row 0 is the
    price before anything happens, so a shock of step 0 acts from step 1. Overlapping shocks
    multiply. A waypoint bends the path between its neighbours by a straight line in the logarithm:
    noise and jumps stay. A waypoint beyond the end is still headed for.

    Further symbols (`world.others`) have draws of their own, mixed by the lower triangle of the
    correlation matrix that holds at the step, so the first symbol never depends on correlation and
    no price before a change of correlation does. Scripted shocks, and the bend of the waypoints,
    reach them times `beta` in the logarithm. With `world.tail` degrees of freedom all shocks of a
    step share one random factor: their law is Student's t, their copula the t copula. In stress
    (`world.p_calm_to_stress`) all volatilities are multiplied by `world.stress_volatility`.

    The price of a step depends on nothing later but waypoints, so a longer run begins the same.
    """
    world, seed = scenario.world, scenario.seed
    return (_kept if world.steps * world.symbols <= SMALL else _generated)(world, seed)


def _generated(world: World, seed: int) -> Generated:
    _check_start(world.waypoints)
    knots = np.array([step for step, _ in world.waypoints if step > 0], np.int64)
    multiples = np.array([m for step, m in world.waypoints if step > 0], np.float64)
    count = max(world.steps, int(knots[-1]) + 1 if knots.size else 0)
    held, notes = correlations(world, seed, count)
    noise = _noise(world, seed, held)
    steps = noise[0]
    moves = np.zeros(count)
    for step, move, duration in world.shocks:
        add_shock(steps, step, float(move), duration)
        add_shock(moves, step, float(move), duration)
    bend = bends(steps, knots, multiples)
    prices = np.empty((world.steps, world.symbols))
    prices[:, 0] = bridged(float(world.price), steps, bend, knots, multiples)[: world.steps]
    for k, (price, _, _, beta) in enumerate(world.others, 1):
        prices[:, k] = follow(float(price), noise[k], moves + bend, float(beta))[: world.steps]
    for k in range(world.symbols):
        _check_range(prices[:, k])
    short = Held(held.matrices, held.which[: world.steps], held.stress[: world.steps])
    return Generated(prices, symbol_names(world.symbols), short, notes)


_kept = lru_cache(maxsize=64)(_generated)  # places of a sweep share the worlds of their seeds


def symbol_names(count: int) -> tuple[str, ...]:
    """COIN, or COIN-A, COIN-B and so on where there are several."""
    return ("COIN",) if count == 1 else tuple(f"COIN-{letter}" for letter in LETTERS[:count])


def _noise(world: World, seed: int, held: Held) -> list[np.ndarray]:
    """Steps of the log price of each symbol (count,), before anything scripted."""
    count = len(held.which)
    shocks = draws(count, world.symbols, seed, int(Stream.PRICES), 0)
    if world.symbols > 1:
        mix(shocks, np.stack([factor(matrix) for matrix in held.matrices]), held.which)
    if world.tail:
        shocks *= tail_scales(count, world.tail, seed, int(Stream.TAILS))
    multiple = np.where(held.stress, float(world.stress_volatility), 1.0)
    years, drift = world.dt / YEAR, float(world.drift)
    volatility = (world.volatility, *(row[1] for row in world.others))
    return [
        diffusion(z, years, float(v), drift, multiple)
        for z, v in zip(shocks, volatility, strict=True)
    ]


def correlations(world: World, seed: int, count: int) -> tuple[Held, tuple[str, ...]]:
    """The matrices of a world and when each holds; a note where the asked one was impossible.

    Stress replaces the usual matrix, a scripted jump replaces both; of two jumps that overlap the
    later row counts.
    """
    matrices, notes = _matrices(world)
    stress = regimes(
        count,
        float(world.p_calm_to_stress),
        float(world.p_stress_to_calm),
        seed,
        int(Stream.REGIMES),
    )
    which = stress.astype(np.int64)
    for place, (step, _, duration) in enumerate(world.correlation_jumps, 2):
        which[step : step + duration] = place
    return Held(matrices, which, stress), notes


@lru_cache(maxsize=64)  # seeds share them
def _matrices(world: World) -> tuple[np.ndarray, tuple[str, ...]]:
    """All matrices of a world (S, K, K), in the order of `Held.which`, and the note on them."""
    usual, notes = usual_matrix(world)
    common = [world.regime_correlation, *(row[1] for row in world.correlation_jumps)]
    return np.stack([usual, *(_alike(world.symbols, float(value)) for value in common)]), notes


def _alike(symbols: int, correlation: float) -> np.ndarray:
    matrix = np.full((symbols, symbols), correlation)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def usual_matrix(world: World) -> tuple[np.ndarray, tuple[str, ...]]:
    """Correlation matrix of calm (K, K). Pairs that contradict each other give the nearest one."""
    asked = _alike(world.symbols, float(world.correlation))
    for first, second, value in world.correlations:
        asked[first, second] = asked[second, first] = float(value)
    if not world.correlations or least_eigenvalue(asked) >= BELOW_ZERO:
        return asked, ()
    found = nearest(asked)
    names = symbol_names(world.symbols)
    changed = [
        f"{names[i]} and {names[j]} {asked[i, j]:.4g} to {found[i, j]:.4g}"
        for i in range(world.symbols)
        for j in range(i)
        if abs(found[i, j] - asked[i, j]) >= 5e-5
    ]
    note = "No prices have the correlations asked for; the nearest that some have are used: "
    return found, (note + ", ".join(changed) + ".",)


def _check_start(waypoints: tuple) -> None:
    if waypoints and waypoints[0][0] == 0 and waypoints[0][1] != 1:
        raise InputError(
            "world.waypoints[0]", waypoints[0], "a step from 1 on: step 0 has the opening price"
        )


def _check_range(prices: np.ndarray) -> None:
    if not (prices.min() >= LOWEST and prices.max() <= HIGHEST):  # NaN is refused too
        step = int(np.flatnonzero(~((prices >= LOWEST) & (prices <= HIGHEST)))[0])
        raise InputError(
            f"world: price at step {step}",
            float(prices[step]),
            f"{LOWEST} .. {HIGHEST:,.0f} USD/coin; lower volatility, drift, dt or the shocks",
        )
