"""Journeys through the notes of the band, of size against leverage, and of five basis points."""

import pytest

from pages.ui import content
from tests.browser.reader import DESK, PHONE

pytestmark = pytest.mark.browser

NOTES = {"the-band": PHONE, "size-before-leverage": DESK, "five-basis-points": PHONE}


@pytest.mark.parametrize("name, look", NOTES.items())
def test_a_reader_sees_the_picture_and_its_table(reader, name, look):
    """Predict, look at the picture, open its table, go back to the start; no errors."""
    me = reader(look).open(f"/{name}")
    me.predict(content.note(name).meta["lanes"][-1]["title"])
    assert me.fields()["page"] == name
    assert me.page.locator('[data-testid="stVegaLiteChart"]').count() >= 2
    assert me.picture().bounding_box()["width"] > 0.8 * min(me.width, 1_200) - 40
    me.page.get_by_text("The picture as a table").click()
    me.page.locator('[data-testid="stDataFrame"]').first.wait_for()
    me.sound_everywhere()
    me.press("Reset")
    me.shown()
    assert me.errors == []
