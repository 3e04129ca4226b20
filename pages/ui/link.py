"""The view and the address bar, kept the same. One codec, in the engine, writes and reads links.

A browser sends its address with every rerun. When it is not the one written last and no widget of
ours was touched, the reader opened a link or went back or forward: the address wins. Otherwise the
session wins and the address follows. Each page keeps a view of its own.
"""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

import engine
from pages.ui import lanes

PAGE, WRITTEN, TOUCHED, SEEK = "page", "address_written", "touched", "seek"
OPENED = "opened"  # the link that was opened, for what has to be said about it
QUESTION = "question"  # the reader went back to an address without a result


def current(page: str) -> Any:
    """The view to draw, before any widget is made. Its `lane` is the one in view."""
    query = urlencode(st.query_params.to_dict())
    state = st.session_state
    entered = state.get(PAGE) != page
    if entered:
        state[PAGE] = page
        state[OPENED] = None
        state[SEEK] = state.get(SEEK, 0) + 1
    fresh = _key() not in state
    moved = bool(query) and query != state.get(WRITTEN) and not state.get(TOUCHED)
    if fresh or moved:
        view = read(query, page) if query else engine.View(lanes.presets(page)[0].scenario)
        known = lanes.of(page)
        lane = view.policy if known.are_policies else view.lane
        lane = lane if lane in known.names else None  # the link may be another page's
        state[_key()] = state[OPENED] = replace(view, page=page, lane=lane)
        state[SEEK] = state.get(SEEK, 0) + 1
        state[WRITTEN] = query
        state[QUESTION] = moved and not fresh and not entered and not view.revealed
    state[TOUCHED] = False
    view = state[_key()]
    return replace(view, lane=view.lane or first_lane(view))


def _key() -> str:
    return f"view {st.session_state[PAGE]}"


def here() -> Any:
    """The view of the page in view, as the reader left it."""
    return st.session_state[_key()]


def first_lane(view: Any) -> str:
    """The lane to look at where nobody chose one: that in which there is most to see.

    A note names it (`opens`); else it is the one that the scenario itself is, if any.
    """
    known = lanes.of(view.page)
    if known.opens:
        return known.opens
    own = {path: value for path, _, value in engine.settings(view.scenario)}
    same = (n for n, change in known.changes.items() if change.items() <= own.items())
    return next(same, known.names[0])


def read(query: str, page: str) -> Any:
    """The view of a link; it cannot ask for more work than a page allows, nor for absent files."""
    view = engine.read_link(
        query,
        page=page,
        max_work=engine.APP_MAX_WORK,
        max_auction_work=engine.APP_MAX_AUCTION_WORK,
        rulebooks=engine.rulebook_names(),
    )
    scenario, problems = view.scenario, view.problems
    if not {"s", "c"} & {key for key, _ in parse_qsl(query)}:
        scenario = lanes.presets(page)[0].scenario  # the link names a page and no scenario
    absent: dict[str, str] = {}
    files = page == "replay"  # the page that asks for them
    if not files and (
        scenario.world.source == "replay" or scenario.world.data or scenario.funding.data
    ):
        told = engine.InputError("world.source", "replay", "generated: this page has no candles")
        absent |= {"world.source": "generated", "world.data": "", "funding.data": ""}
        problems = (*problems, told)
    if not files and scenario.venue.tiers:
        told = engine.InputError("venue.tiers", scenario.venue.tiers, "empty: no tiers here")
        absent["venue.tiers"] = ""
        problems = (*problems, told)
    if not files and scenario.accounts.data:
        told = engine.InputError("accounts.data", scenario.accounts.data, "empty: no table here")
        absent["accounts.data"] = ""
        problems = (*problems, told)
    try:  # a generated world has rules and work of its own, and so does each lane
        scenario = scenario.with_values(**absent)
        for changes in ({}, *lanes.of(page).changes.values()):
            lane = scenario.with_values(**changes)
            engine.check_work(lane, engine.APP_MAX_WORK, engine.APP_MAX_AUCTION_WORK)
    except engine.InputError as told:
        scenario, problems = lanes.presets(page)[0].scenario, (*problems, told)
    return replace(view, scenario=scenario, problems=problems)


def amend(seek: bool = True, **changes: Any) -> None:
    """Change the view because the reader used a control. `seek`: the timeline has to follow."""
    state = st.session_state
    state[_key()] = replace(state[_key()], **changes)
    state[TOUCHED] = True
    if {"scenario", "lane"} & {key for key, value in changes.items() if value}:
        state[OPENED] = None  # what was said about the link is about another result
    if seek:
        state[SEEK] = state.get(SEEK, 0) + 1


def address(view: Any, fingerprint: str | None) -> str:
    """The query string that restores `view`."""
    policies = lanes.of(view.page).are_policies
    chosen = {"policy": view.lane, "lane": None} if policies else {"policy": None}
    return engine.link(
        replace(view, fingerprint=fingerprint, app_version=engine.__version__, **chosen)
    )


def keep(query: str) -> None:
    """Write the address bar, if it changed. Each write is one entry of the browser's history."""
    wanted = dict(parse_qsl(query.lstrip("?")))
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)
    st.session_state[WRITTEN] = urlencode(wanted)


def whole(query: str) -> str:
    """The full address to hand on."""
    base = (st.context.url or "").split("?")[0]
    return f"{base}?{query.lstrip('?')}"
