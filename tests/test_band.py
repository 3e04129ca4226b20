"""The band: known beforehand, seen in a run, and how the one contains the other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.band import bounds as band
from engine.band.tables import band_by_rulebook, band_frame, cascade_curve, fresh_share
from engine.core.book import displacement
from engine.core.ladder import arrival, furthest_within, walk_ladder
from engine.core.state import Rule
from engine.scenario.compile import compile_scenario
from engine.scenario.params import kernel_params
from tests.twin.scenes import LONG, ONE, SHORT, line, scene

ROW = st.tuples(st.floats(0, 50), st.floats(0, 9), st.floats(0, 60))
RULES = ["last", "last_ema", "index", "index_ema", "median"]
FALL = {"world.steps": 600, "world.shocks": ((100, -0.05, 60),), "book.thinning": 0.0,
        "accounts.count": 300, "accounts.open_interest": 3e7, "book.depth": 8e6}  # fmt: skip


def run(**changes):
    return engine.run(engine.Scenario().with_values(**{**FALL, **changes}))


# --- by hand ---


def test_one_account_in_a_deep_book_fills_at_its_trigger():
    """20x long at 100, 0.5 % maintenance: 95 / 0.995. No delay, no displacement, no noise."""
    case = scene([line(100, 90, 41)], ONE, venue__rulebook="plain")
    result = engine.run(case[0], world=case[1], table=case[2])
    found = band.band(result, band.Move(size=-0.1, duration=40.0))
    units = result.compiled.units
    assert found["trigger"][0] / units.price == pytest.approx(95.0 / 0.995, rel=1e-12)
    assert found["bankruptcy"][0] / units.price == pytest.approx(95.0, rel=1e-12)
    assert found["reached"][0] and found["inside"][0] and found["latest"][0] == 0.0


def test_a_lag_an_order_and_a_cooldown_each_take_their_steps():
    scenario = engine.Scenario().with_values(
        **{"mark.rule": "last", "mark.lag": 3, "venue.risk_latency": 2, "venue.order_latency": 4}
    )
    p = kernel_params(scenario, compile_scenario(scenario).units)
    assert band.mark_delay(p) == 5.0
    one = np.array([1e6 / 0.01]), np.array([0.0])
    market = p._replace(policy=0)
    assert band.waiting(market, *one)[0] == 4.0
    # 1,000 USD in cuts of a half with pieces below 100 USD going whole: 1 + ceil(log2 10) = 5 cuts.
    cuts = p._replace(policy=1, fraction=0.5, min_slice=100.0, cooldown=10)
    assert band.most_cuts(np.array([1_000.0]), cuts)[0] == 5.0
    assert band.waiting(cuts, np.array([1_000.0]), np.array([0.0]))[0] == 4.0 + 4 * (10 + 4)


def test_the_expected_wait_by_hand():
    """A quarter is cut, and twelve steps later a fall of 0.1 % a step has left nothing."""
    scenario = engine.Scenario().with_values(**{"venue.order_latency": 2})
    p = kernel_params(scenario, compile_scenario(scenario).units)
    p = p._replace(policy=1, fraction=0.25, cooldown=10, min_slice=100.0, cost_rate=0.0)
    at, big = np.array([0.005]), np.array([1e6])

    def wait(rest, pace, ratio=at, notional=big, plan=p):
        return band.expected_wait(plan, ratio, notional, np.array([rest]), pace)[0]

    # 0.005 / 0.75 = 0.00667 after the cut; 12 steps of 0.1 % make it negative: all goes then.
    assert wait(60.0, 0.001) == 12 + 2
    assert wait(5.0, 0.001) == 2  # the move ends before the next look: one cut was enough
    # At 0.01 % a step the margin is back at 0.005 after (0.00667 - 0.005) / 0.0001 = 16.7 steps.
    assert wait(20.0, 0.0001) == pytest.approx(50.0 / 3.0 + 2)
    assert wait(40.0, 0.0001) == pytest.approx(2 * 50.0 / 3.0 + 2)
    assert wait(60.0, 0.001, notional=np.array([120.0])) == 12 + 2  # 90 left: below the least slice
    assert wait(60.0, 0.001, plan=p._replace(policy=0)) == 2


def test_an_average_trails_a_steady_fall_by_its_age():
    """After many steps of a straight line the average is (1 - alpha) / alpha steps behind."""
    s = engine.Scenario().with_values(**{"mark.rule": "last_ema", "mark.smoothing": 20.0})
    p = kernel_params(s, compile_scenario(s).units)
    average = 0.0
    for t in range(2_000):
        average += p.alpha * (t - average)
    assert 1_999 - average == pytest.approx(band.mark_delay(p), rel=1e-9)


@settings(deadline=None)
@given(st.floats(0.5, 0.999), st.floats(1.0, 500.0), st.floats(0.0, 1.0))
def test_arrival_is_where_the_outside_price_is(end, duration, share):
    price = 100.0 * end**share
    at = arrival(price, 100.0, 100.0 * end, duration, 1.0)
    if np.isfinite(at):
        assert 100.0 * end ** (at / duration) == pytest.approx(price, rel=1e-9)
    assert arrival(99.0 * end, 100.0, 100.0 * end, duration, 1.0) == np.inf


@settings(deadline=None)
@given(st.lists(ROW, min_size=1, max_size=40))
def test_the_table_of_maxima_finds_what_a_plain_search_finds(rows):
    step, volume, wait = (np.array(column) for column in zip(*sorted(rows), strict=True))
    out = np.empty(len(step))
    furthest_within(step, volume, wait, out)
    for i in range(len(step)):
        there = (np.arange(len(step)) >= i) & (step <= step[i] + wait[i])
        assert out[i] == volume[there].max()


def test_a_ladder_refills_while_the_outside_has_to_come():
    """Two limits far apart: what the first consumed is mostly gone when the second is reached."""
    step, outside, volume = (np.zeros(2) for _ in range(3))
    args = (100.0, 90.0, 100.0, 1.0, 10.0, 1)
    limits, lots = np.array([99.0, 92.0]), np.array([5.0, 5.0])
    assert walk_ladder(limits, lots, *args, 10.0, 1.0, step, outside, volume) == 2
    assert volume[0] == 5.0 and 5.0 < volume[1] < 5.1
    mark = outside * (1.0 + np.array([displacement(-(v - 5.0), 10.0, 1) for v in volume]))
    assert mark == pytest.approx(limits, rel=1e-3)  # the mark is at the limit that it meets
    walk_ladder(limits, lots, *args, 1e12, 1.0, step, outside, volume)
    assert volume[1] == pytest.approx(10.0)


# --- laws ---


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("policy", engine.POLICIES)
def test_the_far_end_is_never_better_than_the_near_end(rule, policy):
    found = band.band(run(**{"mark.rule": rule, "liquidation.policy": policy}))
    sign = np.where(found["long"], 1.0, -1.0)
    assert (sign * (found["near"] - found["far"]) >= 0.0).all()
    assert (found["latest"] >= found["soonest"]).all()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("move", [-0.05, 0.05])
@pytest.mark.parametrize("policy", ["market", "incremental"])
def test_most_reductions_lie_in_the_band_where_the_book_stands(rule, move, policy):
    """A constant book and the assumed move: nine of ten accounts and more, longs and shorts."""
    shocks = ((100, move, 60),)
    result = run(**{"mark.rule": rule, "world.shocks": shocks, "liquidation.policy": policy})
    assert result.metrics["liquidated_accounts"] > 20
    assert result.metrics["band_inside"] >= 0.9


def test_a_later_order_and_a_slower_mark_widen_the_band():
    def width(**changes):
        compiled = compile_scenario(engine.Scenario().with_values(**{**FALL, **changes}))
        p = kernel_params(compiled.scenario, compiled.units)
        found = band.known_band(compiled, p, band.largest_move(compiled.scenario))
        return np.median(1.0 - found["far"][found["reached"]] / found["trigger"][found["reached"]])

    plain = {"mark.rule": "index", "liquidation.policy": "market"}
    assert width(**plain, **{"venue.order_latency": 10}) > width(**plain)
    assert width(**plain, **{"mark.lag": 10}) > width(**plain)
    assert width(**{**plain, "book.depth": 2e6}) > width(**plain)


def test_what_was_seen_is_what_the_log_says():
    result = run(**{"liquidation.policy": "incremental"})
    frame, events = band_frame(result), result.event_frame()
    assert list(frame["account"]) == list(range(result.accounts))
    for row in frame[frame["reduced"]].head(40).itertuples():
        mine = events[events["account"] == row.account]
        first = mine[mine["rule"] == "maintenance"].iloc[0]
        fills = mine[(mine["rule"] == "slice") & (mine["quantity"] != 0.0)]
        assert row.seen_step == first["step"] and row.seen_mark == pytest.approx(first["mark"])
        assert row.last_s == pytest.approx(fills["step"].max() - first["step"])
        ends = fills["price"].min(), fills["price"].max()
        want = ends if row.side == "long" else ends[::-1]
        assert (row.worst, row.best) == pytest.approx(want)


def test_nobody_reduced_gives_plain_numbers():
    result = run(**{"world.shocks": (), "accounts.leverage_high": 5.0})
    assert not (result.events["rule"] == Rule.MAINTENANCE).any()
    assert band.band_numbers(result) == {
        "band_inside": 1.0, "band_width": 0.0, "band_known": 0.0, "band_seconds": 0.0,
    }  # fmt: skip


def test_two_symbols_and_both_sides_have_bands_of_their_own():
    rows = [(LONG, 100, 100, 500, 0), (SHORT, 100, 50, 250, 1)]
    case = scene([line(100, 90, 41), line(50, 55, 41)], rows, venue__rulebook="plain")
    result = engine.run(case[0], world=case[1], table=case[2])
    found = band.band(result, band.Move(size=-0.1, duration=40.0))
    assert found["long"].tolist() == [True, False]
    assert found["trigger"][1] / result.compiled.units.price == pytest.approx(52.5 / 1.005)


# --- cascade multiplier ---


def test_the_multiplier_counts_the_next_percent():
    result = run(**{"mark.rule": "last", "book.recovery": 1e7})
    frame, s = band_frame(result), result.scenario
    price = float(frame[(frame["side"] == "long")]["trigger"].quantile(0.9))
    got = cascade_curve(frame, s, result.params, np.array([price]))[0]
    near = (frame["side"] == "long") & frame["trigger"].between(price * 0.99, price)
    assert got == pytest.approx(frame["notional_usd"][near].sum() / s.book.depth, rel=1e-6)
    index = result.params._replace(rule=2)
    assert cascade_curve(frame, s, index, np.array([price]))[0] == 0.0


def test_a_slow_move_leaves_the_book_time():
    assert fresh_share(0.01, 1e12) == 1.0 and fresh_share(1.0, 60.0) == pytest.approx(1.0, abs=1e-3)
    assert fresh_share(0.01 / 60.0, 60.0) == pytest.approx(1.0 - np.exp(-1.0))
    assert fresh_share(1e-6, 60.0) < 0.01


def test_every_rulebook_has_its_band():
    names = engine.rulebook_names()
    frame = band_by_rulebook(engine.Scenario().with_values(**FALL), names)
    assert len(frame) == len(names) and (frame["notional_usd"] > 0.0).all()
    assert (frame["far"] >= frame["trigger"] * 0.99).all()
