"""The page "The cascade is a graph": question, tree, multiplier, and what was known beforehand."""

import numpy as np
import pytest

import engine
from pages.ui import cascade_tables, charts, charts_cascade, colours, content, lanes, opening_table
from tests.test_charts import PAPER, contrast, luminance
from tests.test_pages import click, fields, opened, texts

PAGE, FILE = "the-cascade", "pages/page_the_cascade.py"
PRESETS = {preset.name: preset.scenario for preset in engine.presets()}
TITLES = lanes.of(PAGE).titles


@pytest.fixture(scope="module")
def results():
    return engine.compare(PRESETS["one-push"], lanes.of(PAGE).changes)


@pytest.mark.parametrize("answer", [*TITLES, "skip"])
def test_an_answer_is_held_against_what_happened(answer):
    app = click(opened(page=FILE), f"predict_{answer}")
    assert not app.exception and not app.error
    said = texts(app)
    assert ("You predicted it." in said) == (answer == "now")
    assert "Most is closed in **As it is**" in said


@pytest.mark.parametrize("preset", content.note(PAGE).meta["presets"])
def test_each_scenario_of_the_page_is_drawn(preset):
    """Also where forced orders move no mark, and where nothing is closed at all."""
    app = click(opened(fields(PRESETS[preset], page=PAGE, lane="now"), page=FILE), "predict_skip")
    assert not app.exception and not app.error
    said = texts(app)
    empty = "there is no tree" in said
    assert empty == (preset == "calm")
    if preset == "one-push":
        assert "Forced orders made a fall of 3.3% one of" in said
    if preset == "index-mark":
        assert "The outside price alone reached every limit" in said


@pytest.mark.parametrize("lane", TITLES)
def test_the_words_of_the_finding_are_numbers_of_the_run(results, lane):
    said, seen = cascade_tables.finding(results, lane), results[lane].metrics
    assert f"{seen['bystanders']:,.0f} of {seen['liquidated_accounts']:,.0f}" in said
    if lane == "now":
        low = seen["lowest_mark"] / 60_000.0 - 1.0
        assert f"one of {-low:.1%}" in said


@pytest.mark.parametrize("lane", TITLES)
def test_a_tree_fits_a_phone_and_its_circles_are_the_usd_closed(results, lane):
    rows, table, _ = cascade_tables.tree(results, lane)
    assert len(rows) <= charts.MOST
    circles = rows[rows["kind"] == "wave"]
    closed = results[lane].metrics["liquidated_notional"]
    assert table["Closed [USD]"].sum() == pytest.approx(closed, abs=len(table))
    assert 0.95 * closed < circles["usd"].sum() <= closed * (1.0 + 1e-9)
    assert set(circles["band"]) <= set(charts_cascade.BANDS)
    edges = rows[rows["kind"] == "edge"]
    assert (edges["time"] < edges["time_to"]).all()


def test_a_run_of_a_hundred_thousand_accounts_fits_as_well():
    """However many limits trigger, the picture is bounded by seconds and by edges."""
    crowd = {"accounts.count": 20_000, "liquidation.policy": "incremental"}
    crowded = PRESETS["one-push"].with_values(**crowd)
    found = engine.compare(crowded, lanes.of(PAGE).changes)
    rows, _, _ = cascade_tables.tree(found, "now")
    assert len(rows) <= charts.MOST


def test_price_by_price_the_cascade_adds_up(results):
    frame = engine.cascade_by_price(results["now"])
    longs = engine.trigger_frame(results["now"])
    longs = longs[longs["side"] == "long"]
    assert frame["closed"].sum() == pytest.approx(longs["closed"].sum())
    assert (frame["loop"] >= 1.0).any() and frame["forced"].between(0.0, 1.0).all()
    told = cascade_tables.by_price(results["now"])
    assert len({len(column) for column in told.values()}) == 1


def test_generations_add_up_to_what_was_closed(results):
    frame = engine.generation_frame(results["now"])
    closed = results["now"].metrics["liquidated_notional"]
    assert frame["usd"].sum() == pytest.approx(closed) and frame["share"].sum() == pytest.approx(1)
    ratio = results["now"].metrics["branching_ratio"]
    assert 1.0 - frame["share"].iloc[0] == pytest.approx(ratio)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_generations_tell_apart_without_hue(theme):
    """Brightness goes one way, and the outline of a circle stands out from the page."""
    paint = colours.GENERATIONS[theme]
    steps = np.diff([luminance(tint) for tint in paint[1:]])
    assert (steps < -0.03).all() if theme == "light" else (steps > 0.03).all()
    assert contrast(colours.INK[theme], PAPER[theme]) > 3.0
    assert contrast(paint[0], PAPER[theme]) > 3.0


@pytest.mark.parametrize(
    ("move", "way", "other"), [(0.05, "rise", "fall"), (-0.05, "fall", "rise")]
)
def test_the_multiplier_is_that_of_the_side_the_price_moves_to(move, way, other):
    """Of shorts above where it rises, of longs below where it falls; elsewhere both, by name."""
    scenario = PRESETS["one-push"].with_values(**{"world.shocks": ((300, move, 60),)})
    found = {"now": engine.run(scenario)}
    known = engine.cascade_beforehand(found["now"])
    assert known["falls"] == (move < 0.0) == (known["loop_price"] < scenario.world.price)
    said = cascade_tables.facts(known, found, {"now": "Now"})["Known at the opening"]
    assert f"**Cascade multiplier** in a {way}" in said[0] and other not in said[0]
    known = engine.beforehand(found["now"])
    assert known["falling"][1] < scenario.world.price < known["rising"][1]
    assert known["multiplier"] == max(known["falling"][0], known["rising"][0])
    row = opening_table.opening(known, {}, {})["Known at the opening"][2]
    assert f"{known['falling'][0]:.1f} at" in row.partition("in a fall")[0]
    assert f"{known['rising'][0]:.1f} at" in row.partition("in a fall")[2]
