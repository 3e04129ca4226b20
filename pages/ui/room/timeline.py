"""The timeline in a room: the leader's own, and one that follows it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui import cached, stepper
from pages.ui.room.rules import Room
from pages.ui.room.scene import Scene

_seek = st.components.v2.component(
    "forced_flow_seek",
    html='<span class="seek"></span>',
    js=(Path(__file__).parent / "follow.js").read_text("utf-8"),
)


def position(scene: Scene, room: Room) -> dict[str, Any]:
    """Where the room is on the timeline."""
    event = room.event if room.event >= 0 else None
    return {"lane": scene.lane(room), "step": scene.step(room), "event": event}


def following(scene: Scene, key: str) -> None:
    """A timeline without buttons. It never changes, so a browser gets it once a round."""
    trace = cached.trace(scene.scenario, scene.page)
    start = {"lane": scene.known.names[0], "step": 0, "event": None}
    stepper.timeline(trace, scene.known, start, start, key, lambda: None, follow=True)


def seek(scene: Scene, room: Room) -> None:
    """Move the timeline that follows."""
    _seek(data=position(scene, room), key="room_seek")


def leading(scene: Scene, room: Room, key: str, moved: Callable[[dict[str, Any]], None]) -> None:
    """The leader's timeline: where it stops, the room is."""
    state = st.session_state
    here = position(scene, room)
    if state.get("room_seek_version") != room.version:  # another window moved, or the page is new
        state["room_seek_version"] = room.version
        state["room_seek_to"] = {**here, "number": room.version}
    trace = cached.trace(scene.scenario, scene.page)

    def stopped() -> None:
        at = state[key].at
        if at:
            moved(at)

    stepper.timeline(trace, scene.known, state["room_seek_to"], here, key, stopped)
