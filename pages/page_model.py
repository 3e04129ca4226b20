"""Equations, what is left out, glossary and sources."""

import streamlit as st

from pages.ui import boundary, content, share, words


def page() -> None:
    """The model in short."""
    note = content.note("model")
    st.title(note.meta["title"])
    with st.container(width=words.WIDE):
        st.markdown(note.body)
        st.header("Glossary")
        for entry in sorted(content.glossary().values(), key=lambda x: x["title"].lower()):
            st.markdown(f"**{entry['title']}**: {entry['text']}")
        st.header("Sources")
        for entry in content.sources().values():
            address = entry.get("address")
            title = f"[{entry['title']}]({address})" if address else entry["title"]
            st.markdown(f"- {title}. {entry['about']}")


boundary.guarded(page)
share.foot(content.note("foot").body)
