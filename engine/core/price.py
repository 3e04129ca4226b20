"""The quiet part of a run: prices move and nobody is due."""

import numpy as np

from engine.core.book import displacement, volume_at_end
from engine.core.jit import kernel
from engine.core.mark import next_mark
from engine.core.maths import log, power


@kernel(bare=True)
def thinned(depth, sigma, usual, p, cut):
    """Depth [lot] now: D0 * min(1, (usual / sigma) ** thinning) * cut.

    usual : volatility a step of this symbol at which its depth is full, p.sigma0 * inputs.calm[k].
    """
    if p.thinning > 0.0 and sigma > usual:
        depth = depth * power(usual / sigma, p.thinning)
    return depth * cut


@kernel(bare=True)
def track(k, t, mid, p, inputs, state):
    """Keep the EWMA of squared log returns of the mid; it is used from the next step on."""
    market = state.market[k]
    if t > 0:
        r = log(mid / state.mid[t - 1, k])
        market["variance"] = p.keep * market["variance"] + (1.0 - p.keep) * (r * r)


@kernel(bare=True)
def thin_book(k, t, p, inputs, state):
    """Set the depth of this step and cut what lies beyond the end of the book."""
    market = state.market[k]
    sigma = np.sqrt(market["variance"])
    if p.track == 1:
        state.sigma[t, k] = sigma
    burst = inputs.cut[t, 0] if inputs.cut.shape[0] > 1 else 1.0
    market["depth"] = thinned(inputs.depth[k], sigma, p.sigma0 * inputs.calm[k], p, burst)
    end = volume_at_end(market["depth"], p.shape)
    market["volume"] = min(max(market["volume"], -end), end)


@kernel(inline=True, bare=True)
def advance(k, stop, p, inputs, state):
    """Compute prices of symbol `k` until somebody may be due, `stop` is reached or the run ends.

    Returns the step it stopped at (T at the end); its prices are computed, its events are not.
    The common case keeps everything in registers.
    """
    market = state.market[k]
    volume, average, depth = market["volume"], market["average"], market["depth"]
    below, above = market["fire_below"], market["fire_above"]
    steps = inputs.f.shape[0]
    varies = p.track == 1 or inputs.cut.shape[0] > 1
    t = market["seen"] + 1
    while t < steps:
        f = inputs.f[t, k]
        volume *= p.decay
        if varies:
            market["volume"] = volume
            thin_book(k, t, p, inputs, state)
            volume, depth = market["volume"], market["depth"]
        mid = f * (1.0 + displacement(volume, depth, p.shape))
        mark, average = next_mark(p.rule, f, mid, average, p.alpha, p.clamp)
        state.mid[t, k] = mid
        state.raw[t, k] = mark
        if varies:
            track(k, t, mid, p, inputs, state)
        if p.check_lag > 0:
            past = t - p.check_lag
            mark = state.raw[past if past > 0 else 0, k]
        if mark <= below or mark >= above or t >= stop:
            break
        t += 1
    market["volume"], market["average"] = volume, average
    market["seen"] = t
    return t
