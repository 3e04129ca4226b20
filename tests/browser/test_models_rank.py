"""A reader's journey through the page "Models rank, guardrails decide"."""

import re

import pytest

from tests.browser.reader import BOTH

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width, scheme", BOTH)
def test_the_whole_journey(reader, width, scheme):
    """Predict, see the alerts, change the reaction, look at drift, run the scores and stop them."""
    me = reader(width=width, scheme=scheme).open("/models-rank").predict("Fooled")
    assert "You predicted it" in me.text()
    assert re.search(r"Warnings cut what is closed by force from \$\d+", me.text())
    before = me.fields()

    me.push("The operator reacts after")
    me.until(lambda: "monitor.reaction" in me.fields().get("c", ""))
    me.shown()
    assert "monitor.reaction" not in before.get("c", "")

    me.page.get_by_text("Drift: has the world left what was learned?").click()
    me.until(lambda: "Distance, drifting and quiet" in me.text())
    start = re.compile("(Run 100 worlds|Go on) of “all detectors”")  # another reader may have begun
    me.page.get_by_role("button", name=start).click()
    me.until(lambda: "times what run-length theory allows" in me.text())
    me.page.get_by_role("button", name="Stop “all detectors”").click()
    me.sound()
