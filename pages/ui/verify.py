"""What could be known beforehand, and experiments over many worlds."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui import cached, charts, lanes, legend, link, progress

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
    progress.buttons(work, f"Run {cached.SEEDS} worlds", key, of)
    failed = "These worlds could not be run to the end."
    progress.watch(work, "{done} of {number} worlds run", failed, verdict, every=0.5)


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
