"""Numbers of the note on crowded funding: known beforehand, and along a run."""

import numpy as np
import pytest

import engine
from engine.core.funding import capped, payments_to_liquidation
from engine.core.state import Rule
from pages.ui import charts_funding, funding_tables, lanes

PAGE = "crowded-funding"
PRESETS = {preset.name: preset.scenario for preset in engine.presets()}
TITLES = lanes.of(PAGE).titles


@pytest.fixture(scope="module")
def results():
    return engine.compare(PRESETS["crowded-longs"], lanes.of(PAGE).changes)


@pytest.mark.parametrize("lane", ["formula", "crowded", "paid"])
def test_the_standing_rate_is_the_settled_one_at_each_settlement(results, lane):
    result = results[lane]
    rate = engine.standing_rate(result)
    settled = result.events[result.events["rule"] == Rule.FUNDING]
    told = [capped(float(e["value"]), result.params.funding_cap) for e in settled]
    assert rate[settled["step"]].tolist() == pytest.approx(told, rel=1e-9, abs=1e-15)
    assert np.abs(rate).max() <= result.params.funding_cap


def test_without_funding_nothing_stands(results):
    assert not engine.standing_rate(results["none"]).any()


def test_a_path_loses_nothing_that_was_closed(results):
    """The stretches of time cover the run once."""
    for result in results.values():
        path = engine.funding_path(result)
        closed = result.metrics["liquidated_notional"]
        assert path["liquidated_usd"].sum() == pytest.approx(closed, rel=1e-9)
        assert len(path) <= 120 and path["time_h"].is_monotonic_increasing
        assert (path["hot"] >= path["volatility"]).all()


def test_the_bleed_is_the_closed_form_and_the_run_agrees(results):
    """Twelve payments of 0.10 % move each limit by 1.2 % of the price, in table and run."""
    result = results["crowded"]
    found = engine.funding_bleed(result, 0.001, 12)
    for row in found.itertuples():
        assert row.payments == pytest.approx(payments_to_liquidation(row.leverage, 0.005, 0.001))
        assert row.days == pytest.approx(row.payments / 3.0)
        assert row.way_now == pytest.approx((1 / row.leverage - 0.005) / 0.995, rel=1e-9)
        assert row.way_now - row.way_then == pytest.approx(0.012 / 0.995, rel=1e-9)
        assert row.reached_then > 1.5 * row.reached_now > 0.0
    payments, share = engine.bled(result, 5_999)
    assert payments == 12 and share == pytest.approx(0.012, rel=0.02)


def test_what_was_known_beforehand_is_close_to_what_triggers(results):
    """Longs in reach of the fall at the opening, against those whom each run closed."""
    found = engine.funding_bleed(results["crowded"], 0.001, 12, 0.04).iloc[0]
    none, crowded = (results[lane].metrics["liquidated_notional"] for lane in ("none", "crowded"))
    assert found["reached_then"] / found["reached_now"] > 1.5 and crowded / none > 1.5


def test_the_picture_has_its_finding_and_its_table(results):
    frames = {lane: engine.funding_path(result) for lane, result in results.items()}
    drawn = charts_funding.picture(funding_tables.by_lane(frames), "light", TITLES)
    ratio = results["crowded"].metrics["liquidated_notional"]
    ratio /= results["none"].metrics["liquidated_notional"]
    assert f"{ratio:.1f} times as much" in drawn.title
    closed = drawn.table.set_index("Funding")["Closed by force [USD]"]
    for lane, title in TITLES.items():
        told = results[lane].metrics["liquidated_notional"]
        assert closed[title] == pytest.approx(told, abs=1.0)
    assert len(drawn.key) == len(TITLES) + 1 and len(drawn.rows) <= 3_000


def test_the_title_says_what_the_scenario_shows():
    """Elsewhere the payments protect, or do not matter; where nothing is closed, no finding."""
    for name, said in (("crowded-squeeze", "hold out"), ("crowded-thin", "hardly matters")):
        found = engine.compare(PRESETS[name], lanes.of(PAGE).changes)
        frames = {lane: engine.funding_path(result) for lane, result in found.items()}
        assert said in charts_funding.picture(funding_tables.by_lane(frames), "dark", TITLES).title
    empty = funding_tables.by_lane(frames).assign(liquidated_usd=0.0)
    assert charts_funding.picture(empty, "dark", TITLES).title == ""


def test_page_numbers_beforehand(results):
    told = funding_tables.bleed(results, PRESETS["crowded-longs"], 0.001)
    assert told["payments"] == 12
    assert told["table"]["Leverage of a long"] == ["5×", "10×", "20×"]
    assert told["table"]["In days"] == ["65.0", "31.7", "15.0"]
    assert "1.21% in 12 payments" in told["told"]
