"""A link or a TOML file from outside into the Lab. Nothing changes if it cannot be used."""

from typing import Any
from urllib.parse import urlsplit

import streamlit as st

import engine
from pages.ui import boundary, content, controls, lanes, words
from pages.ui.lab import sides

LONGEST = 64 * 1024  # characters, as for a scenario file
TEXT, FILE, INTO, PROBLEM = "lab_text", "lab_file", "lab_into", "lab_paste_problem"


def read(text: str) -> dict[str, Any]:
    """The scenarios that a pasted text holds: `first`, and `second` where there are two."""
    text = text.strip()
    if not text:
        raise engine.InputError("text", "", content.note("lab").meta["empty"])
    if len(text) > LONGEST:
        raise engine.InputError("characters", len(text), f"at most {LONGEST:,}")
    one_line = "\n" not in text
    if one_line and (text.startswith("?") or "://" in text or text.startswith("v=")):
        try:
            parts = urlsplit(text if "://" in text or text.startswith("?") else "?" + text)
        except ValueError:  # such as a bracket that is not closed
            allowed = "an address of this app, with what follows ?"
            raise engine.InputError("link", text[:80], allowed) from None
        return _of_link("?" + parts.query, parts.path.rstrip("/").rpartition("/")[2])
    return {"first": engine.scenario_from_toml(text)}


def _of_link(query: str, path: str) -> dict[str, Any]:
    """What the sender saw: the scenario of the lane in view, or both of the Lab."""
    named = {"page": path} if path in engine.PAGES | engine.TOOLS else {}
    view = engine.read_link(
        query, **named, max_work=engine.APP_MAX_WORK, max_auction_work=engine.APP_MAX_AUCTION_WORK,
        rulebooks=engine.rulebook_names(),
    )  # fmt: skip
    if view.problems:
        raise view.problems[0]
    if view.other is not None:
        return {"first": view.scenario, "second": view.other}
    lane = view.policy or view.lane
    changed = lanes.of(view.page).changes.get(lane or "", {})
    return {"first": view.scenario.with_values(**changed)}


def draw() -> None:
    """A box with a field, a file and a button."""
    meta = content.note("lab").meta
    box = words.fold(meta["paste"], "lab_paste")
    if not box.open:
        return
    with box:
        st.markdown(meta["paste_text"])
        st.text_area(meta["paste_area"], key=TEXT, height=110, max_chars=LONGEST)
        st.file_uploader(meta["paste_file"], type=["toml"], key=FILE)
        names = {side: meta[side] for side in sides.SIDES}
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.segmented_control(
                meta["into"], list(names), format_func=names.get, default="second", key=INTO
            )
            st.button(meta["open"], key="lab_open", on_click=_opened)
        problem = st.session_state.pop(PROBLEM, None)
        if problem is not None:
            boundary.problem(problem)


def _opened() -> None:
    state = st.session_state
    try:
        found = read(_given(state.get(FILE)) or state.get(TEXT) or "")
    except engine.InputError as error:
        state[PROBLEM] = error
        return
    into = state.get(INTO) or "second"
    if not sides.show(**(found if "second" in found else {into: found["first"]})):
        state[PROBLEM] = state.pop(controls.PROBLEM)  # said where the text stands


def _given(file: Any) -> str:
    """The text of an uploaded file; empty where there is none."""
    if file is None:
        return ""
    data = file.getvalue()
    if len(data) > LONGEST:
        raise engine.InputError("size of the file in bytes", len(data), f"at most {LONGEST:,}")
    try:
        text: str = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise engine.InputError("file", f"byte {error.start}", "text in UTF-8") from None
    return text
