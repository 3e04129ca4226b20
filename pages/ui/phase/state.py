"""What the phase map shows, and the address bar, kept the same.

    /phase-map?v=3&s=fast-drop&x=depth&y=speed&harm=bad_debt&xr=2000000_30000000&n=20&w=20&cell=3_4

The scenario is written as in every link; the map's own fields stand beside it. As on the notes, the
address wins where the reader opened a link or went back, else the session does.
"""

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st

import engine
from pages.ui import link

PAGE, BASE = "phase-map", "three-ways-out"  # the note whose scenarios are mapped
OWN = ("x", "y", "harm", "xr", "yr", "n", "w", "cell")
STATE, WRITTEN, TOUCHED, PROBLEMS = "phase", "phase_written", "phase_touched", "phase_problems"
NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,15})?(?:e-?[0-9]{1,2})?"


@dataclass(frozen=True)
class Choice:
    """The map, the harm it is coloured by, and the cell (column, row) that is looked at."""

    map: Any
    harm: str = "bad_debt"
    cell: tuple[int, int] | None = None


def current() -> Choice:
    """What to draw, before any widget is made."""
    query, state = st.query_params.to_dict(), st.session_state
    state[link.PAGE] = PAGE  # a note that is opened next reads its own address
    moved = bool(query) and query != state.get(WRITTEN) and not state.get(TOUCHED)
    if STATE not in state or moved:
        state[STATE], state[PROBLEMS] = read(query)
    state[TOUCHED] = False
    return state[STATE]


def amend(**changes: Any) -> None:
    """Change what is shown because the reader used a control; keep the old where it cannot be."""
    state = st.session_state
    now: Choice = state[STATE]
    own = {name: changes.pop(name) for name in ("harm", "cell") if name in changes}
    state[PROBLEMS] = []
    try:
        chosen = checked(engine.ranged(now.map, **changes)) if changes else now.map
    except engine.InputError as told:
        state[PROBLEMS] = [told]
        return
    cell = own.get("cell", now.cell if chosen == now.map else None)
    state[STATE] = Choice(chosen, own.get("harm", now.harm), cell)
    state[TOUCHED] = True


def checked(chosen: Any) -> Any:
    """The map, if it can be run here. Raises InputError."""
    chosen.check()
    return chosen


def keep(choice: Choice) -> str:
    """Write the address bar, if it changed; returns the query string."""
    wanted = fields(choice)
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)
    st.session_state[WRITTEN] = wanted
    return urlencode(wanted)


def fields(choice: Choice) -> dict[str, str]:
    """The address of a choice, field by field."""
    chosen = choice.map
    found = dict(
        part.split("=", 1) for part in engine.link(engine.View(chosen.scenario))[1:].split("&")
    )
    found.pop("page", None)
    found |= {"x": chosen.x, "y": chosen.y, "harm": choice.harm}
    for axis in ("x", "y"):
        ends = getattr(chosen, f"{axis}_range")
        if ends is not None:
            found[f"{axis}r"] = "_".join(f"{end:.12g}".replace("+", "") for end in ends)
    found |= {"n": str(chosen.size), "w": str(chosen.seeds)}
    if choice.cell is not None:
        found["cell"] = "{}_{}".format(*choice.cell)
    return found


def read(query: dict[str, str]) -> tuple[Choice, list[Any]]:
    """The choice of an address, and what was wrong with it; a wrong field keeps its usual value."""
    rest = urlencode({key: text for key, text in query.items() if key not in OWN})
    view = link.read(rest, BASE)
    problems = list(view.problems)
    choice = Choice(engine.PhaseMap(view.scenario))
    for key in OWN:
        if key in query:
            try:
                choice = with_field(choice, key, query[key])
            except engine.InputError as told:
                problems.append(told)
    try:
        checked(choice.map)
    except engine.InputError as told:
        problems.append(told)
        choice = Choice(engine.PhaseMap(link.read("", BASE).scenario), choice.harm)
    return choice, problems


def with_field(choice: Choice, key: str, text: str) -> Choice:
    """The choice with one field of an address. Raises InputError."""
    if key == "harm":
        if text not in engine.HARMS:
            raise engine.InputError(key, text, "one of " + ", ".join(engine.HARMS))
        return replace(choice, harm=text)
    if key in ("x", "y"):
        other = choice.map.y if key == "x" else choice.map.x
        swapped = {"y" if key == "x" else "x": getattr(choice.map, key)} if text == other else {}
        return replace(choice, map=engine.ranged(choice.map, **{key: text}, **swapped))
    if key in ("n", "w"):
        if not re.fullmatch(r"[0-9]{1,3}", text):
            raise engine.InputError(key, text, "a whole number")
        name = {"n": "size", "w": "seeds"}[key]
        return replace(choice, map=engine.ranged(choice.map, **{name: int(text)}))
    found = re.fullmatch(f"({NUMBER})_({NUMBER})", text)
    if not found:
        raise engine.InputError(key, text, "two numbers with _ between them")
    if key == "cell":
        return replace(choice, cell=cell_of(choice.map, text))
    name, ends = f"{key[0]}_range", (float(found[1]), float(found[2]))
    chosen = engine.ranged(choice.map, **{name: ends})
    chosen.check()
    return replace(choice, map=chosen)


def cell_of(chosen: Any, text: str) -> tuple[int, int]:
    """A cell by column and row. Raises InputError where the map has none."""
    if re.fullmatch(r"[0-9]{1,2}_[0-9]{1,2}", text):
        i, j = map(int, text.split("_"))
        if i < len(chosen.columns) and j < len(chosen.rows):
            return i, j
    raise engine.InputError("cell", text, "column_row of a cell, each from 0")
