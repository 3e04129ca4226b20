"""What only the page "Three ways out" has: its picture, and whether the paths differ."""

from typing import Any

import streamlit as st

from pages.ui import cached, charts, charts_ways, content, lanes, legend, tables, verify


@st.cache_resource(max_entries=32, hash_funcs=cached.HASH, show_spinner=False)
def drawn(scenario: Any, page: str, theme: str) -> Any:
    """The picture of one scenario; None where nothing was closed."""
    return charts_ways.picture(cached.compare(scenario, page), lanes.of(page).titles, theme)


def picture(view: Any, theme: str) -> Any:
    """How dear forced fills were under each path, the dearest first."""
    return drawn(view.scenario, view.page, theme)


def differ(view: Any, theme: str) -> None:
    """The claim of the page over many seeds, on demand, with the scenario in view."""
    meta = content.note(view.page).meta["verify"]
    known = lanes.of(view.page)

    def verdict(done: list[Any]) -> None:
        found = tables.verdict(done, known.titles)
        st.markdown(meta["verdict"].format(**found))
        st.table(found["table"])
        legend.draw(charts.keys(theme, known.titles)["worlds"])
        st.vega_lite_chart(
            tables.trial_points(done), charts.worlds(theme, known.names), key="worlds",
            alt="Each point is one world under one policy: slippage against bad debt.",
        )  # fmt: skip
        failing = found["failing"]
        if not failing:
            st.markdown(meta["never_fails"])
            return
        st.markdown(meta["fails"].format(number=len(failing)))
        verify.worlds(view.scenario, failing, "world")

    st.markdown(meta["claim_check"])
    verify.experiment(view.scenario, view.page, "trials", verdict)
    failing = cached.failing_presets(view.page)
    st.markdown(meta["presets_fail" if failing else "presets_hold"])
    verify.presets(failing, "fails")
