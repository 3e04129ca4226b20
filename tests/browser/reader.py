"""One person at one browser, and what no page may do to them."""

import re
from functools import cache
from urllib.parse import parse_qs, urlsplit

from axe_playwright_python.sync_playwright import Axe

DESK, PHONE = (1280, "light"), (360, "dark")  # a narrow one
# Streamlit asks for two files next to the page's address before it finds them at the root.
HARMLESS = {"Failed to load resource: the server responded with a status of 404 (Not Found)"}
PROBES = ("/_stcore/health", "/_stcore/host-config")
# Streamlit's own, the same in any app: its tables scroll sideways in boxes that the browser, not
# the page, lets keys reach, and the phone's menu is a list whose groups are no items of it.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {"scrollable-region-focusable": {"enabled": False}},
    "resultTypes": ["violations"],  # to report what passed as well takes as long as to check it
}
FOREIGN = {"exclude": [["[data-testid=stSidebarNav]"]]}
GRAVE = {"serious", "critical"}
TOO_WIDE = """() => {
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
# What has the keys, if it cannot be seen, or is a link or a button without a ring around it.
UNSEEN = """() => {
    let at = document.activeElement
    while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
    if (at === document.body || at.matches('main')) return null
    const box = at.getBoundingClientRect(), look = getComputedStyle(at)
    const inside = box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight
    const ring = look.outlineStyle !== 'none' || look.boxShadow !== 'none'
    const fine = inside && box.width > 0 && (ring || !at.matches('a, button'))
    return fine ? null : at.outerHTML.slice(0, 120)
}"""
BUSY = "() => !!document.querySelector('[data-testid=stStatusWidget], [data-stale=true]')"


class Reader:
    """One person at one tab of a browser, who notes every error of the console.

    Readers share what the browser keeps of the app's own files, as one who comes again does.
    """

    def __init__(self, context, url, look=DESK, motion="reduce"):
        width, scheme = look
        self.url, self.width = url, width
        self.page = context.new_page()
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=scheme, reduced_motion=motion)
        self.page.set_default_timeout(60_000)  # [ms] a slow machine is no fault of the page
        self.errors = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("response", self._response)

    def _console(self, message):
        if message.type == "error" and message.text not in HARMLESS:
            self.errors.append(message.text)

    def _response(self, response):
        path = urlsplit(response.url).path
        if response.status >= 400 and not path.endswith(PROBES):
            self.errors.append(f"{response.status} {path}")

    def open(self, address):
        """Go to a path of this server, or to a whole link, and wait for the page's title."""
        self.page.goto(address if "://" in address else self.url + address)
        self.page.get_by_role("heading", level=1).first.wait_for(timeout=60_000)
        return self

    def predict(self, answer="Skip"):
        assert self.page.locator(".ff").count() == 0, "nothing is drawn before the prediction"
        self.page.get_by_role("button", name=answer, exact=True).click()
        self.shown()
        return self

    def shown(self):
        """Wait until the timeline is there and the address holds the result."""
        self.page.locator(".ff canvas").first.wait_for(timeout=60_000)
        self.until(lambda: "f" in self.fields())
        self.still()
        return self

    def still(self):
        """Wait until the server has nothing more to say, and stays so for a moment."""
        quiet = 0
        for _ in range(600):
            quiet = 0 if self.page.evaluate(BUSY) else quiet + 1
            if quiet == 4:
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"no rest at {self.page.url}")

    def until(self, condition, seconds=60):
        for _ in range(seconds * 10):
            if condition():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"not reached at {self.page.url}, where it says: {self.text()}")

    def fields(self):
        query = parse_qs(urlsplit(self.page.url).query)
        return {key: value[0] for key, value in query.items()}

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def push(self, slider, key="ArrowRight"):
        """Move a slider by the keyboard, one notch."""
        self.page.get_by_role("slider", name=slider).focus()
        self.page.keyboard.press(key)

    def walk(self, role, name, key="Tab", most=60):
        """Go to a control by the keyboard alone; every stop on the way is seen."""
        wanted = self.page.get_by_role(role, name=name, exact=True)
        for _ in range(most):
            if wanted.evaluate("node => node.matches(':focus')"):
                return
            self.page.keyboard.press(key)
            assert self.page.evaluate(UNSEEN) is None
        raise AssertionError(f"{name} is not reached by {most} times {key}")

    def holds(self, role, name):
        """Wait until a control has the keys, without having to go to it."""
        wanted = self.page.get_by_role(role, name=name, exact=True)
        self.until(lambda: wanted.count() and wanted.evaluate("node => node.matches(':focus')"))

    def choose(self, name, option):
        """Open a list and take an option; a page that is drawn anew meanwhile closes the list."""
        found = self.page.get_by_role("option", name=option, exact=True)
        for _ in range(5):
            self.page.get_by_role("combobox", name=name).click()
            self.page.wait_for_timeout(500)
            if found.count():
                found.click()
                return
            self.still()
        raise AssertionError(f"no option {option} of {name}")

    def output(self):
        return self.page.locator(".ff output").text_content()

    def text(self):
        return self.page.locator('[data-testid="stMain"]').inner_text()

    def timeline(self):
        return self.page.locator(".ff").first

    def link(self):
        """The link that the page offers."""
        return self.page.locator('[data-testid="stCode"] code').last.inner_text()

    def scenario(self):
        return self.page.get_by_role("combobox", name="Scenario").input_value()

    def picture(self, height=150):
        """The first chart, whole inside the window and high enough to be read."""
        chart = self.page.locator('[data-testid="stVegaLiteChart"]').first
        box = chart.bounding_box()
        assert box["height"] > height and box["x"] >= 0 and box["x"] + box["width"] <= self.width
        return chart

    def fits(self):
        """Nothing sticks out sideways."""
        assert self.page.evaluate(TOO_WIDE) == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def grave(self):
        """What axe-core calls serious or worse: rule, what it says, where."""
        return [
            (rule["id"], node["failureSummary"][:200], node["html"][:160])
            for rule in axe().run(self.page, FOREIGN, RULES).response["violations"]
            if rule["impact"] in GRAVE
            for node in rule["nodes"]
        ]

    def sound(self):
        """Nothing went wrong, nothing sticks out, and axe-core finds nothing serious."""
        self.still()
        self.fits()
        # At the top, where nothing that sticks to the window's edge lies over a button.
        self.page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
        assert self.grave() == []
        assert self.errors == []

    def turn(self, look):
        """The same page at another width and in another theme; the server draws its charts anew."""
        self.width, scheme = look
        self.page.set_viewport_size({"width": self.width, "height": 900})
        self.page.emulate_media(color_scheme=scheme)
        self.page.wait_for_timeout(500)
        self.still()

    def sound_everywhere(self):
        """Sound in the look of the journey, and in the other one."""
        mine = self.width
        self.sound()
        self.turn(PHONE if mine == DESK[0] else DESK)
        self.sound()
        self.turn(DESK if mine == DESK[0] else PHONE)

    def close(self):
        if self.page.url.startswith("http"):
            self.page.evaluate("localStorage.clear()")
        self.page.close()


@cache
def axe():
    return Axe()


def said(pattern, text):
    """The part of a text that a pattern finds."""
    found = re.search(pattern, text)
    assert found, pattern
    return found[1]
