"""Replay: the same accounts and policies on a published episode, or on the reader's own candles."""

from dataclasses import replace
from typing import Any

import streamlit as st

import engine
from pages.ui import (
    boundary,
    cached,
    content,
    controls,
    lanes,
    link,
    note,
    notices,
    warm,
    words,
)
from pages.ui.replay import given as own

PAGE, SOURCE = "replay", "replay_source"
EPISODE, OWN = "episode", "own"


def draw() -> None:
    """The whole page."""
    view, meta = link.current(PAGE), content.note(PAGE).meta
    st.title(meta["title"])
    with st.container(width=words.WIDE):
        st.markdown(f"##### {meta['intro']}")
    notices.about_link()
    warm.wait()
    if _source(view, meta) == EPISODE:
        controls.presets(view)
        _episode(view, meta)
        subject = view.scenario
    else:
        subject = _own(view, meta)
    if subject is None:
        link.keep(link.address(view, view.fingerprint))
        return
    controls.main(view, meta["controls"])
    controls.more(view)
    notices.about_controls()
    boundary.guarded(lambda: _run(view, subject))


def _source(view: Any, meta: dict[str, Any]) -> str:
    """Episode or own files; a link that needs files opens there."""
    state = st.session_state
    needs = bool(own.needed(view.scenario))
    if state.get(f"{SOURCE}_seen") != state[link.SEEK]:  # another view was opened
        state[f"{SOURCE}_seen"] = state[link.SEEK]
        if needs:
            state[SOURCE] = OWN
    state.setdefault(SOURCE, EPISODE)

    def chosen() -> None:
        state[SOURCE] = state[f"{SOURCE}_widget"] or state[SOURCE]
        if state[SOURCE] == EPISODE and own.needed(link.here().scenario):
            link.amend(scenario=lanes.presets(PAGE)[0].scenario, step=None, event=None)

    state[f"{SOURCE}_widget"] = state[SOURCE]
    names = {EPISODE: meta["episode"], OWN: meta["own"]}
    st.segmented_control(
        meta["source"], list(names), format_func=names.get, key=f"{SOURCE}_widget",
        on_change=chosen,
    )  # fmt: skip
    found: str = state[SOURCE]
    return found


def _episode(view: Any, meta: dict[str, Any]) -> None:
    """What was published about the episode in view, and that its path is stylised."""
    world = view.scenario.world
    found = next(
        (e for e in engine.episodes() if e.scenario.world.waypoints == world.waypoints), None
    )
    if found is None:
        return
    with st.container(border=True, width=words.WIDE):
        st.badge(meta["stylised"], icon=":material/timeline:", color="orange")
        st.markdown(meta["stylised_text"])
    with st.container(width=words.WIDE):
        st.markdown(content.cited(found.facts.replace("$", "\\$"), list(found.sources)))
    words.references(list(found.sources))
    box = words.fold(meta["waypoints"], "waypoints")
    if box.open:
        box.table(
            {
                "Minutes from the start": [f"{minute:g}" for minute, _ in found.waypoints],
                "USD": [f"{price:,.6g}" for _, price in found.waypoints],
            }
        )


def _own(view: Any, meta: dict[str, Any]) -> Any:
    """The reader's files as what is run; None where something is missing or refused."""
    given = own.draw(view.scenario)
    needs, here = own.needed(view.scenario), given.hashes
    if given.refused:
        return None
    if given.world is None:
        if needs:
            _missing(needs, here, meta)
        else:
            st.markdown(meta["waiting"])
        return None
    if needs == here:
        return own.subject(given, view.scenario)
    more = all(here.get(path) == text for path, text in needs.items())
    if more:  # nothing that the view holds is lost
        link.amend(scenario=own.adopted(given, view.scenario), step=None, event=None)
        st.rerun()
    _missing(needs, here, meta)
    scenario = own.adopted(given, view.scenario)
    st.button(
        meta["adopt"], key="adopt", on_click=link.amend,
        kwargs={"scenario": scenario, "step": None, "event": None},
    )  # fmt: skip
    return None


def _missing(needs: dict[str, str], here: dict[str, str], meta: dict[str, Any]) -> None:
    """Which files a link was made with, beside those that are here."""
    with st.container(border=True):
        st.markdown(f":material/upload_file: **{meta['needed']}**")
        st.markdown(meta["needed_text"])
        paths = [path for path in own.DATA if path in needs or path in here]
        st.table(
            {
                meta["kind"]: [meta["files"][path].capitalize() for path in paths],
                meta["wanted"]: [f"`{needs[p]}`" if p in needs else "" for p in paths],
                meta["here"]: [f"`{here[p]}`" if p in here else meta["none"] for p in paths],
            }
        )


def _run(view: Any, subject: Any) -> None:
    """The runs, step by step, why, and what can be taken away."""
    shown = note.settled(replace(view, scenario=subject))
    results = cached.compare(subject, PAGE)
    fingerprint = results[view.lane].fingerprint
    query = link.address(replace(view, step=shown.step, event=shown.event), fingerprint)
    link.keep(query)
    notices.about_fingerprint(fingerprint)
    notices.about_result(results)
    note.told(shown, query, fingerprint)
