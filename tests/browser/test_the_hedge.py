"""The note on correlated legs in a real Chromium, at both widths and in both themes."""

import pytest

from tests.browser.reader import BOTH

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width, scheme", BOTH)
def test_the_whole_journey(reader, width, scheme):
    """Predict, see the finding, look at the other worlds, step, read why."""
    me = reader(width=width, scheme=scheme).open("/the-hedge").predict("Correlation stayed")
    assert "You said Correlation stayed." in me.text()
    assert "correlation had added 47% to what the account must hold" in me.text()
    me.page.get_by_text("The picture as a table").wait_for()
    assert me.fields()["lane"] == "jumps" and "Maintenance margin reached" in me.text()

    me.press("No hedge")
    me.until(lambda: me.fields().get("lane") == "alone")
    me.still()
    assert "more than it must hold" in me.text()

    me.press("Correlation jumps")
    me.until(lambda: me.fields().get("lane") == "jumps")
    me.page.get_by_label("Timeline, in steps").fill("0")
    me.until(lambda: me.fields()["step"] == "0")
    me.press("Next limit of the world in view")
    me.until(lambda: me.fields()["step"] != "0")
    me.still()
    assert f"event {me.fields()['event']}" in me.output()
    me.sound()


def test_the_hedge_that_saves_is_one_choice_away(reader):
    """The page opens every case of the note, and says what it finds there."""
    me = reader().open("/the-hedge").predict()
    me.choose("Scenario", "The hedge saves the account")
    me.until(lambda: me.fields().get("s") == "hedge-saves")
    me.shown()
    assert "Most accounts are closed in the world No hedge" in me.text()
    assert not me.errors
