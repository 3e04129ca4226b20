"""No stack trace reaches a reader: a clear sentence instead, the details in the server's log."""

import logging
import time
from collections.abc import Callable

import streamlit as st

import engine
from pages.ui import budget

UNEXPECTED = (
    "Something went wrong here that is not your doing. The details are in the server's log. "
    "Reset the page, or open another preset."
)


def guarded(draw: Callable[[], None]) -> None:
    """Run `draw`; say what is wrong with an input, and nothing technical about anything else."""
    try:
        draw()
    except engine.InputError as error:
        problem(error)
    except budget.Busy as busy:
        st.warning(str(busy), icon=":material/hourglass_top:")
        st.button("Go on", key=f"go on {time.monotonic_ns()}")  # any click draws anew
    except Exception:
        logging.getLogger("forced_flow").exception("A page could not be drawn")
        st.error(UNEXPECTED, icon=":material/error:")


def problem(error: Exception) -> None:
    """An input that cannot be used. As plain text: part of it may come from a stranger's link."""
    with st.container(border=True):
        st.markdown(":material/error: **This cannot be used.**")
        st.text(str(error))
