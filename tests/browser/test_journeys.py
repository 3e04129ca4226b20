"""Journeys of a reader, in a real Chromium."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.browser

PATH = "/three-ways-out"
LOOKS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"), (360, "light")]
# Streamlit asks for two files next to the page's address before it finds them at the root.
HARMLESS = {"Failed to load resource: the server responded with a status of 404 (Not Found)"}
PROBES = ("/_stcore/health", "/_stcore/host-config")
BOTH = [(1280, "light"), (390, "dark")]  # both widths and both themes, for the other pages


class Reader:
    """One person at one browser, who notes every error of the console."""

    def __init__(self, browser, width=1280, scheme="light", motion="no-preference"):
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion=motion
        )
        self.page = self.context.new_page()
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
        self.page.goto(address)
        self.page.get_by_role("heading", name="Three ways out").wait_for(timeout=60_000)
        return self

    def predict(self, answer="Skip"):
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
        """Wait until the server has nothing more to say."""
        self.page.wait_for_function(
            "() => !document.querySelector('[data-testid=\"stStatusWidget\"]')", timeout=30_000
        )
        self.page.wait_for_timeout(400)

    def until(self, condition, seconds=20):
        for _ in range(seconds * 10):
            if condition():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"not reached at {self.page.url}")

    def fields(self):
        query = parse_qs(urlsplit(self.page.url).query)
        return {key: value[0] for key, value in query.items()}

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def output(self):
        return self.page.locator(".ff output").inner_text()

    def text(self):
        return self.page.locator('[data-testid="stMain"]').inner_text()

    def fits(self):
        """No sideways scrolling."""
        return self.timeline().evaluate(
            "root => document.documentElement.scrollWidth <= window.innerWidth"
            " && [...root.querySelectorAll('*')].every("
            "e => e.getBoundingClientRect().right <= window.innerWidth + 1)"
        )

    def timeline(self):
        return self.page.locator(".ff").first

    def scenario(self):
        return self.page.get_by_role("combobox", name="Scenario").input_value()

    def close(self):
        self.context.close()


@pytest.fixture
def reader(browser, server):
    readers = []

    def make(**look):
        readers.append(Reader(browser, **look))
        return readers[-1]

    yield make
    for one in readers:
        one.close()


@pytest.mark.parametrize("width, scheme", LOOKS)
def test_the_whole_journey(reader, server, width, scheme):
    """Open, predict, change a control, step, choose an event, read why, hand the link on."""
    me = reader(width=width, scheme=scheme).open(server.url + PATH)
    assert me.page.locator(".ff").count() == 0, "nothing is drawn before the prediction"
    me.predict("Market")
    assert re.search("You predicted it|You said Market", me.text())
    before = me.fields()

    depth = me.page.get_by_role("slider", name="Depth of the book")
    depth.focus()
    me.page.keyboard.press("ArrowLeft")
    me.until(lambda: "book.depth" in me.fields().get("c", ""))
    me.shown()
    assert me.fields()["f"] != before["f"]

    me.page.get_by_label("Timeline, in steps").fill("0")
    me.until(lambda: me.fields()["step"] == "0")
    me.press("Next limit of the policy in view")
    me.press("Next limit of the policy in view")
    me.until(lambda: me.fields()["step"] != "0")
    me.still()
    fields = me.fields()
    assert f"event {fields['event']}" in me.output()
    assert re.search(r"Observed\s", me.text()) and re.search(r"Limit\s", me.text())
    assert "The parts add up to" in me.text()
    assert me.fits()

    link = me.page.locator('[data-testid="stCode"] code').last.inner_text()
    assert parse_qs(urlsplit(link).query) == parse_qs(urlsplit(me.page.url).query)
    other = reader(width=width, scheme=scheme).open(link).shown()
    assert other.fields() == fields
    assert other.output() == me.output()
    assert not me.errors and not other.errors


def test_a_click_on_a_limit_explains_it(reader, server):
    """The mark on the picture, the address and the explanation speak of one event."""
    me = reader().open(server.url + PATH).predict()
    spot = me.timeline().evaluate(SPOT)
    last = me.fields()["step"]
    me.page.mouse.click(spot["x"], spot["y"])
    me.until(lambda: me.fields()["step"] != last)
    me.still()
    assert f"event {me.fields()['event']}" in me.output()
    assert me.page.get_by_text(re.compile(r"Limit [\d,]+ of")).count() == 1
    assert not me.errors


# The first dark tick of the picture in view: where the mark stands at the first limit.
SPOT = """(root) => {
  const section = root.querySelector('section.seen');
  const canvas = section.querySelector('canvas');
  canvas.scrollIntoView({block: 'center'});
  const box = canvas.getBoundingClientRect();
  const ratio = canvas.width / box.width;
  const ink = getComputedStyle(root).color.match(/[0-9]+/g).map(Number);
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, 200 * ratio);
  for (let x = 4; x < canvas.width * 0.75; x++) {
    let run = 0;
    for (let y = 0; y < 200 * ratio; y++) {
      const at = 4 * (y * canvas.width + x);
      const near = [0, 1, 2].every((i) => Math.abs(data[at + i] - ink[i]) < 40);
      run = near && data[at + 3] > 200 ? run + 1 : 0;
      if (run >= 8 * ratio) return { x: box.left + x / ratio, y: box.top + (y - run / 2) / ratio };
    }
  }
}"""


OWN = "Your own settings"


def test_back_is_undo_and_forward_is_redo(reader, server):
    """The browser's buttons walk through the views, and the controls follow."""
    me = reader().open(server.url + PATH).predict()
    first = me.fields()
    me.page.get_by_role("slider", name="Highest leverage").focus()
    me.page.keyboard.press("ArrowRight")
    me.until(lambda: "accounts.leverage_high" in me.fields().get("c", ""))
    me.shown()
    second = me.fields()
    me.page.go_back()
    me.until(lambda: me.fields() == first and me.scenario() != OWN)
    me.still()
    me.page.go_forward()
    me.until(lambda: me.fields() == second and me.scenario() == OWN)
    me.still()
    assert me.fields() == second and not me.errors


