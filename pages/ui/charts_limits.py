"""The chart of "Why did my limit change?": what limits asked for while no price moved."""

from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts, colours


@cache
def added(theme: str, names: tuple[str, ...], titles: tuple[str, ...]) -> dict[str, Any]:
    """Requirement added at unchanged prices, a step line a lane; circles: accounts due."""
    paint = list(colours.of_lanes(names, theme).values())
    base = alt.Chart(charts.named()).encode(
        x=alt.X("minutes:Q", title="Time [min]", axis=alt.Axis(tickCount=8)),
        y=alt.Y("added:Q", title="Requirement added [million USD]"),
        color=alt.Color("lane:N", scale=alt.Scale(domain=list(titles), range=paint), legend=None),
    )
    dashes = [charts.DASHES[line] for line in charts.LINES[: len(names)]]
    line = base.mark_line(interpolate="step-after", strokeWidth=2.5).encode(
        strokeDash=alt.StrokeDash(
            "lane:N", scale=alt.Scale(domain=list(titles), range=dashes), legend=None
        )
    )
    due = (
        base.transform_filter("datum.due > 0")
        .mark_circle(opacity=0.85, stroke=colours.INK[theme], strokeWidth=0.8)
        .encode(
            size=alt.Size("due:Q", scale=alt.Scale(range=[40, 600]), legend=None),
            tooltip=[
                alt.Tooltip("lane:N", title="venue looks at"),
                alt.Tooltip("limit:N", title="changed"),
                alt.Tooltip("minutes:Q", format=".1f", title="minute"),
                alt.Tooltip("due:Q", title="accounts due by it alone"),
            ],
        )
    )
    return charts.plain(alt.layer(line, due).properties(height=340), theme)
