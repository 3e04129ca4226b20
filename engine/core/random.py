"""Random numbers by counter: every draw has an address (seed, stream, counter) and no state.

The same address gives the same number whatever was drawn before, so two policies on one seed see
the same world, and a new purpose takes nothing from the others.

Generator: splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
OOPSLA 2014; constants of Vigna's public-domain version). Draw n of a stream is output n of
splitmix64 started at the stream's key; the key is itself a splitmix64 output of the seed.
"""

import math
from enum import IntEnum

import numpy as np
from numba import config

from engine.core.jit import kernel
from engine.core.maths import log

# Compiled code works on 64-bit words, which wrap. In plain Python (compiling switched off) a NumPy
# word would warn on every wrap, so Python's whole numbers and a mask stand in: same bits.
_word = int if config.DISABLE_JIT else np.uint64  # type: ignore[attr-defined]
_MASK = _word(0xFFFFFFFFFFFFFFFF)
_GOLDEN = _word(0x9E3779B97F4A7C15)
_MIX_1 = _word(0xBF58476D1CE4E5B9)
_MIX_2 = _word(0x94D049BB133111EB)
_ONE, _12, _27, _30, _31 = _word(1), _word(12), _word(27), _word(30), _word(31)
_STEP = 1.0 / 2**52


class Stream(IntEnum):
    """What a draw is for. Numbers are part of the format of links: never change one."""

    PRICES = 1
    POPULATION = 2
    LIQUIDATORS = 3
    MONITOR = 4
    REGIMES = 11
    TAILS = 12


@kernel
def splitmix64(state, n):
    """Output n (from 0) of splitmix64 started at `state`: a 64-bit word."""
    z = ((_word(state) & _MASK) + ((_word(n) & _MASK) + _ONE) * _GOLDEN) & _MASK
    z = ((z ^ (z >> _30)) * _MIX_1) & _MASK
    z = ((z ^ (z >> _27)) * _MIX_2) & _MASK
    return z ^ (z >> _31)


@kernel
def _key(seed, stream):
    return splitmix64(splitmix64(seed, 0), stream)


@kernel
def _open_unit(word):
    # 52 bits and a half: an odd multiple of 2**-53, exact, never 0 or 1, symmetric about 1/2
    return (float(word >> _12) + 0.5) * _STEP


@kernel
def uniform(seed, stream, counter):
    """A number spread evenly over (0, 1), both ends left out."""
    return _open_unit(splitmix64(_key(seed, stream), counter))


@kernel
def normal(seed, stream, counter):
    """A standard normal number: the normal quantile of `uniform` at the same address."""
    return quantile(uniform(seed, stream, counter))


@kernel
def fill_uniform(out, seed, stream, first):
    """Fill `out` with uniform numbers; out[i] has counter first + i."""
    key = _key(seed, stream)
    for i in range(out.size):
        out[i] = _open_unit(splitmix64(key, first + i))


@kernel
def fill_normal(out, seed, stream, first):
    """Fill `out` with standard normal numbers; out[i] has counter first + i."""
    key = _key(seed, stream)
    for i in range(out.size):
        out[i] = quantile(_open_unit(splitmix64(key, first + i)))


@kernel
def _ratio_central(r):
    top = 2.5090809287301226727e3
    top = top * r + 3.3430575583588128105e4
    top = top * r + 6.7265770927008700853e4
    top = top * r + 4.5921953931549871457e4
    top = top * r + 1.3731693765509461125e4
    top = top * r + 1.9715909503065514427e3
    top = top * r + 1.3314166789178437745e2
    top = top * r + 3.3871328727963666080e0
    bottom = 5.2264952788528545610e3
    bottom = bottom * r + 2.8729085735721942674e4
    bottom = bottom * r + 3.9307895800092710610e4
    bottom = bottom * r + 2.1213794301586595867e4
    bottom = bottom * r + 5.3941960214247511077e3
    bottom = bottom * r + 6.8718700749205790830e2
    bottom = bottom * r + 4.2313330701600911252e1
    return top / (bottom * r + 1.0)


@kernel
def _ratio_near_tail(r):
    top = 7.74545014278341407640e-4
    top = top * r + 2.27238449892691845833e-2
    top = top * r + 2.41780725177450611770e-1
    top = top * r + 1.27045825245236838258e0
    top = top * r + 3.64784832476320460504e0
    top = top * r + 5.76949722146069140550e0
    top = top * r + 4.63033784615654529590e0
    top = top * r + 1.42343711074968357734e0
    bottom = 1.05075007164441684324e-9
    bottom = bottom * r + 5.47593808499534494600e-4
    bottom = bottom * r + 1.51986665636164571966e-2
    bottom = bottom * r + 1.48103976427480074590e-1
    bottom = bottom * r + 6.89767334985100004550e-1
    bottom = bottom * r + 1.67638483018380384940e0
    bottom = bottom * r + 2.05319162663775882187e0
    return top / (bottom * r + 1.0)


@kernel
def _ratio_far_tail(r):
    top = 2.01033439929228813265e-7
    top = top * r + 2.71155556874348757815e-5
    top = top * r + 1.24266094738807843860e-3
    top = top * r + 2.65321895265761230930e-2
    top = top * r + 2.96560571828504891230e-1
    top = top * r + 1.78482653991729133580e0
    top = top * r + 5.46378491116411436990e0
    top = top * r + 6.65790464350110377720e0
    bottom = 2.04426310338993978564e-15
    bottom = bottom * r + 1.42151175831644588870e-7
    bottom = bottom * r + 1.84631831751005468180e-5
    bottom = bottom * r + 7.86869131145613259100e-4
    bottom = bottom * r + 1.48753612908506148525e-2
    bottom = bottom * r + 1.36929880922735805310e-1
    bottom = bottom * r + 5.99832206555887937690e-1
    return top / (bottom * r + 1.0)


@kernel
def quantile(p):
    """The x with probability p below it under the standard normal law, 0 < p < 1.

    Algorithm AS 241, PPND16 (Wichura, Applied Statistics 37, 1988): three ratios of polynomials,
    relative accuracy about 1e-16. Square roots are exact to the bit by IEEE 754.
    """
    q = p - 0.5
    if abs(q) <= 0.425:
        return q * _ratio_central(0.180625 - q * q)
    r = math.sqrt(-log(p if q < 0.0 else 1.0 - p))
    x = _ratio_near_tail(r - 1.6) if r <= 5.0 else _ratio_far_tail(r - 5.0)
    return -x if q < 0.0 else x
