"""Journeys through the tools: a map is run and opened, and numbers are held against outcomes."""

import pytest

from tests.browser.reader import DESK, PHONE

pytestmark = pytest.mark.browser
SMALL = "v=3&s=fast-drop&c=accounts.count~60~~world.steps~230&x=depth&y=leverage&harm=slippage"


def test_a_reader_runs_a_map_and_opens_a_cell(reader):
    """Run, click a cell, see it in the address, open one of its worlds with its why."""
    me = reader(PHONE).open(f"/phase-map?{SMALL}&n=8&w=5")
    me.page.get_by_role("button", name="Run the map").click()
    me.page.get_by_role("heading", name="of 64 cells").wait_for()
    chart = me.picture(300)
    box = chart.bounding_box()
    chart.click(position={"x": 0.6 * box["width"], "y": 0.4 * box["height"]})
    me.page.wait_for_url("**cell=*")
    me.sound_everywhere()
    clicked = me.fields()["cell"]
    me.walk("combobox", "Depth of the book")  # the same without a mouse
    for key in ("ArrowDown", "Enter"):
        me.page.keyboard.press(key)
    me.until(lambda: me.fields()["cell"] != clicked)
    me.still()
    me.page.get_by_text("Open a usual world").click()
    me.page.wait_for_url("**/three-ways-out?**f=*")
    me.page.get_by_role("heading", name="Why", exact=True).wait_for()
    assert me.errors == []


def test_a_reader_sees_where_a_number_misleads(reader):
    """Choose a number, see its chart, and open the cases that it foretold worst."""
    me = reader(DESK).open("/beforehand?number=fund&policy=all")
    me.page.get_by_role("heading", name="Cover of the fund orders").wait_for()
    me.picture(250)
    me.page.get_by_text("Where it misleads").click()
    me.page.get_by_text("with its why").first.wait_for()
    me.sound_everywhere()


def test_pages_are_sound_as_they_open(reader):
    """The pages whose journeys are told elsewhere or in one look alone."""
    me = reader(DESK)
    for path in ("/model", "/workshop", "/join"):
        me.open(path).sound_everywhere()
