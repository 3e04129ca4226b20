"""The chart of the page "When marks lag". No Streamlit."""

from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts, colours


def _time() -> Any:
    return alt.X("time_s:Q", title="Time [s]")


def _lines(theme: str, paint: str) -> Any:
    causes, names = colours.palette(theme)["cause"], ["lag", "cost", "volatility"]
    return (
        alt.Chart(charts.named())
        .transform_filter("isValid(datum.bp) && datum.what != 'room'")
        .mark_line(strokeWidth=2, clip=True)
        .encode(
            x=_time(),
            y=alt.Y(
                "bp:Q",
                title="Basis points [bp]",
                scale=alt.Scale(type="symlog", constant=1),
                axis=alt.Axis(values=[0, 1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000]),
            ),
            color=alt.Color(
                "what:N",
                scale=alt.Scale(domain=names, range=[paint, causes["cost"], causes["outside"]]),
                legend=None,
            ),
            strokeDash=alt.StrokeDash(
                "what:N",
                scale=alt.Scale(domain=names, range=[charts.DASHES[x] for x in charts.LINES[:3]]),
                legend=None,
            ),
            tooltip=[
                "what:N",
                alt.Tooltip("time_s:Q", title="s"),
                alt.Tooltip("bp:Q", format=".1f"),
            ],
        )
    )


@cache
def stress(theme: str, paint: str) -> dict[str, Any]:
    """Volatility, mark lag and cost of a fill over time on one scale, limits and the first sign."""
    limits = (
        alt.Chart(charts.named())
        .transform_filter("datum.what == 'limit'")
        .mark_tick(thickness=1.5, size=16, color=colours.INK[theme], yOffset=-8)
        .encode(x=_time(), y=alt.datum(0), tooltip=[alt.Tooltip("time_s:Q", title="limit at s")])
    )
    room = (  # a little more than the highest value, for the eye
        alt.Chart(charts.named())
        .transform_filter("datum.what == 'room'")
        .mark_point(opacity=0)
        .encode(x=_time(), y="bp:Q")
    )
    sign = (
        alt.Chart(charts.named())
        .transform_filter("datum.what == 'sign'")
        .mark_rule(size=2, strokeDash=[6, 4], color=colours.palette(theme)["cause"]["forced"])
        .encode(x=_time(), tooltip=[alt.Tooltip("time_s:Q", title="first sign at s")])
    )
    return charts.plain(
        alt.layer(_lines(theme, paint), limits, sign, room).properties(height=320), theme
    )
