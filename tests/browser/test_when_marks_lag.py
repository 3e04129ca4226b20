"""A reader's journey through "When marks lag", and between two notes."""

import re

import pytest

from tests.browser.reader import DESK

pytestmark = pytest.mark.browser

PATH = "/when-marks-lag"


def test_the_whole_journey(reader):
    """Predict, see five marks, look at another, set an own rule, open a run that acted, link."""
    me = reader(DESK).open(PATH)
    me.predict("Index")
    assert "You said Index" in me.text()
    assert me.page.locator(".ff canvas").count() == 5
    assert me.fields()["lane"] == "last_ema"
    me.picture(200)

    first = re.search(r"the first sign came at (\d+) s", me.text())[1]
    me.push("Reduce when the mark is off by [bp]")
    me.until(lambda: re.search(r"the first sign came at (\d+) s", me.text())[1] != first)
    me.still()
    me.page.get_by_role("button", name=re.compile(r"^Account \d+$")).first.click()
    me.until(lambda: "accounts.reductions" in me.fields().get("c", ""))
    me.shown()
    fields = me.fields()

    me.sound_everywhere()

    other = reader(DESK).open(me.link()).shown()
    assert other.fields() == fields and other.output() == me.output() and not other.errors


def test_two_notes_do_not_get_into_each_others_way(reader):
    """From one note to the next through the menu and back: each is as it was left."""
    me = reader().open(PATH).predict()
    here = me.fields()
    me.page.get_by_text("Notes", exact=True).first.click()
    me.page.get_by_role("menuitem", name="Three ways out").first.click()
    me.page.get_by_role("heading", name="Three ways out").wait_for()
    me.predict()
    assert me.fields()["page"] == "three-ways-out" and "lane" not in me.fields()
    assert me.page.locator(".ff canvas").count() == 3
    me.page.get_by_text("Notes", exact=True).first.click()
    me.page.get_by_role("menuitem", name="When marks lag").first.click()
    me.page.get_by_role("heading", name="When marks lag", exact=True).wait_for()
    me.shown()
    me.until(lambda: me.fields() == here)
    assert me.page.locator(".ff canvas").count() == 5 and not me.errors
