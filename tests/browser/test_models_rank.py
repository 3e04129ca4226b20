"""A reader's journey through the page "Models rank, guardrails decide"."""

import re

import pytest

from tests.browser.reader import PHONE

pytestmark = pytest.mark.browser


def test_the_whole_journey(reader):
    """Predict, see the alerts, change the reaction, look at drift, run the scores and stop them."""
    me = reader(PHONE).open("/models-rank").predict("Fooled")
    assert "You predicted it" in me.text()
    assert re.search(r"Warnings cut what is closed by force from \$\d+", me.text())
    before = me.fields()

    me.push("The operator reacts after")
    me.until(lambda: "monitor.reaction" in me.fields().get("c", ""))
    me.shown()
    assert "monitor.reaction" not in before.get("c", "")

    me.page.get_by_text("Drift: has the world left what was learned?").click()
    me.until(lambda: "Distance, drifting and quiet" in me.text())
    me.still()
    me.press("Run 100 worlds of “all detectors”")
    me.until(lambda: "times what run-length theory allows" in me.text())
    me.page.get_by_role("button", name="Stop “all detectors”").click()
    me.sound_everywhere()
