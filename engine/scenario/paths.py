"""The outside world: the fundamental price that the rest of the market quotes."""

import numpy as np

from engine.core.paths import add_shock, bridged, diffusion
from engine.core.random import Stream
from engine.scenario.errors import InputError
from engine.scenario.schema import Scenario

YEAR = 365 * 24 * 3_600.0  # s; markets that never close have a year of 365 days
LOWEST, HIGHEST = 1e-9, 1e12  # USD per coin: outside this a path is refused


def fundamental(scenario: Scenario) -> np.ndarray:
    """Fundamental price by (step, symbol) [USD per coin]; row 0 is `world.price`.

    Geometric Brownian motion with `world.volatility` and `world.drift` a year, times the scripted
    shocks, led through the waypoints. A shock multiplies the price by 1 + move, in equal parts of
    its logarithm over `duration` steps beginning with `step`; a jump has duration 1. Row 0 is the
    price before anything happens, so a shock of step 0 acts from step 1. Overlapping shocks
    multiply. A waypoint bends the path between its neighbours by a straight line in the logarithm:
    noise and jumps stay. A waypoint beyond the end is still headed for.

    The price of a step depends on nothing later but waypoints, so a longer run begins the same.
    """
    world = scenario.world
    _check_start(world.waypoints)
    knots = np.array([step for step, _ in world.waypoints if step > 0], np.int64)
    multiples = np.array([m for step, m in world.waypoints if step > 0], np.float64)
    count = max(world.steps, int(knots[-1]) + 1 if knots.size else 0)
    steps = diffusion(
        count,
        world.dt / YEAR,
        float(world.volatility),
        float(world.drift),
        scenario.seed,
        int(Stream.PRICES),
        0,
    )
    for step, move, duration in world.shocks:
        add_shock(steps, step, float(move), duration)
    prices = bridged(float(world.price), steps, knots, multiples)[: world.steps]
    _check_range(prices)
    return prices.reshape(-1, 1)


def _check_start(waypoints: tuple) -> None:
    if waypoints and waypoints[0][0] == 0 and waypoints[0][1] != 1:
        raise InputError(
            "world.waypoints[0]", waypoints[0], "a step from 1 on: step 0 has the opening price"
        )


def _check_range(prices: np.ndarray) -> None:
    outside = np.flatnonzero(~((prices >= LOWEST) & (prices <= HIGHEST)))
    if outside.size:
        step = int(outside[0])
        raise InputError(
            f"world: price at step {step}",
            float(prices[step]),
            f"{LOWEST} .. {HIGHEST:,.0f} USD/coin; lower volatility, drift, dt or the shocks",
        )
