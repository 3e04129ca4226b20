"""The two scenarios of the Lab: change, undo, copy. The address holds both."""

from typing import Any

import streamlit as st

import engine
from pages.ui import controls, lanes, link

SIDES = ("first", "second")
PAST = "lab_past"
MOST = 50  # changes that can be undone


def pair() -> dict[str, Any]:
    """The two scenarios in view; the second is the first where nobody chose one."""
    view = link.here()
    return {"first": view.scenario, "second": view.other or view.scenario}


def show(**scenarios: Any) -> bool:
    """Put these scenarios in their places, if both can be run here; else say why not."""
    now = pair()
    wanted = now | scenarios
    try:
        for scenario in wanted.values():
            _known_here(scenario)
            engine.check_work(scenario, engine.APP_MAX_WORK, engine.APP_MAX_AUCTION_WORK)
    except engine.InputError as error:
        st.session_state[controls.PROBLEM] = error
        return False
    if wanted == now:
        return True
    past = st.session_state.setdefault(PAST, [])
    past.append(now)
    del past[:-MOST]
    _open(wanted)
    return True


def _known_here(scenario: Any) -> None:
    """Raise InputError for a scenario that needs a reader's files, or rules that nobody has."""
    allowed = "generated here; the page Replay runs candles"
    if scenario.world.source == "replay":
        raise engine.InputError("world.source", "replay", allowed)
    for path, spec, value in engine.settings(scenario):
        if "hash" in spec.metadata and value:
            raise engine.InputError(path, value, "empty here: the page Replay asks for the file")
        if "name" in spec.metadata and value not in engine.rulebook_names():
            raise engine.InputError(path, value, "one of " + ", ".join(engine.rulebook_names()))


def change(side: str, changes: dict[str, Any]) -> bool:
    """Change settings of one side; keep the old ones if the new cannot be used."""
    now = pair()
    try:
        changed = now[side].with_values(**changes)
    except engine.InputError as error:
        st.session_state[controls.PROBLEM] = error
        return False
    if side == "first" and link.here().other is None:
        return show(first=changed, second=now["first"])
    return show(**{side: changed})


def undo() -> None:
    """Back to the scenarios before the last change."""
    past = st.session_state.get(PAST)
    if past:
        _open(past.pop())


def reset() -> None:
    """Both sides are the preset that the first comes from."""
    preset, _ = engine.nearest_preset(pair()["first"])
    show(first=preset.scenario, second=preset.scenario)


def copy() -> None:
    show(second=pair()["first"])


def swap() -> None:
    now = pair()
    show(first=now["second"], second=now["first"])


def named(side: str) -> Any:
    """The preset that a side is, if it is one."""
    scenario = pair()[side]
    return next((p for p in lanes.presets("lab") if p.scenario == scenario), None)


def _open(wanted: dict[str, Any]) -> None:
    link.amend(scenario=wanted["first"], other=wanted["second"], step=None, event=None)
