"""The first page: what this is, and the notes."""

import streamlit as st

import engine
from pages.ui import boundary, content, lanes, share, words


def page() -> None:
    """The promise, and one door for each note."""
    if "page" in st.query_params or "s" in st.query_params:
        query = st.query_params.to_dict()
        wanted = query.get("page")
        name = wanted if wanted in lanes.pages() else engine.FIRST_PAGE
        st.switch_page(words.script(name), query_params=query)
    note = content.note("home")
    st.title(note.meta["title"])
    with st.container(width=words.WIDE):
        st.markdown(note.body)
    for name in lanes.pages():
        words.door(name)


boundary.guarded(page)
share.foot(content.note("foot").body)
