"""A reader's journey through the page "Who pays"."""

import re

import pytest

from tests.browser.reader import PHONE

pytestmark = pytest.mark.browser


def test_the_whole_journey(reader):
    """Predict, see who paid, change the fund, look at winners and at the order of accounts."""
    me = reader(PHONE).open("/who-pays").predict("At once, queue")
    assert "You predicted it" in me.text()
    assert re.search(r"Others pay \$\d+k of the loss under “At once, queue”", me.text())
    before = me.fields()

    me.push("Insurance fund", "ArrowLeft")
    me.until(lambda: "venue.insurance_fund" in me.fields().get("c", ""))
    me.shown()
    assert me.fields()["f"] != before["f"]

    me.page.get_by_text("Does the order of accounts matter?").click()
    me.until(lambda: "One by one, list turned round" in me.text())
    me.page.get_by_text("The waves as a table").click()
    me.until(lambda: "38,449,033" in me.text())
    assert re.search(r"The queue reduces \d+ of \d+ winners, pro rata", me.text())
    me.sound_everywhere()
