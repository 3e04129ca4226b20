"""Rooms as pure functions: which stage follows which, when a vote counts, names and codes."""

import itertools
import random
import unicodedata

import pytest

from pages.ui.room import codes, rules
from pages.ui.room.rules import STAGES, Room, RoomError

ROOM = Room("ABCDEF", "?v=3&s=fast-drop")


def at(stage):
    return Room("ABCDEF", "?v=3&s=fast-drop", stage=stage)


@pytest.mark.parametrize("here, there", list(itertools.product(STAGES, STAGES)))
def test_no_stage_before_the_reveal_comes_back(here, there):
    """Once the answer was shown nobody can predict it any more, whatever the leader does."""
    revealed = STAGES.index(here) >= rules.REVEAL
    if there in rules.allowed(here):
        after = rules.moved(at(here), stage=there)
        assert after.stage == there and after.version == 2
        assert after.revealed >= revealed
    else:
        with pytest.raises(RoomError):
            rules.moved(at(here), stage=there)
    assert not revealed or not {"read", "predict"} & set(rules.allowed(here))


def test_the_stages_are_reached_one_after_the_other():
    room = ROOM
    for stage in STAGES[1:]:
        assert rules.neighbours(room.stage)[1] == stage
        room = rules.moved(room, stage=stage)
    assert rules.neighbours("turn") == ("why", None)
    assert rules.neighbours("reveal") == (None, "step")
    assert room.version == len(STAGES)


@pytest.mark.parametrize("stage", STAGES)
def test_votes_count_between_question_and_answer_alone(stage):
    if stage == "predict":
        rules.may_vote(at(stage))
    else:
        with pytest.raises(RoomError):
            rules.may_vote(at(stage))


def test_another_link_begins_another_round():
    """The next note starts at its text, and the number of rounds is bounded."""
    room = rules.moved(ROOM, stage="predict")
    after = rules.moved(room, link="?v=3&s=calm")
    assert (after.round, after.stage, after.version) == (2, "read", room.version + 1)
    last = Room("ABCDEF", "?v=3", round=rules.MAX_ROUNDS)
    with pytest.raises(RoomError):
        rules.moved(last, link="?v=3")


@pytest.mark.parametrize("link", ["", "x" * (rules.MAX_LINK + 1)])
def test_a_link_has_a_bounded_size(link):
    with pytest.raises(RoomError):
        rules.moved(ROOM, link=link)


@pytest.mark.parametrize("step", [-2, 2**31])
def test_a_step_out_of_range_is_refused(step):
    with pytest.raises(RoomError):
        rules.moved(at("step"), step=step)


def test_tries_are_bounded_and_belong_to_the_last_stage():
    rules.may_try(at("turn"), rules.MAX_TRIES - 1)
    with pytest.raises(rules.Full):
        rules.may_try(at("turn"), rules.MAX_TRIES)
    with pytest.raises(RoomError):
        rules.may_try(at("why"), 0)


def test_codes_have_no_signs_that_look_alike():
    made = {codes.new_code() for _ in range(500)}
    assert len(made) == 500
    assert not set("".join(made)) & set("ILO01")
    assert all(codes.read_code(code) == code for code in made)


@pytest.mark.parametrize(
    "typed, code",
    [
        ("abcdef", "ABCDEF"),
        (" abc def ", "ABCDEF"),
        ("ABC-DEF", "ABCDEF"),
        ("ABCDE", None),
        ("ABCDEFG", None),
        ("ABCDE0", None),
        ("ABCDEß", None),
        ("", None),
    ],
)
def test_a_code_is_read_as_people_type_it(typed, code):
    assert codes.read_code(typed) == code


def hostile(number: int) -> list[str]:
    """Texts that somebody could type to break a page, a table or a statement."""
    draw = random.Random(7)
    known = [
        "<script>alert(1)</script>",
        "'; DROP TABLE rooms; --",
        '"><img src=x onerror=alert(1)>',
        "![x](http://example.org/x.png)",
        "=1+1",
        "@SUM(A1)",
        "\u202eevil",
        "a\u0300" * 30,
        "\x00\x01\x1b[31m",
        "\ud800",
        "  ",
        "𝕏" * 50,
        "👨‍👩‍👧‍👦" * 9,
        "$\\frac{1}{0}$",
        ":material/error:",
        "[a](javascript:alert(1))",
        "ROBERT'); --",
        "%00%0a",
        "{{7*7}}",
        "../../etc",
    ]
    signs = [chr(draw.randrange(1, 0x2FFFF)) for _ in range(200)]
    signs += list("<>&\"'`;-=+@%\\/|{}[]()$*_~^\t\r\n\u200b\u202e\ufeff")
    more = ["".join(draw.choices(signs, k=draw.randrange(0, 60))) for _ in range(number)]
    return (known + more)[:number]


def test_names_are_short_and_plain_whatever_is_typed():
    """500 hostile names: at most 24 visible characters, no control, no turned or stacked text."""
    for text in hostile(500):
        name = codes.clean_name(text)
        assert len(name) <= codes.MAX_NAME and name == name.strip()
        kinds = [unicodedata.category(sign)[0] for sign in name if sign != " "]
        assert set(kinds) <= set("LMNPS"), ascii(text)
        assert "MMM" not in "".join(kinds)
        assert codes.clean_name(name) == name
        name.encode("utf-8")
    assert codes.clean_name(" Ada   Lovelace ") == "Ada Lovelace"


def test_no_hostile_text_is_a_code_or_a_secret():
    """500 of them: refused before the database is asked, and nothing is raised."""
    for text in hostile(500):
        assert codes.read_code(text) is None or codes.read_code(text).isalnum()
        assert not codes.is_secret(text)
        assert not codes.matches(text, codes.digest("another"))


def test_a_secret_is_stored_as_its_digest():
    secret = codes.new_secret()
    assert codes.is_secret(secret) and codes.matches(secret, codes.digest(secret))
    assert secret not in codes.digest(secret)
    assert not codes.matches(secret[:-1], codes.digest(secret))


@pytest.mark.parametrize("blank", ["\u3164", "\u2800" * 5, "\u115f", "\uffa0 \u1160"])
def test_a_name_that_shows_nothing_is_none(blank):
    assert codes.clean_name(blank) == ""
    assert codes.shown_name(codes.clean_name(blank), 7) == "Guest 7"


@pytest.mark.parametrize("link", ["?v=3&s=\ud800", "?v=3&s=é"])
def test_a_link_of_other_characters_is_refused(link):
    with pytest.raises(RoomError):
        rules.checked_link(link)


@pytest.mark.parametrize("lane", ["x" * 41, "x" * 100_000, "\ud800", "spät"])
def test_a_lane_is_a_short_name(lane):
    """Whatever a leader's window sends: nothing long or unreadable is stored for the room."""
    with pytest.raises(RoomError, match="at most 40"):
        rules.moved(at("step"), lane=lane)
    assert rules.moved(at("step"), lane="half_leverage").lane == "half_leverage"


@pytest.mark.parametrize(
    ("query", "alone"),
    [({}, False), ({"room": "ABCDEF"}, True), ({"room": "ABCDEF", "me": "x"}, True),
     ({"room": "ABCDEF", "key": "x"}, False),
     ({"room": "ABCDEF", "key": "x", "view": "projector"}, True)],
)  # fmt: skip
def test_the_leader_keeps_the_menu_and_nobody_else_in_a_room(query, alone):
    assert codes.alone(query) == alone
