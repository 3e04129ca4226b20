"""Studies of notes: each row is a run or a formula, and the tables say what their names say."""

import numpy as np
import pytest

import engine
from engine.band import pictures as band_pictures
from engine.core import impact
from engine.studies import costs
from engine.studies import grids as studies
from engine.totals import totals

SMALL = engine.Scenario().with_values(
    **{"world.steps": 300, "world.shocks": ((50, -0.05, 30),), "accounts.count": 200,
       "accounts.open_interest": 2e7, "book.depth": 2e6}
)  # fmt: skip
LANES = {"as_is": {}, "half_size": {"accounts.open_interest": 1e7}}
MARKS = {"last": {"mark.rule": "last"}, "index": {"mark.rule": "index"}}


def test_a_sweep_is_the_runs_one_by_one():
    rows = studies.sweep(SMALL, LANES, [{"book.depth": 1e6}, {"book.depth": 4e6}])
    assert [(row["lane"], row["point"]) for row in rows] == [
        ("as_is", 0), ("half_size", 0), ("as_is", 1), ("half_size", 1),
    ]  # fmt: skip
    alone = totals(
        engine.run(SMALL.with_values(**{"book.depth": 4e6, "accounts.open_interest": 1e7}))
    )
    assert {key: rows[3][key] for key in alone} == alone


def test_a_point_that_cannot_be_is_left_out():
    lanes = {"low": {"accounts.leverage_high": 1.0}, "as_is": {}}
    assert [row["lane"] for row in studies.sweep(SMALL, lanes, [{}])] == ["as_is"]


def test_the_boundary_lies_between_the_depths_where_the_order_turns():
    frame = studies.over_depth(SMALL, LANES, [1e6, 2e6])
    made = frame.assign(value=[1.0, 2.0, 2.0, 1.0])
    assert studies.boundary(made, "value", "as_is", "half_size") == pytest.approx(2**0.5 * 1e6)
    assert studies.boundary(made.assign(value=1.0), "value", "as_is", "half_size") is None


def test_leverage_keeps_its_ratio_and_the_shock_its_size():
    frame = studies.over_leverage(SMALL, {"as_is": {}}, [10.0, 50.0], [5, 60])
    assert frame[["leverage", "duration"]].values.tolist() == [[10, 5], [50, 5], [10, 60], [50, 60]]
    changed = SMALL.with_values(
        **{"accounts.leverage_high": 10.0, "accounts.leverage_low": 1.0,
           "world.shocks": ((50, -0.05, 60),)}
    )  # fmt: skip
    ratio = SMALL.accounts.leverage_low / SMALL.accounts.leverage_high
    assert ratio * 10.0 < 1.0  # at least one times
    assert frame["bad_debt"].iloc[2] == engine.run(changed).metrics["bad_debt"]


def test_slices_against_the_lines_of_two_models():
    table = studies.slicing(4e6, 4e6, 1, 60.0, 120.0)
    assert table["simulated"].iloc[0] == pytest.approx(50.0)
    assert (table["simulated"] >= table["best"]).all()
    assert table["steady"].iloc[0] == pytest.approx(
        impact.steady_cost(0.01 / 4e6, 4e6, 1 / 60, 120.0) / 4e6 * 1e4
    )
    # Where the impact of a slice is gone before the next, n slices cost an n-th.
    assert table["other_model"].to_numpy() == pytest.approx(50.0 / table["slices"].to_numpy())
    quick = studies.slicing(4e6, 4e6, 1, 1e-3, 120.0)  # a book that refills at once
    assert quick["simulated"].to_numpy() == pytest.approx(quick["other_model"].to_numpy())


def test_the_surface_has_exact_fills():
    row = studies.surface([3e6], [4e6], [50.0], 2, 0.0001).iloc[0]
    cost = costs.order_cost(3e6, 4e6, 2, 0.0001)
    assert row["cost_bp"] == pytest.approx(cost * 1e4) and row["of_margin"] == cost * 50.0
    assert row["steps"] == costs.margin_steps(50.0, cost)


def test_each_halving_helps_one_position_with_something_else():
    """Size: the cost. Leverage: the distance. In margin steps leverage counts twice."""
    as_is, size, leverage = (
        row for _, row in studies.one_order(1e6, 4e6, 50.0, 0.005, 1, 0.0).iterrows()
    )
    assert size["cost_bp"] == pytest.approx(as_is["cost_bp"] / 2.0)
    assert leverage["cost_bp"] == as_is["cost_bp"]
    assert leverage["room"] - as_is["room"] == pytest.approx(1 / 25 - 1 / 50)
    assert size["room"] - as_is["room"] == pytest.approx(as_is["cost_bp"] / 2e4)
    assert leverage["steps"] < size["steps"] < as_is["steps"]


def test_halving_turns_from_size_to_leverage_as_the_book_deepens():
    table = studies.halving(
        engine.Scenario().with_values(**{"accounts.open_interest": 1e8}), [1e6, 6.4e7], [0.05]
    )
    assert table["ahead"].tolist() == ["size", "leverage"]


def test_step_table_at_the_edge_of_the_margin():
    table = studies.step_table([20.0, 100.0, 200.0], 0.0005, 0.005)
    assert table["steps"].tolist()[:2] == pytest.approx([0.202, 5.263], abs=1e-3)
    assert table["of_room"].iloc[2] == np.inf


# --- pictures of the band ---


def test_every_usd_is_in_the_picture_once():
    result = engine.run(SMALL)
    prices, waits = band_pictures.band_prices(result), band_pictures.band_waits(result)
    frame = engine.band_frame(result)
    filled = frame["filled_usd"].sum()
    assert prices["fills"].sum() == pytest.approx(filled)
    assert prices["breaches"].sum() == pytest.approx(filled)
    assert waits["seen"].sum() == pytest.approx(filled)
    reached = frame.loc[frame["reached"], "notional_usd"].sum()
    assert prices["triggers"].sum() == pytest.approx(reached)


def test_one_row_a_lane_and_nothing_of_nobody():
    results = {name: engine.run(SMALL.with_values(**c)) for name, c in MARKS.items()}
    table = band_pictures.band_picture(results)
    assert table["lane"].tolist() == ["last", "index"]
    assert (table["low"] <= table["middle"]).all() and (table["middle"] <= table["high"]).all()
    calm = engine.run(SMALL.with_values(**{"world.shocks": (), "accounts.leverage_high": 3.0}))
    row = band_pictures.band_picture({"calm": calm}).iloc[0]
    assert row["accounts"] == 0 and np.isnan(row["known"])
    assert len(band_pictures.band_prices(calm)) == 40 and len(band_pictures.band_waits(calm)) == 200


def test_a_quantile_is_weighted():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 8.0, 1.0])
    assert band_pictures.quantile(values, weights, 0.5) == 1.0
    assert band_pictures.quantile(values, weights, 0.95) == 3.0
    assert np.isnan(band_pictures.quantile(values[:0], weights[:0], 0.5))
