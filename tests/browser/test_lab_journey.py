"""A reader's journey through the Lab."""

import pytest

from tests.browser.test_journeys import BOTH, Reader

pytestmark = pytest.mark.browser


class Tinkerer(Reader):
    """A reader of this page."""

    def open(self, address):
        self.page.goto(address)
        self.page.get_by_role("heading", name="Lab", exact=True).wait_for(timeout=60_000)
        return self.shown()


@pytest.fixture
def tinkerer(browser, server):
    readers = []

    def make(**look):
        readers.append(Tinkerer(browser, **look))
        return readers[-1]

    yield make
    for one in readers:
        one.close()


@pytest.mark.parametrize("width, scheme", BOTH)
def test_change_edit_a_row_go_back_and_hand_on(tinkerer, server, width, scheme):
    """A number, a cell of a table, Back as undo, and the copied link: both scenarios every time."""
    me = tinkerer(width=width, scheme=scheme).open(server.url + "/lab")
    assert me.fields()["d"] == "none"
    depth = me.page.get_by_label("② Depth [USD per 1 %]", exact=True)
    depth.fill("3000000")
    depth.press("Enter")
    me.until(lambda: me.fields()["d"] == "book.depth~3000000")
    me.shown()
    assert "Order book: depth" in me.text() and me.fits()

    me.page.get_by_text("World", exact=True).first.click()
    me.still()
    grid = me.page.locator('[data-testid="stDataFrame"]').nth(1)
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    me.page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + 52)
    me.page.keyboard.type("-0.07")
    me.page.keyboard.press("Enter")
    me.until(lambda: "world.shocks~200_-0.07_20" in me.fields()["d"])
    me.shown()

    me.page.go_back()
    me.until(lambda: me.fields()["d"] == "book.depth~3000000")
    me.shown()
    link = me.page.locator('[data-testid="stCode"] code').last.inner_text()
    other = tinkerer(width=width, scheme=scheme).open(link)
    assert other.fields() == me.fields() and not me.errors and not other.errors
