"""Exponential, logarithm and power with the same bits on every processor.

The C library's `exp` and `log` may differ in the last bit where a processor has fused
multiply-add, and NumPy's where it has wide vectors. These use only + - * /, comparison and exact
scaling by powers of two, each of which IEEE 754 defines to the bit. The compiler never contracts
`x * y + z` here, because no kernel sets `fastmath`.

Method and constants: FreeBSD msun `e_exp.c` and `e_log.c` (Sun Microsystems, 1993, freely
redistributable). Error below 1 unit in the last place (ulp).
"""

import math

import numpy as np

from engine.core.jit import kernel

LN2_HIGH = 6.93147180369123816490e-01  # ends in 32 zero bits, so k * LN2_HIGH is exact
LN2_LOW = 1.90821492927058770002e-10
INVERSE_LN2 = 1.44269504088896338700e00
SQRT_HALF = 0.70710678118654757
EXP_OVERFLOW = 7.09782712893383973096e02
EXP_UNDERFLOW = -7.45133219101941108420e02


@kernel
def exp(x: float) -> float:
    """e**x; error below 1 ulp.

    With k the whole number nearest x / ln 2 and r = x - k ln 2, e**x = 2**k e**r. e**r comes
    from e**r = 1 + 2r / (R - r), where R = r (e**r + 1) / (e**r - 1) is a polynomial in r * r.
    """
    if x > EXP_OVERFLOW:
        return math.inf
    if x < EXP_UNDERFLOW:
        return 0.0
    if x != x:
        return math.nan
    k = math.floor(x * INVERSE_LN2 + 0.5)
    high = x - k * LN2_HIGH
    low = k * LN2_LOW
    r = high - low
    t = r * r
    series = 4.13813679705723846039e-08
    series = -1.65339022054652515390e-06 + t * series
    series = 6.61375632143793436117e-05 + t * series
    series = -2.77777777770155933842e-03 + t * series
    series = 1.66666666666666019037e-01 + t * series
    c = r - t * series
    fraction = 1.0 - ((low - (r * c) / (2.0 - c)) - high)
    return math.ldexp(fraction, int(k))


@kernel
def log(x: float) -> float:
    """Natural logarithm; error below 1 ulp. log(0) is -inf, a negative number gives nan.

    With x = 2**k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2), and s = f / (2 + f):
    log(1 + f) = f - f*f/2 + s (f*f/2 + R), where R is a polynomial in s * s.
    """
    if not x > 0.0:
        return -math.inf if x == 0.0 else math.nan
    if x == math.inf:
        return math.inf
    mantissa, k = math.frexp(x)
    if mantissa < SQRT_HALF:
        mantissa = 2.0 * mantissa
        k = k - 1
    f = mantissa - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = 2.222219843214978396e-01 + w * 1.531383769920937332e-01
    even = w * (3.999999999940941908e-01 + w * even)
    odd = 1.818357216161805012e-01 + w * 1.479819860511658591e-01
    odd = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 + w * odd))
    half = 0.5 * f * f
    return k * LN2_HIGH - ((half - (s * (half + (odd + even)) + k * LN2_LOW)) - f)


@kernel
def power(x: float, y: float) -> float:
    """x**y for x > 0, as exp(y log x). Exact for y = 0 and y = 1.

    The relative error is at most about (1 + |y log x|) 2**-52: below 2 ulp while x**y lies
    between 1/e and e, some 10 ulp at a factor of 10**4.
    """
    if y == 0.0:
        return 1.0
    if y == 1.0:
        return float(x)
    return exp(y * log(x))


@kernel
def exp_each(values):
    """`exp` of every value of an array of one dimension."""
    out = np.empty(values.size, np.float64)
    for i in range(values.size):
        out[i] = exp(values[i])
    return out


@kernel
def total(values):
    """Sum from the first value to the last, so that no vector width changes the rounding."""
    result = 0.0
    for i in range(values.size):
        result += values[i]
    return result
