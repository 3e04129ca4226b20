"""What only the page "Five basis points" has: its picture, and the margin steps a cost takes."""

from typing import Any

import streamlit as st

from pages.ui import cached, charts_cost, colours, legend, verify, words


def picture(view: Any, theme: str) -> Any:
    """Accounts that five basis points more bankrupt, over leverage and speed."""
    found = cached.leverages(view.scenario, view.page)
    return charts_cost.grid_picture(found, theme, view.scenario.world.dt)


def beforehand(view: Any, theme: str) -> None:
    """The margin steps of a cost: needs no market at all. Then the opening numbers."""
    st.markdown("#### What a cost takes from the margin: s L² / (1 − s L) steps")
    rows = cached.steps()
    paint = colours.of_lanes(("as_is", "five", "ten"), theme)
    legend.draw([("0.05 %", paint["five"], "dashed"), ("0.10 %", paint["ten"], "dotted")])
    st.vega_lite_chart(
        rows, charts_cost.steps_spec(theme), key="steps",
        alt="Margin steps against leverage, a curve for a cost of 0.05 percent and one for 0.10.",
    )  # fmt: skip
    box = words.fold("Margin steps, as a table", "steps_table")
    if box.open:
        box.dataframe(cached.step_words(), hide_index=True)
    st.markdown("#### The opening in numbers, and what then happened")
    verify.beforehand(view, theme)
