"""The page: choose, run, look at a cell, open one of its worlds."""

from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

import engine
from pages.ui import (
    boundary,
    charts_phase,
    content,
    lanes,
    legend,
    link,
    progress,
    share,
    warm,
    words,
)
from pages.ui.phase import rows, state, work
from pages.ui.terms import Terms

NOTE = "phase-map"
KEY = "phase_chart"


def draw() -> None:
    """The whole page, its foot included."""
    boundary.guarded(_page)
    share.foot(content.note("foot").body)


def _page() -> None:
    note, theme = content.note(NOTE), st.context.theme.type or "light"
    meta = note.meta
    marks = Terms(meta["terms"])
    st.title(meta["title"])
    with st.container(width=words.WIDE):
        words.say(f"##### {meta['says']}", marks)
        words.say(note.sections["How to read it"], marks)
    choice = state.current()
    for told in st.session_state[state.PROBLEMS]:
        boundary.problem(told)
    _controls(choice, meta, marks)
    warm.wait()
    _work(choice, meta, theme)
    query = state.keep(choice)
    with st.container(width=words.WIDE):
        words.say(note.sections["What it does not say"], marks)
        words.rest(marks)
    st.header("Take it with you")
    st.markdown("The link restores the axes, the harm, the ranges and the cell.")
    st.code(link.whole(query), language=None, wrap_lines=True)


def _controls(choice: Any, meta: dict[str, Any], marks: Terms) -> None:
    """Scenario, harm and axes; ranges and fineness behind a fold."""
    chosen, axes = choice.map, {name: row["title"] for name, row in meta["axes"].items()}
    harms = {name: row["title"] for name, row in meta["harms"].items()}
    left, right = st.columns(2, gap="medium")
    with left:
        _preset(chosen)
    with right:
        _select("harm", "Harm", list(harms), choice.harm, harms)
    left, right = st.columns(2, gap="medium")
    with left:
        _select("x", "Across", list(axes), chosen.x, axes)
    with right:
        _select("y", "Upwards", list(axes), chosen.y, axes)
    words.say(meta["harms"][choice.harm]["about"], marks)
    with st.expander("Ranges and fineness", key="phase_more"):
        for axis, name in (("x", chosen.x), ("y", chosen.y)):
            st.markdown(f"**{axes[name]}.** {meta['axes'][name]['about']}")
            _range(axis, name, getattr(chosen, f"{axis}_range"))
        _select("size", "Cells a side", list(engine.MAP_SIZES), chosen.size)
        _select("seeds", "Worlds a cell", list(engine.MAP_SEEDS), chosen.seeds)


def _preset(chosen: Any) -> None:
    known = {preset.name: preset for preset in lanes.presets(state.BASE)}
    now = next((n for n, p in known.items() if p.scenario == chosen.scenario), "custom")
    titles = {name: preset.title for name, preset in known.items()} | {"custom": "From the link"}
    names = [*known] if now != "custom" else ["custom", *known]
    st.session_state["phase_preset"] = now

    def take() -> None:
        name = st.session_state["phase_preset"]
        if name in known:
            state.amend(scenario=known[name].scenario)

    st.selectbox("Scenario", names, format_func=titles.get, key="phase_preset", on_change=take)


def _select(
    name: str, label: str, options: list[Any], value: Any, titles: dict[Any, str] | None = None
) -> None:
    key = f"phase_{name}"
    st.session_state[key] = value

    def take() -> None:
        new = {name: st.session_state[key]}
        chosen = st.session_state[state.STATE].map
        other = {"x": "y", "y": "x"}.get(name)
        if other and getattr(chosen, other) == new[name]:  # the same axis twice: they swap
            new[other] = getattr(chosen, name)
        state.amend(**new)

    shown = str if titles is None else titles.get
    st.selectbox(label, options, format_func=shown, key=key, on_change=take)


def _range(axis: str, name: str, ends: tuple[float, float] | None) -> None:
    """Both ends of an axis, as numbers."""
    low, high = ends or engine.AXES[name].usual
    keys = [f"phase_{axis}_{end}" for end in ("low", "high")]
    for key, value in zip(keys, (low, high), strict=True):
        st.session_state[key] = float(value)

    def take() -> None:
        new = tuple(st.session_state[key] for key in keys)
        if engine.AXES[name].whole:
            new = tuple(int(x) if x == int(x) else x for x in new)
        state.amend(**{f"{axis}_range": new})

    known = engine.AXES[name]
    for column, key, label in zip(st.columns(2), keys, ("From", "To"), strict=True):
        with column:
            st.number_input(
                f"{label} [{known.unit}]", float(known.low), float(known.high), key=key,
                format="%g", on_change=take,
            )  # fmt: skip


