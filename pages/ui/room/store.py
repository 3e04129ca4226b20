"""Everything that is written to or read from the rooms' database. The only module with SQL for it.

Each write is one transaction that begins by taking the room's row, so that bounds hold however many
people act at once. The clock is handed in: Unix seconds.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import text

from pages.ui.room import codes, rules, schema
from pages.ui.room.outage import unavailable
from pages.ui.room.rules import Conflict, Full, NoRoom, NotLeader, Room, RoomError

NOT_KNOWN = "There is no open room with this code. Codes work for {hours} hours; ask for the code."
GONE = NOT_KNOWN.format(hours=rules.LIFE // 3600)
CHILDREN = ("tries", "votes", "participants", "rounds", "rooms")


@dataclass(frozen=True)
class Seen:
    """A room at a moment, with what is counted in it."""

    room: Room
    writes: int = 0  # counts what participants did
    participants: int = 0
    votes: int = 0


class Store:
    """The rooms of one database."""

    def __init__(self, engine: Any):
        self.engine = engine
        # SQLite lets one write at a time; waiting here is fairer than its own retries.
        single = engine.dialect.name == "sqlite"
        self._gate: Any = threading.Lock() if single else nullcontext()
        schema.migrate(engine)

    # --- rooms ---

    def open(self, link: str, now: int) -> tuple[Room, str]:
        """A new room on a link, and its leader's secret, which is not stored."""
        rules.checked_link(link)
        secret = codes.new_secret()
        with self._writing() as sql:
            self._sweep(sql, now)
            if _one(sql, _OPENED, since=now - 60) >= rules.MAX_OPENED:
                raise Full("Many rooms were opened in the last minute. Try again in a minute.")
            if _one(sql, "SELECT count(*) FROM rooms") >= rules.MAX_KEPT:
                self._drop(sql, _EXPIRED_ROOMS, {"before": now + 1})  # kept for export only
            if _one(sql, _OPEN_ROOMS, now=now) >= rules.MAX_ROOMS:
                self._drop(sql, _EMPTY_ROOMS, {"before": now - rules.EMPTY, "now": now})
            if _one(sql, _OPEN_ROOMS, now=now) >= rules.MAX_ROOMS:
                raise Full("Too many rooms are open on this server. Try again later.")
            taken = True
            while taken:
                code = codes.new_code()
                taken = _one(sql, "SELECT count(*) FROM rooms WHERE code = :code", code=code) > 0
            room = Room(code, link, created=now, expires=now + rules.LIFE)
            sql.execute(text(_INSERT_ROOM), _columns(room) | {"secret": codes.digest(secret)})
            sql.execute(text(_INSERT_ROUND), {"code": code, "round_no": 1, "link": link})
        return room, secret

    def look(self, code: str, now: int) -> Seen:
        """The room behind a code. Raises NoRoom where there is none, or where it has expired."""
        with self._reading() as sql:
            row = sql.execute(text(_SELECT_SEEN), {"code": code}).mappings().first()
        if row is None or row["expires"] <= now:
            raise NoRoom(GONE)
        return Seen(_room(row), row["writes"], row["participants"], row["votes"])

    def move(self, code: str, secret: str, version: int, now: int, **changes: Any) -> Room:
        """The leader's move, if nobody moved the room since `version`."""
        with self._writing() as sql:
            room = self._held(sql, code, now, secret)
            if room.version != version:
                raise Conflict("Another window moved this room. It now shows what the room sees.")
            after = rules.moved(room, **changes)
            sql.execute(text(_UPDATE_ROOM), _columns(after) | {"seen": version})
            if after.round != room.round:
                given = {"code": code, "round_no": after.round, "link": after.link}
                sql.execute(text(_INSERT_ROUND), given)
        return after

    def close(self, code: str, secret: str, now: int) -> None:
        """End the room: its code stops working. The leader can still export it for a week."""
        with self._writing() as sql:
            self._held(sql, code, now, secret)
            sql.execute(
                text("UPDATE rooms SET expires = :now, version = version + 1 WHERE code = :code"),
                {"code": code, "now": now},
            )

    def leads(self, code: str, secret: str) -> bool:
        """Whether the secret is this room's, expired or not."""
        with self._reading() as sql:
            row = sql.execute(text("SELECT secret FROM rooms WHERE code = :code"), {"code": code})
            stored = row.scalar()
        return codes.matches(secret, stored if stored is not None else "0" * 64)

    def sweep(self, now: int) -> None:
        """Delete what has expired more than a week ago."""
        with self._writing() as sql:
            self._sweep(sql, now)

    # --- participants ---

    def join(self, code: str, name: str, now: int) -> tuple[int, str]:
        """A new participant: number and secret, which is not stored."""
        secret = codes.new_secret()
        with self._writing() as sql:
            self._held(sql, code, now)
            count = _one(sql, "SELECT count(*) FROM participants WHERE code = :code", code=code)
            if count >= rules.MAX_PARTICIPANTS:
                raise Full(f"This room is full: it takes {rules.MAX_PARTICIPANTS} people.")
            row = {"code": code, "number": count + 1, "secret": codes.digest(secret)}
            row |= {"name": codes.clean_name(name), "joined": now}
            sql.execute(text(_INSERT_PARTICIPANT), row)
        return count + 1, secret

    def who(self, code: str, secret: str) -> tuple[int, str] | None:
        """Number and name of the participant with this secret; None where there is none."""
        with self._reading() as sql:
            given = {"code": code, "secret": codes.digest(secret)}
            row = sql.execute(text(_SELECT_WHO), given).first()
        return (row[0], row[1]) if row else None

    def vote(self, code: str, secret: str, choice: str, options: tuple[str, ...], now: int) -> None:
        """One prediction a participant and round; it may be changed until the reveal."""
        with self._writing() as sql:
            room = self._held(sql, code, now)
            number = self._number(sql, code, secret)
            rules.may_vote(room)
            if choice not in options:
                raise RoomError("This answer is not one of the room's.")
            row = {"code": code, "round_no": room.round, "number": number}
            sql.execute(text(_UPSERT_VOTE), row | {"choice": choice, "cast_at": now})

    def record_try(self, code: str, secret: str, round_no: int, found: dict, now: int) -> int:
        """Keep what the engine found about a participant's change; the number of their tries."""
        with self._writing() as sql:
            room = self._held(sql, code, now)
            number = self._number(sql, code, secret)
            if room.round != round_no:
                raise RoomError("The room has gone on to another round.")
            row: dict[str, Any] = {"code": code, "round_no": room.round, "number": number}
            done = sql.execute(text(_COUNT_TRIES), row).scalar()
            rules.may_try(room, done)
            row |= {"attempt": done + 1, "tried_at": now, **found}
            sql.execute(text(_INSERT_TRY), row)
        return done + 1

    def tries(self, code: str, number: int, round_no: int) -> list[dict[str, Any]]:
        """A participant's tries of a round, first to last."""
        row = {"code": code, "number": number, "round_no": round_no}
        return self._rows(_SELECT_TRIES, row)

    def choice(self, code: str, number: int, round_no: int) -> str | None:
        """A participant's prediction; None before there is one."""
        row = {"code": code, "number": number, "round_no": round_no}
        found = self._rows(_SELECT_CHOICE, row)
        return found[0]["choice"] if found else None

    # --- what the room did ---

    def tally(self, code: str, round_no: int) -> dict[str, int]:
        """Votes of a round by choice."""
        rows = self._rows(_TALLY, {"code": code, "round_no": round_no})
        return {row["choice"]: row["votes"] for row in rows}

    def board(self, code: str, round_no: int) -> list[dict[str, Any]]:
        """The best change of each participant that avoids the cascade, smallest first."""
        rows = self._rows(_BOARD, {"code": code, "round_no": round_no})
        best: dict[int, dict[str, Any]] = {}
        for row in rows:
            best.setdefault(row["number"], row)
        return list(best.values())

    def export(self, code: str, secret: str) -> dict[str, list[dict[str, Any]]]:
        """All that is stored of a room, for its leader: rounds, participants, votes and tries."""
        if not self.leads(code, secret):
            raise NotLeader("Only this room's leader can export it.")
        return {name: self._rows(query, {"code": code}) for name, query in _EXPORTS.items()}

    # --- inner ---

    def _rows(self, query: str, given: dict[str, Any]) -> list[dict[str, Any]]:
        with self._reading() as sql:
            return [dict(row) for row in sql.execute(text(query), given).mappings()]

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        try:
            with self.engine.connect() as connection:
                yield connection
        except _FAILURES as error:
            raise unavailable(error) from error

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        """One transaction: all of it, or nothing."""
        try:
            with self._gate, self.engine.begin() as connection:
                yield connection
        except _FAILURES as error:
            raise unavailable(error) from error

    def _held(self, sql: Any, code: str, now: int, secret: str | None = None) -> Room:
        """The open room, its row taken until the transaction ends."""
        sql.execute(text("UPDATE rooms SET writes = writes + 1 WHERE code = :code"), {"code": code})
        row = sql.execute(text("SELECT * FROM rooms WHERE code = :code"), {"code": code})
        found = row.mappings().first()
        if secret is not None and not codes.matches(secret, found["secret"] if found else "0" * 64):
            raise NotLeader("Only this room's leader can do that.")
        if found is None or found["expires"] <= now:
            raise NoRoom(GONE)
        return _room(found)

    def _number(self, sql: Any, code: str, secret: str) -> int:
        given = {"code": code, "secret": codes.digest(secret)}
        row = sql.execute(text(_SELECT_WHO), given).first()
        if row is None:
            raise RoomError("You are not in this room yet. Join it with its code.")
        return row[0]

    def _sweep(self, sql: Any, now: int) -> None:
        self._drop(sql, _EXPIRED_ROOMS, {"before": now - rules.KEPT})

    def _drop(self, sql: Any, which: str, given: dict[str, Any]) -> None:
        for table in CHILDREN:
            sql.execute(text(f"DELETE FROM {table} WHERE code IN ({which})"), given)


