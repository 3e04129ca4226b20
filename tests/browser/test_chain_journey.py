"""A reader's journey from the first page through the chain of assumptions."""

import pytest

from tests.browser.reader import DESK, PHONE

pytestmark = pytest.mark.browser


def key(me):
    """The colours of the chart's key."""
    return me.page.locator('[data-testid="stHtml"] span[aria-hidden]').evaluate_all(
        "signs => signs.map(sign => sign.style.borderLeftColor)"
    )


def test_from_the_first_page_to_two_links_at_once(reader):
    """Break a link in the miniature, step through that run, look at pairs."""
    me = reader(PHONE).open("/")
    me.until(lambda: "With “Liquidation path” broken" in me.text())
    me.page.locator("label", has_text="Book").last.click()
    me.until(lambda: "With “Depth of the book” broken" in me.text())
    assert "keeps its position while nothing is broken" in me.text()
    me.sound()
    dark = key(me)
    me.turn(DESK)
    assert key(me) != dark, "charts are drawn anew where the theme changes"
    me.sound()
    me.turn(PHONE)
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
    me.sound_everywhere()
