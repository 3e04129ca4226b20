"""Following a room: a small look every few seconds; the page is drawn again on change."""

from collections.abc import Callable

import streamlit as st

from pages.ui.room import connect, outage, rules, store

EVERY = 1.5  # s between two looks
AT_TURN, APART = 5.0, 0.05  # s, while everybody is busy with changes of their own; see `every`


def stamp(room: rules.Room) -> tuple:
    """What has to change for the whole page to be drawn again."""
    base = (room.code, room.round, room.stage)
    return (*base, room.lane, room.step, room.event) if room.stage == "why" else base


def every(number: int) -> float:
    """Seconds between two looks of a participant at "your turn": 4.5 to 5.5.

    All redraw as the stage begins. With equal intervals a full room would look at once for ever.
    """
    return AT_TURN + APART * (number % 21 - 10)


def live(
    room: rules.Room,
    draw: Callable[[store.Seen], None],
    own: Callable[[], None] | None = None,
    number: int = 0,
) -> None:
    """`draw` what moves within the stage, and everything again once the stage is another.

    room : as it is drawn on the page
    own : what a participant does at "your turn", drawn above it. It is the same fragment: where a
        look overtakes the drawing of a change, Streamlit drops that drawing, and the look shows it.
    number : the participant's
    """

    @st.fragment(run_every=every(number) if own else EVERY)
    def look() -> None:
        seen = _still(room)
        if own is not None:
            own()
        if seen is not None:
            with connect.telling():
                draw(seen)

    look()


def _still(room: rules.Room) -> store.Seen | None:
    """The newest look at the room; None, and a sentence, while the store does not answer.

    Another stage, or no room any more, draws the page again.
    """
    try:
        seen = connect.watch().look(room.code)
    except outage.Unavailable:
        st.text(outage.DOWN)
        return None
    except rules.NoRoom:
        st.rerun()
    if stamp(seen.room) != stamp(room):
        st.rerun()
    return seen