_FAILURES = (sqlalchemy.exc.DBAPIError, sqlalchemy.exc.TimeoutError)


def _one(sql: Any, query: str, **given: Any) -> int:
    return sql.execute(text(query), given).scalar()


def _room(row: Any) -> Room:
    return Room(
        code=row["code"],
        link=row["link"],
        round=row["round_no"],
        stage=row["stage"],
        lane=row["lane"],
        step=row["step_no"],
        event=row["event_no"],
        version=row["version"],
        created=row["created"],
        expires=row["expires"],
    )


def _columns(room: Room) -> dict[str, Any]:
    return {
        "code": room.code, "link": room.link, "round_no": room.round, "stage": room.stage,
        "lane": room.lane, "step_no": room.step, "event_no": room.event, "version": room.version,
        "created": room.created, "expires": room.expires,
    }  # fmt: skip


_INSERT_ROOM = """INSERT INTO rooms
    (code, secret, round_no, link, stage, lane, step_no, event_no, version, writes, created,
    expires)
    VALUES (:code, :secret, :round_no, :link, :stage, :lane, :step_no, :event_no, :version, 0,
    :created, :expires)"""
_UPDATE_ROOM = """UPDATE rooms SET round_no = :round_no, link = :link, stage = :stage, lane = :lane,
    step_no = :step_no, event_no = :event_no, version = :version
    WHERE code = :code AND version = :seen"""
