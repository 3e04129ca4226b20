"""Long work on a page: buttons that start and stop it, how far it is, and what it shows so far."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui import boundary

WAITING = "Another reader's experiment is running. This one starts as soon as it is done."


def buttons(work: Any, label: str, key: str, of: str = "") -> None:
    """Start (or go on) and stop. `of`: what the work is on, where a page has several of them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        label = "Go on" if work.done and not work.finished else label
        st.button(
            f"{label} of “{of}”" if of else label, icon=":material/play_arrow:",
            key=f"{key}_start", on_click=work.start, disabled=work.running or work.finished,
        )  # fmt: skip
        st.button(
            f"Stop “{of}”" if of else "Stop", icon=":material/stop:",
            key=f"{key}_stop", on_click=work.stop, disabled=not work.running,
        )  # fmt: skip


def watch(
    work: Any, said: str, failed: str, show: Callable[[Any], None], each: int = 1, every: float = 1
) -> None:
    """Draw the parts that are done, anew every `every` seconds while the work is running.

    said : how far it is, with {done} and {number}, counted in `each` to a part; failed : what is
    said if it could not be done; show(done) draws a copy of the parts, once there is one
    """
    running = work.running

    @st.fragment(run_every=every if running else None)
    def progress() -> None:
        work.look()
        if running and not work.running:
            st.rerun()
        if work.failed:
            st.error(failed, icon=":material/error:")
        if work.problem is not None:
            boundary.problem(work.problem)
        if work.waiting:
            st.markdown(WAITING)
        done = work.done.copy()
        if (work.working or done) and len(done) < work.number:
            words = said.format(done=each * len(done), number=each * work.number)
            st.progress(len(done) / work.number, words)
        if done:
            show(done)

    progress()
