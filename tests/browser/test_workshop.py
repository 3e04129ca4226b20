"""A room in two browsers: a leader at a desk, a participant with a phone in the dark."""

import csv
import io
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.reader import PHONE

pytestmark = pytest.mark.browser
MASK = "node => getComputedStyle(node).maskImage"
FRAME = "getComputedStyle(document.activeElement).outlineStyle"
# Whether each label of an axis of names ends above the next one.
APART = """node => {
  const names = [...node.querySelectorAll(".role-axis-label text")].filter(
    (one) => /[a-z]/i.test(one.textContent));
  const boxes = names.map((one) => one.getBoundingClientRect()).sort((a, b) => a.top - b.top);
  return boxes.length > 1 && boxes.every((box, i) => !i || boxes[i - 1].bottom <= box.top);
}"""
STAGES = ("Predict", "Reveal", "Step", "Why", "Your turn")


@pytest.fixture
def people(reader):
    """The leader, and the participant."""
    return reader(), reader(PHONE)


def button(one, name):
    return one.page.get_by_role("button", name=name, exact=True)


def until_text(one, text):
    one.until(lambda: text in one.text())


def open_room(leader):
    """From a note's link to a room on it; the code."""
    leader.open("/workshop?v=3&s=one-push&page=the-cascade")
    leader.walk("button", "Open a room on this")
    leader.page.keyboard.press("Enter")
    until_text(leader, "Speaker notes")
    return parse_qs(urlsplit(leader.page.url).query)["room"][0]


def join(one, code, name):
    one.open("/join")
    one.walk("textbox", "Code of the room")
    one.page.keyboard.type(code.lower())
    one.page.keyboard.press("Tab")
    one.page.keyboard.type(name)
    one.page.keyboard.press("Enter")
    until_text(one, "The cascade is a graph")
    one.until(lambda: "me=" in one.page.url)


def test_a_room_in_two_browsers_by_keyboard_alone(people):
    """Code, name, prediction, reveal, timeline, why, and a place on the board, without a mouse.

    Every control is reached and seen, and none is lost when the page is drawn anew.
    """
    leader, ada = people
    code = open_room(leader)
    join(ada, code, "<b>Ada</b>")
    assert "<b>Ada</b>" in ada.text()
    leader.holds("heading", f"{code[:3]} {code[3:]}")  # a new page begins at its title
    for stage, after in zip(STAGES, [*STAGES[1:], None], strict=True):
        leader.walk("button", f"Go on: {stage}")
        leader.page.keyboard.press("Enter")
        if after:
            leader.holds("button", f"Go on: {after}")
        globals()[f"_{stage.lower().replace(' ', '_')}"](leader, ada)
        ada.sound()
        assert button(leader, "Notes").is_visible() and not button(ada, "Notes").count()
    ada.sound_everywhere()
    leader.sound_everywhere()


def _predict(leader, ada):
    for wish in ("Deep book", "As it is"):
        ada.walk("button", wish, "Tab" if wish == "Deep book" else "Shift+Tab")
        ada.page.keyboard.press("Space")
        until_text(ada, f"Your prediction: {wish}")
        ada.holds("button", wish)
    until_text(leader, "1 of 1 have answered")
    ada.page.reload()
    until_text(ada, "Your prediction: As it is")


def _reveal(leader, ada):
    until_text(ada, "You predicted it.")
    until_text(ada, "✓ As it is (you)")
    until_text(leader, "1 · 100%")
    assert not button(ada, "Deep book").count()


def _step(leader, ada):
    for one in (leader, ada):
        one.timeline().locator("canvas").first.wait_for()
    leader.walk("slider", "Timeline, in steps")
    leader.page.keyboard.press("Home")
    leader.page.keyboard.press("ArrowRight")
    ada.until(lambda: "step 1" in ada.output())
    leader.walk("button", "Next limit of the world in view", "Shift+Tab")
    leader.page.keyboard.press("Enter")
    leader.until(lambda: "event" in leader.output())
    ada.until(lambda: ada.output() == leader.output())
    assert not ada.timeline().locator(".bar button:visible").count()


