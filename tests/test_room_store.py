"""Rooms in both databases: one vote each, only the secret moves, nothing lost, bounds that hold."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy

from pages.ui.room import codes, connect, outage, rules, schema, store
from pages.ui.room.rules import Conflict, Full, NoRoom, NotLeader, RoomError
from tests.databases import Postgres, programs
from tests.test_room_rules import hostile

LINK, NOW = "?v=3&s=fast-drop&page=three-ways-out", 1_000_000
OPTIONS = ("market", "incremental", "auction")
NUMBER = itertools.count()


@pytest.fixture(scope="module")
def postgres():
    where = programs()
    if where is None:
        pytest.skip("no PostgreSQL on this machine; setup.sh installs it where it can be had")
    running = Postgres(where)
    yield running
    running.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """An empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/rooms.db"
    return request.getfixturevalue("postgres").new(f"rooms_{next(NUMBER)}")


def connected(address):
    settings = {k: v for k, v in connect.settings(address).items() if k != "url"}
    return store.Store(connect.careful(sqlalchemy.create_engine(address, **settings)))


@pytest.fixture
def rooms(address):
    made = connected(address)
    yield made
    made.engine.dispose()


def at(rooms, stage, people=0):
    """A room at this stage: code, the leader's secret, participants' secrets."""
    room, secret = rooms.open(LINK, NOW)
    joined = [rooms.join(room.code, f"P{i}", NOW)[1] for i in range(people)]
    for number, name in enumerate(rules.STAGES[1 : rules.STAGES.index(stage) + 1], 1):
        rooms.move(room.code, secret, number, NOW, stage=name)
    return room.code, secret, joined


def test_one_vote_each_and_none_after_the_reveal(rooms):
    code, secret, (ada, ben) = at(rooms, "predict", 2)
    rooms.vote(code, ada, "market", OPTIONS, NOW)
    rooms.vote(code, ada, "auction", OPTIONS, NOW)
    rooms.vote(code, ben, "market", OPTIONS, NOW)
    assert rooms.tally(code, 1) == {"auction": 1, "market": 1}
    assert rooms.look(code, NOW).votes == 2 and rooms.choice(code, 1, 1) == "auction"
    rooms.move(code, secret, 2, NOW, stage="reveal")
    for stage in ("reveal", "step", "why", "turn"):
        with pytest.raises(RoomError):
            rooms.vote(code, ada, "market", OPTIONS, NOW)
        if stage != "reveal":
            rooms.move(code, secret, rooms.look(code, NOW).room.version, NOW, stage=stage)
    assert rooms.tally(code, 1) == {"auction": 1, "market": 1}


@pytest.mark.parametrize("choice", ["", "other", "Market", "'; DROP TABLE votes; --"])
def test_only_the_rooms_own_answers_count(rooms, choice):
    code, _, (ada,) = at(rooms, "predict", 1)
    with pytest.raises(RoomError):
        rooms.vote(code, ada, choice, OPTIONS, NOW)
    assert rooms.tally(code, 1) == {}


def test_only_the_secret_moves_the_room(rooms):
    """No guess, no participant and no other room's leader moves, closes or exports it."""
    code, secret, (ada,) = at(rooms, "read", 1)
    _, other, _ = at(rooms, "read")
    for wrong in ("", ada, other, secret[:-1], codes.digest(secret), secret + "x", "\ud800"):
        for act in (
            lambda key: rooms.move(code, key, 1, NOW, stage="predict"),
            lambda key: rooms.close(code, key, NOW),
            lambda key: rooms.export(code, key),
        ):
            with pytest.raises(NotLeader):
                act(wrong)
    assert rooms.look(code, NOW).room.stage == "read"
    assert rooms.leads(code, secret) and not rooms.leads(code, ada)
    assert not rooms.leads("ZZZZZZ", secret)


def test_two_windows_of_one_leader_do_not_fight(rooms):
    """Of two moves from the same moment one happens; the other is told."""
    code, secret, _ = at(rooms, "step")
    gate = threading.Barrier(8)

    def press(step):
        gate.wait()
        try:
            return rooms.move(code, secret, 4, NOW, step=step).step
        except Conflict:
            return None

    with ThreadPoolExecutor(8) as pool:
        done = [step for step in pool.map(press, range(8)) if step is not None]
    assert len(done) == 1
    seen = rooms.look(code, NOW).room
    assert (seen.step, seen.version) == (done[0], 5)


def test_a_vote_meets_the_reveal_before_or_after_it(rooms):
    """Whatever was counted when the answer came stays what is counted."""
    code, secret, people = at(rooms, "predict", 12)
    gate = threading.Barrier(13)

    def cast(me):
        gate.wait()
        try:
            rooms.vote(code, me, "market", OPTIONS, NOW)
            return 1
        except RoomError:
            return 0

    def reveal():
        gate.wait()
        rooms.move(code, secret, 2, NOW, stage="reveal")
        return rooms.tally(code, 1).get("market", 0)

    with ThreadPoolExecutor(13) as pool:
        shown = pool.submit(reveal)
        counted = sum(pool.map(cast, people))
    assert shown.result() == counted == rooms.tally(code, 1).get("market", 0)


