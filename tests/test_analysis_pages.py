"""The pages of the band, of size against leverage, and of five basis points, without a browser."""

import pandas as pd
import pytest

import engine
from pages.ui import cached, charts_band, charts_cost, charts_size, content, lanes
from tests.test_pages import click, drawn, fields, opened, seen, texts

NOTES = ("the-band", "size-before-leverage", "five-basis-points")
PRESETS = {preset.name: preset.scenario for preset in engine.presets()}


def page_of(name):
    return f"pages/page_{name.replace('-', '_')}.py"


def first(name):
    return PRESETS[content.note(name).meta["presets"][0]]


def headings(app):
    return " ".join(str(element.value) for element in (*app.markdown, *app.header))


@pytest.fixture(scope="module", params=NOTES)
def note(request):
    """A note, answered with its first lane."""
    name = request.param
    return name, click(opened(page=page_of(name)), f"predict_{lanes.of(name).names[0]}")


def test_the_question_comes_first():
    """Nothing of a result is drawn before the answer."""
    for name in NOTES:
        app = opened(page=page_of(name))
        assert content.note(name).meta["predict"]["question"] in texts(app)
        assert not drawn(app) and not app.get("arrow_vega_lite_chart")


def test_the_note_runs_and_answers_the_prediction(note):
    name, app = note
    assert not app.exception and not app.error
    best = engine.answer(
        cached.compare(first(name), name), content.note(name).meta["predict"]["answer"]
    )
    said = texts(app)
    assert ("You predicted it." in said) == (best == lanes.of(name).names[0])
    assert lanes.of(name).titles[best] in said


def test_sources_in_the_text_are_numbered_links(note):
    """No key of a source is left in the text, and every one the note lists can be reached."""
    name, app = note
    said = texts(app)
    meta = content.note(name).meta
    assert not [key for key in meta["sources"] if f"[{key}]" in said]
    assert "](https://" in said


@pytest.mark.parametrize("name", NOTES)
def test_every_source_in_the_text_is_listed(name):
    import re

    note = content.note(name)
    named = {
        key for found in re.findall(r"\[([a-z0-9_, ]+)\]", note.body) for key in found.split(", ")
    }
    assert named and named <= set(note.meta["sources"])


@pytest.mark.parametrize("name", NOTES)
def test_a_link_restores_lane_step_and_result(name):
    """The address of a page opens the same view again."""
    lane = lanes.of(name).names[1]
    print_ = cached.compare(first(name), name)[lane].fingerprint
    query = fields(first(name), page=name, lane=lane, step=120, fingerprint=print_)
    app = opened(query, page=page_of(name))
    assert not app.exception and not app.error
    view = seen(app)
    assert (view.page, view.lane, view.step) == (name, lane, 120)
    assert print_.startswith(view.fingerprint) and view.scenario == first(name)


@pytest.mark.parametrize("name", NOTES)
def test_every_scenario_of_a_note_opens(name):
    """Each ready-made scenario draws its page, the one in which nobody is reduced as well."""
    calm = first(name).with_values(**{"world.shocks": (), "world.volatility": 0.05})
    for scenario in [*(PRESETS[p] for p in content.note(name).meta["presets"]), calm]:
        print_ = cached.compare(scenario, name)[lanes.of(name).names[0]].fingerprint
        query = fields(scenario, page=name, fingerprint=print_)
        app = opened(query, page=page_of(name))
        assert not app.exception and not app.error


def test_the_rulebook_is_a_control_of_the_band():
    app = click(opened(page=page_of("the-band")), "predict_skip")
    app.selectbox(key="control_rulebook").set_value("hyperliquid-btc-undated").run()
    assert not app.exception and not app.error
    assert seen(app).scenario.venue.rulebook == "hyperliquid-btc-undated"


def test_the_surface_follows_the_leverage_that_is_chosen():
    scenario = first("size-before-leverage")
    low, high = cached.surface(scenario, 10.0), cached.surface(scenario, 100.0)
    assert (high["of_margin"] > low["of_margin"]).all()


# --- pictures ---


def test_the_titles_say_what_the_pictures_show():
    bands = cached.bands(first("the-band"), "the-band")
    titles = lanes.of("the-band").titles
    made = charts_band.lanes_picture(bands, "light", titles)
    assert f"{bands['inside'].min():.0f} %" in made.title and "Averaged last" in made.title
    wrong = cached.bands(PRESETS["band-cancelled"], "the-band")
    assert "wrong" in charts_band.lanes_picture(wrong, "light", titles).title
    assert "half the size" in cached.crossing(first("size-before-leverage"), "size-before-leverage")


def test_nobody_reduced_leaves_no_picture():
    name = "the-band"
    calm = first(name).with_values(**{"world.shocks": (), "accounts.leverage_high": 3.0})
    bands = cached.bands(calm, name)
    assert charts_band.lanes_picture(bands, "dark", lanes.of(name).titles) is None
    name = "five-basis-points"
    quiet = first(name).with_values(**{"world.shocks": (), "world.volatility": 0.01})
    assert charts_cost.grid_picture(cached.leverages(quiet, name), "dark", 1.0) is None


def test_the_grid_shows_the_difference_of_two_runs():
    name = "five-basis-points"
    found = cached.leverages(first(name), name)
    picture = charts_cost.grid_picture(found, "light", 1.0)
    row = picture.rows[(picture.rows["leverage"] == 100.0) & (picture.rows["duration"] == 60)].iloc[
        0
    ]
    changes = lanes.of(name).changes
    result = engine.run(first(name).with_values(**changes["five"])).metrics
    assert (
        row["after"] == result["bankrupt_accounts"] and row["more"] == row["after"] - row["before"]
    )


def test_what_is_left_of_the_cost_is_measured_against_the_first_lane():
    name = "size-before-leverage"
    found = cached.depths(first(name), name)
    picture = charts_size.depth_picture(found, "light", lanes.of(name).titles, "")
    rows = found.pivot(index="depth", columns="lane", values="slippage_usd")
    want = 100.0 * rows["half_size"] / rows["as_is"]
    got = picture.rows[picture.rows["lane"] == "half_size"].set_index("depth")["left"]
    pd.testing.assert_series_equal(got.sort_index(), want, check_names=False)
