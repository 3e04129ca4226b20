"""What has to be said about the link that was opened."""

from typing import Any

import streamlit as st

import engine
from pages.ui import boundary, controls, link


def about_controls() -> None:
    """A setting that was refused; the old one stays."""
    error = st.session_state.pop(controls.PROBLEM, None)
    if error is not None:
        boundary.problem(error)


def about_result(results: dict[str, Any]) -> None:
    """What a reader has to know about the input of these runs, each sentence once."""
    for note in dict.fromkeys(note for result in results.values() for note in result.notes):
        with st.container(border=True):
            st.markdown(":material/info: **About the input**")
            st.text(note)


def about_link() -> None:
    """Wrong fields of the link that was opened; they stay until the reader changes something."""
    opened: Any = st.session_state.get(link.OPENED)
    if opened is None or not opened.problems:
        return
    for problem in opened.problems:
        boundary.problem(problem)
    st.markdown("The nearest valid scenario is shown instead.")


def about_fingerprint(fingerprint: str) -> None:
    """A result that is not the sender's any more."""
    opened: Any = st.session_state.get(link.OPENED)
    told = opened.fingerprint if opened is not None else None
    if told and not fingerprint.startswith(told):
        st.warning(
            "The engine computes another result than when this link was made: fingerprint "
            f"`{told}` by version {opened.app_version or 'unknown'} then, `{fingerprint[:12]}` by "
            f"version {engine.__version__} now. The settings are the same.",
            icon=":material/difference:",
        )
