"""The note on correlated legs in a real Chromium, at both widths and in both themes."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.test_journeys import BOTH, Reader

pytestmark = pytest.mark.browser


@pytest.fixture
def reader(browser, server):
    readers = []

    def make(**look):
        readers.append(Reader(browser, **look))
        return readers[-1]

    yield make
    for one in readers:
        one.close()


def opened(me, address):
    me.page.goto(address)
    me.page.get_by_role("heading", name="The hedge that pulled the trigger").wait_for(
        timeout=60_000
    )
    return me


@pytest.mark.parametrize("width, scheme", BOTH)
def test_the_whole_journey(reader, server, width, scheme):
    """Predict, see the finding, look at the other worlds, step, read why, hand the link on."""
    me = opened(reader(width=width, scheme=scheme), f"{server.url}/the-hedge")
    assert me.page.locator(".ff").count() == 0, "nothing is drawn before the prediction"
    me.predict("Correlation stayed")
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
    assert me.fits()

    link = me.page.locator('[data-testid="stCode"] code').last.inner_text()
    assert parse_qs(urlsplit(link).query) == parse_qs(urlsplit(me.page.url).query)
    other = opened(reader(width=width, scheme=scheme), link).shown()
    assert other.fields() == me.fields()
    assert not me.errors and not other.errors


def test_the_hedge_that_saves_is_one_choice_away(reader, server):
    """The page opens every case of the note, and says what it finds there."""
    me = opened(reader(), f"{server.url}/the-hedge").predict()
    me.page.get_by_role("combobox", name="Scenario").click()
    me.page.get_by_role("option", name="The hedge saves the account").click()
    me.until(lambda: me.fields().get("s") == "hedge-saves")
    me.shown()
    assert "Most accounts are closed in the world No hedge" in me.text()
    assert not me.errors
