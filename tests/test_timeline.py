"""What the timeline draws is what the engine computed."""

import base64
import json

import numpy as np
import pytest

import engine
from engine.log.timeline import costs

SCENARIO = engine.presets()[0].scenario


@pytest.fixture(scope="module")
def results():
    return engine.compare(SCENARIO)


def line(packed):
    """A packed line, as the browser reads it."""
    if not packed["data"]:
        return np.full(packed["length"], packed["low"])
    return packed["low"] + packed["unit"] * np.frombuffer(base64.b64decode(packed["data"]), "<u2")


def test_the_last_frame_agrees_with_the_metrics(results):
    """Costs, the fund and what was closed end where the totals of the run are."""
    for result in results.values():
        length = SCENARIO.world.steps
        last = {k: v[-1] for k, v in costs(result, result.event_frame(), length).items()}
        m = result.metrics
        assert 1e4 * last["slippage"] / last["filled"] == pytest.approx(m["slippage_bp"], abs=0.01)
        assert last["fees"] == pytest.approx(m["fees"], abs=0.01)
        assert last["everyone"] == pytest.approx(m["socialised_loss"], abs=0.01)
        assert last["winners"] == pytest.approx(m["adl_haircut"], rel=1e-6, abs=1.0)
        assert result.series_frame()["fund"].iloc[-1] == pytest.approx(m["final_fund"])


def test_the_packed_lines_keep_every_extreme(results):
    """The lowest mark of the picture is the lowest mark of the run."""
    trace = engine.trace(results)
    for name, result in results.items():
        mark = line(trace["runs"][name]["lines"]["mark"])
        series = result.series_frame()["mark"]
        span = series.max() - series.min()
        assert mark.min() == pytest.approx(series.min(), abs=span / 65_535 + 1e-9)
        assert mark.max() == pytest.approx(series.max(), abs=span / 65_535 + 1e-9)


def test_limits_are_those_of_the_log(results):
    """Each limit of the picture is a margin event at its own step."""
    trace = engine.trace(results)
    for name, result in results.items():
        packed = trace["runs"][name]["limits"]
        number = np.frombuffer(base64.b64decode(packed["event"]), "<u4")
        step = np.frombuffer(base64.b64decode(packed["step"]), "<u4")
        frame = result.event_frame()
        assert (frame["rule"].iloc[number] == "maintenance").all()
        assert frame["step"].iloc[number].tolist() == step.tolist()
        assert packed["all"] == len(engine.limits(frame))


def test_the_crowd_is_eaten_no_more_than_it_was(results):
    """A bin is never more than wholly closed, and what is closed stays closed."""
    trace = engine.trace(results)
    for run in trace["runs"].values():
        eaten = np.frombuffer(base64.b64decode(run["eaten"]["data"]), np.uint8)
        eaten = eaten.reshape(run["eaten"]["slots"], -1).astype(int)
        assert np.all(np.diff(eaten, axis=0) >= 0)


@pytest.mark.parametrize("preset", engine.presets(), ids=lambda preset: preset.name)
def test_the_message_stays_small(preset):
    """Under 200 KiB with words and colours, whatever the preset."""
    assert len(json.dumps(engine.trace(engine.compare(preset.scenario)))) < 180 * 1024


def test_the_opening_numbers_are_what_the_accounts_say(results):
    """The nearest limit known beforehand is never passed before the first limit triggers."""
    known = engine.beforehand(results["market"])
    then = engine.happened(results["market"])
    assert then["first_mark"] <= known["first_below"] or then["first_mark"] >= known["first_above"]
    assert known["multiplier"] > 0.0
    index = engine.compare(SCENARIO.with_values(**{"mark.rule": "index"}))
    assert engine.beforehand(index["market"])["multiplier"] == 0.0


def test_the_toxicity_frontier_is_known_and_orders_below_it_are_counted(results):
    """Alone an order costs fees and half the spread; in a crowd more; and toxic orders are some."""
    known = engine.beforehand(results["incremental"])
    venue, book = SCENARIO.venue, SCENARIO.book
    fees = venue.taker_fee + venue.liquidation_fee + book.half_spread
    assert known["frontier_alone"] == pytest.approx(fees)
    assert known["frontier_crowd"] > known["frontier_alone"]
    for result in results.values():
        then, events = engine.happened(result), result.event_frame()
        assert then["slices"] == (events["rule"] == "slice").sum()
        assert then["toxic"] == events["toxic"].sum() <= then["slices"]
    assert engine.happened(results["incremental"])["toxic"] > 0


def test_what_the_fund_paid_is_part_of_the_unpaid_debt(results):
    """Coverage is the fund over the debt of the fullest band; payments never exceed the debt.

    A fund that everybody's loss refilled did not pay that part itself: what it paid, counted from
    its payments less what came back to it, and what everybody paid add up to the debt.
    """
    refilled = next(p.scenario for p in engine.presets() if p.name == "few-winners")
    for result in (*results.values(), engine.run(refilled)):
        known, then = engine.beforehand(result), engine.happened(result)
        assert known["coverage"] == pytest.approx(known["fund"] / known["band_debt"])
        assert 0.0 < then["fund_paid"] <= then["unpaid"] * (1 + 1e-12)
        parts = then["fund_paid"] + then["everybody"] + then["owed"]
        assert parts == pytest.approx(then["unpaid"])
        drawn = costs(result, result.event_frame(), len(result.mid))
        assert drawn["paid_fund"][-1] == pytest.approx(then["fund_paid"] + then["owed"], abs=0.01)
        most = known["fund"] + result.metrics["fees"]
        assert then["fund_paid"] <= most * (1 + 1e-12), "no more than it had and took in"
    assert 0.0 < then["fund_paid"] < 0.4 * then["unpaid"] and then["everybody"] > 0.0


def test_a_run_without_events_has_a_timeline():
    """Nothing happens on a calm day, and that can be drawn."""
    calm = next(p.scenario for p in engine.presets() if p.name == "calm")
    results = engine.compare(calm)
    assert all(run["limits"]["all"] == 0 for run in engine.trace(results)["runs"].values())
    assert engine.hardest(results) == ""
    assert engine.happened(results["market"])["first_mark"] is None


def test_wilson_interval_of_the_textbook():
    """15 of 19: 0.5667 to 0.9149 (Newcombe, Statistics in Medicine 17 (1998), method 3)."""
    assert engine.wilson(15, 19) == pytest.approx((0.5667, 0.9149), abs=5e-4)
    assert engine.wilson(0, 0) == (0.0, 1.0)
