"""Charts of the note "Size before leverage". No Streamlit here."""

from functools import cache
from typing import Any

import altair as alt
import pandas as pd

from pages.ui import colours
from pages.ui.charts import DASHES, LINES, POINTS, SHAPES, Picture, named, plain
from pages.ui.charts_grid import fields, usd

LOG = alt.Scale(type="log", nice=False)
SLICING = {
    "simulated": "Simulated, slice by slice",
    "best": "Obizhaeva and Wang: cheapest plan",
    "steady": "Obizhaeva and Wang: constant rate",
    "other_model": "Another model, Almgren and Chriss: full refill between slices",
}


@cache
def depth_spec(theme: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Slippage against depth, one line a lane, both logarithmic."""
    paint = colours.of_lanes(names, theme)
    chart = (
        alt.Chart(named())
        .mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=55, filled=True))
        .encode(
            x=alt.X(
                "depth:Q",
                title="Depth: orders that move the price by 1 % [USD]",
                scale=LOG,
                axis=alt.Axis(format="~s", grid=False),
            ),
            y=alt.Y(
                "slippage_bp:Q",
                title="Slippage of forced orders [bp]",
                scale=LOG,
                axis=alt.Axis(format="~s"),
            ),
            color=alt.Color(
                "lane:N",
                scale=alt.Scale(domain=list(names), range=list(paint.values())),
                legend=None,
            ),
            strokeDash=alt.StrokeDash(
                "lane:N",
                scale=alt.Scale(domain=list(names), range=[DASHES[x] for x in LINES[: len(names)]]),
                legend=None,
            ),
            shape=alt.Shape(
                "lane:N",
                scale=alt.Scale(
                    domain=list(names), range=[SHAPES[x] for x in POINTS[: len(names)]]
                ),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("title:N", title="change"),
                alt.Tooltip("depth:Q", format="~s", title="depth [USD]"),
                alt.Tooltip("slippage_bp:Q", format=",.1f", title="slippage [bp]"),
                alt.Tooltip("closed:Q", format="~s", title="closed by force [USD]"),
            ],
        )
        .properties(height=340)
    )
    return plain(chart, theme)


def depth_picture(found: pd.DataFrame, theme: str, titles: dict[str, str]) -> Picture | None:
    """The picture of the note, from `engine.over_depth`; None where nobody had to sell."""
    rows = found[["depth", "lane", "slippage_bp", "liquidated_notional"]].copy()
    rows = rows.rename(columns={"liquidated_notional": "closed"})
    rows["title"] = rows["lane"].map(titles)
    rows = rows[rows["slippage_bp"] > 0.0]
    if not len(rows):
        return None
    paint = colours.of_lanes(tuple(titles), theme)
    key = [(title, paint[name], LINES[place]) for place, (name, title) in enumerate(titles.items())]
    table = rows.pivot(index="depth", columns="title", values="slippage_bp").round(1)
    table = table[[t for t in titles.values() if t in table.columns]].reset_index()
    table = table.rename(columns={"depth": "Depth [USD per 1 %]"})
    return Picture(rows, depth_spec(theme, tuple(titles)), key, table)


@cache
def slicing_spec(theme: str) -> dict[str, Any]:
    """Cost against the number of slices: simulated points, and the lines of two models."""
    paint = slicing_paint(theme)
    names = list(SLICING)
    base = alt.Chart(named()).encode(
        x=alt.X(
            "slices:Q", title="Equal slices in the same time [1]", axis=alt.Axis(tickMinStep=1)
        ),
        y=alt.Y("bp:Q", title="Cost of the order [bp]"),
        color=alt.Color(
            "what:N", scale=alt.Scale(domain=names, range=list(paint.values())), legend=None
        ),
        tooltip=[
            alt.Tooltip("title:N", title="what"),
            alt.Tooltip("slices:Q", title="slices"),
            alt.Tooltip("bp:Q", format=".2f", title="cost [bp]"),
        ],
    )
    points = base.transform_filter("datum.what == 'simulated'").mark_point(filled=True, size=70)
    lines = (
        base.transform_filter("datum.what != 'simulated'")
        .mark_line(strokeWidth=2.5)
        .encode(
            strokeDash=alt.StrokeDash(
                "what:N",
                scale=alt.Scale(domain=names[1:], range=[DASHES[x] for x in LINES[:3]]),
                legend=None,
            )
        )
    )
    return plain(alt.layer(lines, points).properties(height=260), theme)


def slicing_paint(theme: str) -> dict[str, str]:
    """A colour for each line of the slicing chart."""
    paint = colours.palette(theme)
    return dict(
        zip(
            SLICING,
            (
                paint["cause"]["forced"], paint["side"]["long"], paint["side"]["short"],
                paint["cause"]["outside"],
            ),
            strict=True,
        )
    )  # fmt: skip


def slicing_key(theme: str) -> list[tuple[str, str, str]]:
    """The key of the slicing chart."""
    shapes = ("circle", *LINES[:3])
    paint = slicing_paint(theme)
    return [
        (title, paint[name], shape)
        for (name, title), shape in zip(SLICING.items(), shapes, strict=True)
    ]


def slicing_rows(found: pd.DataFrame) -> pd.DataFrame:
    """`engine.slicing` in long form."""
    rows = found.melt("slices", list(SLICING), "what", "bp")
    return rows.assign(title=rows["what"].map(SLICING))


def slicing_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The chart of slices as a table, in basis points."""
    table = rows.pivot(index="slices", columns="title", values="bp").round(2).reset_index()
    return table.rename(columns={"slices": "Slices"})


@cache
def surface_spec(theme: str) -> dict[str, Any]:
    """Cost of one order over its size and the depth of the book; the number is in each field."""
    base = alt.Chart(named()).encode(
        x=alt.X(
            "depth_title:O", sort=None, title="Depth [USD per 1 %]", axis=alt.Axis(labelAngle=0)
        ),
        y=alt.Y("size_title:O", sort=None, title="Size of the order [USD]"),
        tooltip=[
            alt.Tooltip("size_title:N", title="size"),
            alt.Tooltip("depth_title:N", title="depth"),
            alt.Tooltip("cost_bp:Q", format=",.1f", title="cost [bp]"),
            alt.Tooltip("of_margin:Q", format=".1%", title="of the margin"),
            alt.Tooltip("steps_title:N", title="margin steps"),
        ],
    )  # fmt: skip
    return fields(base, theme)


def surface_rows(found: pd.DataFrame) -> pd.DataFrame:
    """`engine.surface` of one leverage, with words and shades: darker where more margin goes."""
    rows = found.sort_values(["size", "depth"], ascending=[False, True]).copy()
    rows["size_title"], rows["depth_title"] = rows["size"].map(usd), rows["depth"].map(usd)
    rows["steps_title"] = [f"{x:.2g}" if x < 1e6 else "all" for x in rows["steps"]]
    rows["label"] = [f"{x:.1%}" if x < 0.0995 else f"{x:.0%}" for x in rows["of_margin"]]
    rows.loc[rows["of_margin"] >= 1.0, "label"] = "all"
    rows["shade"] = rows["of_margin"].clip(upper=1.0) ** 0.4
    return rows


def surface_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The surface as a table: sizes down, depths across, share of the margin."""
    table = rows.pivot(index="size", columns="depth", values="label").sort_index(ascending=False)
    table.columns = [f"Depth {usd(depth)}" for depth in table.columns]
    table.insert(0, "Order", [usd(size) for size in table.index])
    return table.reset_index(drop=True)


@cache
def region_spec(theme: str) -> dict[str, Any]:
    """Where half the size saves more slippage, and where half the leverage does."""
    base = alt.Chart(named()).encode(
        x=alt.X(
            "depth_title:O", sort=None, title="Depth [USD per 1 %]", axis=alt.Axis(labelAngle=0)
        ),
        y=alt.Y("fall_title:O", sort=None, title="Outside fall"),
        tooltip=[
            alt.Tooltip("fall_title:N", title="fall"),
            alt.Tooltip("depth_title:N", title="depth"),
            alt.Tooltip("half_size:Q", format=",.1f", title="half the size [bp]"),
            alt.Tooltip("half_leverage:Q", format=",.1f", title="half the leverage [bp]"),
        ],
    )
    return fields(base, theme)


def region_rows(found: pd.DataFrame) -> pd.DataFrame:
    """`engine.halving` with words: dark where size, pale where leverage saves more."""
    rows = found.sort_values(["fall", "depth"]).copy()
    rows["depth_title"] = rows["depth"].map(usd)
    rows["fall_title"] = [f"{100 * x:g} %" for x in rows["fall"]]
    rows["label"] = rows["ahead"].map({"size": "size", "leverage": "leverage", "neither": "equal"})
    rows["shade"] = rows["ahead"].map({"size": 1.0, "leverage": 0.0, "neither": 0.35})
    return rows


def region_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The region as a table: falls down, depths across."""
    table = rows.pivot(index="fall", columns="depth", values="label")
    table.columns = [f"Depth {usd(depth)}" for depth in table.columns]
    table.insert(0, "Fall", [f"{100 * x:g} %" for x in table.index])
    return table.reset_index(drop=True)
