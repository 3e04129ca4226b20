"""Following a room: one small look every second and a half; the page is drawn again on change."""

from collections.abc import Callable

import streamlit as st

from pages.ui.room import connect, rules, stage, store

EVERY = 1.5  # s between two looks


def live(code: str, drawn: tuple, draw: Callable[[store.Seen], None]) -> None:
    """`draw` what moves within the stage, and everything again once the stage is another.

    drawn : `stage.stamp` of what is on the page
    """

    @st.fragment(run_every=EVERY)
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
