"""What could be known beforehand, and experiments over many worlds."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui import cached, charts, lanes, legend, link

PROGRESS = "{done} of {number} worlds run"
WAITING = "Another reader's experiment is running. This one starts as soon as it is done."
WORLDS = 8  # buttons to worlds in which a claim fails


def beforehand(view: Any, theme: str) -> None:
    """Numbers of the opening state, beside what then happened."""
    known = lanes.of(view.page)
    legend.draw(charts.keys(theme, known.titles)["ladder"])
    st.vega_lite_chart(
        cached.ladder(view.scenario, view.page), charts.ladder(theme, known.names), key="ladder",
        alt="Notional of the accounts by liquidation price at the opening, with the furthest mark "
        f"that was reached, by {known.noun.lower()}.",
    )  # fmt: skip
    st.table(cached.beforehand(view.scenario, view.page))


def experiment(
    scenario: Any,
    page: str,
    key: str,
    verdict: Callable[[list[Any]], None],
    of: str = "",
    work: Any = None,
) -> None:
    """Buttons that run many worlds and stop, how far they are, and what they show so far.

    of : what the worlds are of, where a page has several such buttons; work : an experiment other
    than that of the page's own lanes
    """
    work = work or cached.experiment(scenario, page)
    with st.container(horizontal=True, vertical_alignment="center"):
        label = "Go on" if work.done and not work.finished else f"Run {cached.SEEDS} worlds"
        st.button(
            f"{label} of “{of}”" if of else label, icon=":material/play_arrow:",
            key=f"{key}_start", on_click=work.start, disabled=work.running or work.finished,
        )  # fmt: skip
        st.button(
            f"Stop “{of}”" if of else "Stop", icon=":material/stop:",
            key=f"{key}_stop", on_click=work.stop, disabled=not work.running,
        )  # fmt: skip
    _watch(work, verdict)


def _watch(work: Any, verdict: Callable[[list[Any]], None]) -> None:
    running = work.running

    @st.fragment(run_every=0.5 if running else None)
    def progress() -> None:
        if running and not work.running:
            st.rerun()
        if work.failed:
            st.error("These worlds could not be run to the end.", icon=":material/error:")
        if work.waiting:
            st.markdown(WAITING)
        done = list(work.done)
        if not done:
            if work.working:
                st.progress(0.0, PROGRESS.format(done=0, number=cached.SEEDS))
            return
        if len(done) < cached.SEEDS:
            said = PROGRESS.format(done=len(done), number=cached.SEEDS)
            st.progress(len(done) / cached.SEEDS, said)
        verdict(done)

    progress()


def worlds(scenario: Any, seeds: list[int], key: str) -> None:
    """Buttons to these worlds of a scenario."""
    with st.container(horizontal=True):
        for seed in seeds[:WORLDS]:
            st.button(f"World {seed}", key=f"{key}_{seed}", on_click=_open, args=(scenario, seed))


def _open(scenario: Any, seed: int) -> None:
    link.amend(scenario=scenario.with_values(seed=seed), step=None, event=None)


def presets(found: list[Any], key: str) -> None:
    """Buttons to ready-made scenarios."""
    with st.container(horizontal=True):
        for preset in found:
            st.button(
                preset.title, key=f"{key}_{preset.name}", on_click=link.amend,
                kwargs={"scenario": preset.scenario, "step": None, "event": None},
            )  # fmt: skip
