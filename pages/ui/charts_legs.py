"""Chart of one account: what it has and what it must hold."""

from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts, colours, legs


@cache
def account(theme: str, paint: str) -> dict[str, Any]:
    """Equity, requirement, and the requirement at the opening correlation, over time."""
    names = [legs.EQUITY, legs.NEEDED, legs.OPENING]
    lines = (
        alt.Chart(charts.named())
        .mark_line(interpolate="step-after", size=2.5)
        .encode(
            x=alt.X("minutes:Q", title="Time [min]"),
            y=alt.Y("usd:Q", title="USD", axis=alt.Axis(format="~s"), scale=alt.Scale(zero=False)),
            color=alt.Color(
                "line:N",
                scale=alt.Scale(domain=names, range=[colours.INK[theme], paint, paint]),
                legend=None,
            ),
            strokeDash=alt.StrokeDash(
                "line:N",
                scale=alt.Scale(
                    domain=names,
                    range=[charts.DASHES["solid"], charts.DASHES["solid"], charts.DASHES["dashed"]],
                ),
                legend=None,
            ),
            tooltip=[
                "line:N",
                alt.Tooltip("minutes:Q", format=".1f", title="minute"),
                alt.Tooltip("usd:Q", format=",.0f", title="USD"),
            ],
        )
        .properties(height=300)
    )
    return charts.plain(lines, theme)
