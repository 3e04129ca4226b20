"""A reader's journey through the page "Who pays"."""

import re

import pytest

from tests.browser.test_journeys import BOTH, Reader

pytestmark = pytest.mark.browser

PATH = "/who-pays"


class Payer(Reader):
    """A reader of this page."""

    def open(self, address):
        self.page.goto(address)
        self.page.get_by_role("heading", name="Who pays", exact=True).wait_for(timeout=60_000)
        return self


@pytest.fixture
def payer(browser, server):
    readers = []

    def make(**look):
        readers.append(Payer(browser, **look))
        return readers[-1]

    yield make
    for one in readers:
        one.close()


@pytest.mark.parametrize("width, scheme", BOTH)
def test_the_whole_journey(payer, server, width, scheme):
    """Predict, see who paid, change the fund, look at winners and order, hand the link on."""
    me = payer(width=width, scheme=scheme).open(server.url + PATH)
    assert me.page.locator(".ff").count() == 0, "nothing is drawn before the prediction"
    me.predict("At once, queue")
    assert re.search("You predicted it", me.text())
    assert re.search(r"Others pay \$\d+k of the loss under “At once, queue”", me.text())
    before = me.fields()

    fund = me.page.get_by_role("slider", name="Insurance fund")
    fund.focus()
    me.page.keyboard.press("ArrowLeft")
    me.until(lambda: "venue.insurance_fund" in me.fields().get("c", ""))
    me.shown()
    assert me.fields()["f"] != before["f"]

    me.page.get_by_text("Does the order of accounts matter?").click()
    me.until(lambda: "One by one, list turned round" in me.text())
    me.page.get_by_text("The waves as a table").click()
    me.until(lambda: "38,449,033" in me.text())
    assert re.search(r"The queue reduces \d+ of \d+ winners, pro rata", me.text())
    assert me.fits()

    link = me.page.locator('[data-testid="stCode"] code').last.inner_text()
    other = payer(width=width, scheme=scheme).open(link).shown()
    assert other.fields() == me.fields() and not me.errors and not other.errors
