"""The tables of the rooms, in SQL that SQLite and PostgreSQL both take, and how they are renewed.

MIGRATIONS[n] leads from version n to n + 1. One that is published never changes; a change of the
tables is another entry. Each entry can be run twice.
"""

from typing import Any

import sqlalchemy
from sqlalchemy import text

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE IF NOT EXISTS rooms (
            code TEXT PRIMARY KEY,
            secret TEXT NOT NULL,
            round_no INTEGER NOT NULL,
            link TEXT NOT NULL,
            stage TEXT NOT NULL,
            lane TEXT NOT NULL,
            step_no INTEGER NOT NULL,
            event_no INTEGER NOT NULL,
            version INTEGER NOT NULL,
            writes INTEGER NOT NULL,
            created BIGINT NOT NULL,
            expires BIGINT NOT NULL)""",
        """CREATE TABLE IF NOT EXISTS rounds (
            code TEXT NOT NULL,
            round_no INTEGER NOT NULL,
            link TEXT NOT NULL,
            PRIMARY KEY (code, round_no))""",
        """CREATE TABLE IF NOT EXISTS participants (
            code TEXT NOT NULL,
            number INTEGER NOT NULL,
            secret TEXT NOT NULL,
            name TEXT NOT NULL,
            joined BIGINT NOT NULL,
            PRIMARY KEY (code, number),
            UNIQUE (code, secret))""",
        """CREATE TABLE IF NOT EXISTS votes (
            code TEXT NOT NULL,
            round_no INTEGER NOT NULL,
            number INTEGER NOT NULL,
            choice TEXT NOT NULL,
            cast_at BIGINT NOT NULL,
            PRIMARY KEY (code, round_no, number))""",
        """CREATE TABLE IF NOT EXISTS tries (
            code TEXT NOT NULL,
            round_no INTEGER NOT NULL,
            number INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            path TEXT NOT NULL,
            before_value DOUBLE PRECISION NOT NULL,
            after_value DOUBLE PRECISION NOT NULL,
            factor DOUBLE PRECISION NOT NULL,
            share DOUBLE PRECISION NOT NULL,
            avoided INTEGER NOT NULL,
            tried_at BIGINT NOT NULL,
            PRIMARY KEY (code, round_no, number, attempt))""",
    ),
)
VERSION = len(MIGRATIONS)
ATTEMPTS = 5  # two servers may start on one empty database in the same moment


def migrate(engine: Any) -> None:
    """Bring the database to this version. Safe to call again, and by several servers at once."""
    for left in reversed(range(ATTEMPTS)):
        try:
            _migrate(engine)
            return
        except (sqlalchemy.exc.IntegrityError, sqlalchemy.exc.ProgrammingError):
            if not left:
                raise


def _migrate(engine: Any) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE IF NOT EXISTS rooms_schema (id INTEGER PRIMARY KEY, version INTEGER)"
            )
        )
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO rooms_schema (id, version) VALUES (1, 0) ON CONFLICT (id) DO NOTHING")
        )
        # Holds the row, so that of two servers the second waits here.
        connection.execute(text("UPDATE rooms_schema SET version = version WHERE id = 1"))
        known = connection.execute(text("SELECT version FROM rooms_schema WHERE id = 1")).scalar()
        if known > VERSION:
            raise RuntimeError(
                f"The rooms' database has version {known}; this app knows up to {VERSION}."
            )
        for statements in MIGRATIONS[known:]:
            for statement in statements:
                connection.execute(text(statement))
        connection.execute(
            text("UPDATE rooms_schema SET version = :version WHERE id = 1"), {"version": VERSION}
        )