def _why(leader, ada):
    until_text(ada, "Event 0 in “As it is”")
    leader.still()
    leader.walk("button", "Next limit")
    leader.page.keyboard.press("Enter")
    until_text(ada, "Event 2 in “As it is”")
    leader.holds("button", "Next limit")
    assert "Observed" in ada.text() and not button(ada, "Next limit").count()


def _your_turn(leader, ada):
    until_text(ada, "New value")
    ada.walk("combobox", "Setting")
    ada.page.keyboard.type("Depth of")
    ada.page.keyboard.press("Enter")
    ada.still()
    ada.walk("slider", re.compile("New value"))
    for _ in range(16):
        ada.page.keyboard.press("ArrowRight")
    until_text(ada, "×2.1")
    ada.still()
    ada.walk("button", "Try it")
    ada.page.keyboard.press("Enter")
    until_text(ada, "Avoided.")
    assert "Smallest change that avoids the cascade" in ada.text(), "the board is drawn with it"
    until_text(leader, "<b>Ada</b>")
    leader.walk("button", "All answers as CSV")
    with leader.page.expect_download() as saved:
        leader.page.keyboard.press("Enter")
    leader.holds("button", "All answers as CSV")
    rows = list(csv.DictReader(io.StringIO(saved.value.path().read_text("utf-8"))))
    assert {row["record"] for row in rows} == {"round", "participant", "prediction", "try"}


def test_the_projector_shows_the_room_and_moves_nothing(people):
    """Large type, no menu, no button, and no key in the address; it follows by itself."""
    leader, wall = people
    code = open_room(leader)
    wall.open(f"/workshop?room={code}")
    until_text(wall, f"{code[:3]} {code[3:]}")
    code_image = wall.page.get_by_role("img", name=re.compile("QR code of .*room="))
    wall.until(lambda: code_image.count() == 1)
    assert "key=" not in wall.page.url and not wall.page.locator("header:visible").count()
    button(leader, "Go on: Predict").click()
    until_text(wall, "0 of 0 have answered")
    assert not wall.page.locator("[data-testid=stMain] button:visible").count()
    size = wall.page.evaluate("getComputedStyle(document.documentElement).fontSize")
    assert size == "22px"
    assert not leader.errors and not wall.errors


def test_a_phone_without_a_keyboard_and_a_projector(people, reader):
    """No frame round a heading after typing; a wide table fades; no label stands on another."""
    leader, ada, wall = *people, reader()
    code = open_room(leader)
    ada.open(f"/join?room={code}")
    ada.page.get_by_label("Name on the board").click()
    ada.page.keyboard.type("Ada")
    ada.page.keyboard.press("Enter")
    until_text(ada, "The cascade is a graph")
    ada.until(lambda: ada.page.evaluate("document.activeElement.tagName") == "H1")
    assert ada.page.evaluate(FRAME) == "none"
    wall.open(f"/workshop?room={code}")
    for stage in STAGES[:4]:
        button(leader, f"Go on: {stage}").click()
        button(leader, f"Go on: {STAGES[STAGES.index(stage) + 1]}").wait_for()
        if stage == "Reveal":
            _table_fades(ada)
    chart = wall.page.get_by_test_id("stVegaLiteChart").first
    chart.locator("svg").wait_for()
    assert chart.evaluate(APART)


def _table_fades(ada):
    table = ada.page.get_by_test_id("stTable").first.locator("> div")
    table.wait_for()
    assert table.evaluate("node => node.scrollWidth > node.clientWidth")
    assert table.evaluate(MASK) != "none"
    table.evaluate("node => { node.scrollLeft = node.scrollWidth }")
    ada.until(lambda: table.evaluate(MASK) == "none")
