"""Journeys through the tools: a map is run and opened, and numbers are held against outcomes."""

import pytest

from tests.browser.test_journeys import BOTH, Reader

pytestmark = pytest.mark.browser
SMALL = "v=3&s=fast-drop&c=accounts.count~{count}~~world.steps~230&x=depth&y=leverage&harm=slippage"


def fits(me):
    """Nothing makes the page wider than its window."""
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return me.page.evaluate(wide)


@pytest.mark.parametrize("width, scheme", BOTH)
def test_a_reader_runs_a_map_and_opens_a_cell(browser, server, width, scheme):
    """Run, click a cell, see it in the address, open one of its worlds with its why."""
    me = Reader(browser, width=width, scheme=scheme)
    try:
        me.page.goto(f"{server.url}/phase-map?{SMALL.format(count=width // 20)}&n=8&w=5")
        me.page.get_by_role("button", name="Run the map").click(timeout=60_000)
        me.page.get_by_role("heading", name="of 64 cells").wait_for(timeout=90_000)
        chart = me.page.locator('[data-testid="stVegaLiteChart"]').first
        box = chart.bounding_box()
        assert box["height"] > 300 and box["x"] >= 0 and box["x"] + box["width"] <= width
        chart.click(position={"x": 0.6 * box["width"], "y": 0.4 * box["height"]})
        me.page.wait_for_url("**cell=*", timeout=20_000)
        assert fits(me)
        me.page.get_by_text("Open a usual world").click()
        me.page.wait_for_url("**/three-ways-out?**f=*", timeout=20_000)
        me.page.get_by_role("heading", name="Why", exact=True).wait_for(timeout=60_000)
        assert me.errors == []
    finally:
        me.close()


@pytest.mark.parametrize("width, scheme", BOTH)
def test_a_reader_sees_where_a_number_misleads(browser, server, width, scheme):
    """Choose a number, see its chart, and open the cases that it foretold worst."""
    me = Reader(browser, width=width, scheme=scheme)
    try:
        me.page.goto(f"{server.url}/beforehand?number=fund&policy=all")
        me.page.get_by_role("heading", name="Cover of the fund orders").wait_for(timeout=60_000)
        box = me.page.locator('[data-testid="stVegaLiteChart"]').first.bounding_box()
        assert box["height"] > 250 and box["x"] >= 0 and box["x"] + box["width"] <= width
        me.page.get_by_text("Where it misleads").click()
        me.page.get_by_text("with its why").first.wait_for(timeout=20_000)
        assert fits(me)
        assert me.errors == []
    finally:
        me.close()
