"""Foretold against happened. No Streamlit here."""

from functools import cache
from typing import Any

import altair as alt

from pages.ui import colours
from pages.ui.charts import named, plain

SAME = ("band", "fund", "cost")  # foretold and happened in one unit: a line says "as foretold"
WIDE = ("fund", "cost")  # most cases are near zero, a few far away
LINEAR_UP_TO = {"fund": 0.1, "cost": 10.0}
TICKS = {"fund": [0, 0.03, 0.1, 0.3, 1, 3, 10, 30], "cost": [0, 10, 30, 100, 300, 1_000, 3_000]}


@cache
def calibration(theme: str, name: str, before: str, after: str) -> dict[str, Any]:
    """A point and its interval a bin; the dashed line is where foretold and happened agree."""
    ink = colours.INK[theme]
    scale = alt.Scale(type="symlog", constant=LINEAR_UP_TO[name]) if name in WIDE else alt.Scale()
    axis = alt.Axis(values=TICKS[name], labelOverlap=True) if name in WIDE else alt.Axis()
    base = alt.Chart(named()).encode(
        x=alt.X("before:Q", title=before, scale=scale, axis=axis),
        tooltip=[
            alt.Tooltip("before:Q", title="Foretold", format=".3~g"),
            alt.Tooltip("after:Q", title="Happened", format=".3~g"),
            alt.Tooltip("after_low:Q", title="from", format=".3~g"),
            alt.Tooltip("after_high:Q", title="to", format=".3~g"),
            alt.Tooltip("cases:Q", title="Cases"),
        ],
    )
    up = alt.Y("after:Q", title=after, scale=scale, axis=axis)
    bars = base.mark_rule(strokeWidth=2, color=ink).encode(
        y=alt.Y("after_low:Q", title=after, scale=scale, axis=axis), y2="after_high:Q"
    )
    points = base.mark_point(filled=True, size=90, opacity=1, color=ink).encode(y=up)
    layers = [bars, points]
    if name in SAME:
        line = (
            alt.Chart(named())
            .mark_line(strokeDash=[5, 4], color=colours.palette(theme)["cause"]["outside"])
            .encode(x=alt.X("before:Q", scale=scale), y=alt.Y("before:Q", scale=scale))
        )
        layers.insert(0, line)
    return plain(alt.layer(*layers).properties(height=340), theme)