def test_a_room_takes_so_many_people_and_no_more(rooms, monkeypatch):
    """Also when they all come at once."""
    monkeypatch.setattr(rules, "MAX_PARTICIPANTS", 5)
    code, _, _ = at(rooms, "read")

    def join(number):
        try:
            return rooms.join(code, f"N{number}", NOW)[0]
        except Full:
            return None

    with ThreadPoolExecutor(10) as pool:
        numbers = [n for n in pool.map(join, range(10)) if n]
    assert sorted(numbers) == [1, 2, 3, 4, 5] and rooms.look(code, NOW).participants == 5


def test_rooms_and_tries_are_bounded(rooms, monkeypatch):
    monkeypatch.setattr(rules, "MAX_ROOMS", 2)
    monkeypatch.setattr(rules, "MAX_TRIES", 2)
    code, _, (ada,) = at(rooms, "turn", 1)
    found = FOUND | {"factor": 1.5}
    assert [rooms.record_try(code, ada, 1, found, NOW) for _ in range(2)] == [1, 2]
    with pytest.raises(Full):
        rooms.record_try(code, ada, 1, found, NOW)
    empty, _ = rooms.open(LINK, NOW)
    with pytest.raises(Full):
        rooms.open(LINK, NOW)
    rooms.open(LINK, NOW + rules.EMPTY + 1)  # the room that nobody joined makes place
    with pytest.raises(NoRoom):
        rooms.look(empty.code, NOW)
    assert rooms.look(code, NOW).participants == 1


def test_rooms_are_opened_so_many_a_minute(rooms, monkeypatch):
    """Whoever opens room after room does not fill the house at once; others come in a minute."""
    monkeypatch.setattr(rules, "MAX_OPENED", 2)
    for _ in range(2):
        rooms.open(LINK, NOW)
    with pytest.raises(Full, match="in the last minute"):
        rooms.open(LINK, NOW + 59)
    rooms.open(LINK, NOW + 60)


FOUND = {
    "path": "book.depth", "before_value": 2e6, "after_value": 3e6, "factor": 1.5, "share": 0.3,
    "avoided": 1,
}  # fmt: skip


def test_the_board_holds_the_smallest_change_of_each(rooms):
    code, _, (ada, ben, cem) = at(rooms, "turn", 3)
    for me, factor, avoided in [(ada, 2.0, 1), (ben, 1.5, 1), (ada, 1.2, 1), (cem, 1.1, 0)]:
        rooms.record_try(code, me, 1, FOUND | {"factor": factor, "avoided": avoided}, NOW)
    board = rooms.board(code, 1)
    assert [(row["name"], row["factor"]) for row in board] == [("P0", 1.2), ("P1", 1.5)]
    assert len(rooms.tries(code, 1, 1)) == 2
    with pytest.raises(RoomError):
        rooms.record_try(code, ada, 2, FOUND, NOW)


def test_a_round_has_votes_of_its_own(rooms):
    code, secret, (ada,) = at(rooms, "predict", 1)
    rooms.vote(code, ada, "market", OPTIONS, NOW)
    room = rooms.move(code, secret, 2, NOW, link="?v=3&s=calm")
    rooms.move(code, secret, room.version, NOW, stage="predict")
    assert rooms.tally(code, 2) == {} and rooms.tally(code, 1) == {"market": 1}
    rooms.vote(code, ada, "auction", OPTIONS, NOW)
    out = rooms.export(code, secret)
    assert [row["link"] for row in out["rounds"]] == [LINK, "?v=3&s=calm"]
    assert [(row["round_no"], row["choice"]) for row in out["votes"]] == [
        (1, "market"),
        (2, "auction"),
    ]


def test_codes_expire_and_rows_are_swept(rooms):
    """A clock that jumps ahead closes a room; when it is put right the room goes on."""
    code, secret, (ada,) = at(rooms, "predict", 1)
    late = NOW + rules.LIFE
    for act in (
        lambda: rooms.look(code, late),
        lambda: rooms.join(code, "", late),
        lambda: rooms.vote(code, ada, "market", OPTIONS, late),
        lambda: rooms.move(code, secret, 2, late, stage="reveal"),
    ):
        with pytest.raises(NoRoom):
            act()
    rooms.sweep(late + rules.KEPT)
    rooms.vote(code, ada, "market", OPTIONS, NOW)
    assert rooms.export(code, secret)["votes"]
    rooms.sweep(late + rules.KEPT + 1)
    with pytest.raises(NoRoom):
        rooms.look(code, NOW)
    with rooms.engine.connect() as sql:
        for table in store.CHILDREN:
            assert sql.execute(sqlalchemy.text(f"SELECT count(*) FROM {table}")).scalar() == 0


