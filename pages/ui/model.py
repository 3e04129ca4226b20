"""The page "Model & sources": equations by mechanism, what is left out, glossary, references."""

import re
from typing import Any

import streamlit as st

from pages.ui import content, lanes, words

EQUATIONS, REPLAY = "Equations", "Replay"
MECHANISM = re.compile(r"^\*\*(.+?)\.\*\*$", re.MULTILINE)


def parts(text: str) -> list[tuple[str, str]]:
    """Mechanisms of the equations, as (name, text): each begins with its name in bold on a line."""
    names = MECHANISM.findall(text)
    return list(zip(names, map(str.strip, MECHANISM.split(text)[2::2]), strict=True))


def anchor(name: str) -> str:
    """The address of a mechanism on the page."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def used_by() -> dict[str, list[str]]:
    """For each source the titles of the pages that cite it: notes, and episodes of the Replay."""
    found: dict[str, list[str]] = {key: [] for key in content.sources()}
    for page in lanes.pages():
        meta = content.note(page).meta
        for key in meta["sources"]:
            found[key].append(meta["title"])
    episodes = (content.ROOT / "episodes.toml").read_text("utf-8")
    for key in found:
        if f'"{key}"' in episodes:
            found[key].append(REPLAY)
    return found


def draw(note: Any) -> None:
    """Everything, with a line of links to what is on the page."""
    keys, mechanisms = note.meta["sources"], parts(note.sections[EQUATIONS])
    others = [title for title in note.sections if title not in ("", EQUATIONS)]
    st.markdown(note.sections[""])
    _contents([*(name for name, _ in mechanisms), *others, "Glossary", "Sources"])
    st.header(EQUATIONS)
    for name, text in mechanisms:
        st.subheader(name, anchor=anchor(name))
        st.markdown(content.cited(text, keys))
    for title in others:
        st.header(title, anchor=anchor(title))
        st.markdown(content.cited(note.sections[title], keys))
    st.header("Glossary", anchor="glossary")
    for entry in sorted(content.glossary().values(), key=lambda x: x["title"].lower()):
        st.markdown(f"**{entry['title']}**: {entry['text']}")
    st.header("Sources", anchor="sources")
    _sources(keys)


def _contents(names: list[str]) -> None:
    st.markdown(" · ".join(f"[{name}](#{anchor(name)})" for name in names))


def _sources(own: list[str]) -> None:
    """Each reference with the notes that lean on it."""
    used = used_by()
    for key, entry in sorted(content.sources().items(), key=lambda x: x[1]["title"].lower()):
        address = entry.get("address")
        title = f"[{entry['title']}]({address})" if address else entry["title"]
        titles = used[key] + ["this page"] * (key in own)
        st.markdown(f"- {title}. {entry['about']} *{words.cited_in(titles)}*")
