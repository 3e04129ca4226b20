"""The leader's page: the room's stage, what to say, what the room did; and the projector."""

from typing import Any

import streamlit as st

from pages.ui import content, share
from pages.ui.room import codes, connect, export, follow, lobby, rules, stage
from pages.ui.room.codes import KEY, PROJECTOR, VIEW
from pages.ui.room.scene import scene


def page() -> None:
    """/workshop; with ?room=CODE a projector's view; with the leader's key the leader's."""
    try:
        _page()
    except rules.RoomError as error:
        lobby.say(str(error))
        lobby.opening()


def foot() -> None:
    """What every page says at its end, but not on a projector."""
    if not codes.alone(st.query_params):
        share.foot(content.note("foot").body)


def _page() -> None:
    state, query = st.session_state, st.query_params
    if "room_opened" in state:
        query.from_dict(state.pop("room_opened"))
    if "room" not in query:
        lobby.opening()
        return
    code, secret = codes.read_code(query["room"]), query.get(KEY, "")
    if code is None:
        raise rules.NoRoom(lobby.UNREADABLE)
    if secret and not connect.rooms().leads(code, secret):
        raise rules.NotLeader("This address is not the leader's of this room.")
    try:
        seen = connect.watch().look(code, newest=bool(secret))
    except rules.NoRoom as error:
        if secret:
            _over(code, secret, str(error))
            return
        raise
    lobby.prepare(seen.room.link)
    if not secret or query.get(VIEW) == PROJECTOR:
        _projector(seen, secret)
    else:
        _lead(seen, secret)


def _over(code: str, secret: str, why: str) -> None:
    """The room has expired or was closed; what was said in it can still be taken away."""
    st.title("This room is closed")
    st.markdown(
        f"Its code **{codes.spoken(code)}** works no more. What the room did is kept a week."
    )
    _export(code, secret)
    lobby.opening()


def _moving(seen: Any, secret: str) -> Any:
    """The leader's move from the state that is on the page."""
    room = seen.room

    def move(**changes: Any) -> None:
        with connect.telling():
            connect.rooms().move(room.code, secret, room.version, connect.now(), **changes)

    return move


def _lead(seen: Any, secret: str) -> None:
    room, found = seen.room, scene(seen.room.link)
    theme, move = st.context.theme.type or "light", _moving(seen, secret)
    stage.styled(bare=False)
    lobby.say(connect.told())
    lobby.poster(room.code, large=False)
    _stages(room, move)
    left, right = st.columns([2, 1], gap="large")
    with right:
        _notes(room, found.page)
        st.markdown("**The room**")
        follow.live(room, _count)
        _windows(room, secret)
    with left:
        st.markdown(f"**{found.note.meta['title']}** · what the room sees")
        if room.stage in ("step", "why"):
            _lane(room, found, move)
        stage.draw(seen, found, stage.Viewer(move=move), theme)
        if room.stage == "turn":
            follow.live(room, stage.moving)
    _more(room, secret, move)


def _count(seen: Any) -> None:
    """How many are here; at the question, how many have answered."""
    st.markdown(f"**{seen.participants}** here")
    if seen.room.stage == "predict":
        stage.moving(seen)


def _stages(room: Any, move: Any, large: bool = False) -> None:
    """Where the room is, and the way on."""
    back, forward = rules.neighbours(room.stage)
    titles = content.note("workshop").meta["stages"]
    with st.container(horizontal=True, vertical_alignment="center"):
        if not large:
            stage.progress(room)
            st.space("stretch")
        st.button(
            "Back", key="stage_back", icon=":material/chevron_left:", disabled=back is None,
            on_click=move, kwargs={"stage": back},
        )  # fmt: skip
        label = f"Go on: {titles[forward]}" if forward else "Last stage"
        st.button(
            label, key="stage_on", type="primary", icon=":material/chevron_right:",
            disabled=forward is None, on_click=move, kwargs={"stage": forward},
        )  # fmt: skip


def _notes(room: Any, page: str) -> None:
    """What to say and do at this stage."""
    with st.container(border=True):
        st.markdown(f"**Speaker notes**\n\n{content.speaker(page)[room.stage]}")


def _windows(room: Any, secret: str) -> None:
    large = lobby.address(lobby.LEAD, f"?room={room.code}")
    st.link_button("Projector, in a window of its own", large, icon=":material/open_in_new:")

    def project() -> None:
        st.query_params[VIEW] = PROJECTOR

    st.button("Large type in this window", key="project", on_click=project)
    st.markdown(
        "Your address holds the key that moves the room. Show the projector's window, not this one."
    )


def _lane(room: Any, found: Any, move: Any) -> None:
    """Which variant the room looks at."""
    known, now = found.known, found.lane(room)
    st.session_state["room_lane"] = now

    def chosen() -> None:
        name = st.session_state["room_lane"]
        if name and name != now:
            move(lane=name, event=-1)

    st.segmented_control(
        f"{known.noun} in view", known.names, format_func=known.titles.get, key="room_lane",
        on_change=chosen,
    )  # fmt: skip


def _more(room: Any, secret: str, move: Any) -> None:
    st.divider()
    left, middle, right = st.columns(3, gap="large", vertical_alignment="bottom")
    with left:
        lobby.choice("next", "Another note, same people", "Or a link")

        def go() -> None:
            with connect.telling():
                move(link=lobby.chosen("next"))

        st.button("Start another round", key="next_round", on_click=go)
    with middle:
        _export(room.code, secret)
    with right:

        def close() -> None:
            with connect.telling():
                connect.rooms().close(room.code, secret, connect.now())

        st.button("Close the room", key="close_room", on_click=close, icon=":material/close:")


def _export(code: str, secret: str) -> None:
    st.download_button(
        "All answers as CSV",
        lambda: export.table(connect.rooms().export(code, secret)),
        file_name=f"forced-flow-room-{code}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="room_csv",
    )


def _projector(seen: Any, secret: str) -> None:
    """Large type and nothing around it. Without the key nothing can be pressed."""
    room, found = seen.room, scene(seen.room.link)
    theme = st.context.theme.type or "light"
    stage.styled(large=True)
    lobby.say(connect.told())
    if room.stage == "read":
        lobby.poster(room.code, large=True)
    else:
        place = f"{lobby.address(lobby.JOIN)} · {codes.spoken(room.code)}"
        st.text(place)
    move = _moving(seen, secret) if secret else None
    stage.draw(seen, found, stage.Viewer(large=True, move=move), theme)
    follow.live(room, stage.moving)
    if move is not None:
        _stages(room, move, large=True)

        def back() -> None:
            st.query_params.pop(VIEW, None)

        st.button("Leader's view", key="unproject", type="tertiary", on_click=back)
