"""The first page: what this is, a small live run, where to start, and the map to the notes."""

import streamlit as st

import engine
from pages.ui import boundary, content, home, lanes, share, terms, warm, words


def page() -> None:
    """The promise, the miniature, and the ways in. A link to a view goes on to its page."""
    if "page" in st.query_params or "s" in st.query_params:
        query = st.query_params.to_dict()
        wanted = query.get("page")
        name = wanted if wanted in (*lanes.pages(), *engine.TOOLS) else engine.FIRST_PAGE
        st.switch_page(words.script(name), query_params=query)
    meta = content.note("home").meta
    st.title(meta["title"])
    marks = terms.Terms(meta["terms"])
    words.say(f"##### {meta['promise']}", marks)
    theme = st.context.theme.type or "light"
    left, right = st.columns([3, 2], gap="large")
    with right:
        home.start()
    below = st.container()
    home.tools()
    home.notes()
    with left:  # last, as a server that has just started runs it after everything else
        warm.wait()
        home.live(theme)
    with below:
        home.chain(marks)


boundary.guarded(page)
share.foot(content.note("foot").body)
