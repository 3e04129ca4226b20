"""How much to cut, when a cut is toxic, and how losses are shared."""

import math

import numpy as np
import pytest

from engine.core import impact, shares, slices


@pytest.mark.parametrize("side", [1, -1], ids=["long", "short"])
def test_the_restoring_cut_restores_exactly(side):
    """After the cut and its cost, equity is target * notional - deduction."""
    size, mark, equity, target, deduction = 10.0, 100.0, 30.0, 0.05, 2.0
    cost = slices.cost_rate(side, mark, mark * (1 - 0.004 * side), 0.001)
    assert cost == pytest.approx(0.005)
    cut = slices.restoring_quantity(equity, size * mark, mark, target, deduction, cost)
    left = (size - cut) * mark
    assert equity - cost * cut * mark == pytest.approx(target * left - deduction, rel=1e-12)


def test_a_cut_is_zero_when_nothing_is_missing_and_infinite_when_it_cannot_help():
    """A healthy account is not cut; a cost as high as the margin freed restores nothing."""
    assert slices.restoring_quantity(80.0, 1000.0, 100.0, 0.05, 0.0, 0.01) == 0.0
    assert math.isinf(slices.restoring_quantity(30.0, 1000.0, 100.0, 0.01, -50.0, 0.01))


@pytest.mark.parametrize("side", [1.0, -1.0], ids=["long", "short"])
@pytest.mark.parametrize("share", [0.01, 0.2, 0.7])
def test_a_slice_hurts_just_below_its_toxicity_threshold(share, side):
    """The margin ratio falls on one side of the threshold, rises on the other, stays on it."""
    cost, theta = 0.006, 0.02 * share
    limit = slices.slice_toxicity_threshold(cost, share, theta, side)

    def change(ratio):
        return slices.ratio_after(ratio, 1.0, cost, share, theta, side) - ratio

    assert change(limit) == pytest.approx(0.0, abs=1e-15)
    assert change(limit * 0.99) < 0 < change(limit * 1.01)


def test_small_slices_tend_to_the_closed_form():
    """At 0.6 % cost and 2 % impact of the whole position the frontier is 2.55 %."""
    assert slices.toxicity_threshold(0.006, 0.02) == pytest.approx(0.0254902, rel=1e-5)
    tiny = slices.slice_toxicity_threshold(0.006, 1e-9, 0.02e-9)
    assert tiny == pytest.approx(slices.toxicity_threshold(0.006, 0.02), rel=1e-6)


@pytest.mark.parametrize("seed", range(50))
def test_capped_shares_pay_the_total_and_respect_every_cap(seed):
    """Shares sum to the total or to all caps, none is above its cap, the others share one level."""
    rng = np.random.default_rng(seed)
    weights = rng.exponential(size=6) * (rng.random(6) > 0.2)
    caps = rng.exponential(size=6)
    reachable = caps[weights > 0].sum()
    total = reachable * rng.uniform(0.05, 0.99)
    taken = shares.capped_pro_rata(weights, caps, total)
    assert taken.sum() == pytest.approx(total, rel=1e-12)
    assert (taken <= caps).all() and (taken[weights == 0] == 0).all()
    open_rows = (taken < caps) & (weights > 0)
    assert np.ptp(taken[open_rows] / weights[open_rows]) < 1e-12


def test_when_all_caps_are_too_small_everybody_pays_the_cap():
    """The rest is for the next step of the waterfall."""
    caps = np.array([1.0, 2.0])
    assert (shares.capped_pro_rata(np.array([1.0, 1.0]), caps, 9.0) == caps).all()


def test_a_queue_takes_whole_winners_in_order():
    """The last one to pay pays in part, and ties keep the order of rows."""
    assert list(shares.queue_order(np.array([1.0, 3.0, 3.0]))) == [1, 2, 0]
    taken = shares.queue_shares(np.array([8.0, 4.0, 0.5]), np.array([1, 0, 2]), 7.5)
    assert list(taken) == [3.5, 4.0, 0.0]


def test_adl_scores_follow_each_venue():
    """Binance's forum account scores 1.26; BitMEX divides by leverage in loss; Hyperliquid ranks
    by price gain times leverage."""
    wallet, unrealised = 4.27, 40.2
    maintenance = 0.1342 * (wallet + unrealised)
    score = shares.binance_adl_score(unrealised, wallet, maintenance)
    assert score == pytest.approx(1.26, abs=0.005)
    assert shares.bitmex_adl_score(1, 100.0, 110.0, 88.0) == pytest.approx(0.1 * 5)
    assert shares.bitmex_adl_score(1, 100.0, 90.0, 72.0) == pytest.approx(-0.1 / 5)
    assert shares.bitmex_adl_score(-1, 100.0, 80.0, 100.0) == pytest.approx(0.2 * 4)
    assert shares.hyperliquid_adl_score(1, 100.0, 110.0, 1100.0, 220.0) == pytest.approx(5.5)


def test_the_fund_pays_first_and_earns_after():
    """The residual is what the fund held before this loss could not cover."""
    assert shares.fund_step(0.25, 0.1, 0.4) == pytest.approx((0.1, 0.15))
    assert shares.fund_step(0.5, 0.1, 0.4) == pytest.approx((0.2, 0.0))


@pytest.mark.parametrize("rho", [1e-9, 0.01, 0.499999, 0.500001, 2.0, 1e3])
def test_a_steady_rate_lies_between_the_best_schedule_and_one_block(rho):
    """For any refill the order of cost is the same, and it is the limit of many equal slices."""
    steady = impact.steady_cost(1.0, 1.0, rho, 1.0)
    assert impact.optimal_cost(1.0, 1.0, rho, 1.0) <= steady <= impact.block_cost(1.0, 1.0)
    n = 20_000
    many = impact.equal_slices_cost(1.0, 1.0, n, impact.decay(rho, 1.0 / n))
    assert many == pytest.approx(steady, rel=0.03)


def test_the_steady_cost_has_no_step_where_its_series_begins():
    """Both forms agree around rho * T = 1/2."""
    below, above = (impact.steady_cost(1.0, 1.0, z, 1.0) for z in (0.5, 0.5 + 1e-12))
    assert below == pytest.approx(above, rel=1e-11)