def test_a_closed_room_can_still_be_exported(rooms):
    code, secret, _ = at(rooms, "read", 1)
    rooms.close(code, secret, NOW)
    with pytest.raises(NoRoom):
        rooms.look(code, NOW)
    assert len(rooms.export(code, secret)["participants"]) == 1


def test_hostile_names_and_codes_stay_texts(rooms):
    """What is typed is stored cleaned or refused; no statement is changed by it."""
    code, secret, _ = at(rooms, "read")
    texts = hostile(40)
    for text in texts:
        rooms.join(code, text, NOW)
        assert rooms.who(code, text.encode("utf-8", "replace").decode()) is None
    names = [row["name"] for row in rooms.export(code, secret)["participants"]]
    assert names == [codes.clean_name(text) for text in texts]
    for text in texts:
        if "\x00" not in text and text.isprintable():
            with pytest.raises(NoRoom):
                rooms.look(text, NOW)


def test_what_was_stored_is_there_for_the_next_server(address):
    first = connected(address)
    code, secret, (ada,) = at(first, "predict", 1)
    first.vote(code, ada, "market", OPTIONS, NOW)
    first.engine.dispose()
    again = connected(address)
    assert again.look(code, NOW).votes == 1 and again.who(code, ada) == (1, "P0")
    assert again.move(code, secret, 2, NOW, stage="reveal").revealed
    again.engine.dispose()


def test_several_servers_can_start_on_one_empty_database(address):
    """Each brings the tables up to date, or finds that another did."""
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(connected, [address] * 4))
    for one in made:
        schema.migrate(one.engine)
        with one.engine.connect() as sql:
            assert (
                sql.execute(sqlalchemy.text("SELECT version FROM rooms_schema")).scalar()
                == schema.VERSION
            )
    code, _, _ = at(made[0], "read")
    assert made[3].look(code, NOW).room.code == code
    for one in made:
        one.engine.dispose()


def test_a_newer_database_is_left_alone(address):
    made = connected(address)
    with made.engine.begin() as sql:
        sql.execute(sqlalchemy.text("UPDATE rooms_schema SET version = 99"))
    with pytest.raises(RuntimeError):
        schema.migrate(made.engine)
    made.engine.dispose()


def test_postgresql_may_go_and_come_back(postgres):
    """While it is away people get a sentence; what was stored is there afterwards."""
    rooms = connected(postgres.new("away"))
    code, _, (ada,) = at(rooms, "predict", 1)
    rooms.vote(code, ada, "market", OPTIONS, NOW)
    postgres.stop()
    for act in (
        lambda: rooms.look(code, NOW),
        lambda: rooms.vote(code, ada, "auction", OPTIONS, NOW),
    ):
        with pytest.raises(outage.Unavailable):
            act()
    postgres.start()
    assert rooms.tally(code, 1) == {"market": 1}
    rooms.vote(code, ada, "auction", OPTIONS, NOW)
    assert rooms.tally(code, 1) == {"auction": 1}
    rooms.engine.dispose()


def test_the_log_says_why_rooms_cannot_be_kept(tmp_path, monkeypatch, caplog):
    """People get a sentence, the operator the reason, once however many ask."""
    (tmp_path / "file").touch()
    monkeypatch.setenv(connect.SETTING, f"sqlite:///{tmp_path}/file/rooms.db")
    monkeypatch.setattr(outage, "_logged", {})
    for _ in range(3):
        with pytest.raises(outage.Unavailable, match=r"^The room's store does not answer"):
            connect.rooms()
    assert [line.getMessage() for line in caplog.records if line.name == "forced_flow"] == [
        "The rooms' database does not answer: unable to open database file"
    ]


def test_sqlite_writes_ahead(tmp_path):
    made = connected(f"sqlite:///{tmp_path}/rooms.db")
    with made.engine.connect() as sql:
        assert sql.execute(sqlalchemy.text("PRAGMA journal_mode")).scalar() == "wal"
        assert sql.execute(sqlalchemy.text("PRAGMA synchronous")).scalar() == 2  # FULL
    made.engine.dispose()


def test_rooms_that_are_over_make_place_for_new_ones(rooms, monkeypatch):
    """What is kept for export alone keeps nobody out, and is kept while there is place for it."""
    monkeypatch.setattr(rules, "MAX_ROOMS", 1)
    monkeypatch.setattr(rules, "MAX_KEPT", 5)
    opened = {}
    for number in range(8):
        room, secret = rooms.open("?v=3", 100)
        rooms.join(room.code, "", 100)
        rooms.close(room.code, secret, 100)
        opened.setdefault(room.code, secret)
        code, key = next(iter(opened.items()))
        assert rooms.leads(code, key) == (number < 5)
    assert len(opened) == 8
