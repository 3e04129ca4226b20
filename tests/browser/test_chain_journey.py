"""A reader's journey from the first page through the chain of assumptions."""

import re

import pytest

from tests.browser.test_journeys import BOTH, Reader

pytestmark = pytest.mark.browser

PATH = "/a-chain-of-assumptions"


class Breaker(Reader):
    """A reader of these pages."""

    def open(self, address, heading="A chain of assumptions"):
        self.page.goto(address)
        self.page.get_by_role("heading", name=heading, exact=True).first.wait_for(timeout=60_000)
        return self


@pytest.fixture
def breaker(browser, server):
    readers = []

    def make(**look):
        readers.append(Breaker(browser, **look))
        return readers[-1]

    yield make
    for one in readers:
        one.close()


@pytest.mark.parametrize("width, scheme", BOTH)
def test_from_the_first_page_to_two_links_at_once(breaker, server, width, scheme):
    """Break a link in the miniature, step through that run, look at pairs, send the link on."""
    me = breaker(width=width, scheme=scheme).open(server.url, "Forced Flow")
    me.until(lambda: "With “Liquidation path” broken" in me.text())
    me.page.locator("label", has_text="Book").last.click()
    me.until(lambda: "With “Depth of the book” broken" in me.text())
    assert re.search("keeps its position while nothing is broken", me.text())
    assert me.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    me.page.get_by_role("link", name="Step through this run").focus()
    me.page.keyboard.press("Enter")

    # The run and the event that the miniature told of, without a question before them.
    title = "Liquidation path: broken alone it adds most in this world"
    me.until(lambda: title in me.text() and "Maintenance margin reached" in me.text())
    assert "lane=depth" in me.page.url and "event=" in me.page.url
    # A word opens its entry where it stands, by the keyboard as well.
    me.page.locator("button.term").first.focus()
    me.page.keyboard.press("Enter")
    me.until(lambda: me.page.locator(".entry:popover-open").count() == 1)
    me.page.keyboard.press("Escape")
    me.until(lambda: me.page.locator(".entry:popover-open").count() == 0)
    me.page.get_by_text("Two links at once").click()
    me.until(lambda: "one by one they add up to" in me.text())
    assert me.fits() and not me.errors

    link = me.page.locator('[data-testid="stCode"] code').last.inner_text()
    other = breaker(width=width, scheme=scheme).open(link).shown()
    assert other.fields() == me.fields() and not other.errors
