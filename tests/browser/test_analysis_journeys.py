"""Journeys through the notes of the band, of size against leverage, and of five basis points."""

import pytest

from pages.ui import content
from tests.browser.test_journeys import BOTH, Reader

pytestmark = pytest.mark.browser

NOTES = ("the-band", "size-before-leverage", "five-basis-points")


@pytest.mark.parametrize("name", NOTES)
@pytest.mark.parametrize("width, scheme", BOTH)
def test_a_reader_sees_the_picture_and_its_table(browser, server, name, width, scheme):
    """Predict, look at the picture, open its table, choose another scenario; no errors."""
    meta = content.note(name).meta
    me = Reader(browser, width=width, scheme=scheme)
    try:
        me.page.goto(f"{server.url}/{name}")
        me.page.get_by_role("heading", name=meta["title"], exact=True).wait_for(timeout=60_000)
        assert me.page.locator(".ff").count() == 0, "nothing is drawn before the prediction"
        me.predict(meta["lanes"][-1]["title"])
        assert me.fields()["page"] == name
        pictures = me.page.locator('[data-testid="stVegaLiteChart"]')
        assert pictures.count() >= 2
        box = pictures.first.bounding_box()
        assert box["width"] > 0.8 * min(width, 1_200) - 40 and box["height"] > 150
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        me.page.get_by_text("The picture as a table").click()
        me.page.locator('[data-testid="stDataFrame"]').first.wait_for(timeout=20_000)
        assert me.fits()
        me.press("Reset")
        me.shown()
        assert me.errors == []
    finally:
        me.close()
