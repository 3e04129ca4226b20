"""What a room is and what may happen in it: stages, votes, bounds. No clock, no database, no page.

A room goes through rounds, each on one link. In a round the stages follow each other:

    read -> predict -> reveal -> step -> why -> turn

Before the reveal the leader goes one stage forward or back. The reveal is a door of one way: votes
are locked, and from then on any later stage may be chosen, but none before it.
"""

from dataclasses import dataclass, replace
from typing import Any

STAGES = ("read", "predict", "reveal", "step", "why", "turn")
REVEAL = STAGES.index("reveal")

LIFE = 12 * 3600  # s that a code works
KEPT = 7 * 24 * 3600  # s that the leader can still export after that
EMPTY = 900  # s after which a room that nobody joined makes place, where there is none left
MAX_ROOMS = 500  # open at a time
MAX_OPENED = 30  # rooms in a minute
MAX_KEPT = 20 * MAX_ROOMS  # in the database, with those that are kept for export
MAX_PARTICIPANTS = 200  # of a room
MAX_ROUNDS = 20  # of a room
MAX_TRIES = 30  # of a participant in a round
MAX_LINK = 2_000  # characters
MAX_LANE = 40  # characters of a lane's name
BOARD = 10  # entries that are shown


class RoomError(Exception):
    """Something a room does not allow, as a sentence for the person who asked."""


class NoRoom(RoomError):
    """There is no such room, or its code has expired."""


class NotLeader(RoomError):
    """The secret is not this room's."""


class Conflict(RoomError):
    """Another window moved the room first."""


class Full(RoomError):
    """A bound is reached."""


@dataclass(frozen=True)
class Room:
    """A room as everybody in it sees it; its secret is not part of it."""

    code: str
    link: str  # query string of the round's scenario
    round: int = 1
    stage: str = "read"
    lane: str = ""  # in view; empty: the page's first
    step: int = -1  # of the timeline; -1: the last
    event: int = -1  # that is explained; -1: the nearest limit
    version: int = 1  # counts the leader's moves
    created: int = 0  # Unix time [s]
    expires: int = 0

    @property
    def revealed(self) -> bool:
        return STAGES.index(self.stage) >= REVEAL


def allowed(stage: str) -> tuple[str, ...]:
    """The stages that may follow `stage`."""
    at = STAGES.index(stage)
    if at >= REVEAL:
        return STAGES[REVEAL:]
    return STAGES[max(at - 1, 0) : at + 2]


def neighbours(stage: str) -> tuple[str | None, str | None]:
    """The stage before, if one may go back there, and the stage after, if there is one."""
    at = STAGES.index(stage)
    back = STAGES[at - 1] if at > 0 and at != REVEAL else None
    return back, STAGES[at + 1] if at + 1 < len(STAGES) else None


def moved(room: Room, **changes: Any) -> Room:
    """The room after its leader's move: another stage, lane, step or event, or another link.

    Raises RoomError where the move is not allowed.
    """
    if "link" in changes:
        return _next_round(room, changes["link"])
    stage = changes.get("stage", room.stage)
    if stage not in STAGES or stage not in allowed(room.stage):
        raise RoomError(f"A room cannot go from “{room.stage}” to “{stage}”.")
    for name in ("step", "event"):
        if not -1 <= changes.get(name, -1) < 2**31:
            raise RoomError(f"{name} cannot be {changes[name]}.")
    lane = changes.get("lane", "")
    if len(lane) > MAX_LANE or not lane.isascii():
        raise RoomError(f"A lane's name has at most {MAX_LANE} letters, digits and underscores.")
    return replace(room, version=room.version + 1, **changes)


def _next_round(room: Room, link: str) -> Room:
    if room.round >= MAX_ROUNDS:
        raise Full(f"A room has at most {MAX_ROUNDS} rounds. Open another room.")
    fresh = Room(room.code, checked_link(link), created=room.created, expires=room.expires)
    return replace(fresh, round=room.round + 1, version=room.version + 1)


def checked_link(link: str) -> str:
    """A link that fits. What it holds is read, and bounded, by the one reader of links."""
    if not 0 < len(link) <= MAX_LINK:
        raise RoomError(f"A room's link has 1 to {MAX_LINK:,} characters; this one {len(link):,}.")
    if not link.isascii():
        raise RoomError("A room's link has only characters of an address in it.")
    return link


def may_vote(room: Room) -> None:
    """Raise RoomError unless predictions are open."""
    if room.revealed:
        raise RoomError("Predictions are locked: the answer has been shown.")
    if room.stage != "predict":
        raise RoomError("Predictions are not open yet.")


def may_try(room: Room, tries: int) -> None:
    """Raise RoomError unless this participant may try a change."""
    if room.stage != "turn":
        raise RoomError("Changes can be tried while the room is at “your turn”.")
    if tries >= MAX_TRIES:
        raise Full(f"You have used all {MAX_TRIES} tries of this round.")
