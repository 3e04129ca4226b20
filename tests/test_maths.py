"""Elementary functions: accurate, and the same bits everywhere."""

import hashlib
import math

import numpy as np
import pytest

from engine.core import maths, random

FROZEN = "c8cf954c8f96400f"


def bits() -> str:
    """Hash of many results."""
    rng = [random.uniform(5, 4, i) for i in range(3000)]
    out = []
    for i in range(0, 3000, 3):
        out.append(maths.exp(1480.0 * (rng[i] - 0.5)))
        out.append(maths.log(maths.exp(1400.0 * (rng[i + 1] - 0.5)) * rng[i + 2]))
        out.append(maths.power(0.01 + 100.0 * rng[i], 8.0 * (rng[i + 1] - 0.5)))
        out.append(random.normal(2**31 - 1, 3, 2**40 + i))
        out.append(float(int(random.splitmix64(-i, i)) % 2**53))
    block = np.empty(1000)
    random.fill_normal(block, 7, 1, 2**33)
    out += [*block, *maths.exp_each(block), maths.total(block)]
    return hashlib.sha256(np.array(out, np.float64).tobytes()).hexdigest()[:16]


def ulps(got: float, right: float) -> float:
    return abs(got - right) / math.ulp(right)


def test_exp_is_within_one_ulp():
    """exp agrees with the C library to the last bit or the one beside it, over its whole range."""
    points = np.concatenate([np.linspace(-708.0, 709.7, 20_011), np.linspace(-1.0, 1.0, 20_011)])
    assert max(ulps(maths.exp(x), math.exp(x)) for x in points) <= 1.0


def test_log_is_within_one_ulp():
    """log agrees with the C library to the last bit or the one beside it, tiny numbers included."""
    points = np.concatenate(
        [np.linspace(0.3, 3.0, 20_011), 10.0 ** np.linspace(-300, 300, 6_001), [5e-324, 1e-310]]
    )
    assert max(ulps(maths.log(x), math.log(x)) for x in points if x != 1.0) <= 1.0
    assert maths.log(1.0) == 0.0


def test_power_is_accurate_where_results_are_moderate():
    """power stays within 3 ulp while the result is within a factor e of 1, and 16 up to 10**4."""
    worst_near, worst_far = 0.0, 0.0
    for x in np.linspace(0.05, 20.0, 501):
        for y in np.linspace(-3.0, 3.0, 61):
            error = ulps(maths.power(x, y), math.pow(x, y))
            if abs(y * math.log(x)) <= 1.0:
                worst_near = max(worst_near, error)
            worst_far = max(worst_far, error)
    assert worst_near <= 3.0 and worst_far <= 16.0


def test_exact_cases():
    """exp(0), log(1) and powers 0 and 1 are exact, so a reader's hand calculation agrees."""
    assert maths.exp(0.0) == 1.0
    assert maths.power(0.37, 0.0) == 1.0
    assert maths.power(0.37, 1.0) == 0.37


def test_edges_of_the_number_range():
    """Overflow gives inf, underflow 0, and impossible arguments nan, without an exception."""
    assert maths.exp(710.0) == math.inf and maths.exp(math.inf) == math.inf
    assert maths.exp(-746.0) == 0.0 and maths.exp(-math.inf) == 0.0
    assert maths.exp(-745.0) == math.exp(-745.0)
    assert maths.log(0.0) == -math.inf and maths.log(math.inf) == math.inf
    assert math.isnan(maths.log(-1.0))
    assert math.isnan(maths.log(math.nan)) and math.isnan(maths.exp(math.nan))


@pytest.mark.laws
def test_frozen_functions():
    """Functions and draws give identical bits on a plain processor and without compiling."""
    assert bits() == FROZEN


def test_total_adds_in_order():
    """Sums go from first to last, one rounding at a time."""
    values = np.array([1e16, 1.0, 1.0, -1e16])
    assert maths.total(values) == ((1e16 + 1.0) + 1.0) - 1e16
