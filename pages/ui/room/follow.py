"""Following a room: a small look every few seconds; the page is drawn again on change."""

from collections.abc import Callable

import streamlit as st

from pages.ui.room import connect, rules, stage, store

EVERY = 1.5  # s between two looks
AT_TURN = 5.0  # s, while everybody is busy with changes of their own


def live(code: str, drawn: tuple, draw: Callable[[store.Seen], None], turn: bool = False) -> None:
    """`draw` what moves within the stage, and everything again once the stage is another.

    drawn : `stage.stamp` of what is on the page
    turn : whether this is a participant at "your turn"
    """

    @st.fragment(run_every=AT_TURN if turn else EVERY)
    def look() -> None:
        try:
            seen = connect.watch().look(code)
        except store.Unavailable:
            st.text(store.DOWN)
            return
        except rules.NoRoom:
            st.rerun()
        if stage.stamp(seen.room) != drawn:
            st.rerun()
        with connect.telling():
            draw(seen)

    look()
