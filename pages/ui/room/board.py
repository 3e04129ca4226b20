"""Your turn: the form that tries a change, and the board of the smallest that avoid the cascade."""

from html import escape
from typing import Any

import streamlit as st

import engine
from pages.ui import warm
from pages.ui.room import breaking, codes, connect, lobby, rules
from pages.ui.room.rules import Room
from pages.ui.room.scene import Scene

FOUND = "room_found"  # what the last try of this participant did, as a sentence
RULES = (
    "A change's size is its factor: twice as much and half as much are both ×2. "
    "Every try is a run of the engine on the server."
)
STYLE = """<style>
.board { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
.board th, .board td { text-align: left; padding: 0.3rem 0.5rem 0.3rem 0; vertical-align: top; }
.board th { font-weight: 600; border-bottom: 1px solid currentColor; }
.board td.name { overflow-wrap: anywhere; unicode-bidi: isolate; }
.board caption { text-align: left; font-weight: 600; padding-bottom: 0.3rem; }
</style>"""


def form(room: Room, scene: Scene, viewer: Any) -> None:
    """Choose a setting and a value, and try it."""
    lane = breaking.lane(scene, room)
    if not scene.results()[lane].metrics[breaking.CLOSED]:
        return
    lobby.say(connect.told())
    knobs = {knob.path: knob for knob in breaking.knobs(scene, lane)}
    chosen, state = f"knob_{room.round}", st.session_state
    path = st.selectbox("Setting", list(knobs), format_func=lambda p: knobs[p].label, key=chosen)
    knob = knobs[path]
    st.select_slider(
        "New value", knob.values, value=knob.base, key=_slider(room, path), format_func=knob.shown
    )
    value = state[_slider(room, path)]
    st.markdown(moved(knob, value))

    def trying() -> None:  # reads what is set now: the page may not be drawn since
        now = knobs[state[chosen]]
        with connect.telling():
            value = state.get(_slider(room, now.path), now.base)
            state[FOUND] = (room.round, attempt(room, scene, viewer, lane, now, value))

    st.button("Try it", type="primary", icon=":material/play_arrow:", on_click=trying, key="try")
    if state.get(FOUND, (0, ""))[0] == room.round:
        st.markdown(state[FOUND][1])
    st.markdown(RULES)


def moved(knob: Any, value: float) -> str:
    """From what to what, and the size of the change; of none, that it is none."""
    before, after = knob.shown(knob.base), knob.shown(value)
    if value == knob.base:
        return f"**{before}** is the value it has already. Move the slider to change it."
    return f"{before} → **{after}**, a change of **×{breaking.size(knob.base, value):.2f}**"


def _slider(room: Room, path: str) -> str:
    return f"value_{room.round}_{path}"


def attempt(room: Room, scene: Scene, viewer: Any, lane: str, knob: Any, value: float) -> str:
    """Run the change, keep what it did, and say so."""
    if value == knob.base:
        raise rules.RoomError("Move the slider first: this is the value it has already.")
    warm.start().wait()
    done = len(connect.rooms().tries(room.code, viewer.number, room.round))
    rules.may_try(room, done)  # before the run, so that nobody asks for more runs than tries
    try:
        found = breaking.judge(scene, lane, knob, value)
    except engine.InputError as error:
        raise rules.RoomError(str(error)) from error
    used = connect.rooms().record_try(room.code, viewer.me, room.round, found, connect.now())
    connect.watch().renew(room)
    left = f"{rules.MAX_TRIES - used} tries left."
    closed = f"Forced orders close {found['share']:.0%} of what they closed before"
    if found["avoided"]:
        return f"**Avoided.** {closed}, with a change of ×{found['factor']:.2f}. {left}"
    return f"**Not avoided.** {closed}; at most {breaking.GOAL:.0%} is the goal. {left}"


def draw(scene: Scene, room: Room, entries: list[dict[str, Any]]) -> None:
    """The best of everybody who avoided it. Names are written by strangers, so they are escaped."""
    if not entries:
        st.markdown("**Board.** Nobody has avoided the cascade yet.")
        return
    knobs = {knob.path: knob for knob in breaking.knobs(scene, breaking.lane(scene, room))}
    lines = "".join(
        f"<tr><td>{place}</td><td class='name'>{name(entry)}</td>"
        f"<td>×{entry['factor']:.2f}</td><td>{change(entry, knobs)}</td>"
        f"<td>{entry['share']:.0%}</td></tr>"
        for place, entry in enumerate(entries[: rules.BOARD], 1)
    )
    more = len(entries) - rules.BOARD
    rest = f"<p>and {more} more who avoided it</p>" if more > 0 else ""
    st.html(
        f"{STYLE}<table class='board'><caption>Smallest change that avoids the cascade</caption>"
        "<thead><tr><th scope='col'>#</th><th scope='col'>Who</th><th scope='col'>Size</th>"
        "<th scope='col'>Change</th><th scope='col'>Still closed</th></tr></thead>"
        f"<tbody>{lines}</tbody></table>{rest}"
    )


def name(entry: dict[str, Any]) -> str:
    """A participant's name as HTML."""
    return escape(codes.shown_name(entry["name"], entry["number"]), quote=True)


def change(entry: dict[str, Any], knobs: dict[str, Any]) -> str:
    """What was changed, as HTML."""
    knob = knobs.get(entry["path"])
    if knob is None:
        before, after = f"{entry['before_value']:,.4g}", f"{entry['after_value']:,.4g}"
        return escape(f"{entry['path']}: {before} → {after}")
    before, after = knob.shown(entry["before_value"]), knob.shown(entry["after_value"])
    return escape(f"{knob.label}: {before} → {after}")
