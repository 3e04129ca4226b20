"""Parts of the page "Three ways out" that join several of the shared parts."""

from dataclasses import replace
from typing import Any

import streamlit as st

from pages.ui import cached, link, stepper, tables, why, words

KEY = "timeline"


def moved() -> None:
    """The reader stopped the timeline, or chose an event or a policy on it."""
    at = st.session_state[KEY].at
    if at:
        link.amend(seek=False, policy=at["policy"], step=at["step"], event=at["event"])


def settled(view: Any) -> Any:
    """The view with the step and the event that are shown where the reader chose none."""
    step, event = view.step, view.event
    table = cached.events(view.scenario, view.policy)
    if event is None and len(table):
        event = tables.nearest(cached.limits(view.scenario, view.policy), table, step)
    if step is None:
        step = cached.trace(view.scenario)["steps"] - 1
    return replace(view, step=step, event=event)


def step(view: Any) -> None:
    """One timeline for all three."""
    state = st.session_state
    if state.get("sought") != state[link.SEEK]:
        state["sought"] = state[link.SEEK]
        state["seek_to"] = {"policy": view.policy, "step": view.step, "event": view.event}
    seek = {**state["seek_to"], "number": state["sought"]}
    why = {"policy": view.policy, "step": view.step, "event": view.event}
    stepper.timeline(cached.trace(view.scenario), seek, why, KEY, moved)


def reasons(view: Any, theme: str) -> None:
    """Choose an event of the policy in view, and read why."""
    table = cached.events(view.scenario, view.policy)
    found = cached.limits(view.scenario, view.policy)
    if not len(table):
        st.markdown("Nothing was closed by force under this policy. Try a larger move.")
        return
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        why.neighbours(found, view.event)
    told, bars = cached.explain(view.scenario, view.policy, view.event)
    with right:
        why.number(view.event, table)
    why.draw(told, bars, table, theme)
    why.choose(table, view.policy)


def table(scenario: Any) -> None:
    """What each path closed, cost and left, on the same world."""
    box = words.fold("The three side by side, as a table", "outcome")
    if box.open:
        box.table(cached.outcome(scenario))
