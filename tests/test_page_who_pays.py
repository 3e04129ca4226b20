"""The page "Who pays": question, owners of the loss, winners, order, and the published waves."""

import pytest

import engine
from pages.ui import charts, charts_fair, content, lanes
from tests.test_pages import click, fields, opened, texts

PAGE, FILE = "who-pays", "pages/page_who_pays.py"
PRESETS = {preset.name: preset.scenario for preset in engine.presets()}
TITLES = lanes.of(PAGE).titles


@pytest.fixture(scope="module")
def results():
    return engine.compare(PRESETS["small-fund"], lanes.of(PAGE).changes)


def shown(preset="small-fund", lane="queue"):
    """The page with its result, as a link without a prediction opens it."""
    app = opened(fields(PRESETS[preset], page=PAGE, lane=lane), page=FILE)
    return click(app, "predict_skip")


@pytest.mark.parametrize("answer", [*TITLES, "skip"])
def test_an_answer_is_held_against_what_happened(answer):
    app = click(opened(page=FILE), f"predict_{answer}")
    assert not app.exception and not app.error
    said = texts(app)
    assert ("You predicted it." in said) == (answer == "at_once")
    assert "Others pay least under **At once, queue**" in said


@pytest.mark.parametrize("preset", content.note(PAGE).meta["presets"])
def test_each_scenario_of_the_page_is_drawn(preset):
    """Also where nobody is deleveraged, or nobody is closed at all."""
    app = shown(preset)
    assert not app.exception and not app.error
    said = texts(app)
    assert "The 16 waves of 10 October 2025" in said and "$15.1M needed, \\$60.1M taken" in said


def test_order_is_run_when_it_is_asked_for():
    """The folded box costs nothing until it is opened."""
    app = shown()
    assert "list of accounts turned round, and with forced orders" not in texts(app)


def test_the_bars_add_up_to_the_loss(results):
    rows = charts_fair.owners_rows(results, TITLES)
    for lane, title in TITLES.items():
        mine = rows[rows["title"] == title]
        assert mine["usd"].sum() == pytest.approx(results[lane].metrics["forced_loss"], abs=3.0)
        assert (mine["stop"] - mine["start"] - mine["usd"]).abs().max() < 1e-6


def test_what_liquidators_earned_stands_left_of_zero(results):
    rows = charts_fair.owners_rows(results, TITLES)
    earned = rows[(rows["owner"] == "liquidators")]
    assert len(earned) == 1 and (earned["stop"] < 0.0).all() and (earned["start"] == 0.0).all()


def test_the_finding_names_the_least_and_the_most(results):
    said = charts_fair.finding(results, TITLES)
    assert "under “At once, queue”" in said and "under “Auction, queue”" in said
    assert "Queue and pro rata take the same sum" in said
    assert not charts_fair.same_sum(results | {"pro_rata": results["at_once"]})
    calm = engine.compare(PRESETS["calm"], lanes.of(PAGE).changes)
    assert charts_fair.finding(calm, TITLES) == ""
    assert charts_fair.owners_picture(calm, TITLES, "light") is None


def test_the_finding_on_winners_follows_the_run(results):
    """Some against all where the queue stops early; no difference where it reaches the last."""
    said = charts_fair.lorenz_finding(results)
    assert said.startswith("The queue reduces 72 of 159")
    few = engine.compare(PRESETS["few-winners"], lanes.of(PAGE).changes)
    assert (
        charts_fair.lorenz_finding(few) == "All 40 winners are reduced: the rule no longer matters"
    )
    calm = engine.compare(PRESETS["calm"], lanes.of(PAGE).changes)
    assert charts_fair.lorenz_finding(calm) == ""


def test_lorenz_curves_rise_from_nothing_to_all(results):
    rows = charts_fair.lorenz_rows(results, TITLES)
    assert len(rows) < charts.MOST
    for lane in TITLES:
        curve = rows[rows["lane"] == lane]
        assert curve["share"].iloc[0] == 0.0 and curve["share"].iloc[-1] == pytest.approx(100.0)
        assert curve["share"].is_monotonic_increasing
        assert (curve["share"] <= curve["winners"] + 1e-9).all()


@pytest.mark.parametrize(
    "usd, said",
    [
        (0.0, "$0"),
        (999.4, "$999"),
        (184_690.0, "$185k"),
        (-29_054.0, "-$29k"),
        (1.2e6, "$1.2M"),
        (27_534_145.0, "$27.5M"),
    ],
)
def test_sums_have_three_digits(usd, said):
    assert charts_fair.short(usd) == said


def test_the_largest_losses_come_first(results):
    table = charts_fair.accounts_table(results["queue"])
    sums = [float(text.replace(",", "")) for text in table["Loss [USD]"]]
    assert sums == sorted(sums, reverse=True) and len(sums) == charts_fair.LARGEST
    for row in range(len(sums)):
        parts = [
            float(table[name][row].replace(",", "")) for name in ("It paid", "Fund, all", "Winners")
        ]
        assert sum(parts) == pytest.approx(sums[row], abs=2.0)
