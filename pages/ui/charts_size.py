"""Charts of the note "Size before leverage". No Streamlit here."""

from functools import cache
from typing import Any

import altair as alt
import pandas as pd

from pages.ui import colours
from pages.ui.charts import DASHES, LINES, POINTS, SHAPES, Picture, named, plain

LOG = alt.Scale(type="log", nice=False)
SLICING = {
    "simulated": "Simulated, slice by slice",
    "best": "Obizhaeva and Wang, cheapest plan",
    "steady": "Obizhaeva and Wang, constant rate",
    "other_model": "Another model, Almgren and Chriss",
}


@cache
def depth_spec(theme: str, names: tuple[str, ...]) -> dict[str, Any]:
    """What each halving leaves of the cost, against depth, one line a lane."""
    paint = colours.of_lanes(names, theme)
    shown = list(names[1:])
    chart = (
        alt.Chart(named())
        .mark_line(strokeWidth=3, point=alt.OverlayMarkDef(size=70, filled=True))
        .encode(x=_depth(), y=_left(), tooltip=_told())
        .encode(
            color=_by(shown, [paint[name] for name in shown], alt.Color),
            strokeDash=_by(shown, [DASHES[x] for x in LINES[1 : len(names)]], alt.StrokeDash),
            shape=_by(shown, [SHAPES[x] for x in POINTS[1 : len(names)]], alt.Shape),
        )
        .properties(height=340)
    )
    return plain(chart, theme)


def _by(names: list[str], values: list[Any], channel: Any) -> Any:
    return channel("lane:N", scale=alt.Scale(domain=names, range=values), legend=None)


def _depth() -> Any:
    title = "Depth: orders that move the price by 1 % [USD]"
    return alt.X("depth:Q", title=title, scale=LOG, axis=alt.Axis(format="~s", grid=False))


def _left() -> Any:
    title = "Cost of forced orders left, of 100 as it is [%]"
    return alt.Y("left:Q", title=title, scale=alt.Scale(zero=True))


def _told() -> list[Any]:
    return [
        alt.Tooltip("title:N", title="change"),
        alt.Tooltip("depth:Q", format="~s", title="depth [USD]"),
        alt.Tooltip("left:Q", format=".0f", title="cost left [%]"),
        alt.Tooltip("slippage_usd:Q", format="~s", title="cost [USD]"),
        alt.Tooltip("slippage_bp:Q", format=",.1f", title="slippage [bp]"),
        alt.Tooltip("liquidated_notional:Q", format="~s", title="closed by force [USD]"),
    ]


def depth_picture(
    found: pd.DataFrame, theme: str, titles: dict[str, str], title: str
) -> Picture | None:
    """The picture of the note, from `engine.over_depth`; None where nobody had to sell.

    The first lane is the one the others are measured against.
    """
    whole, *halved = titles
    base = found[found["lane"] == whole].set_index("depth")["slippage_usd"]
    rows = found[found["lane"].isin(halved)].copy()
    rows["left"] = 100.0 * rows["slippage_usd"] / rows["depth"].map(base)
    rows["title"] = rows["lane"].map(titles)
    rows = rows[rows["depth"].map(base) > 0.0]
    if not len(rows):
        return None
    rows = rows[["depth", "lane", "title", "left", "slippage_usd", "slippage_bp",
                 "liquidated_notional"]]  # fmt: skip
    paint = colours.of_lanes(tuple(titles), theme)
    key = [(titles[n], paint[n], line) for n, line in zip(halved, LINES[1:], strict=False)]
    return Picture(rows, depth_spec(theme, tuple(titles)), key, depth_table(found, titles), title)


def ahead(found: pd.DataFrame) -> str:
    """At how many depths half the size leaves less cost than half the leverage; empty if none."""
    cost = found.pivot(index="depth", columns="lane", values="slippage_usd")
    size, leverage = cost["half_size"], cost["half_leverage"]
    compared = int((size != leverage).sum())
    if not compared:
        return ""
    more = int((size < leverage).sum())
    if more in (0, compared):
        name = "size" if more else "leverage"
        return f"Half the {name} saves more at every depth here"
    return f"Half the size saves more at {more} of {compared} depths, with no single boundary"


def depth_table(found: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    """Cost [USD] and slippage [bp] of each lane at each depth."""
    table = pd.DataFrame({"Depth [USD per 1 %]": sorted(found["depth"].unique())})
    for name, title in titles.items():
        mine = found[found["lane"] == name].sort_values("depth")
        table[f"{title}: cost [USD]"] = mine["slippage_usd"].round(0).to_numpy()
        table[f"{title}: slippage [bp]"] = mine["slippage_bp"].round(1).to_numpy()
    return table


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
