"""A journey through the note "Why did my limit change?"."""

import pytest

from tests.browser.reader import DESK

pytestmark = pytest.mark.browser


def test_a_reader_finds_the_event_the_cause_and_the_number(reader):
    """Predict, see the picture, choose a change, read whom it made due."""
    me = reader(DESK).open("/why-did-my-limit-change").predict("All three")
    assert me.fields()["page"] == "why-did-my-limit-change"
    me.page.get_by_role("heading", name="while prices stood still").wait_for()
    me.picture(250)
    me.page.get_by_role("heading", name="The ledger: every limit that changed").wait_for()
    me.page.get_by_text("Cause:").first.wait_for()
    me.page.get_by_role("button", name="Explain this event").click()
    me.page.get_by_text("Volatility add-on changed").first.wait_for()
    me.page.get_by_role("heading", name="The next notches, known at the opening").wait_for()
    me.sound_everywhere()