def _work(choice: Any, meta: dict[str, Any], theme: str) -> None:
    """Run the map, watch it fill in, and look at it."""
    job = work.job(choice.map)
    runs = job.number * job.map.seeds * len(engine.POLICIES)
    progress.buttons(job, f"Run the map ({runs:,} runs)", "phase")

    def show(done: dict[Any, Any]) -> None:
        if st.session_state[state.STATE] != choice:  # a cell was chosen here: the address follows
            st.rerun()
        found = job.verdicts(done, choice.harm)
        _map(choice, found, meta, theme)
        _cell(choice, found, meta)
        box = words.fold("The map as a table", "phase_table")
        if box.open:
            titles = {name: row["title"] for name, row in meta["axes"].items()}
            box.dataframe(rows.table(choice.map, found, choice.harm, titles), hide_index=True)

    failed = "This map could not be run to the end."
    progress.watch(job, "{done} of {number} cells run", failed, show)


def _map(choice: Any, found: dict[Any, Any], meta: dict[str, Any], theme: str) -> None:
    """The chart with its finding as the title; a click chooses a cell."""
    chosen, axes = choice.map, meta["axes"]
    finding = rows.finding(found)
    st.markdown(f"#### {finding}")
    legend.draw(charts_phase.key(theme, len(found) < len(chosen.columns) * len(chosen.rows)))
    spec = charts_phase.phase(
        theme, axes[chosen.x]["title"], axes[chosen.y]["title"],
        tuple(rows.value(chosen.x, x) for x in chosen.columns),
        tuple(rows.value(chosen.y, y) for y in chosen.rows),
    )  # fmt: skip
    event = st.vega_lite_chart(
        rows.cells(chosen, found, choice.harm, opened(choice)), spec, key=KEY,
        on_select="rerun", selection_mode="cell",
        alt=f"Which policy does least harm, by {axes[chosen.x]['title'].lower()} across and "
        f"{axes[chosen.y]['title'].lower()} upwards. {finding}.",
    )  # fmt: skip
    picked = event.selection.get("cell") if event else None
    if picked:
        cell = (int(picked[0]["i"]), int(picked[0]["j"]))
        if cell != st.session_state.get("phase_clicked"):
            st.session_state["phase_clicked"] = cell
            state.amend(cell=cell)
            st.rerun()


def opened(choice: Any) -> tuple[int, int]:
    """The cell whose numbers are shown."""
    return choice.cell or (0, 0)


def _cell(choice: Any, found: dict[Any, Any], meta: dict[str, Any]) -> None:
    """One cell by the keyboard or by a click: its numbers, and two of its worlds to open."""
    chosen = choice.map
    cell = opened(choice)
    st.session_state["phase_i"], st.session_state["phase_j"] = cell

    def take() -> None:
        state.amend(cell=(st.session_state["phase_i"], st.session_state["phase_j"]))

    st.markdown("#### One cell")
    for column, axis, key, places in zip(
        st.columns(2), (chosen.x, chosen.y), ("phase_i", "phase_j"), (chosen.columns, chosen.rows),
        strict=True,
    ):  # fmt: skip
        with column:
            st.selectbox(
                meta["axes"][axis]["title"], range(len(places)), key=key, on_change=take,
                format_func=lambda k, axis=axis, places=places: rows.value(axis, places[k]),
            )  # fmt: skip
    if cell not in found:
        coarse = engine.standing_for(cell[0], cell[1], found)
        shown = " The map shows a coarser cell in its place." if coarse else ""
        st.info(
            f"{rows.place(chosen, cell)} is not run yet.{shown} Run the map, or go on, to see it."
        )
        return
    told = found[cell]
    st.markdown(f"**{rows.said(told)}.** {meta['states'][told.state]}")
    harm = meta["harms"][choice.harm]["title"]
    st.table(
        {
            "Policy": list(rows.WORDS.values()),
            harm: [rows.amount(choice.harm, x) for x in told.harm.values()],
            "95 % interval": [rows.interval(choice.harm, *x) for x in told.interval.values()],
        }
    )
    st.markdown(
        f"The interval holds 95 % of what {chosen.seeds} worlds drawn anew from these "
        f"{chosen.seeds} give."
    )
    _worlds(chosen, cell, told)


def _worlds(chosen: Any, cell: tuple[int, int], told: Any) -> None:
    """Two worlds of a cell to open, each with its why."""
    with st.container(horizontal=True):
        for label, seed in (("a usual world", told.typical), ("its worst world", told.worst)):
            query = work.link_to(chosen, cell, seed, told.winner)
            st.page_link(
                words.script("three-ways-out"), label=f"Open {label} (world {seed}) with its why",
                icon=":material/arrow_forward:", query_params=dict(parse_qsl(query[1:])),
            )  # fmt: skip
