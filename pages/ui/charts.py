"""Vega-Lite charts, authored once a process and kept as plain dicts without data. No Streamlit."""

from functools import cache
from typing import Any

import altair as alt

from pages.ui import colours

MOST = 3_000  # marks of one chart: what a phone redraws in one frame


def _spec(chart: Any, theme: str) -> dict[str, Any]:
    """The chart as a dict that takes its data from the caller. Its words have full contrast."""
    spec = chart.to_dict(validate=True)
    for part in (spec, *spec.get("layer", ())):
        for name in ("data", "datasets", "$schema", "config"):
            part.pop(name, None)
    ink = {"labelColor": colours.INK[theme], "titleColor": colours.INK[theme]}
    room = {"left": 2, "top": 5, "right": 14, "bottom": 2}  # the last number of an axis
    return spec | {"padding": room, "config": {"axis": ink}}


def _named() -> Any:
    return alt.Data(name="rows")


@cache
def parts(theme: str) -> dict[str, Any]:
    """A loss as a waterfall: each bar starts where the one above ended, the last bar is the sum."""
    paint = colours.palette(theme)["cause"]
    base = alt.Chart(_named()).encode(
        y=alt.Y(
            "label:N", sort=None, title=None, axis=alt.Axis(labelLimit=230, labelOverlap=False)
        ),
        tooltip=["part:N", alt.Tooltip("amount:Q", format="+,.2f", title="USD")],
    )
    bars = base.mark_bar(height=15).encode(
        x=alt.X("start:Q", title="Change of equity [USD]"),
        x2="stop:Q",
        color=alt.Color(
            "cause:N",
            scale=alt.Scale(domain=list(paint), range=list(paint.values())),
            legend=None,
        ),
    )
    return _spec(bars, theme)


def tall(rows: int) -> int:
    """Height of a waterfall with this many bars [px]."""
    return 25 * rows + 70


@cache
def ladder(theme: str) -> dict[str, Any]:
    """The opening crowd by liquidation price, and how far each policy's mark then fell or rose."""
    return _spec(alt.layer(_crowd(theme), _reach(theme)).properties(height=300), theme)


def _crowd(theme: str) -> Any:
    sides = colours.palette(theme)["side"]
    return (
        alt.Chart(_named())
        .transform_filter("datum.kind == 'crowd'")
        .mark_rect()
        .encode(
            x=alt.X("start:Q", title="Liquidation price [USD]", scale=alt.Scale(zero=False)),
            x2="stop:Q",
            y=alt.Y("usd:Q", title="Notional [USD]", axis=alt.Axis(format="~s")),
            y2=alt.datum(0),
            color=alt.Color(
                "side:N",
                scale=alt.Scale(domain=list(sides), range=list(sides.values())),
                legend=None,
            ),
            tooltip=[
                "side:N",
                alt.Tooltip("start:Q", format=",.0f", title="from"),
                alt.Tooltip("stop:Q", format=",.0f", title="to"),
                alt.Tooltip("usd:Q", format=",.0f", title="USD"),
            ],
        )
    )


def _reach(theme: str) -> Any:
    paint = colours.palette(theme)["policy"]
    names = list(paint)
    return (
        alt.Chart(_named())
        .transform_filter("datum.kind == 'mark'")
        .mark_rule(size=2.5)
        .encode(
            x="start:Q",
            stroke=alt.Stroke(
                "policy:N",
                scale=alt.Scale(domain=names, range=list(paint.values())),
                legend=None,
            ),
            strokeDash=alt.StrokeDash(
                "policy:N",
                scale=alt.Scale(domain=names, range=[[1, 0], [7, 4], [2, 2]]),
                legend=None,
            ),
            tooltip=["policy:N", alt.Tooltip("start:Q", format=",.0f", title="furthest mark")],
        )
    )


@cache
def worlds(theme: str) -> dict[str, Any]:
    """Each point is one world under one policy: slippage against unpaid debt."""
    paint = colours.palette(theme)["policy"]
    chart = (
        alt.Chart(_named())
        .mark_point(filled=True, size=40, opacity=0.75)
        .encode(
            x=alt.X("slippage:Q", title="Slippage [bp]"),
            y=alt.Y("debt:Q", title="Unpaid debt [USD]", axis=alt.Axis(format="~s")),
            color=alt.Color(
                "policy:N",
                scale=alt.Scale(domain=list(paint), range=list(paint.values())),
                legend=None,
            ),
            shape=alt.Shape(
                "policy:N",
                scale=alt.Scale(domain=list(paint), range=["circle", "square", "triangle-up"]),
                legend=None,
            ),
            tooltip=[
                "policy:N",
                "seed:Q",
                alt.Tooltip("slippage:Q", format=",.1f"),
                alt.Tooltip("debt:Q", format=",.0f", title="unpaid debt"),
            ],
        )
        .properties(height=360)
    )
    return _spec(chart, theme)


LINES = ("solid", "dashed", "dotted")
POINTS = ("circle", "square", "triangle")


def keys(theme: str, titles: dict[str, str]) -> dict[str, list[tuple[str, str, str]]]:
    """The key of each chart: name, colour and shape of what is in it."""
    paint = colours.palette(theme)
    policies = [(titles[name], tint) for name, tint in paint["policy"].items()]
    sides = {"long": "Longs", "short": "Shorts"}
    causes = {"outside": "Outside world", "forced": "Forced flow of others", "cost": "Costs"}
    causes["other"] = "Before the run, lag and the rest"
    marks = [
        (f"Furthest mark, {title}", tint, line)
        for (title, tint), line in zip(policies, LINES, strict=True)
    ]
    return {
        "parts": [(causes[name], tint, "bar") for name, tint in paint["cause"].items()],
        "ladder": [(sides[name], tint, "bar") for name, tint in paint["side"].items()] + marks,
        "worlds": [
            (title, tint, point) for (title, tint), point in zip(policies, POINTS, strict=True)
        ],
    }