def test_going_back_before_the_answer_asks_again(reader, server):
    """Back from the first result leads to the question; forward shows the result again."""
    me = reader().open(server.url + PATH).predict("Market")
    shown = me.fields()
    me.page.go_back()
    me.until(lambda: "f" not in me.fields())
    me.still()
    assert "Which path leaves the most debt" in me.text() and me.page.locator(".ff").count() == 0
    assert "f" not in me.fields(), "the address stays where the reader went"
    me.page.go_forward()
    me.until(lambda: me.fields() == shown)
    me.shown()
    assert re.search("You predicted it|You said Market", me.text()) and not me.errors


def test_a_link_opens_on_a_server_nobody_has_visited(reader, server, fresh_server):
    """The first visitor of a cold server, with a link, sees what the sender saw."""
    me = reader().open(server.url + PATH).predict()
    last = me.fields()["step"]
    me.press("Next limit")
    me.until(lambda: me.fields()["step"] != last)
    me.still()
    other = reader().open(f"{fresh_server.url}{PATH}?{urlsplit(me.page.url).query}").shown()
    assert other.fields() == me.fields() and other.output() == me.output()
    assert other.page.get_by_role("dialog").count() == 0
    assert other.page.get_by_role("link", name="Model & sources").count() >= 1
    assert not other.errors


def test_playing_asks_nothing_of_the_server(reader, server):
    """Frames come at the screen's rate; one report when it is paused, none before."""
    me = reader().open(server.url + PATH).predict()
    sent = []
    me.timeline().evaluate(COUNT_FRAMES)
    me.page.on("websocket", lambda socket: sent.append(socket))
    before = me.page.url
    me.press("▶ Play")
    me.page.wait_for_timeout(2_000)
    frames = me.page.evaluate("() => window.framesDrawn")
    assert me.page.url == before, "the address rests while it plays"
    me.press("❚❚ Pause")
    me.until(lambda: me.page.url != before)
    step = int(me.fields()["step"])
    assert 0 < step < 1_800 and f"step {step:,}" in me.output()
    assert frames >= 40, f"{frames} frames in two seconds"
    assert not me.errors


COUNT_FRAMES = """(root) => {
  window.framesDrawn = 0;
  const canvas = root.querySelector('canvas');
  const draw = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    if (this.canvas === canvas) window.framesDrawn += 1;
    return draw.apply(this, box);
  };
}"""


def test_reduced_motion_is_honoured(reader, server):
    """Play shows one still after another, more than a second apart."""
    me = reader(motion="reduce").open(server.url + PATH).predict()
    me.timeline().evaluate(COUNT_FRAMES)
    me.press("▶ Play")
    me.page.wait_for_timeout(2_500)
    assert 1 <= me.page.evaluate("() => window.framesDrawn") <= 4
    me.press("❚❚ Pause")
    assert not me.errors


def test_everything_works_by_keyboard(reader, server):
    """Arrow keys move the timeline by a step and the view follows when they rest."""
    me = reader().open(server.url + PATH).predict()
    timeline = me.page.get_by_label("Timeline, in steps")
    timeline.focus()
    me.page.keyboard.press("Home")
    me.page.keyboard.press("ArrowRight")
    me.page.keyboard.press("ArrowRight")
    me.until(lambda: me.fields().get("step") == "2")
    assert "step 2" in me.output() and not me.errors


def test_the_claim_is_run_over_many_worlds_and_can_be_stopped(reader, server):
    """Progress shows, stop stops, and the share comes with its interval."""
    me = reader().open(server.url + PATH).predict()
    me.press("Run 100 worlds")
    me.until(lambda: re.search(r"They differed in \d+ of \d+ worlds", me.text()))
    page = me.page.get_by_test_id("stMainBlockContainer")  # the header has a Stop of its own
    stop = page.get_by_role("button", name="Stop", exact=True)
    if stop.is_enabled():
        stop.click()
    me.until(lambda: stop.is_disabled())
    assert re.search(r"95 % interval: \d+% to \d+%", me.text()) and not me.errors


def test_the_root_hands_a_link_on_to_its_page(reader, server):
    """A link without the page's path still opens the view."""
    me = reader().open(server.url + PATH).predict()
    query = urlsplit(me.page.url).query
    other = reader().open(f"{server.url}/?{query}").shown()
    assert other.fields() == me.fields() and not other.errors
