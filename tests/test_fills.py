"""What forced fills cost, and the picture of "Three ways out" that is drawn from it."""

import numpy as np
import pandas as pd
import pytest

import engine
from engine.core.state import Rule
from pages.ui import charts, charts_ways, lanes

PRESETS = {preset.name: preset.scenario for preset in engine.presets()}
TITLES = lanes.of("three-ways-out").titles


@pytest.fixture(scope="module")
def results():
    return engine.compare(PRESETS["fast-drop"])


def test_the_fills_add_up_to_the_slippage_of_the_run(results):
    """Their mean, weighted by notional, is the slippage that the table of outcomes shows."""
    for result in results.values():
        costs = engine.fill_costs(result)
        mean = (costs["cost_bp"] * costs["usd"]).sum() / costs["usd"].sum()
        assert mean == pytest.approx(result.metrics["slippage_bp"], rel=1e-9)
        assert costs["cost_bp"].is_monotonic_decreasing
        assert costs["worse"].iloc[-1] == pytest.approx(1.0)
        kinds = result.events["rule"][costs["event"]]
        assert set(kinds) <= {Rule.SLICE, Rule.AUCTION_TAKE, Rule.BACKSTOP_TAKE}


def test_one_fill_by_hand(results):
    """Coins times (price against the mark at its trigger), over coins times that mark."""
    result = results["market"]
    frame = result.event_frame().set_index("event")
    row = engine.fill_costs(result).iloc[0]
    fill = frame.loc[int(row["event"])]
    start = frame[(frame["rule"] == "maintenance") & (frame["account"] == fill["account"])]
    mark = start.loc[: int(row["event"])]["mark"].iloc[-1]
    side = np.sign(fill["quantity"])
    assert row["cost_bp"] == pytest.approx(side * (fill["price"] - mark) / mark * 1e4, abs=0.5)


def made(*rows):
    frame = pd.DataFrame(rows, columns=["cost_bp", "usd"])
    return frame.assign(event=range(len(rows)), worse=frame["usd"].cumsum() / frame["usd"].sum())


def test_the_dearest_tenth_on_numbers_made_by_hand():
    """5 % at 90 bp, 5 % at 40 bp, the rest at 2 bp: the dearest tenth costs 40 bp or more."""
    costs = made((90.0, 5.0), (40.0, 5.0), (2.0, 90.0))
    assert engine.dearest(costs, 0.1) == 40.0
    assert engine.dearest(costs, 0.05) == 90.0 and engine.dearest(costs, 0.0) == 90.0
    assert engine.dearest(costs, 0.11) == 2.0 and engine.dearest(costs, 1.0) == 2.0
    assert np.isnan(engine.dearest(costs.iloc[:0], 0.1))


def test_the_finding_names_the_dearest_and_the_cheapest_tail(results):
    costs = {name: engine.fill_costs(result) for name, result in results.items()}
    tails = {name: engine.dearest(frame, 0.1) for name, frame in costs.items()}
    worst, best = max(tails, key=tails.get), min(tails, key=tails.get)
    said = charts_ways.finding(costs, TITLES)
    assert f"{tails[worst]:,.0f} bp or more under “{TITLES[worst]}”" in said
    assert said.endswith(f"{tails[best]:,.0f} bp under “{TITLES[best]}”")
    alike = {"market": made((5.0, 1.0)), "auction": made((5.5, 1.0))}
    assert charts_ways.finding(alike, TITLES).endswith("on each path")
    assert charts_ways.finding({}, TITLES) == ""


def test_no_picture_without_a_fill():
    assert charts_ways.picture(engine.compare(PRESETS["calm"]), TITLES, "light") is None


def test_the_lines_fall_and_are_light(results):
    rows = charts_ways.picture(results, TITLES, "light").rows
    assert len(rows) < charts.MOST
    for _, line in rows.groupby("lane"):
        assert line["worse"].is_monotonic_increasing and line["cost_bp"].is_monotonic_decreasing
        assert line["worse"].iloc[0] == 0.0 and line["worse"].iloc[-1] == pytest.approx(100.0)
