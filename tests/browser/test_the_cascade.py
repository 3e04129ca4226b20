"""A reader's journey through the page "The cascade is a graph"."""

import re

import pytest

from tests.browser.reader import DESK

pytestmark = pytest.mark.browser


def test_the_whole_journey(reader):
    """Predict, read the tree, change the book, look at another world."""
    me = reader(DESK).open("/the-cascade").predict("Ten seconds late")
    assert "You said Ten seconds late" in me.text()
    assert re.search(r"Forced orders made a fall of 3\.3% one of 1\d\.\d%", me.text())
    me.picture(250)
    before = me.fields()

    me.push("Depth of the book")
    me.until(lambda: "book.depth" in me.fields().get("c", ""))
    me.shown()
    assert me.fields()["f"] != before["f"]

    me.page.get_by_text("The picture as a table").click()
    me.page.locator('[data-testid="stDataFrame"]').first.wait_for()
    me.page.get_by_text("Price by price: known beforehand").click()
    me.until(lambda: "Multiplier beforehand" in me.text())
    me.page.get_by_role("radio", name="No push back").click()
    me.until(lambda: "The outside price alone reached every limit" in me.text())
    me.sound_everywhere()
    assert me.fields()["lane"] == "alone"
