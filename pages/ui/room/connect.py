"""The rooms' database through Streamlit's own SQL connection, and one shared look at each room.

Without any setting the rooms are in an SQLite file in the folder .rooms beside app.py. Another
database is named by the environment variable FORCED_FLOW_ROOMS, e.g.
postgresql+psycopg://user@host/name, or by [connections.rooms] in Streamlit's secrets.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
import streamlit as st

from pages.ui.room import outage, rules, store

SETTING = "FORCED_FLOW_ROOMS"
FILE = Path(__file__).resolve().parents[3] / ".rooms" / "rooms.db"
FRESH = 0.4  # s for which everybody shares one look at a room
PROBLEM = "room_problem"
PATIENCE = 10  # s to wait for a lock or a connection


def now() -> int:
    """The clock of the rooms: Unix time [s]."""
    return int(time.time())


def _address() -> str | None:
    """Where the database is; None where Streamlit's secrets say it."""
    named = os.environ.get(SETTING)
    if named:
        return named
    if st.secrets.load_if_toml_exists() and "rooms" in st.secrets.get("connections", {}):
        return None
    FILE.parent.mkdir(exist_ok=True)
    return f"sqlite:///{FILE}"


def settings(address: str | None) -> dict[str, Any]:
    """How to connect: a dead connection is noticed, and nobody waits for ever."""
    if address is not None and address.startswith("sqlite"):
        return {"url": address, "connect_args": {"timeout": PATIENCE}}
    given: dict[str, Any] = {"pool_pre_ping": True, "pool_timeout": PATIENCE}
    if address is not None:
        given |= {"url": address, "connect_args": {"connect_timeout": PATIENCE}}
    return given


def careful(engine: Any) -> Any:
    """The engine; where it is SQLite, readers do not wait for writers and a commit is on disk."""
    if engine.dialect.name == "sqlite":

        @sqlalchemy.event.listens_for(engine, "connect")
        def _connected(connection: Any, _: Any) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")

    return engine


def rooms() -> store.Store:
    """The store of this process. Raises Unavailable while the database does not answer."""
    try:
        return _store(_address())
    except (sqlalchemy.exc.SQLAlchemyError, OSError) as error:
        raise outage.unavailable(error) from error


@st.cache_resource(max_entries=4, show_spinner=False)
def _store(address: str | None) -> store.Store:
    """Kept, because asking Streamlit for its connection takes 2 ms, and a room asks often."""
    connection = st.connection("rooms", type="sql", **settings(address))
    return store.Store(careful(connection.engine))


@contextmanager
def telling() -> Iterator[None]:
    """What a room does not allow becomes a sentence on the page, see `told`."""
    try:
        yield
    except rules.RoomError as error:
        st.session_state[PROBLEM] = str(error)


def told() -> str | None:
    """What has to be said about the last press of a button, once."""
    return st.session_state.pop(PROBLEM, None)


def tally(room: rules.Room) -> dict[str, int]:
    """Votes of the round by choice. After the reveal they are locked, so one look is enough."""
    return _locked(room.code, room.created, room.round) if room.revealed else {}


@st.cache_resource(max_entries=128, show_spinner=False)
def _locked(code: str, created: int, round_no: int) -> dict[str, int]:
    return rooms().tally(code, round_no)


class Watch:
    """The newest look at each room, shared by everybody who follows it in this process.

    A hundred followers ask once in FRESH seconds together. While the database does not answer they
    keep what was seen last.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[float, store.Seen]] = {}
        self._boards: dict[tuple[str, int], tuple[float, list[dict[str, Any]]]] = {}

    def look(self, code: str, newest: bool = False) -> store.Seen:
        """The room; `newest`: ask the database now."""
        with self._lock:
            at, seen = self._seen.get(code, (0.0, None))
            if seen is not None and not newest and time.monotonic() - at < FRESH:
                return seen
            if seen is not None:  # whoever comes meanwhile takes the last look
                self._seen[code] = (time.monotonic(), seen)
        try:
            found = rooms().look(code, now())
        except rules.NoRoom:
            with self._lock:
                self._seen.pop(code, None)
            raise
        with self._lock:
            if len(self._seen) >= rules.MAX_ROOMS:
                self._seen.pop(next(iter(self._seen)))
            self._seen[code] = (time.monotonic(), found)
        return found

    def renew(self, room: rules.Room) -> None:
        """Somebody in this process wrote to the board: the next look asks the database."""
        with self._lock:
            self._boards.pop((room.code, room.round), None)

    def board(self, room: rules.Room) -> list[dict[str, Any]]:
        """The board of the room's round, at most FRESH seconds old."""
        key = (room.code, room.round)
        with self._lock:
            at, entries = self._boards.get(key, (0.0, []))
            if at and time.monotonic() - at < FRESH:
                return entries
            self._boards[key] = (time.monotonic(), entries)
        entries = rooms().board(*key)
        with self._lock:
            if len(self._boards) >= rules.MAX_ROOMS:
                self._boards.pop(next(iter(self._boards)))
            self._boards[key] = (time.monotonic(), entries)
        return entries


@st.cache_resource(max_entries=1, show_spinner=False)
def watch() -> Watch:
    """The one of this process."""
    return Watch()
