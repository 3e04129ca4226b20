"""The first page: what this is, and where to start."""

import streamlit as st

from pages.ui import boundary, content, share, words


def page() -> None:
    """The promise, and one door."""
    if "page" in st.query_params or "s" in st.query_params:
        st.switch_page("pages/page_three_ways_out.py", query_params=st.query_params.to_dict())
    note = content.note("home")
    st.title(note.meta["title"])
    with st.container(width=words.WIDE):
        st.markdown(note.body)
    with st.container(border=True, width=words.WIDE):
        first = content.note("three-ways-out")
        st.subheader(first.meta["title"])
        st.markdown(first.meta["claim"])
        st.page_link(
            "pages/page_three_ways_out.py", label="Open this note", icon=":material/arrow_forward:"
        )


boundary.guarded(page)
share.foot(content.note("foot").body)
