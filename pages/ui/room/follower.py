"""The participant's page: come in with a code, predict, follow, try."""

from typing import Any

import streamlit as st

from pages.ui import warm
from pages.ui.room import board, codes, connect, follow, lobby, rules, stage
from pages.ui.room.scene import scene

ME = "me"  # in the address, so that a reload or another tab is the same participant


def page() -> None:
    """/join, /join?room=CODE, and with the participant's own key after joining."""
    try:
        _page()
    except rules.RoomError as error:
        lobby.door(connect.told() or str(error))


def _page() -> None:
    state, query = st.session_state, st.query_params
    if "room_joined" in state:
        code, secret = state.pop("room_joined")
        query.from_dict({"room": code, ME: secret})
    if "room" not in query:
        lobby.door(connect.told())
        return
    code = codes.read_code(query["room"])
    if code is None:
        raise rules.NoRoom(lobby.UNREADABLE)
    seen = connect.watch().look(code)
    who = _who(code, query.get(ME, ""))
    if who is None:
        _welcome(code, seen)
        return
    _follow(seen, query[ME], *who)


def _who(code: str, secret: str) -> tuple[int, str] | None:
    """The participant of the address; asked once a session."""
    if not codes.is_secret(secret):
        return None
    known = st.session_state.get("room_who")
    if known and known[0] == (code, secret):
        return known[1]
    who = connect.rooms().who(code, secret)
    if who is not None:
        st.session_state["room_who"] = ((code, secret), who)
    return who


def _welcome(code: str, seen: Any) -> None:
    """One press to come in. The name is not needed."""
    note = scene(seen.room.link).note
    st.title(note.meta["title"])
    here = f" · {seen.participants} here" if seen.participants else ""
    st.markdown(f"Room **{codes.spoken(code)}**{here}")
    lobby.say(connect.told())
    with st.form("join", width=420):
        lobby.name()
        st.form_submit_button(
            "Join", type="primary", on_click=lobby.come, args=(code,), width="stretch"
        )
    st.markdown(lobby.SEEN)


def _follow(seen: Any, secret: str, number: int, name: str) -> None:
    room = seen.room
    found = scene(room.link)
    theme = st.context.theme.type or "light"
    stage.styled()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(f"Room {codes.spoken(room.code)}", icon=":material/groups:", color="blue")
        st.text(codes.shown_name(name, number))
        stage.progress(room)
    lobby.say(connect.told())
    vote = connect.rooms().choice(room.code, number, room.round) if found.question else None
    if room.revealed:
        warm.wait()
    viewer = stage.Viewer(me=secret, number=number, vote=vote)
    stage.draw(seen, found, viewer, theme)
    own = (lambda: board.form(room, found, viewer)) if room.stage == "turn" else None
    follow.live(room, stage.moving, own, number)
