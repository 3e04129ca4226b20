"""The rooms' database through Streamlit's own SQL connection, and one shared look at each room.

Without any setting the rooms are in an SQLite file in the folder .rooms beside app.py. Another
database is named by the environment variable FORCED_FLOW_ROOMS, e.g.
postgresql+psycopg://user@host/name, or by [connections.rooms] in Streamlit's secrets.
"""

import os
import threading
import time
from pathlib import Path
from typing import Any

import sqlalchemy
import streamlit as st

from pages.ui.room import rules, store

SETTING = "FORCED_FLOW_ROOMS"
FILE = Path(__file__).resolve().parents[3] / ".rooms" / "rooms.db"
FRESH = 0.4  # s for which everybody shares one look at a room
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
        address = _address()
        return _store(st.connection("rooms", type="sql", **settings(address)))
    except (sqlalchemy.exc.SQLAlchemyError, OSError) as error:
        raise store.Unavailable(store.DOWN) from error


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs={st.connections.SQLConnection: id})
def _store(connection: Any) -> store.Store:
    return store.Store(careful(connection.engine))


class Watch:
    """The newest look at each room, shared by everybody who follows it in this process.

    A hundred followers ask once in FRESH seconds together. While the database does not answer they
    keep what was seen last.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[float, store.Seen]] = {}

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


@st.cache_resource(max_entries=1, show_spinner=False)
def watch() -> Watch:
    """The one of this process."""
    return Watch()
