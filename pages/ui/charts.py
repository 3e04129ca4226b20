"""Vega-Lite charts, authored once a process and kept as plain dicts without data. No Streamlit."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import altair as alt

from pages.ui import colours

# A second sign beside colour for each lane, in order.
DASHES = {
    "solid": [1, 0],
    "dashed": [7, 4],
    "dotted": [2, 2],
    "long": [12, 3],
    "mixed": [9, 3, 2, 3],
    "sparse": [2, 6],
    "pairs": [5, 2, 5, 6],
}
SHAPES = {
    "circle": "circle",
    "square": "square",
    "triangle": "triangle-up",
    "diamond": "diamond",
    "cross": "cross",
    "wedge": "triangle-down",
    "arrow": "triangle-right",
}
LINES, POINTS = tuple(DASHES), tuple(SHAPES)
MOST = 3_000  # marks of one chart: what a phone redraws in one frame


def plain(chart: Any, theme: str) -> dict[str, Any]:
    """The chart as a dict that takes its data from the caller. Its words have full contrast."""
    spec = chart.to_dict(validate=True)
    for part in (spec, *spec.get("layer", ())):
        for name in ("data", "datasets", "$schema", "config"):
            part.pop(name, None)
    ink = {"labelColor": colours.INK[theme], "titleColor": colours.INK[theme]}
    room = {"left": 2, "top": 5, "right": 14, "bottom": 2}  # the last number of an axis
    # A line across a chart says nothing that its text alternative leaves out.
    return spec | {"padding": room, "config": {"axis": ink, "rule": {"aria": False}}}


@dataclass(frozen=True)
class Picture:
    """A note's own chart: its rows, its Vega-Lite dict, and the key of its colours and shapes.

    table : the rows as a reader wants them, if not as they are; title : where it depends on the
    result, else the note's own
    """

    rows: Any
    spec: dict[str, Any]
    key: list[tuple[str, str, str]] = field(default_factory=list)
    table: Any = None
    title: str = ""


def named() -> Any:
    """The rows that the page hands over."""
    return alt.Data(name="rows")


@cache
def parts(theme: str, large: bool = False) -> dict[str, Any]:
    """A loss as a waterfall: each bar starts where the one above ended, the last bar is the sum.

    large : in the type of a projector
    """
    paint = colours.palette(theme)["cause"]
    base = alt.Chart(named()).encode(
        y=alt.Y(
            "label:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelLimit=300 if large else 230, labelOverlap=False),
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
    return plain(bars, theme)


def tall(rows: int, large: bool = False) -> int:
    """Height of a waterfall with this many bars [px]."""
    return 30 * rows + 105 if large else 25 * rows + 70


@cache
def ladder(theme: str, names: tuple[str, ...]) -> dict[str, Any]:
    """The opening crowd by liquidation price, and how far each lane's mark then fell or rose."""
    return plain(alt.layer(_crowd(theme), _reach(theme, names)).properties(height=300), theme)


def _crowd(theme: str) -> Any:
    sides = colours.palette(theme)["side"]
    return (
        alt.Chart(named())
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


def _reach(theme: str, names: tuple[str, ...]) -> Any:
    paint = colours.of_lanes(names, theme)
    return (
        alt.Chart(named())
        .transform_filter("datum.kind == 'mark'")
        .mark_rule(size=2.5)
        .encode(
            x="start:Q",
            stroke=alt.Stroke(
                "lane:N",
                scale=alt.Scale(domain=list(names), range=list(paint.values())),
                legend=None,
            ),
            strokeDash=alt.StrokeDash(
                "lane:N",
                scale=alt.Scale(domain=list(names), range=[DASHES[x] for x in LINES[: len(names)]]),
                legend=None,
            ),
            tooltip=["lane:N", alt.Tooltip("start:Q", format=",.0f", title="furthest mark")],
        )
    )


@cache
def worlds(theme: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Each point is one world in one lane: slippage against bad debt."""
    paint = colours.of_lanes(names, theme)
    chart = (
        alt.Chart(named())
        .mark_point(filled=True, size=40, opacity=0.75)
        .encode(
            x=alt.X("slippage:Q", title="Slippage [bp]"),
            y=alt.Y("debt:Q", title="Bad debt [USD]", axis=alt.Axis(format="~s")),
            color=alt.Color(
                "lane:N",
                scale=alt.Scale(domain=list(paint), range=list(paint.values())),
                legend=None,
            ),
            shape=alt.Shape(
                "lane:N",
                scale=alt.Scale(
                    domain=list(paint), range=[SHAPES[x] for x in POINTS[: len(names)]]
                ),
                legend=None,
            ),
            tooltip=[
                "lane:N",
                "seed:Q",
                alt.Tooltip("slippage:Q", format=",.1f"),
                alt.Tooltip("debt:Q", format=",.0f", title="bad debt"),
            ],
        )
        .properties(height=360)
    )
    return plain(chart, theme)


def keys(theme: str, titles: dict[str, str]) -> dict[str, list[tuple[str, str, str]]]:
    """The key of each chart: name, colour and shape of what is in it. `titles`: lane -> title."""
    paint = colours.palette(theme)
    shown = colours.of_lanes(tuple(titles), theme)
    sides = {"long": "Longs", "short": "Shorts"}
    causes = {"outside": "Outside move", "forced": "Forced flow of others", "cost": "Costs"}
    causes |= {"willed": "Flow of others, not forced", "other": "Entry to start, lag and the rest"}
    tints = [(titles[name], tint) for name, tint in shown.items()]
    marks = [(f"Furthest mark, {t}", c, line) for (t, c), line in zip(tints, LINES, strict=False)]
    return {
        "parts": [(causes[name], tint, "bar") for name, tint in paint["cause"].items()],
        "ladder": [(sides[name], tint, "bar") for name, tint in paint["side"].items()] + marks,
        "lanes": [(t, c, line) for (t, c), line in zip(tints, LINES, strict=False)],
        "worlds": [(t, c, point) for (t, c), point in zip(tints, POINTS, strict=False)],
    }
