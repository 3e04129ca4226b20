"""Running a map in the background, and links to its cells."""

from typing import Any

import streamlit as st

import engine
from pages.ui.long_work import LongWork


class Job(LongWork):
    """A map, cell by cell."""

    def __init__(self, chosen: Any):
        self.map = chosen
        self._judged: dict[str, dict[Any, Any]] = {}
        super().__init__(len(chosen.order), lambda stop, done: chosen.run(stop=stop, done=done))

    def verdicts(self, done: dict[Any, Any], harm: str) -> dict[Any, Any]:
        """The verdict of each of these cells; a cell is judged once, however often it is drawn."""
        known = self._judged.setdefault(harm, {})
        for cell, values in done.items():
            if cell not in known:
                known[cell] = self.map.judge(values, harm)
        return {cell: known[cell] for cell in done}


@st.cache_resource(max_entries=8, hash_funcs={engine.PhaseMap: repr}, show_spinner=False)
def job(chosen: Any) -> Job:
    """The run of a map; readers who look at the same one share it."""
    return Job(chosen)


@st.cache_resource(max_entries=32, hash_funcs={engine.PhaseMap: repr}, show_spinner=False)
def link_to(chosen: Any, cell: tuple[int, int], seed: int, policy: str) -> str:
    """The link of a cell's world under one policy, with the fingerprint of its result."""
    return with_result(chosen.at(*cell, seed, policy))


def with_result(scenario: Any) -> str:
    """The link that opens a scenario and its result on the note that explains it."""
    result = engine.run(scenario)
    view = engine.View(
        scenario, page="three-ways-out", policy=result.policy, fingerprint=result.fingerprint,
        app_version=engine.__version__,
    )  # fmt: skip
    return engine.link(view)
