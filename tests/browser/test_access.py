"""Nothing serious that axe-core finds, on any page, in either theme; nothing lost at 360 px."""

from contextlib import closing

import pytest

import engine
from pages.ui import lanes
from tests.test_architecture import addresses

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
GRAVE = {"serious", "critical"}
# Streamlit's own, the same in any app.
FOREIGN = {
    # The cells of st.dataframe stand in a hidden grid that scrolls; keys reach its canvas.
    "scrollable-region-focusable": ".dvn-scroller",
}


def address(name):
    """A page as somebody gets it who was sent a link: with everything drawn."""
    if name not in engine.PAGES:
        return f"/{name}"
    return (
        "/"
        + name
        + engine.link(engine.View(lanes.presets(name)[0].scenario, page=name, fingerprint="0" * 12))
    )


BUSY = "() => !!document.querySelector('[data-testid=stStatusWidget], [data-stale=true]')"


def settle(page):
    """Until Streamlit has drawn everything, and stays so for half a second."""
    page.get_by_role("heading", level=1).first.wait_for(timeout=60_000)
    quiet = 0
    for _ in range(600):
        quiet = 0 if page.evaluate(BUSY) else quiet + 1
        if quiet == 5:
            return
        page.wait_for_timeout(100)
    pytest.fail("the page does not come to rest")


def grave(page):
    """What axe-core calls serious or worse: rule, what it says, where."""
    found = axe.Axe().run(page, options=RULES).response["violations"]
    return [
        (rule["id"], node["failureSummary"][:200], node["html"][:160])
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
        if FOREIGN.get(rule["id"], "\0") not in str(node["target"])
    ]


WIDER_THAN_THE_SCREEN = """() => {
    const main = document.querySelector('[data-testid=stMain]')
    const over = [...main.querySelectorAll('*')].filter(part => {
        const box = part.getBoundingClientRect()
        if (box.width === 0 || box.right <= innerWidth + 1) return false
        for (let up = part; up !== main; up = up.parentElement)
            if (getComputedStyle(up).overflowX !== 'visible') return false
        return true
    })
    return over.map(part => part.outerHTML.slice(0, 120))
}"""


@pytest.mark.parametrize("name", ["", *addresses()])
def test_nothing_stands_in_the_way(server, browser, name):
    """In both themes axe-core finds nothing serious; at 360 px nothing sticks out sideways."""
    look = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
    with closing(browser.new_context(color_scheme="light", **look)) as context:
        page = context.new_page()
        page.goto(server.url + address(name))
        settle(page)
        found = {"light": grave(page)}
        page.emulate_media(color_scheme="dark")
        settle(page)
        found["dark"] = grave(page)
        page.set_viewport_size({"width": 360, "height": 740})
        settle(page)
        found["360 px"] = page.evaluate(WIDER_THAN_THE_SCREEN)
        assert found == {"light": [], "dark": [], "360 px": []}
