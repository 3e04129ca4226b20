"""The Lab: every setting of two scenarios, what differs, and both runs step by step."""

from dataclasses import replace
from typing import Any

import streamlit as st

import engine
from pages.ui import (
    boundary,
    cached,
    changes,
    content,
    controls,
    lanes,
    link,
    note,
    notices,
    subjects,
    warm,
    words,
)
from pages.ui.lab import paste, sides, tables, widgets

PAGE = "lab"


def draw() -> None:
    """The whole page."""
    view, meta = link.current(PAGE), content.note(PAGE).meta
    st.title(meta["title"])
    with st.container(width=words.WIDE):
        st.markdown(f"##### {meta['intro']}")
        st.markdown(meta["both"])
    notices.about_link()
    warm.wait()
    _starts(meta)
    paste.draw()
    st.header(meta["settings"])
    notices.about_controls()
    boundary.guarded(lambda: _settings(meta))
    boundary.guarded(lambda: _runs(view, meta))


def _starts(meta: dict[str, Any]) -> None:
    """A preset for each side, what was changed since, and what concerns both."""
    known = {preset.name: preset for preset in lanes.presets(PAGE)}
    titles = {name: preset.title for name, preset in known.items()}
    titles[controls.CUSTOM] = "Your own settings"
    for column, side in zip(st.columns(2, gap="medium"), sides.SIDES, strict=True):
        key, now = f"lab_preset_{side}", sides.named(side)
        st.session_state[key] = now.name if now else controls.CUSTOM

        def chosen(side: str = side, key: str = key) -> None:
            if st.session_state[key] in known:
                sides.show(**{side: known[st.session_state[key]].scenario})

        with column:
            names = [*known] if now else [controls.CUSTOM, *known]
            st.selectbox(
                f"{widgets.SIGNS[side]} {meta[side]}: {meta['start'].lower()}", names,
                format_func=titles.get, key=key, on_change=chosen,
            )  # fmt: skip
            st.markdown(changes.line(sides.pair()[side]))
    with st.container(horizontal=True):
        past = st.session_state.get(sides.PAST)
        st.button(
            meta["undo"], icon=":material/undo:", key="lab_undo", on_click=sides.undo,
            disabled=not past,
        )  # fmt: skip
        st.button(
            meta["reset"], icon=":material/restart_alt:", key="lab_reset", on_click=sides.reset
        )
        st.button(meta["copy"], icon=":material/content_copy:", key="lab_copy", on_click=sides.copy)
        st.button(meta["swap"], icon=":material/swap_horiz:", key="lab_swap", on_click=sides.swap)


def _settings(meta: dict[str, Any]) -> None:
    """The settings of one section for both sides, or of all sections what differs."""
    pair = sides.pair()
    given = {side: list(engine.settings(scenario)) for side, scenario in pair.items()}
    names = list(dict.fromkeys(_section(path) for path, _, _ in given["first"]))
    differ = {change.path for change in engine.differences(pair["first"], pair["second"])}
    marks = {name: sum(_section(path) == name for path in differ) for name in names}
    st.session_state.setdefault("lab_section", "book")
    st.pills(
        meta["section"], names, key="lab_section",
        format_func=lambda x: changes.section(x) + (f" · {marks[x]}" if marks[x] else ""),
    )  # fmt: skip
    only = st.toggle(meta["only"], key="lab_only")
    if only and not differ:
        st.markdown(meta["alike"])
    chosen = st.session_state["lab_section"]
    for (path, spec, first), (_, _, second) in zip(given["first"], given["second"], strict=True):
        if path in differ if only else _section(path) == chosen:
            left, right = st.columns(2, gap="medium")
            with left:
                widgets.setting("first", path, spec, first, path in differ)
            with right:
                widgets.setting("second", path, spec, second, path in differ)


def _section(path: str) -> str:
    """The seed stands with the world that it draws."""
    return path.partition(".")[0] if "." in path else "world"


def _runs(view: Any, meta: dict[str, Any]) -> None:
    """Both runs: what differs, the timeline, why, and what can be taken away."""
    pair = sides.pair()
    subject = subjects.Pair(**pair)
    shown = note.settled(replace(view, scenario=subject, other=None))
    results = cached.compare(subject, PAGE)
    fingerprint = results[view.lane].fingerprint
    whole = replace(view, step=shown.step, event=shown.event, other=pair["second"])
    query = _address(whole, fingerprint, meta)
    notices.about_fingerprint(fingerprint)
    notices.about_result(results)
    _differences(pair, results, meta)
    if not subjects.alike(results):
        st.markdown(meta["clocks"])
    note.told(shown, query, fingerprint)


def _address(view: Any, fingerprint: str, meta: dict[str, Any]) -> str:
    """Write the address of both scenarios; the last one that fitted where these do not."""
    try:
        query = link.address(view, fingerprint)
    except engine.InputError as error:
        boundary.problem(error)
        st.markdown(meta["long"])
        return "?" + "&".join(f"{k}={v}" for k, v in st.query_params.to_dict().items())
    link.keep(query)
    return query


def _differences(pair: dict[str, Any], results: dict[str, Any], meta: dict[str, Any]) -> None:
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.markdown(f"#### {meta['differences']}")
        if pair["first"] == pair["second"]:
            st.markdown(meta["alike"])
        else:
            st.table(changes.table(pair["first"], pair["second"]))
    with right:
        st.markdown(f"#### {meta['outcomes']}")
        st.table(tables.outcomes(results))
        if len({result.fingerprint for result in results.values()}) == 1:
            st.markdown(meta["same"])
