"""Journeys through the Lab, where settings are typed in, and through Replay with an own file."""

import re

import pytest

from tests.browser.reader import DESK, PHONE

pytestmark = pytest.mark.browser


def type_into(me, grid, text):
    """Click the middle cell of a table's first row on its canvas, and type."""
    grid.scroll_into_view_if_needed()
    grid.click(position={"x": grid.bounding_box()["width"] / 2, "y": 54})
    me.page.wait_for_timeout(400)  # the canvas draws its choice before it takes keys
    me.page.keyboard.type(text)
    me.page.wait_for_timeout(400)
    me.page.keyboard.press("Enter")
    me.still()


def test_settings_are_typed_and_a_wrong_one_is_named(reader):
    """A number out of range is named with its range; a right one, and a cell, go into the link."""
    me = reader(DESK).open("/lab").shown()
    depth = me.page.get_by_role("spinbutton", name="② Depth [USD per 1 %]")
    depth.fill("-5")
    depth.press("Enter")
    me.until(lambda: "book.depth = -5.0: allowed is 100.0 .." in me.text())
    me.until(lambda: depth.input_value() == "6000000")
    depth.fill("3000000")
    depth.press("Enter")
    me.until(lambda: me.fields()["d"] == "book.depth~3000000")
    me.shown()
    assert re.search(r"Depth.*6,000,000.*3,000,000", me.text(), re.DOTALL)

    me.page.get_by_text("World", exact=True).first.click()
    me.still()
    shocks = me.page.get_by_test_id("stDataFrame").nth(1)
    type_into(me, shocks, "7")
    me.until(lambda: "world.shocks" in me.text() and "allowed is" in me.text())
    type_into(me, shocks, "-0.08")
    me.until(lambda: "world.shocks~200_-0.08_20" in me.fields()["d"])
    me.shown()
    me.until(lambda: shocks.evaluate("table => table.contains(document.activeElement)"))
    me.sound_everywhere()
    me.press("Undo")
    me.until(lambda: me.fields()["d"] == "book.depth~3000000")


CANDLES = "open_time,open,high,low,close,volume\n" + "\n".join(
    f"{1_700_000_000_000 + 60_000 * i},{100 - i},{101 - i},{98 - i},{99 - i},50" for i in range(12)
)


def test_candles_of_ones_own_are_seen_at_once(reader, tmp_path):
    """An episode opens labelled; a broken file is named by its row; a good one runs."""
    me = reader(PHONE).open("/replay").shown()
    assert "A stylised path" in me.text() and "not the market's own ticks" in me.text()
    me.page.get_by_text("Your own files", exact=True).click()
    me.still()
    broken = tmp_path / "broken.csv"
    broken.write_text(CANDLES.replace(",95,", ",many,"))
    upload = me.page.get_by_test_id("stFileUploaderDropzoneInput").first
    upload.set_input_files(broken)
    me.until(lambda: re.search(r"broken.csv.*row \d+", me.text(), re.DOTALL))
    good = tmp_path / "fall.csv"
    good.write_text(CANDLES)
    me.page.get_by_role("button", name="Remove broken.csv").click()
    me.still()
    upload.set_input_files(good)
    me.shown()
    me.until(lambda: "Maintenance margin reached" in me.text())
    assert "world.data~" in me.page.url and "fall.csv" not in me.page.url
    me.sound_everywhere()
