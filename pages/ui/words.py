"""A note's text on the page, with its glossary terms where they stand."""

from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

from pages.ui import content
from pages.ui.terms import Terms

WIDE = 760  # px of a readable line


def say(text: str, terms: Terms) -> None:
    """Markdown of the app itself, in which terms open their entries."""
    st.markdown(terms.marked(text), unsafe_allow_html=True)


def head(note: Any, terms: Terms, asked: bool) -> None:
    """The title, and in one sentence what the note asks, or what it claims once it has asked."""
    st.title(note.meta["title"])
    with st.container(width=WIDE):
        say(f"##### {note.meta['question' if asked else 'claim']}", terms)


def parts(note: Any, terms: Terms) -> None:
    """The three-part note. Like the claim it tells what comes out, so both follow the question."""
    for column, (title, text) in zip(
        st.columns(3, gap="medium"), note.sections.items(), strict=True
    ):
        with column:
            said = content.cited(terms.marked(text), note.meta["sources"])
            st.markdown(f"**{title}**\n\n{said}", unsafe_allow_html=True)
    rest(terms)
    references(note.meta["sources"])


def rest(terms: Terms) -> None:
    """The terms of the page that stood in none of its texts."""
    line = terms.rest()
    if line:
        st.markdown(f"More words on this page: {line}", unsafe_allow_html=True)


def script(name: str) -> str:
    """The file that draws the page of a note."""
    return f"pages/page_{name.replace('-', '_')}.py"


def way(name: str, label: str = "", query: dict[str, str] | None = None) -> None:
    """The way to a note, or to a view of it, under its title or other words."""
    title = label or content.note(name).meta["title"]
    st.page_link(
        script(name), label=title, icon=":material/arrow_forward:", query_params=query or None
    )


def door(name: str) -> None:
    """A note on the home page: its question, its claim, and the way in."""
    meta = content.note(name).meta
    with st.container(border=True, height="stretch"):
        st.markdown(f"#### {meta['title']}\n\n*{meta['question']}*\n\n{meta['claim']}")
        way(name, f"Open “{meta['title']}”")


def invite(query: str) -> None:
    """Lead a room on what is on the page."""
    given = {key: text for key, text in parse_qsl(query) if key != "f"}
    st.page_link(
        "pages/page_workshop.py",
        label="Open a room on this",
        icon=":material/groups:",
        query_params=given,
    )


def fold(label: str, key: str) -> Any:
    """A box that is filled only while it is open, so that a closed one costs nothing."""
    return st.expander(label, key=key, on_change="rerun")


def references(keys: list[str]) -> None:
    """Where the note's facts come from, by the numbers in its text."""
    box = fold("Sources", "sources")
    if not box.open:
        return
    known = content.sources()
    for number, key in enumerate(keys, 1):
        entry = known[key]
        title = f"[{entry['title']}]({entry['address']})" if "address" in entry else entry["title"]
        box.markdown(f"\\[{number}\\] {title}. {entry['about']}")


def cited_in(titles: list[str]) -> str:
    """Where a reference is cited, in words."""
    return "Cited in " + ", ".join(titles) + "." if titles else ""
