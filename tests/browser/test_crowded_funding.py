"""A journey through the note "Crowded funding"."""

import pytest

from tests.browser.reader import DESK

pytestmark = pytest.mark.browser


def test_a_reader_sees_funding_beside_volatility(reader):
    """Predict, see the picture and the bleed, open the table."""
    me = reader(DESK).open("/crowded-funding").predict("Longs pay 0.10 %")
    assert me.fields()["page"] == "crowded-funding"
    me.page.get_by_role("heading", name="times as much").wait_for()
    me.picture(250)
    me.page.get_by_role("heading", name="12 payments of 0.10%").wait_for()
    me.page.get_by_text("The picture as a table").click()
    me.page.locator('[data-testid="stDataFrame"]').first.wait_for()
    me.sound_everywhere()
