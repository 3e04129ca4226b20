"""Following a room: a small look every few seconds; the page is drawn again on change."""

from collections.abc import Callable
from contextlib import suppress

import streamlit as st

from pages.ui.room import connect, rules, store

EVERY = 1.5  # s between two looks
AT_TURN = 5.0  # s, while everybody is busy with changes of their own


def stamp(room: rules.Room) -> tuple:
    """What has to change for the whole page to be drawn again."""
    base = (room.code, room.round, room.stage)
    return (*base, room.lane, room.step, room.event) if room.stage == "why" else base


def live(room: rules.Room, draw: Callable[[store.Seen], None], turn: bool = False) -> None:
    """`draw` what moves within the stage, and everything again once the stage is another.

    room : as it is drawn on the page
    turn : whether this is a participant at "your turn"
    """

    @st.fragment(run_every=AT_TURN if turn else EVERY)
    def look() -> None:
        try:
            seen = _still(room)
        except store.Unavailable:
            st.text(store.DOWN)
            return
        with connect.telling():
            draw(seen)

    look()


def keep_up(room: rules.Room) -> None:
    """Draw everything again where the room has left the stage on the page: whoever acts sees it."""
    with suppress(store.Unavailable):  # the next press that needs the store says so
        _still(room)


def _still(room: rules.Room) -> store.Seen:
    """The newest look at the room; another stage, or no room any more, draws the page again."""
    try:
        seen = connect.watch().look(room.code)
    except rules.NoRoom:
        st.rerun()
    if stamp(seen.room) != stamp(room):
        st.rerun()
    return seen
