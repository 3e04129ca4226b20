"""The page "A chain of assumptions": question, the chain drawn, pairs, settings."""

import pytest

import engine
from pages.ui import charts, charts_chain, content, lanes, note_chain
from tests.test_pages import click, fields, opened, texts

PAGE, FILE = "a-chain-of-assumptions", "pages/page_a_chain_of_assumptions.py"
PRESETS = {preset.name: preset.scenario for preset in engine.presets()}
STABLE = PRESETS["chain-stable"]


@pytest.fixture(scope="module")
def done():
    return engine.break_links(STABLE, (STABLE.seed,))


@pytest.mark.parametrize("answer", [*lanes.of(PAGE).names, "skip"])
def test_an_answer_is_held_against_what_happened(answer):
    app = click(opened(page=FILE), f"predict_{answer}")
    assert not app.exception and not app.error
    said = texts(app)
    assert ("You predicted it." in said) == (answer == "path")
    assert "Liquidation path: broken alone it adds most in this world" in said


@pytest.mark.parametrize("preset", content.note(PAGE).meta["presets"])
def test_each_scenario_of_the_page_is_drawn(preset):
    """Also the one in which no link is left to break."""
    app = click(
        opened(fields(PRESETS[preset], page=PAGE, lane="stable"), page=FILE), "predict_skip"
    )
    assert not app.exception and not app.error
    said = texts(app)
    nothing = "Breaking any one link adds nothing in this world" in said
    assert nothing == (preset == "chain-broken")


def test_the_chain_is_taken_away_as_it_is_shown():
    """The charts of the take-away are drawn beside those of the page, of the harm in view."""
    app = click(opened(page=FILE), "predict_skip")
    app.session_state["take_charts"] = app.session_state["take_data"] = True
    app.run()
    assert not app.exception and not app.error
    assert app.get("download_button") and "Liquidation path: broken alone" in texts(app)


def test_another_harm_is_counted_when_it_is_chosen():
    app = click(opened(page=FILE), "predict_skip")
    before = texts(app)
    app.button_group(key="harm").set_value("slippage").run()
    assert not app.exception and texts(app) != before
    picture = charts_chain.chain_picture(note_chain.alone(STABLE), "slippage", "light")
    assert picture.title in texts(app)


def test_the_chain_is_drawn_in_its_order_with_one_link_open(done):
    rows = charts_chain.chain_rows(done, "bad_debt")
    assert rows["link"].tolist() == list(engine.chain_links())
    assert rows["state"].tolist().count("worst") == 1
    assert rows.loc[rows["state"] == "worst", "mean"].iloc[0] == rows["mean"].max()


@pytest.mark.parametrize("harm", charts_chain.HARMS)
def test_the_finding_follows_from_the_run(done, harm):
    """It names the dearest link and its cost, or says that nothing was added."""
    picture = charts_chain.chain_picture(done, harm, "light")
    dearest = engine.link_costs(done, harm).iloc[0]
    title = engine.chain_links()[dearest["link"]].title
    expected = title if dearest["mean"] >= 1.0 else "Breaking any one link adds nothing"
    assert picture.title.startswith(expected)
    assert len(picture.table) == len(engine.chain_links())


def test_nothing_left_to_break_is_said():
    made = engine.break_links(PRESETS["chain-broken"], (1,))
    picture = charts_chain.chain_picture(made, "bad_debt", "light")
    assert picture.title.startswith("Breaking any one link adds nothing")
    assert set(picture.rows["state"]) == {"holds"}
    assert charts_chain.pairs_finding(made, "bad_debt").startswith("No two links cost more")


def test_the_pairs_fill_a_triangle(done):
    rows, number = charts_chain.pairs_rows(done, "bad_debt"), len(engine.chain_links())
    assert len(rows) == number * (number + 1) // 2 < charts.MOST
    assert rows["shade"].between(0.0, 1.0).all() and rows["shade"].max() == 1.0
    table = charts_chain.pairs_table(rows)
    assert len(table) == number * (number - 1) // 2
    largest = engine.link_interactions(done, "bad_debt").iloc[0]
    assert charts_chain.short(largest["together"]) in charts_chain.pairs_finding(done, "bad_debt")


def test_the_settings_of_each_link_are_listed():
    table = note_chain.settings(STABLE, "bad_debt")
    assert len(table["Link"]) == sum(len(x.broken) for x in engine.chain_links().values())
    at = table["Setting"].index("`mark.rule`")
    assert (table["In view"][at], table["Broken"][at]) == ("index_ema", "last")
    added = engine.run(STABLE.with_values(**{"mark.rule": "last"})).metrics["bad_debt"]
    added -= engine.run(STABLE).metrics["bad_debt"]
    assert table["Bad debt, added by it alone [USD]"][at] == f"{added:,.0f}"


def test_each_link_has_a_lane_of_its_own():
    """What the picture counts is what the timeline shows: the lanes are not run a second time."""
    broken = {lane: changes for lane, changes in lanes.of(PAGE).changes.items() if changes}
    assert broken == {name: link.broken for name, link in engine.chain_links().items()}
    again = engine.break_links(STABLE, (STABLE.seed,), pairs=False)
    for harm in charts_chain.HARMS:
        one, other = (engine.link_costs(x, harm) for x in (note_chain.alone(STABLE), again))
        assert one.equals(other)


@pytest.mark.parametrize(
    "usd, said", [(0.4, "nothing"), (1_200_000.0, "+$1.2M"), (-29_054.0, "-$29k")]
)
def test_a_cost_carries_its_sign(usd, said):
    assert charts_chain.signed(usd) == said
