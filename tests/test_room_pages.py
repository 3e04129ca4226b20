"""The pages of a room, drawn by Streamlit's own test runner: a leader, participants, bad codes."""

import csv
import io
from dataclasses import replace

import pytest

import engine
from pages.ui import cached, content, lanes
from pages.ui.room import board, breaking, codes, connect, export, rules, scene, votes
from tests.test_pages import click, drawn, fields, opened, texts
from tests.test_room_rules import hostile

LEAD, JOIN = "pages/page_workshop.py", "pages/page_join.py"
LINK = scene.of_note("the-cascade")


@pytest.fixture(autouse=True)
def database(tmp_path, monkeypatch):
    """A database of this test's own."""
    monkeypatch.setenv(connect.SETTING, f"sqlite:///{tmp_path}/rooms.db")


@pytest.fixture
def room(database):
    """A room on the cascade, and its leader's page."""
    app = opened(fields(scene.scene(LINK).scenario, page="the-cascade"), page=LEAD)
    app = click(app, "open_link")
    return app.query_params["room"], app


def joined(code, name=""):
    app = opened({"room": code}, page=JOIN)
    app.text_input(key="name").set_value(name)
    app.button[0].click().run()
    return app


def clean(app):
    assert not app.exception and not app.error, texts(app)
    return texts(app)


def html(app):
    return " ".join(element.proto.body for element in app.get("html"))


def test_a_room_from_the_first_stage_to_the_last(room):
    """Leader and participant see the same stage; the vote is locked and shown with the answer."""
    code, leader = room
    assert codes.spoken(code) in clean(leader) and "Speaker notes" in texts(leader)
    ada = joined(code, "Ada <b>")
    assert "Ada <b>" in clean(ada) and "me" in ada.query_params
    click(leader, "stage_on")
    assert "In which of these worlds" in clean(ada.run())
    click(ada, "vote_deep")
    assert "Your prediction: **Deep book**" in clean(ada)
    click(ada, "vote_now")
    assert "Your prediction: **As it is**" in clean(ada)
    assert "**1 of 1** have answered" in clean(leader.run())
    click(leader, "stage_on")
    said = clean(ada.run())
    assert "You predicted it." in said and "✓ As it is (you)" in html(ada)
    assert "1 · 100%" in html(leader) and "(you)" not in html(leader)
    assert not [b for b in ada.button if b.key and b.key.startswith("vote_")]
    click(leader, "stage_on")
    assert len(drawn(ada.run())) == 2 and clean(ada) is not None
    click(leader, "stage_on")
    assert "Event 0 in **“As it is”**" in clean(ada.run())
    assert not [b for b in ada.button if b.key and b.key.startswith(("limit_", "cause_"))]
    click(leader, "limit_after")
    assert "Event 2 in **“As it is”**" in clean(ada.run())
    click(leader, "stage_on")
    assert "Your turn" in clean(ada.run())
    found = tried(ada, "book.depth", 2.1)
    assert "**Avoided.**" in found
    assert "Ada &lt;b&gt;" in html(ada.run()) and "Ada &lt;b&gt;" in html(leader.run())
    assert "<b>" not in html(ada)


def tried(app, path, factor):
    """Try a change of about this size; what the page says."""
    app.selectbox(key="knob_1").set_value(path).run()
    slider = app.select_slider(key=f"value_1_{path}")
    app_scene = scene.scene(LINK)
    knob = next(k for k in breaking.knobs(app_scene, "now") if k.path == path)
    value = next(x for x in knob.values if x >= knob.base * factor)
    slider.set_value(value).run()
    click(app, "try")
    return clean(app)


def test_a_reload_is_the_same_participant(room):
    """The key in the address brings back the name and the vote; nobody votes twice."""
    code, leader = room
    ada = joined(code, "Ada")
    click(leader, "stage_on")
    click(ada.run(), "vote_deep")
    again = opened({"room": code, "me": ada.query_params["me"]}, page=JOIN)
    assert "Your prediction: **Deep book**" in clean(again)
    click(again, "vote_now")
    assert "**1 of 1** have answered" in clean(leader.run())


def test_without_the_key_nothing_can_be_moved(room):
    """The projector's window has no button; a wrong key opens no room."""
    code, _ = room
    shown = opened({"room": code}, page=LEAD)
    assert not shown.button and codes.spoken(code) in clean(shown)
    wrong = opened({"room": code, "key": codes.new_secret()}, page=LEAD)
    assert "not the leader's" in clean(wrong)
    assert "stage_on" not in [button.key for button in wrong.button]


def test_two_windows_of_one_leader(room):
    """The second to press is told, and shows where the room is."""
    code, first = room
    second = opened({"room": code, "key": first.query_params["key"]}, page=LEAD)
    click(first, "stage_on")
    click(second, "stage_on")
    assert "Another window moved this room" in clean(second)
    assert "**Predict**" in texts(second) and "**Reveal**" not in texts(second)


