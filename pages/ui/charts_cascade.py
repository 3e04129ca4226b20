"""Charts of "The cascade is a graph": the tree of forced flow, and the loop price by price."""

from functools import cache
from typing import Any

import altair as alt

from pages.ui import charts, colours

# Generations, as groups of the mean number of orders between a limit and the outside world. Each
# is darker (brighter in the dark) than the one before, so that they tell apart without hue.
BANDS = {
    "0": (0.0, "under 0.1: the outside world"),
    "1": (0.1, "0.1 to 0.5"),
    "2": (0.5, "0.5 to 1"),
    "3": (1.0, "1 to 1.5"),
    "4": (1.5, "1.5 and more"),
}


# One for each symbol of a world, in order; names of Vega's shapes.
SHAPES = ("circle", "square", "diamond", "triangle-up", "cross", "triangle-down")


def shapes(symbols: Any) -> list[str]:
    """The shape of each wave's symbol, by the order in which symbols appear by name."""
    names = sorted(set(symbols))
    return [SHAPES[names.index(symbol) % len(SHAPES)] for symbol in symbols]


def key(theme: str, shown: set[str], symbols: list[str]) -> list[tuple[str, str, str]]:
    """The key of the tree: the generations that are in it, the coins if several, and the lines."""
    paint = dict(zip(BANDS, colours.GENERATIONS[theme], strict=True))
    circles = [(f"Generation {BANDS[b][1]}", paint[b], "circle") for b in BANDS if b in shown]
    lines = [("Mark", colours.INK[theme], "solid"), ("Outside price", colours.INK[theme], "dashed")]
    pushes = ("Line: whose orders pushed it", colours.palette(theme)["cause"]["forced"], "bar")
    if len(symbols) > 1:
        glyphs = ("circle", "square", "diamond", "triangle", "cross")
        lines += [(n, colours.INK[theme], g) for n, g in zip(symbols, glyphs, strict=False)]
    return [*circles, ("Area: USD closed", colours.INK[theme], "circle"), pushes, *lines]


@cache
def tree(theme: str) -> dict[str, Any]:
    """Waves by time and liquidation price; area is USD, colour the generation, lines the pushes."""
    x = alt.X("time:Q", title="Time [s]", scale=alt.Scale(zero=False, nice=False))
    y = alt.Y("level:Q", title="Price [% of the opening]", scale=alt.Scale(zero=False))
    base = alt.Chart(charts.named())
    edges = (
        base.transform_filter("datum.kind == 'edge'")
        .mark_rule(color=colours.palette(theme)["cause"]["forced"], size=1.2, clip=True)
        .encode(
            x=x, y=y, x2="time_to:Q", y2="level_to:Q",
            opacity=alt.Opacity(
                "share:Q", scale=alt.Scale(domain=[0, 0.3], range=[0.12, 0.9], clamp=True),
                legend=None,
            ),
        )
    )  # fmt: skip
    lines = (
        base.transform_filter("datum.kind == 'line'")
        .mark_line(color=colours.INK[theme], size=1.6, clip=True, interpolate="step-after")
        .encode(
            x=x, y=y, detail="symbol:N",
            strokeDash=alt.StrokeDash(
                "line:N", scale=alt.Scale(domain=["mark", "outside"], range=[[1, 0], [5, 4]]),
                legend=None,
            ),
        )
    )  # fmt: skip
    return charts.plain(
        alt.layer(lines, edges, _circles(theme, base, x, y)).properties(height=430), theme
    )


def _price_axis() -> Any:
    return alt.Axis(format="~s")


def _circles(theme: str, base: Any, x: Any, y: Any) -> Any:
    return (
        base.transform_filter("datum.kind == 'wave'")
        .mark_point(opacity=0.95, stroke=colours.INK[theme], strokeWidth=0.8)
        .encode(
            x=x,
            y=y,
            size=alt.Size(
                "usd:Q", scale=alt.Scale(type="linear", range=[14, 1_100], zero=True), legend=None
            ),
            shape=alt.Shape(
                "shape:N", scale=alt.Scale(domain=[*SHAPES], range=[*SHAPES]), legend=None
            ),
            fill=alt.Fill(
                "band:N",
                scale=alt.Scale(domain=list(BANDS), range=list(colours.GENERATIONS[theme])),
                legend=None,
            ),
            order=alt.Order("usd:Q", sort="descending"),
            tooltip=[
                alt.Tooltip("symbol:N", title="coin"),
                alt.Tooltip("time:Q", format=",.0f", title="second"),
                alt.Tooltip("price:Q", format=",.0f", title="limits at [USD]"),
                alt.Tooltip("triggers:Q", title="accounts"),
                alt.Tooltip("usd:Q", format=",.0f", title="closed [USD]"),
                alt.Tooltip("forced:Q", format=".0%", title="pushed by forced orders"),
                alt.Tooltip("generation:Q", format=".2f", title="generation"),
            ],
        )
    )


@cache
def loop(theme: str, names: tuple[str, ...], falls: bool) -> dict[str, Any]:
    """The multiplier by price as an area, the threshold of one, and how far each mark went."""
    base = alt.Chart(charts.named())
    x = alt.X(
        "price:Q",
        title="Price, further along the move to the right [USD]",
        scale=alt.Scale(zero=False, nice=False, reverse=falls),
        axis=_price_axis(),
    )
    one = base.transform_filter("datum.kind == 'one'").mark_rule(color=colours.INK[theme], size=1.5)
    layers = _area(theme, base, x), one.encode(y="loop:Q"), _ends(theme, names, base, x)
    return charts.plain(alt.layer(*layers).properties(height=280), theme)


def _area(theme: str, base: Any, x: Any) -> Any:
    ink = colours.INK[theme]
    return (
        base.transform_filter("datum.kind == 'loop'")
        .mark_area(color=ink, opacity=0.3, line={"color": ink, "size": 1.5})
        .encode(
            x=x,
            y=alt.Y("loop:Q", title="Cascade multiplier [1]"),
            tooltip=[
                alt.Tooltip("price:Q", format=",.0f", title="USD"),
                alt.Tooltip("loop:Q", format=".2f", title="multiplier"),
            ],
        )
    )


def _ends(theme: str, names: tuple[str, ...], base: Any, x: Any) -> Any:
    paint = colours.of_lanes(names, theme)
    dashes = [charts.DASHES[name] for name in charts.LINES[: len(names)]]
    return (
        base.transform_filter("datum.kind == 'end'")
        .mark_rule(size=2.5)
        .encode(
            x=x,
            stroke=alt.Stroke(
                "lane:N", scale=alt.Scale(domain=[*names], range=[*paint.values()]), legend=None
            ),
            strokeDash=alt.StrokeDash(
                "lane:N", scale=alt.Scale(domain=[*names], range=dashes), legend=None
            ),
            tooltip=["lane:N", alt.Tooltip("price:Q", format=",.0f", title="furthest mark")],
        )
    )
