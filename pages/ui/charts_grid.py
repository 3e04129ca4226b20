"""Grids of fields in one hue, each with its number or word in it. No Streamlit here."""

from typing import Any

import altair as alt

from pages.ui import colours
from pages.ui.charts import plain

# Pale and full, and the words on each: one hue, so that nothing hangs on telling hues apart.
ENDS = {"light": ("#F1EDF6", "#5B2A86"), "dark": ("#2A2138", "#C9A4F5")}
WORDS = {"light": ("#1B2026", "#FFFFFF"), "dark": ("#EDF1F5", "#101418")}
TURN = {"light": 0.5, "dark": 0.5}  # shade from which words change their colour


def fields(base: Any, theme: str, height: int = 280) -> dict[str, Any]:
    """A grid from `base` (x, y, tooltip): `shade` 0 .. 1 as colour, `label` written in it."""
    scale = alt.Scale(range=list(ENDS[theme]), domain=[0.0, 1.0], clamp=True)
    pale, full = WORDS[theme]
    grid = base.mark_rect(stroke=colours.palette(theme)["cause"]["other"], strokeWidth=0.5).encode(
        color=alt.Color("shade:Q", scale=scale, legend=None)
    )
    words = base.mark_text(fontSize=12).encode(
        text="label:N",
        color=alt.condition(f"datum.shade > {TURN[theme]}", alt.value(full), alt.value(pale)),
    )
    return plain(alt.layer(grid, words).properties(height=height), theme)