@pytest.mark.parametrize("code", ["ZZZZZZ", "abc", "'; --", "<b>", "A" * 5_000, "\u202eABCDEF", ""])
@pytest.mark.parametrize("page", [LEAD, JOIN])
def test_a_bad_code_gets_a_sentence(code, page):
    """Wrong, expired or hostile: no error, and a way on."""
    app = opened({"room": code}, page=page)
    said = clean(app)
    assert "no open room with this code" in said or "A code has 6 letters" in said
    assert app.button


def test_a_typed_code_leads_in(room):
    code, _ = room
    app = opened(page=JOIN)
    app.text_input(key="room_code").set_value("ABC")
    app.text_input(key="name").set_value("Ada, who has a very long name")
    assert "A code has 6 letters" in clean(app.button[0].click().run())
    app.text_input(key="room_code").set_value(f" {code[:3]}-{code[3:]} ".lower())
    app.button[0].click().run()
    assert "Ada, who has a very long" in clean(app)  # as much as fits
    assert app.query_params["room"] == code and "me" in app.query_params


def test_a_typed_code_of_no_room_gets_a_sentence_also_after_a_bad_link():
    app = opened({"room": "ZZZZZZ"}, page=JOIN)
    app.text_input(key="room_code").set_value("ABC")
    assert "A code has 6 letters" in clean(app.button[0].click().run())


def test_a_closed_room_says_so_and_can_be_exported(room):
    code, leader = room
    ada = joined(code)
    click(leader, "close_room")
    assert "works no more" in clean(leader) and leader.get("download_button")
    assert "no open room with this code" in clean(ada.run()) or ada.query_params["room"] == code


def test_another_note_with_the_same_people(room):
    code, leader = room
    ada = joined(code, "Ada")
    leader.selectbox(key="next_note").set_value("who-pays").run()
    click(leader, "next_round")
    assert "When an account cannot pay" in clean(leader) or "Who pays" in texts(leader)
    assert content.note("who-pays").meta["question"] in clean(ada.run())


@pytest.mark.parametrize("pasted", ["x", "http://a.b/?s=nowhere", "?v=99&s=fast-drop", "?" * 3_000])
def test_a_bad_link_opens_no_room(pasted):
    app = opened(page=LEAD)
    app.text_input(key="room_link").set_value(pasted[: rules.MAX_LINK + 200])
    click(app, "open_note")
    assert "This link cannot be used" in clean(app) and "room" not in app.query_params


def test_any_note_can_be_led():
    """Each has its own words for the leader, or general ones, and something to break or none."""
    titles = content.note("workshop").meta["stages"]
    assert tuple(titles) == rules.STAGES
    for page in lanes.pages():
        said = content.speaker(page)
        assert set(said) == set(rules.STAGES)
        assert all(10 <= len(text.split()) <= 60 for text in said.values()), page
        found = scene.scene(scene.of_note(page))
        assert found.page == page and not found.view.problems


def test_why_begins_where_something_happened():
    """In the leader's lane; where none was chosen, in one with an event if there is any."""
    page = "why-did-my-limit-change"
    preset = next(p.scenario for p in lanes.presets(page) if p.name == "limit-cancel")
    known, room = lanes.of(page), rules.Room("AAAAAA", "", stage="why")
    events = {name: len(cached.events(preset, page, name)) for name in known.names}
    first = next(name for name in known.names if events[name])
    assert not events[known.names[0]] and first != known.names[0]
    for lane in known.names:
        found = scene.Scene(page, engine.View(preset, page=page, lane=lane))
        assert found.lane(room) == (lane if events[lane] else first)
        assert found.lane(replace(room, lane=lane)) == lane
        assert found.lane(replace(room, stage="step")) == lane


def test_why_begins_at_the_event_of_the_link(database):
    """Also after the timeline was moved, unless the link's is what a page shows by itself."""
    page, lane = "who-pays", "queue"
    preset = next(p.scenario for p in lanes.presets(page) if p.name == "few-winners")
    limits = cached.limits(preset, page, lane)["event"]
    room = rules.Room("AAAAAA", "", stage="why")
    there = engine.View(preset, page=page, lane=lane, event=393)
    for step in (None, preset.world.steps - 1, 3):
        found = scene.Scene(page, replace(there, step=step))
        assert found.event(room) == found.event(replace(room, step=5, lane=lane)) == 393
        assert found.event(replace(room, event=7)) == 7
        assert found.event(replace(room, lane="at_once")) != 393
    own = scene.Scene(page, replace(there, event=int(limits.iloc[0])))
    assert own.event(room) == limits.iloc[0]
    assert own.event(replace(room, step=preset.world.steps - 1)) == limits.iloc[-1]
    beyond = scene.Scene(page, replace(there, event=10**6))
    assert beyond.event(room) == len(cached.events(preset, page, lane)) - 1


def test_the_leader_goes_to_any_event_by_its_number(room):
    """Followers see it and have no field; a title is a name, also behind "in"."""
    code, leader = room
    ada = joined(code)
    for _ in rules.STAGES[1:5]:
        click(leader, "stage_on")
    leader.number_input(key="event_number").set_value(3).run()
    assert "Event 3 in **“As it is”**" in clean(leader)
    assert "Event 3 in **“As it is”**" in clean(ada.run()) and not ada.number_input
    click(leader, "stage_on")
    assert " in **“As it is”**. Change **one** setting" in clean(ada.run())


