"""Equations, what is left out, glossary and sources."""

import streamlit as st

from pages.ui import boundary, content, model, share, words


def page() -> None:
    """The model in short."""
    note = content.note("model")
    st.title(note.meta["title"])
    with st.container(width=words.WIDE):
        model.draw(note)


boundary.guarded(page)
share.foot(content.note("foot").body)
