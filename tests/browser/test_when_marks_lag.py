"""A reader's journey through "When marks lag", and between two notes."""

import re

import pytest

from tests.browser.test_journeys import BOTH, Reader

pytestmark = pytest.mark.browser

PATH = "/when-marks-lag"


class Watcher(Reader):
    """A reader of this page."""

    def open(self, address):
        self.page.goto(address)
        self.page.get_by_role("heading", name="When marks lag", exact=True).wait_for(timeout=60_000)
        return self


@pytest.fixture
def watcher(browser, server):
    readers = []

    def make(**look):
        readers.append(Watcher(browser, **look))
        return readers[-1]

    yield make
    for one in readers:
        one.close()


@pytest.mark.parametrize("width, scheme", BOTH)
def test_the_whole_journey(watcher, server, width, scheme):
    """Predict, see five marks, look at another, set an own rule, open a run that acted, link."""
    me = watcher(width=width, scheme=scheme).open(server.url + PATH)
    assert me.page.locator(".ff").count() == 0, "nothing is drawn before the prediction"
    me.predict("Index")
    assert "You said Index" in me.text()
    assert me.page.locator(".ff canvas").count() == 5
    assert me.fields()["lane"] == "last_ema"
    assert me.fits()
    box = me.page.locator('[data-testid="stVegaLiteChart"]').first.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] > 200

    first = re.search(r"the first sign came at (\d+) s", me.text())[1]
    rule = me.page.get_by_role("slider", name="Reduce when the mark is off by [bp]")
    rule.focus()
    me.page.keyboard.press("ArrowRight")
    me.until(lambda: re.search(r"the first sign came at (\d+) s", me.text())[1] != first)
    me.still()
    me.page.get_by_role("button", name=re.compile(r"^Account \d+$")).first.click()
    me.until(lambda: "accounts.reductions" in me.fields().get("c", ""))
    me.shown()
    fields = me.fields()

    link = me.page.locator('[data-testid="stCode"] code').last.inner_text()
    other = watcher(width=width, scheme=scheme).open(link).shown()
    assert other.fields() == fields and other.output() == me.output()
    assert not me.errors and not other.errors


def test_two_notes_do_not_get_into_each_others_way(watcher, server):
    """From one note to the next through the menu and back: each is as it was left."""
    me = watcher().open(server.url + PATH).predict()
    here = me.fields()
    me.page.get_by_text("Notes", exact=True).first.click()
    me.page.get_by_role("menuitem", name="Three ways out").first.click()
    me.page.get_by_role("heading", name="Three ways out").wait_for(timeout=60_000)
    me.predict()
    assert me.fields()["page"] == "three-ways-out" and "lane" not in me.fields()
    assert me.page.locator(".ff canvas").count() == 3
    me.page.get_by_text("Notes", exact=True).first.click()
    me.page.get_by_role("menuitem", name="When marks lag").first.click()
    me.page.get_by_role("heading", name="When marks lag", exact=True).wait_for(timeout=60_000)
    me.shown()
    me.until(lambda: me.fields() == here)
    assert me.page.locator(".ff canvas").count() == 5 and not me.errors
