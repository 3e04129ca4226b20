"""Journeys of a reader, in a real Chromium."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.reader import PHONE

pytestmark = pytest.mark.browser

PATH = "/three-ways-out"


def test_the_whole_journey(reader):
    """Open, predict, change a control, step, choose an event, read why, hand the link on."""
    me = reader(PHONE).open(PATH)
    me.predict("Market")
    assert re.search("You predicted it|You said Market", me.text())
    before = me.fields()

    me.push("Depth of the book", "ArrowLeft")
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
    me.sound_everywhere()

    link = me.link()
    assert parse_qs(urlsplit(link).query) == parse_qs(urlsplit(me.page.url).query)
    # Without the page's path the link still opens the view: the root hands it on.
    other = reader(PHONE).open(f"/?{urlsplit(link).query}").shown()
    assert other.fields() == fields
    assert other.output() == me.output()
    assert other.page.locator(".ff output").bounding_box()["height"] < 30, "one line on a phone"
    assert not other.errors


def test_the_timeline_answers_to_click_keys_and_play(reader):
    """A click on a limit explains it; arrow keys move by a step and the view follows when they
    rest; where motion is to be reduced, play shows one still after another, a second apart.
    """
    me = reader().open(PATH).predict()
    spot = me.timeline().evaluate(SPOT)
    last = me.fields()["step"]
    me.page.mouse.click(spot["x"], spot["y"])
    me.until(lambda: me.fields()["step"] != last)
    me.still()
    assert f"event {me.fields()['event']}" in me.output()
    assert me.page.get_by_text(re.compile(r"Limit [\d,]+ of")).count() == 1

    timeline = me.page.get_by_label("Timeline, in steps")
    timeline.focus()
    me.page.keyboard.press("Home")
    me.page.keyboard.press("ArrowRight")
    me.page.keyboard.press("ArrowRight")
    me.until(lambda: me.fields().get("step") == "2")
    assert "step 2" in me.output()

    me.timeline().evaluate(COUNT_FRAMES)
    me.press("▶ Play")
    me.page.wait_for_timeout(2_500)
    assert 1 <= me.page.evaluate("() => window.framesDrawn") <= 4
    me.press("❚❚ Pause")
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


def test_back_is_undo_and_forward_is_redo(reader):
    """The browser's buttons walk through the views, and the controls follow.

    Back from the first result leads to the question; forward shows the result again.
    """
    me = reader().open(PATH).predict("Market")
    first = me.fields()
    me.push("Highest leverage")
    me.until(lambda: "accounts.leverage_high" in me.fields().get("c", ""))
    me.shown()
    second = me.fields()
    me.page.go_back()
    me.until(lambda: me.fields() == first and me.scenario() != OWN)
    me.still()
    me.page.go_forward()
    me.until(lambda: me.fields() == second and me.scenario() == OWN)
    me.still()
    assert me.fields() == second

    me.page.go_back()
    me.until(lambda: me.fields() == first and me.scenario() != OWN)
    me.still()
    me.page.go_back()
    me.until(lambda: "f" not in me.fields())
    me.still()
    assert "Which path leaves the most debt" in me.text() and me.page.locator(".ff").count() == 0
    assert "f" not in me.fields(), "the address stays where the reader went"
    me.page.go_forward()
    me.until(lambda: me.fields() == first)
    me.shown()
    assert re.search("You predicted it|You said Market", me.text()) and not me.errors


def test_a_link_opens_on_a_server_nobody_has_visited(reader, fresh_server):
    """The first visitor of a cold server, with a link, sees what the sender saw."""
    me = reader().open(PATH).predict()
    last = me.fields()["step"]
    me.press("Next limit")
    me.until(lambda: me.fields()["step"] != last)
    me.still()
    other = reader().open(f"{fresh_server.url}{PATH}?{urlsplit(me.page.url).query}").shown()
    assert other.fields() == me.fields() and other.output() == me.output()
    assert other.page.get_by_role("dialog").count() == 0
    assert other.page.get_by_role("link", name="Model & sources").count() >= 1
    assert not other.errors


def test_playing_asks_nothing_of_the_server(reader):
    """Frames come at the screen's rate; one report when it is paused, none before."""
    me = reader(motion="no-preference").open(PATH).predict()
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


def test_the_claim_is_run_over_many_worlds_and_can_be_stopped(reader):
    """Progress shows, stop stops, and the share comes with its interval."""
    me = reader().open(PATH).predict()
    me.press("Run 100 worlds")
    me.until(lambda: re.search(r"They differed in \d+ of \d+ worlds", me.text()))
    page = me.page.get_by_test_id("stMainBlockContainer")  # the header has a Stop of its own
    stop = page.get_by_role("button", name="Stop", exact=True)
    stop.evaluate("button => button.disabled || button.click()")  # it may be through by itself
    me.until(lambda: stop.is_disabled())
    assert re.search(r"95 % interval: \d+% to \d+%", me.text()) and not me.errors