def test_two_values_that_differ_are_read_differently():
    """And no change is said to be none, not a change of ×1.00."""
    for page in lanes.pages():
        found = scene.scene(scene.of_note(page))
        for knob in breaking.knobs(found, found.known.names[0]):
            said = [knob.shown(value) for value in knob.values]
            assert len(set(said)) == len(said), knob.path
            assert "→" not in board.moved(knob, knob.base)
            assert f"{said[-1]}**, a change of **×" in board.moved(knob, knob.values[-1])


def test_what_is_offered_is_a_bounded_grid():
    """5 % apart, in the setting's range, the scenario's own value among them."""
    found = scene.scene(LINK)
    knobs = breaking.knobs(found, "now")
    assert {"book.depth", "shock.move", "accounts.leverage_high"} <= {k.path for k in knobs}
    for knob in knobs:
        assert knob.base in knob.values and len(knob.values) <= 2 * breaking.STEPS + 1
        assert list(knob.values) == sorted(knob.values)
        sizes = [breaking.size(knob.base, x) for x in knob.values]
        assert min(sizes) == 1.0 and max(sizes) <= 1.01 * breaking.RATIO**breaking.STEPS
    assert "book.depth" not in {k.path for k in breaking.knobs(found, "deep")}


def test_a_change_is_judged_by_a_run():
    """The share is what the engine closes, the size is the same for twice and for half."""
    found = scene.scene(LINK)
    knob = next(k for k in breaking.knobs(found, "now") if k.path == "book.depth")
    value = max(knob.values)
    told = breaking.judge(found, "now", knob, value)
    changed = found.scenario.with_values(**{"book.depth": value})
    runs = engine.compare(changed, found.known.changes)
    before = found.results()["now"].metrics["liquidated_notional"]
    assert told["share"] == runs["now"].metrics["liquidated_notional"] / before < breaking.GOAL
    assert told["avoided"] == 1 and told["factor"] == value / knob.base
    assert breaking.judge(found, "now", knob, knob.base)["avoided"] == 0
    assert breaking.size(2.0, 4.0) == breaking.size(4.0, 2.0) == breaking.size(-2.0, -1.0) == 2.0
    with pytest.raises(engine.InputError):
        breaking.judge(found, "now", knob, value * 1.001)


def test_tries_end_before_the_work_does(room, monkeypatch):
    code, leader = room
    ada = joined(code)
    for _ in rules.STAGES[1:]:
        click(leader, "stage_on")
    monkeypatch.setattr(rules, "MAX_TRIES", 1)
    ada.run()
    assert "0 tries left" in tried(ada, "book.depth", 1.5)
    assert "You have used all 1 tries" in tried(ada, "book.depth", 1.6)


def test_everything_is_in_the_csv(room):
    """Names that a spreadsheet would run are made harmless."""
    code, leader = room
    ada = joined(code, "=HYPERLINK(1)")
    click(leader, "stage_on")
    click(ada.run(), "vote_now")
    for _ in rules.STAGES[2:]:
        click(leader, "stage_on")
    tried(ada.run(), "book.depth", 2.1)
    stored = connect.rooms().export(code, leader.query_params["key"])
    rows = list(csv.DictReader(io.StringIO(export.table(stored).decode())))
    assert [row["record"] for row in rows] == ["round", "participant", "prediction", "try"]
    vote, made = rows[2], rows[3]
    assert vote["name"] == "'=HYPERLINK(1)" and vote["prediction"] == "now" and vote["right"] == "1"
    assert made["avoided"] == "1" and made["setting"] == "book.depth"
    assert float(made["size"]) == pytest.approx(float(made["after"]) / float(made["before"]), 1e-5)
    assert tuple(rows[0]) == export.COLUMNS


def test_five_hundred_hostile_names_stay_text():
    """On the board and in the table of votes nothing that a stranger typed becomes markup."""
    for text in hostile(500):
        entry = {"name": codes.clean_name(text), "number": 1}
        shown = board.name(entry)
        assert not set(shown) & set("<>\"'") and shown
        assert export.harmless(entry["name"])[:1] not in set("=+-@") or not entry["name"]


@pytest.mark.parametrize("text", ["=1+1", "\uff1d1", "a;=1", "a, -1", "\u22121", "@x"])
def test_names_that_begin_a_formula_are_made_text(text):
    """Also behind a sign at which a spreadsheet of another country splits its lines."""
    assert export.harmless(text) == "'" + text
    assert export.harmless("Ada-Lovelace") == "Ada-Lovelace"


def test_bars_are_the_votes():
    titles = {"a": "A", "b": "B & C"}
    bars = votes.bars(titles, {"a": 3, "b": 1, "gone": 5}, "b", "a")
    assert [(b.votes, b.share, b.answer, b.mine) for b in bars] == [
        (3, 0.75, False, True),
        (1, 0.25, True, False),
    ]
    assert "✓ B &amp; C" in votes.html(bars, "dark")
    assert votes.bars(titles, {}, "", None)[0].share == 0.0
