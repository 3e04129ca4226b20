"""The generated outside world: its law, shocks, waypoints and bounds."""

import hashlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.scenario.errors import InputError
from engine.scenario.paths import YEAR, fundamental
from engine.scenario.schema import Scenario, World

BUSY = World(
    steps=500,
    volatility=1.3,
    shocks=((20, -0.2, 1), (60, 0.5, 40), (80, -0.1, 300)),
    waypoints=((100, 0.8), (130, 1.1), (400, 0.95)),
)
FROZEN = "685a48d59f14bd64"


def path(seed: int = 1, **world) -> np.ndarray:
    return fundamental(Scenario(seed=seed, world=World(**world)))[:, 0]


def digest(world: World, seed: int = 4) -> str:
    prices = fundamental(Scenario(seed=seed, world=world))
    return hashlib.sha256(prices.tobytes()).hexdigest()[:16]


def test_shape_and_start():
    """One row a step, one column a symbol, and row 0 is the opening price."""
    prices = fundamental(Scenario(world=World(steps=7, price=0.1, shocks=((0, 0.5, 1),))))
    assert prices.shape == (7, 1) and prices.dtype == np.float64
    assert prices[0, 0] == 0.1 and prices[1, 0] > 0.14
    assert fundamental(Scenario(world=World(steps=1))).shape == (1, 1)


def test_quiet_world_stands_still():
    """Without volatility, drift or shocks the price never changes, to the bit."""
    assert (path(volatility=0.0, steps=1_000) == 60_000.0).all()


def test_volatility_and_drift_are_per_year():
    """Log returns have variance volatility**2 dt and mean (drift - volatility**2 / 2) dt."""
    returns = np.diff(np.log(path(steps=150_000, dt=3_600.0, volatility=0.8, drift=0.7)))
    dt = 3_600.0 / YEAR
    assert returns.std() == pytest.approx(0.8 * math.sqrt(dt), rel=0.01)
    assert returns.mean() == pytest.approx((0.7 - 0.32) * dt, abs=4.5 * returns.std() / 387)


def test_a_jump_multiplies_the_price_at_its_step():
    """A shock of duration 1 acts at its own step, whole, and leaves the noise as it was."""
    calm, hit = path(steps=50), path(steps=50, shocks=((20, -0.3, 1),))
    assert (calm[:20] == hit[:20]).all()
    assert hit[20:] / calm[20:] == pytest.approx(0.7, rel=1e-14)


def test_a_ramp_is_even_in_the_logarithm_and_shocks_compose():
    """A ramp multiplies by equal factors from its step on; overlapping shocks multiply."""
    prices = path(steps=50, volatility=0.0, shocks=((10, -0.5, 4), (12, 0.2, 1)))
    factor = 0.5**0.25
    assert prices[9] == 60_000.0
    assert prices[10] == pytest.approx(60_000.0 * factor, rel=1e-14)
    assert prices[12] == pytest.approx(60_000.0 * factor**3 * 1.2, rel=1e-14)
    assert prices[13:] == pytest.approx(60_000.0 * 0.6, rel=1e-14)


def test_a_shock_that_outlasts_the_run_is_cut_short():
    """Shocks at or beyond the end do no harm."""
    prices = path(steps=10, volatility=0.0, shocks=((8, -0.5, 4), (500, 1.0, 1)))
    assert prices[9] == pytest.approx(60_000.0 * 0.5**0.5, rel=1e-14)


@given(
    seed=st.integers(0, 2**31 - 1),
    volatility=st.floats(0.0, 5.0),
    steps=st.lists(st.integers(1, 300), min_size=1, max_size=5, unique=True).map(sorted),
    multiple=st.floats(0.5, 2.0),
)
@settings(max_examples=100, deadline=None)
def test_waypoints_are_met_exactly(seed, volatility, steps, multiple):
    """The path passes through each waypoint to the bit, whatever the noise and shocks."""
    points = tuple((step, multiple ** (i % 3)) for i, step in enumerate(steps))
    prices = path(seed, steps=301, volatility=volatility, waypoints=points, shocks=((7, -0.4, 20),))
    for step, times in points:
        assert prices[step] == 60_000.0 * times


def test_noise_stays_between_waypoints():
    """Between waypoints returns keep their noise; the bend is the same small part of each step."""
    free = np.diff(np.log(path(steps=4_001)))
    bent = np.diff(np.log(path(steps=4_001, waypoints=((2_000, 0.9), (4_000, 1.05)))))
    for half in (slice(0, 2_000), slice(2_000, 4_000)):
        bend = (bent - free)[half]
        assert abs(bend[0]) < 2e-4
        assert bend == pytest.approx(bend[0], abs=1e-12)


def test_after_the_last_waypoint_the_path_runs_free():
    """Steps after the last waypoint are those of the same world without waypoints."""
    free, bent = path(steps=300), path(steps=300, waypoints=((100, 0.9),))
    assert np.diff(np.log(bent[100:])) == pytest.approx(np.diff(np.log(free[100:])), abs=1e-13)


def test_a_longer_run_begins_the_same():
    """Lengthening a run changes no earlier price, a waypoint beyond the end included."""
    for points in ((), ((900, 0.5),)):
        short, long = path(steps=200, waypoints=points), path(steps=2_000, waypoints=points)
        assert (short == long[:200]).all()


def test_seeds_differ():
    """Another seed gives another path."""
    assert (path(seed=1)[1:] != path(seed=2)[1:]).all()


def test_impossible_worlds_are_refused_in_one_line():
    """A path that leaves the number range, and a waypoint that moves the start, are named."""
    with pytest.raises(InputError, match=r"world: price at step \d+"):
        path(steps=200_000, dt=3_600.0, volatility=20.0)
    with pytest.raises(InputError, match="world: price at step"):
        path(steps=200_000, dt=3_600.0, volatility=0.1, drift=100.0)
    with pytest.raises(InputError, match=r"world.waypoints\[0\]"):
        path(waypoints=((0, 0.9),))
    assert path(waypoints=((0, 1.0), (5, 1.1)))[5] == 60_000.0 * 1.1


@pytest.mark.laws
def test_frozen_path():
    """Stored links depend on these bits: the same on a plain processor and in plain Python."""
    assert digest(BUSY) == FROZEN
