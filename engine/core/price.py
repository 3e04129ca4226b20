"""The quiet part of a run: prices move and nobody is due."""

import numpy as np

from engine.core.book import displacement, volume_at_end
from engine.core.jit import kernel
from engine.core.mark import lagged, next_mark
from engine.core.maths import log, power
from engine.core.reference import outline


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


@kernel(bare=True)
def glide(k, stop, p, inputs, state):
    """`advance` where the depth is constant and the margin check sees the newest mark.

    A function of its own with little in it, so that everything stays in registers.
    """
    outline()
    market = state.market[k]
    volume, average, depth = market["volume"], market["average"], market["depth"]
    below, above = market["fire_below"], market["fire_above"]
    f_of, mid_of, raw_of = inputs.f[:, k], state.mid[:, k], state.raw[:, k]
    steps, decay, shape = len(f_of), p.decay, p.shape
    rule, alpha, clamp = p.rule, p.alpha, p.clamp
    t = np.uint64(market["seen"] + 1)
    while t < steps:
        f = f_of[t]
        volume *= decay
        mid = f * (1.0 + displacement(volume, depth, shape))
        mark, average = next_mark(rule, f, mid, average, alpha, clamp)
        mid_of[t] = mid
        raw_of[t] = mark
        if mark <= below or mark >= above or t >= stop:
            break
        t += np.uint64(1)
    market["volume"], market["average"] = volume, average
    market["seen"] = t
    return np.int64(t)


@kernel(bare=True)
def crawl(k, stop, p, inputs, state):
    """`advance` where the depth changes or the margin check sees an older mark."""
    market = state.market[k]
    varies = p.track == 1 or inputs.cut.shape[0] > 1
    for t in range(market["seen"] + 1, inputs.f.shape[0]):
        f = inputs.f[t, k]
        market["volume"] *= p.decay
        if varies:
            thin_book(k, t, p, inputs, state)
        mid = f * (1.0 + displacement(market["volume"], market["depth"], p.shape))
        mark, average = next_mark(p.rule, f, mid, market["average"], p.alpha, p.clamp)
        market["average"] = average
        state.mid[t, k] = mid
        state.raw[t, k] = mark
        if varies:
            track(k, t, mid, p, inputs, state)
        mark = lagged(state.raw, t, p.check_lag, k)
        if mark <= market["fire_below"] or mark >= market["fire_above"] or t >= stop:
            market["seen"] = t
            return t
    market["seen"] = inputs.f.shape[0]
    return inputs.f.shape[0]


@kernel(inline=True, bare=True)
def advance(k, stop, p, inputs, state):
    """Compute prices of symbol `k` until somebody may be due, `stop` is reached or the run ends.

    Returns the step it stopped at (T at the end); its prices are computed, its events are not.
    """
    if p.track == 1 or inputs.cut.shape[0] > 1 or p.check_lag > 0:
        return crawl(k, stop, p, inputs, state)
    return glide(k, stop, p, inputs, state)
