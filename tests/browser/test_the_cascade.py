"""A reader's journey through the page "The cascade is a graph"."""

import re

import pytest

from tests.browser.test_journeys import BOTH, Reader

pytestmark = pytest.mark.browser

PATH = "/the-cascade"


class Follower(Reader):
    """A reader of this page."""

    def open(self, address):
        self.page.goto(address)
        name = "The cascade is a graph"
        self.page.get_by_role("heading", name=name, exact=True).wait_for(timeout=60_000)
        return self


@pytest.fixture
def follower(browser, server):
    readers = []

    def make(**look):
        readers.append(Follower(browser, **look))
        return readers[-1]

    yield make
    for one in readers:
        one.close()


@pytest.mark.parametrize("width, scheme", BOTH)
def test_the_whole_journey(follower, server, width, scheme):
    """Predict, read the tree, change the book, look at another world, hand the link on."""
    me = follower(width=width, scheme=scheme).open(server.url + PATH)
    assert me.page.locator(".ff").count() == 0, "nothing is drawn before the prediction"
    me.predict("Ten seconds late")
    assert re.search("You said Ten seconds late", me.text())
    assert re.search(r"Forced orders made a fall of 3\.3% one of 1\d\.\d%", me.text())
    picture = me.page.locator('[data-testid="stVegaLiteChart"]').first
    box = picture.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] > 250
    before = me.fields()

    depth = me.page.get_by_role("slider", name="Depth of the book")
    depth.focus()
    me.page.keyboard.press("ArrowRight")
    me.until(lambda: "book.depth" in me.fields().get("c", ""))
    me.shown()
    assert me.fields()["f"] != before["f"]

    me.page.get_by_text("The picture as a table").click()
    me.page.locator('[data-testid="stDataFrame"]').first.wait_for(timeout=20_000)
    me.page.get_by_text("Price by price: known beforehand").click()
    me.until(lambda: "Multiplier beforehand" in me.text())
    me.page.get_by_role("radio", name="No push back").click()
    me.until(lambda: "The outside price alone reached every limit" in me.text())
    me.still()
    assert me.fields()["lane"] == "alone" and me.fits()

    link = me.page.locator('[data-testid="stCode"] code').last.inner_text()
    other = follower(width=width, scheme=scheme).open(link).shown()
    assert other.fields() == me.fields() and not me.errors and not other.errors
