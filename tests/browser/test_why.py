"""Journeys through the why panel: one screen, its arithmetic, what would have prevented it."""

import pytest

import engine
from tests.browser.reader import PHONE

pytestmark = pytest.mark.browser

PAGE, LIMIT = "three-ways-out", 1_113


def address():
    scenario = engine.presets()[0].scenario
    made = engine.compare(scenario)["market"].fingerprint
    view = engine.View(
        scenario, page="three-ways-out", policy="market", event=LIMIT, fingerprint=made
    )
    return "/three-ways-out" + engine.link(view)


def test_why_says_what_would_have_saved_the_account(reader):
    """From a link to one event: the table, its proofs, the rest on demand; nothing overflows."""
    me = reader(PHONE).open(address()).shown()
    me.until(lambda: "4,612.41 USD (+18.33)" in me.text())
    me.page.get_by_role("button", name="Proofs").click()
    me.until(lambda: "it does not happen (run" in me.page.inner_text("body"))
    me.page.keyboard.press("Escape")
    me.page.get_by_role("button", name="Try mark, depth").click()
    me.until(lambda: "Forced flow of others" in me.text() and "bystander" in me.text())
    me.still()
    assert "incremental or auction" in me.text()
    me.sound_everywhere()


def test_why_is_one_screen(reader):
    """From the sentence to what would have prevented it, at 1280 x 800."""
    me = reader().open(address()).shown()
    me.until(lambda: "4,612.41 USD (+18.33)" in me.text())
    me.still()
    top = me.page.get_by_role("heading", name="Maintenance margin reached").bounding_box()["y"]
    last = me.page.get_by_role("button", name="Try mark, depth").bounding_box()
    led = me.page.get_by_role("button", name="Event 882").bounding_box()
    bottom = max(box["y"] + box["height"] for box in (last, led))
    assert bottom - top <= 800 - 60  # the bar at the top stays
