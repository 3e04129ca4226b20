"""Kernel of the generated fundamental price: steps of its logarithm, and a bridge to waypoints."""

import math

import numpy as np

from engine.core.jit import kernel
from engine.core.maths import exp, log
from engine.core.random import fill_normal


@kernel
def diffusion(count, dt_years, volatility, drift, seed, stream, first):
    """Steps of log price: (drift - volatility**2 / 2) dt + volatility sqrt(dt) z; 0 at step 0.

    z is standard normal; the draw of step t has counter first + t, whatever the length.
    """
    steps = np.empty(count, np.float64)
    fill_normal(steps, seed, stream, first)
    mean = (drift - 0.5 * volatility * volatility) * dt_years
    spread = volatility * math.sqrt(dt_years)
    for t in range(count):
        steps[t] = mean + spread * steps[t]
    steps[0] = 0.0
    return steps


@kernel
def add_shock(steps, begin, move, duration):
    """Add log(1 + move), in equal parts, to `duration` steps from `begin` on (at least step 1)."""
    begin = max(begin, 1)
    part = log(1.0 + move) / duration
    for t in range(begin, min(begin + duration, steps.size)):
        steps[t] += part


@kernel
def bridged(price, steps, knots, multiples):
    """Prices of the path with log steps `steps`, led through price * multiples at steps `knots`.

    Between two knots a and b the sum L of the steps gets a straight line in time added, such that
    log f(b) is what the waypoint asks: log f(t) = log f(a) + L(t) - L(a) + slope (t - a). With
    normal steps this is a Brownian bridge. The start is the first knot; after the last one the
    path runs free. At a knot the price is set, so no rounding is left there.
    """
    f = np.empty(steps.size, np.float64)
    f[0] = price
    start, level = 0, 0.0
    for k in range(knots.size):
        end = knots[k]
        target = log(multiples[k])
        free = 0.0
        for t in range(start + 1, end + 1):
            free += steps[t]
        slope = (target - level - free) / (end - start)
        walked = 0.0
        for t in range(start + 1, end):
            walked += steps[t]
            f[t] = price * exp(level + walked + slope * (t - start))
        f[end] = price * multiples[k]
        start, level = end, target
    walked = 0.0
    for t in range(start + 1, steps.size):
        walked += steps[t]
        f[t] = price * exp(level + walked)
    return f
