"""Costs of execution: exact orders of the book, closed forms, and what they take from a margin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core import impact
from engine.core.book import average_displacement, displacement
from engine.studies import costs

SIZES = st.floats(1e3, 1e8)
quick = settings(deadline=None)  # the first call compiles
DEPTHS = st.floats(1e5, 1e9)
SHAPES = st.sampled_from((1, 2))


# --- published: margin steps ---


@pytest.mark.parametrize(("leverage", "steps"), [(20.0, 0.2), (50.0, 1.3), (100.0, 5.3)])
def test_five_basis_points_in_margin_steps(leverage, steps):
    """0.05 % takes 0.2, 1.3 and 5.3 units of leverage."""
    assert costs.margin_steps(leverage, 0.0005) == pytest.approx(steps, abs=0.05)
    kept = costs.effective_leverage(leverage, 0.0005)
    assert kept - leverage == pytest.approx(costs.margin_steps(leverage, 0.0005), rel=1e-12)


def test_five_basis_points_are_a_tenth_of_the_room_at_100x():
    """The distance from 1 % initial to 0.5 % maintenance."""
    assert costs.share_of_room(100.0, 0.005, 0.0005) == pytest.approx(0.1, rel=1e-12)
    assert costs.room(100.0, 0.005, 0.0005) == pytest.approx(0.0045, rel=1e-12)


@quick
@given(st.floats(1.0, 200.0), st.floats(0.0, 0.01))
def test_effective_leverage_is_notional_over_what_is_left_of_the_margin(leverage, cost):
    margin = 1.0 / leverage - cost
    assert margin <= 0.0 or costs.effective_leverage(leverage, cost) == pytest.approx(1.0 / margin)


def test_a_cost_that_takes_the_whole_margin_leaves_no_leverage_to_name():
    assert costs.effective_leverage(100.0, 0.01) == float("inf")
    assert costs.share_of_room(200.0, 0.005, 0.0005) == float("inf")


# --- one order and several ---


@quick
@given(SIZES, DEPTHS, SHAPES, st.floats(0.0, 0.001))
def test_size_for_cost_is_the_inverse_of_the_cost(size, depth, shape, spread):
    if displacement(size, depth, shape) < 0.4:  # the book has not ended
        cost = costs.order_cost(size, depth, shape, spread)
        back = costs.size_for_cost(cost, depth, shape, spread)
        assert costs.order_cost(back, depth, shape, spread) == pytest.approx(cost, rel=1e-9)


@quick
@given(SIZES, DEPTHS, st.integers(1, 30), st.floats(0.0, 600.0), st.floats(1.0, 600.0))
def test_slices_cost_what_the_closed_form_of_a_flat_book_says(size, depth, n, pause, recovery):
    """Cost in quote is kappa = price * 0.01 / depth per base squared; here the price is one."""
    if displacement(size, depth, 1) < 0.4:
        a = impact.decay(1.0 / recovery, pause)
        closed = impact.equal_slices_cost(0.01 / depth, size, n, a) / size
        got = costs.sliced_cost(size, depth, n, pause, recovery)
        assert got == pytest.approx(closed, rel=1e-9)


@quick
@given(SIZES, DEPTHS, SHAPES, st.integers(1, 20))
def test_cutting_at_one_instant_saves_nothing_and_waiting_never_costs(size, depth, shape, n):
    if displacement(size, depth, shape) < 0.4:
        whole = costs.order_cost(size, depth, shape)
        assert costs.sliced_cost(size, depth, n, 0.0, 60.0, shape) == pytest.approx(whole, rel=1e-9)
        waited = costs.sliced_cost(size, depth, n, 30.0, 60.0, shape)
        assert waited <= whole * (1 + 1e-9)


def test_the_best_schedule_of_the_closed_form_is_below_every_equal_one():
    """Obizhaeva and Wang: two blocks and a steady rate between them."""
    size, depth, recovery, duration = 1e6, 4e6, 60.0, 120.0
    best = impact.optimal_cost(0.01 / depth, size, 1.0 / recovery, duration) / size
    steady = impact.steady_cost(0.01 / depth, size, 1.0 / recovery, duration) / size
    equal = [costs.sliced_cost(size, depth, n, duration / (n - 1), recovery) for n in range(2, 200)]
    assert best < min(equal) and best < steady
    # Many equal slices tend to the constant rate.
    assert costs.sliced_cost(size, depth, 5_000, duration / 4_999, recovery) == pytest.approx(
        steady, rel=1e-3
    )


def test_the_surface_is_leverage_times_the_cost_of_the_order():
    got = costs.cost_surface(np.array([1e5, 1e6]), np.array([1e6, 8e6]), 20.0, 1, 0.0001)
    assert got.shape == (2, 2)
    assert got[1, 0] == pytest.approx(20.0 * (0.005 + 0.0001), rel=1e-12)


# --- size against leverage ---


def test_a_fall_reaches_the_leverage_whose_distance_it_is():
    """At 20x with 0.5 % maintenance the limit is 4.5 % away."""
    assert costs.first_leverage_reached(0.045, 0.005) == pytest.approx(20.0)
    assert costs.reached_share(0.045, 0.005, 2.0, 20.0) == 0.0
    assert costs.reached_share(0.5, 0.005, 2.0, 50.0) == pytest.approx(1.0, abs=0.02)
    half = costs.reached_share(0.095, 0.005, 1.0, 100.0)  # from 10x: the middle of the logarithm
    assert half == pytest.approx(0.5, rel=1e-12)


@quick
@given(st.floats(1e6, 1e9), st.floats(1e6, 1e9), st.floats(0.0, 0.2), st.floats(4.0, 100.0))
def test_forced_notional_is_where_the_cascade_stops(notional, depth, fall, high):
    """What is closed moves the mark by so much that nothing more is reached."""
    closed = costs.forced_notional(notional, depth, fall, 0.005, 2.0, high, rounds=5_000)
    moved = min(fall + 0.01 * closed / depth, 0.5)
    assert closed >= notional * costs.reached_share(fall, 0.005, 2.0, high)
    again = notional * costs.reached_share(moved, 0.005, 2.0, high)
    assert again == pytest.approx(closed, rel=1e-2, abs=1e-6 * notional)


def test_size_wins_in_a_thin_book_and_leverage_in_a_deep_one():
    """The boundary between them is crossed once on the way from thin to deep."""
    depths = [1e6 * 2**k for k in range(9)]
    found = [costs.halved(5e7, d, 0.05, 0.005, 2.0, 50.0) for d in depths]
    sizes = [row["half_size"] < row["half_leverage"] for row in found]
    assert sizes[0] and not sizes[-1]
    assert sizes == sorted(sizes, reverse=True)


def test_average_displacement_is_the_book_itself():
    """No approximation of its own: the fills are those of the kernel's book."""
    assert costs.order_cost(3e6, 4e6, 2) == average_displacement(0.0, 3e6, 4e6, 2)
