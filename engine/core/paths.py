"""Kernels of generated fundamental prices: shocks, their correlation, and a bridge to waypoints."""

import math

import numpy as np

from engine.core.jit import kernel
from engine.core.maths import exp, log
from engine.core.random import fill_normal, fill_uniform

APART = 2**32  # draws kept for one symbol


@kernel
def draws(count, symbols, seed, stream, first):
    """Standard normal draws (symbols, count), each row with addresses of its own.

    Draw t of symbol k has counter k * APART + first + t, whatever the length and the number of
    symbols, so a further symbol changes no earlier one.
    """
    out = np.empty((symbols, count))
    for k in range(symbols):
        fill_normal(out[k], seed, stream, k * APART + first)
    return out


@kernel
def regimes(count, into, out_of, seed, stream):
    """Whether each step is in stress (count,): a Markov chain that starts in calm.

    into, out_of : chance a step of leaving calm, and of leaving stress.
    """
    u = np.empty(count)
    fill_uniform(u, seed, stream, 0)
    stress = np.zeros(count, np.bool_)
    for t in range(1, count):
        stress[t] = u[t] >= out_of if stress[t - 1] else u[t] < into
    return stress


@kernel
def tail_scales(count, freedom, seed, stream):
    """sqrt((freedom - 2) / chi2) of each step (count,), with `freedom` degrees of freedom, from 3.

    Normal draws times it have a Student t law of unit variance; draws of several symbols times the
    same number have the t copula of their correlation. chi2 is -2 log u for each two degrees and a
    squared normal for an odd one.
    """
    pairs, odd = freedom // 2, freedom % 2
    scales = np.empty(count)
    u, z = np.empty(pairs), np.empty(1)
    for t in range(count):
        fill_uniform(u, seed, stream, t * pairs)
        chi2 = 0.0
        for j in range(pairs):
            chi2 -= 2.0 * log(u[j])
        if odd == 1:
            fill_normal(z, seed, stream, APART + t)
            chi2 += z[0] * z[0]
        scales[t] = math.sqrt((freedom - 2.0) / chi2)
    return scales


@kernel
def mix(shocks, factors, which):
    """Correlate the draws (symbols, count) in place: those of step t by factors[which[t]].

    The factors are lower triangles whose first row is (1, 0, ...), so symbol 0 keeps its draws.
    """
    for t in range(shocks.shape[1]):
        low = factors[which[t]]
        for k in range(len(shocks) - 1, 0, -1):
            total = 0.0
            for j in range(k + 1):
                total += low[k, j] * shocks[j, t]
            shocks[k, t] = total


@kernel
def diffusion(z, dt_years, volatility, drift, multiple):
    """Steps of log price: (drift - v**2 / 2) dt + v sqrt(dt) z; 0 at step 0.

    z : (count,) shocks of unit variance; multiple : (count,) or (1,), v = volatility * multiple.
    """
    steps = np.zeros(z.size)
    for t in range(1, z.size):
        v = volatility * multiple[t if multiple.size > 1 else 0]
        steps[t] = (drift - 0.5 * v * v) * dt_years + v * math.sqrt(dt_years) * z[t]
    return steps


@kernel
def add_shock(steps, begin, move, duration):
    """Add log(1 + move), in equal parts, to `duration` steps from `begin` on (at least step 1)."""
    begin = max(begin, 1)
    part = log(1.0 + move) / duration
    for t in range(begin, min(begin + duration, steps.size)):
        steps[t] += part


@kernel
def bends(steps, knots, multiples):
    """What waypoints add to each log step (count,): a constant between two of them.

    Between knots a and b the sum L of the steps gets a straight line in time added, such that
    log f(b) is what the waypoint asks. The start is the first knot; after the last one nothing is
    added.
    """
    added = np.zeros(steps.size)
    start, level = 0, 0.0
    for k in range(knots.size):
        end = knots[k]
        target = log(multiples[k])
        free = 0.0
        for t in range(start + 1, end + 1):
            free += steps[t]
        slope = (target - level - free) / (end - start)
        for t in range(start + 1, end + 1):
            added[t] = slope
        start, level = end, target
    return added


@kernel
def bridged(price, steps, bend, knots, multiples):
    """Prices of the path with log steps `steps`, led through price * multiples at steps `knots`.

    log f(t) = log f(a) + L(t) - L(a) + bend (t - a) after a knot a, L the sum of the steps and
    `bend` from `bends`. With normal steps this is a Brownian bridge. At a knot the price is set,
    so no rounding is left there.
    """
    f = np.empty(steps.size, np.float64)
    f[0] = price
    start, level = 0, 0.0
    for k in range(knots.size):
        end = knots[k]
        walked = 0.0
        for t in range(start + 1, end):
            walked += steps[t]
            f[t] = price * exp(level + walked + bend[end] * (t - start))
        f[end] = price * multiples[k]
        start, level = end, log(multiples[k])
    walked = 0.0
    for t in range(start + 1, steps.size):
        walked += steps[t]
        f[t] = price * exp(level + walked)
    return f


@kernel
def follow(price, steps, moves, beta):
    """Prices of another symbol: its own log steps, and beta times the scripted moves (count,)."""
    f = np.empty(steps.size)
    f[0] = price
    walked = 0.0
    for t in range(1, steps.size):
        walked += steps[t] + beta * moves[t]
        f[t] = price * exp(walked)
    return f
