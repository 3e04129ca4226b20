"""A journey through the note "Crowded funding"."""

import pytest

from tests.browser.test_journeys import BOTH, Reader

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width, scheme", BOTH)
def test_a_reader_sees_funding_beside_volatility(browser, server, width, scheme):
    """Predict, see the picture and the bleed, change the scenario; no errors in the console."""
    me = Reader(browser, width=width, scheme=scheme)
    try:
        me.page.goto(f"{server.url}/crowded-funding")
        me.page.get_by_role("heading", name="Crowded funding", exact=True).wait_for(timeout=60_000)
        me.predict("Longs pay 0.10 %")
        assert me.fields()["page"] == "crowded-funding"
        me.page.get_by_role("heading", name="times as much").wait_for(timeout=20_000)
        picture = me.page.locator('[data-testid="stVegaLiteChart"]').first
        box = picture.bounding_box()
        assert box["height"] > 250 and box["x"] >= 0 and box["x"] + box["width"] <= width
        me.page.get_by_role("heading", name="12 payments of 0.10%").wait_for(timeout=20_000)
        me.page.get_by_text("The picture as a table").click()
        me.page.locator('[data-testid="stDataFrame"]').first.wait_for(timeout=20_000)
        assert me.fits()
        assert me.errors == []
    finally:
        me.close()