_INSERT_ROUND = "INSERT INTO rounds (code, round_no, link) VALUES (:code, :round_no, :link)"
_SELECT_SEEN = """SELECT r.*,
    (SELECT count(*) FROM participants p WHERE p.code = r.code) AS participants,
    (SELECT count(*) FROM votes v WHERE v.code = r.code AND v.round_no = r.round_no) AS votes
    FROM rooms r WHERE r.code = :code"""
_INSERT_PARTICIPANT = """INSERT INTO participants (code, number, secret, name, joined)
    VALUES (:code, :number, :secret, :name, :joined)"""
_SELECT_WHO = "SELECT number, name FROM participants WHERE code = :code AND secret = :secret"
_UPSERT_VOTE = """INSERT INTO votes (code, round_no, number, choice, cast_at)
    VALUES (:code, :round_no, :number, :choice, :cast_at)
    ON CONFLICT (code, round_no, number)
    DO UPDATE SET choice = excluded.choice, cast_at = excluded.cast_at"""
_COUNT_TRIES = """SELECT count(*) FROM tries
    WHERE code = :code AND round_no = :round_no AND number = :number"""
_INSERT_TRY = """INSERT INTO tries (code, round_no, number, attempt, path, before_value,
    after_value, factor, share, avoided, tried_at)
    VALUES (:code, :round_no, :number, :attempt, :path,
    :before_value, :after_value, :factor, :share, :avoided, :tried_at)"""
_SELECT_TRIES = """SELECT * FROM tries
    WHERE code = :code AND round_no = :round_no AND number = :number ORDER BY attempt"""
_SELECT_CHOICE = """SELECT choice FROM votes
    WHERE code = :code AND round_no = :round_no AND number = :number"""
_TALLY = """SELECT choice, count(*) AS votes FROM votes
    WHERE code = :code AND round_no = :round_no GROUP BY choice"""
_BOARD = """SELECT t.number, p.name, t.path, t.before_value, t.after_value, t.factor, t.share,
    t.tried_at FROM tries t JOIN participants p ON p.code = t.code AND p.number = t.number
    WHERE t.code = :code AND t.round_no = :round_no AND t.avoided = 1
    ORDER BY t.factor, t.tried_at, t.number, t.attempt"""
_EXPORTS = {
    "rounds": "SELECT round_no, link FROM rounds WHERE code = :code ORDER BY round_no",
    "participants": """SELECT number, name, joined FROM participants
        WHERE code = :code ORDER BY number""",
    "votes": """SELECT round_no, number, choice, cast_at FROM votes
        WHERE code = :code ORDER BY round_no, number""",
    "tries": """SELECT round_no, number, attempt, path, before_value, after_value, factor, share,
        avoided, tried_at FROM tries WHERE code = :code ORDER BY round_no, number, attempt""",
}
_OPEN_ROOMS = "SELECT count(*) FROM rooms WHERE expires > :now"
_OPENED = "SELECT count(*) FROM rooms WHERE created > :since"
_EXPIRED_ROOMS = "SELECT code FROM rooms WHERE expires < :before"
_EMPTY_ROOMS = """SELECT code FROM rooms WHERE created < :before AND expires > :now
    AND NOT EXISTS (SELECT 1 FROM participants p WHERE p.code = rooms.code)"""
