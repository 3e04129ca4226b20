"""A journey through the note on correlated legs."""

import pytest

from tests.browser.reader import PHONE

pytestmark = pytest.mark.browser


def test_the_whole_journey(reader):
    """Predict, see the finding, look at the other worlds, step, read why, open another case."""
    me = reader(PHONE).open("/the-hedge").predict("Correlation stayed")
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
    me.sound_everywhere()

    me.choose("Scenario", "The hedge saves the account")
    me.until(lambda: me.fields().get("s") == "hedge-saves")
    me.shown()
    assert "Most accounts are closed in the world No hedge" in me.text()
    assert me.errors == []
