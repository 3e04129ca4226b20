"""A reader's journey through the page "Models rank, guardrails decide"."""

import re

import pytest

from tests.browser.test_journeys import BOTH, Reader

pytestmark = pytest.mark.browser

PATH = "/models-rank"


class Watcher(Reader):
    """A reader of this page."""

    def open(self, address):
        self.page.goto(address)
        heading = self.page.get_by_role("heading", name="Models rank, guardrails decide")
        heading.wait_for(timeout=60_000)
        return self


@pytest.fixture
def watcher(browser, server):
    readers = []

    def make(**look):
        readers.append(Watcher(browser, **look))
        return readers[-1]

    yield make
    for one in readers:
        one.close()


@pytest.mark.parametrize("width, scheme", BOTH)
def test_the_whole_journey(watcher, server, width, scheme):
    """Predict, see the alerts, change the reaction, look at drift and scores, hand the link on."""
    me = watcher(width=width, scheme=scheme).open(server.url + PATH)
    assert me.page.locator(".ff").count() == 0, "nothing is drawn before the prediction"
    me.predict("Fooled")
    assert re.search("You predicted it", me.text())
    assert re.search(r"Warnings cut what is closed by force from \$\d+", me.text())
    before = me.fields()

    reaction = me.page.get_by_role("slider", name="The operator reacts after")
    reaction.focus()
    me.page.keyboard.press("ArrowRight")
    me.until(lambda: "monitor.reaction" in me.fields().get("c", ""))
    me.shown()
    assert "monitor.reaction" not in before.get("c", "")

    me.page.get_by_text("Drift: has the world left what was learned?").click()
    me.until(lambda: "Distance, drifting and quiet" in me.text())
    start = re.compile("(Run 100 worlds|Go on) of “all detectors”")  # another reader may have begun
    me.page.get_by_role("button", name=start).click()
    me.until(lambda: "times what run-length theory allows" in me.text(), 60)
    me.page.get_by_role("button", name="Stop “all detectors”").click()
    me.still()
    assert me.fits()

    link = me.page.locator('[data-testid="stCode"] code').last.inner_text()
    other = watcher(width=width, scheme=scheme).open(link).shown()
    assert other.fields() == me.fields() and not me.errors and not other.errors
