"""The claims of a note as checks: how often each holds, and where it does not."""

from typing import Any

import streamlit as st

import engine
from pages.ui import lanes, verify


def draw(view: Any, checks: list[dict[str, Any]]) -> None:
    """Each [[checks]] row: its sentence, its worlds on demand, and where it fails."""
    for number, check in enumerate(checks):
        with st.container(border=True):
            _one(view, check, f"check_{number}")


def _one(view: Any, check: dict[str, Any], key: str) -> None:
    known = {preset.name: preset for preset in engine.presets()}
    preset = known[check["preset"]]
    known_lanes = lanes.of(view.page)
    claim = engine.read_claim(check["compare"], known_lanes.names)
    expected = engine.word(round(100 * check["expected_share"]), 100).capitalize()
    st.markdown(f"**{expected}:** {check['says']}")
    st.markdown(
        f"Scenario *{preset.title}*: {worded(claim, known_lanes.titles)}. In the tests it holds in "
        f"at least {check['expected_share']:.0%} of {check['seeds']} worlds."
    )

    def verdict(done: list[Any]) -> None:
        failing = [trial.seed for trial in done if not claim.holds(trial.metrics)]
        st.markdown(told(len(done) - len(failing), len(done)))
        if failing:
            st.markdown("It does not hold in these worlds. Open one:")
            verify.worlds(preset.scenario, failing, key)

    verify.experiment(preset.scenario, view.page, key, verdict, of=preset.title)
    if "fails_in" in check:
        st.markdown("It does not hold in this scenario:")
        verify.presets([known[check["fails_in"]]], f"{key}_fails")


def worded(claim: Any, titles: dict[str, str]) -> str:
    """A claim with the words of the page: bad debt of *Market* > 2 × bad debt of *Auction*."""

    def measured(metric: str, lane: str) -> str:
        return f"{metric.replace('_', ' ')} of *{titles[lane]}*"

    def one(part: Any) -> str:
        number = f"{part.factor:g}" if abs(part.factor) < 1e4 else f"{part.factor:,.0f}"
        right = number
        if part.other:
            other = measured(part.other, part.other_lane)
            right = other if part.factor == 1.0 else f"{number} × {other}"
        return f"{measured(part.metric, part.lane)} {part.sign} {right}"

    return ", and ".join(one(part) for part in claim.parts)


def told(held: int, number: int) -> str:
    """How often it held, with the word that the share allows and its interval."""
    low, high = engine.wilson(held, number)
    word = engine.word(held, number)
    said = f"**{word.capitalize()}**" if word else "**It does not hold more often than not**"
    return f"{said}: in {held} of {number} worlds (95 % interval: {low:.0%} to {high:.0%})."
