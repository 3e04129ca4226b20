"""The page "Why did my limit change?": question, picture, ledger, what is known beforehand."""

import numpy as np
import pytest

import engine
from engine.core.state import Rule
from pages.ui import content, lanes, limit_tables, tables, telling
from tests.test_pages import address, click, fields, opened, texts

PAGE, FILE = "why-did-my-limit-change", "pages/page_why_did_my_limit_change.py"
PRESETS = {preset.name: preset.scenario for preset in engine.presets()}
NAMES = content.note(PAGE).meta["presets"]


def shown(scenario, lane="all", **view):
    """The page with its result, as a link without a prediction opens it."""
    app = opened(fields(scenario, page=PAGE, lane=lane, **view), page=FILE)
    return app if view else click(app, "predict_skip")  # an event in a link is shown at once


@pytest.mark.parametrize("answer", ["fixed", "all"])
def test_an_answer_is_held_against_what_happened(answer):
    app = click(opened(page=FILE), f"predict_{answer}")
    assert not app.exception and not app.error
    said = texts(app)
    assert ("You predicted it." in said) == (answer == "all")
    assert "while prices stood still" in said and "The ledger: every limit that changed" in said
    assert address(app)["lane"] == "all"  # the lane in which limits change is in view


@pytest.mark.parametrize("preset", NAMES)
def test_each_scenario_of_the_page_is_drawn(preset):
    app = shown(PRESETS[preset])
    assert not app.exception and not app.error
    assert "The next notches, known at the opening" in texts(app)
    assert "Limits in force at step" in texts(app)


def test_a_venue_with_fixed_limits_has_an_empty_ledger():
    app = shown(PRESETS["limit-jump"], lane="fixed")
    assert not app.exception and "No limit changed here" in texts(app)
    assert "This venue has no notches" in texts(app)


def test_a_chosen_change_shows_its_event_cause_and_number():
    result = engine.compare(PRESETS["limit-fall"], lanes.of(PAGE).changes)["all"]
    ledger = engine.limit_ledger(result)
    app = shown(PRESETS["limit-fall"])
    box = next(box for box in app.selectbox if (box.key or "").startswith("limit_change"))
    assert len(box.options) == len(ledger)
    box.select_index(0).run()
    row = next(ledger.itertuples())
    assert not app.exception
    assert f"Event {row.event}, {row.limit}" in texts(app) and "Cause:" in texts(app)
    click(app, "limit_why")
    assert f"Step {row.step} (" in texts(app)


@pytest.mark.parametrize("preset", NAMES)
def test_every_change_of_a_limit_on_the_page_is_explained(preset):
    """Each event that changed a limit, and some of all others, in every lane of the preset."""
    kinds = (Rule.VOLATILITY_ADDON, Rule.DEPTH_PUBLISHED, Rule.CORRELATION_CHANGE)
    for result in engine.compare(PRESETS[preset], lanes.of(PAGE).changes).values():
        rule = result.events["rule"]
        every = np.flatnonzero(np.isin(rule, kinds))
        table = tables.event_table(result)
        assert not any("account" in telling.named(table, int(n)) for n in every)
        for n in [*every, *range(0, len(rule), max(len(rule) // 40, 1))]:
            told = engine.explain(result, int(n))
            assert told.text and told.unit is not None
        for row in engine.limit_ledger(result).itertuples():
            assert limit_tables.told(row) and limit_tables.choice(row)


def test_both_caps_are_told_on_the_page():
    scenario = PRESETS["limit-fall"].with_values(
        **{"guardrails.leverage_cap": 10.0, "guardrails.exposure_limit": 1e6}
    )
    app = shown(scenario, event=0, step=0)
    assert not app.exception
    assert "are let open" in texts(app)
