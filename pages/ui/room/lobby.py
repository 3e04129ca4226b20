"""The doors of a room: where a leader opens one, and where a participant comes in."""

from typing import Any

import streamlit as st

import engine
from pages.ui import boundary, cached, content, lanes, warm
from pages.ui.room import codes, connect, rules, scene

JOIN, LEAD = "join", "workshop"


def address(page: str, query: str = "") -> str:
    """The full address of the page `join` or `workshop` on this server."""
    base = (st.context.url or "").split("?")[0].rstrip("/")
    root = base.rpartition("/")[0] if base.endswith((f"/{JOIN}", f"/{LEAD}")) else base
    return f"{root}/{page}{query}"


def say(problem: str | None) -> None:
    """A sentence about what went wrong. As plain text: part of it may be a stranger's."""
    if problem:
        with st.container(border=True):
            st.text(problem)


def opening() -> None:
    """A leader chooses what the room is about, and opens it."""
    note = content.note("workshop")
    st.title(note.meta["title"])
    with st.container(width=760):
        st.markdown(note.body)
        say(connect.told())
        given = {key: text for key, text in st.query_params.to_dict().items() if key != "room"}
        if "s" in given or "page" in given:
            _on_link(given)
        _on_note()


def _on_link(given: dict[str, str]) -> None:
    """The link that the leader came with."""
    query = "?" + "&".join(f"{key}={text}" for key, text in given.items())
    found = scene.scene(query)
    for problem in found.view.problems:
        boundary.problem(problem)
    title = content.note(found.page).meta["title"]
    st.markdown(f"#### {title}\n\nYour link's scenario, as you left it.")
    kept = scene.link.address(found.view, None)
    st.button(
        "Open a room on this", type="primary", key="open_link", on_click=_open, args=(kept,),
        icon=":material/groups:",
    )  # fmt: skip


def _on_note() -> None:
    """Any note, as it opens, or any pasted link."""
    st.markdown("#### On a note, or on a link")
    choice("room", "Note", "Or paste a link from this app")
    st.button(
        "Open a room", key="open_note", on_click=_open_on, args=("room",),
        icon=":material/groups:",
    )  # fmt: skip


def title_of(page: str) -> str:
    """A note's title."""
    return content.note(page).meta["title"]


def choice(key: str, note: str, paste: str) -> None:
    """A note to choose, or a link to paste."""
    st.selectbox(note, lanes.pages(), format_func=title_of, key=f"{key}_note")
    st.text_input(paste, key=f"{key}_link", max_chars=rules.MAX_LINK + 200)


def chosen(key: str) -> str:
    """The link to show: the pasted one, if there is one. Raises RoomError.

    It is read when the button is pressed: a page is not always drawn between typing and pressing.
    """
    page, pasted = st.session_state[f"{key}_note"], st.session_state[f"{key}_link"]
    if not pasted.strip():
        return scene.of_note(page)
    try:
        return scene.of_link(pasted)
    except engine.InputError as error:
        raise rules.RoomError(f"This link cannot be used: {error}") from error


def _open_on(key: str) -> None:
    with connect.telling():
        _open(chosen(key))


def _open(link: str) -> None:
    with connect.telling():
        room, secret = connect.rooms().open(link, connect.now())
        st.session_state["room_opened"] = {"room": room.code, "key": secret}


def prepare(link: str) -> None:
    """Compute what the room will look at, before anybody waits for it."""
    warm.wait()
    found = scene.scene(link)
    cached.trace(found.scenario, found.page)


def door(problem: str | None = None) -> None:
    """The form for a code and a name: one press to come in."""
    st.title("Join a room")
    say(problem)

    def go() -> None:
        typed = st.session_state["room_code"]
        code = codes.read_code(typed)
        if code is None:
            st.session_state[connect.PROBLEM] = UNREADABLE
            return
        come(code)

    with st.form("code", width=420):
        st.text_input(
            "Code of the room", key="room_code", max_chars=12, placeholder="ABC DEF",
            autocomplete="off",
        )  # fmt: skip
        name()
        st.form_submit_button("Join", type="primary", on_click=go, width="stretch")
    st.markdown(SEEN)


def name() -> None:
    """The field for a name; it is not needed. A long one is cut by the room, not by the field.

    A field with a limit of its own drops a longer text that is pasted, without a word.
    """
    label = f"Name on the board, {codes.MAX_NAME} characters (you can leave it empty)"
    st.text_input(label, key="name", autocomplete="off")


def come(code: str) -> None:
    """Come into a room under the name that was typed."""
    with connect.telling():
        _, secret = connect.rooms().join(code, st.session_state["name"], connect.now())
        st.session_state["room_joined"] = (code, secret)


SEEN = "No account. The leader sees your name, your prediction and your tries."


UNREADABLE = (
    f"A code has {codes.LENGTH} letters and digits, such as ABC 234. It has no I, L, O, 0 or 1."
)


def poster(code: str, large: bool) -> None:
    """How to come in: the code, the address and its QR."""
    whole = address(JOIN, f"?room={code}")
    left, right = st.columns([1, 2] if large else [1, 4], vertical_alignment="center")
    with left:
        st.image(cached.qr(whole), width=320 if large else 160, alt=f"QR code of {whole}")
    with right:
        st.markdown(f"# {codes.spoken(code)}")
        st.text(f"Open {address(JOIN)} and type the code, or scan it.")


def shown(value: Any) -> str:
    """One value of the address, as text."""
    return value if isinstance(value, str) else ""
