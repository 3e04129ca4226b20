"""The page "Crowded funding": question, picture, the bleed beforehand, every event explained."""

import pytest

import engine
from engine.core.state import Rule
from pages.ui import content, lanes
from tests.test_pages import click, fields, opened, texts

PAGE, FILE = "crowded-funding", "pages/page_crowded_funding.py"
PRESETS = {preset.name: preset.scenario for preset in engine.presets()}
TITLES = lanes.of(PAGE).titles


def shown(scenario, lane="crowded", **view):
    """The page with its result, as a link without a prediction opens it."""
    app = opened(fields(scenario, page=PAGE, lane=lane, **view), page=FILE)
    return app if view else click(app, "predict_skip")  # an event in a link is shown at once


@pytest.mark.parametrize("answer", ["none", "crowded"])
def test_an_answer_is_held_against_what_happened(answer):
    app = click(opened(page=FILE), f"predict_{answer}")
    assert not app.exception and not app.error
    said = texts(app)
    assert ("You predicted it." in said) == (answer == "crowded")
    assert "times as much" in said
    assert "12 payments of 0.10% before the move" in said


@pytest.mark.parametrize("preset", content.note(PAGE).meta["presets"])
def test_each_scenario_of_the_page_is_drawn(preset):
    app = shown(PRESETS[preset])
    assert not app.exception and not app.error
    assert "million USD were closed by force" in texts(app)


def test_without_an_interval_or_a_move_there_is_no_bleed_to_show():
    calm = PRESETS["crowded-longs"].with_values(**{"world.shocks": ()})
    app = shown(calm)
    assert not app.exception and "before the move, known" not in texts(app)
    off = PRESETS["crowded-longs"].with_values(**{"funding.interval": 0.0})
    assert not shown(off).exception


def test_a_settlement_and_an_order_of_the_crowd_are_explained():
    scenario = PRESETS["crowded-longs"]
    result = engine.compare(scenario, lanes.of(PAGE).changes)["crowded"]
    rule = result.events["rule"]
    for kind, said in (
        (Rule.FUNDING, "Longs paid shorts 0.1000%"),
        (Rule.CROWD, "from its average"),
    ):
        event = int((rule == kind).argmax())
        app = shown(scenario, event=event, step=int(result.events["step"][event]))
        assert not app.exception and said in texts(app)
