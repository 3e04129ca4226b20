"""Charts of the note "The band". No Streamlit here."""

from functools import cache
from typing import Any

import altair as alt
import pandas as pd

from pages.ui import colours
from pages.ui.charts import Picture, named, plain

SIZE = 15  # px of a bar
PALE = 0.28
LABEL = {"labelLimit": 130, "labelOverlap": False}


@cache
def lanes_spec(theme: str, names: tuple[str, ...], titles: tuple[str, ...]) -> dict[str, Any]:
    """One row a lane: the band known at the opening (pale), where the orders were filled (dark)."""
    paint = colours.of_lanes(names, theme)
    base = alt.Chart(named()).encode(
        y=alt.Y("title:N", sort=list(titles), title=None, axis=alt.Axis(**LABEL)),
        color=alt.Color(
            "lane:N",
            scale=alt.Scale(domain=list(names), range=list(paint.values())),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("title:N", title="mark rule"),
            alt.Tooltip("known:Q", format=".2f", title="band reaches [%]"),
            alt.Tooltip("low:Q", format=".2f", title="a tenth filled by [%]"),
            alt.Tooltip("middle:Q", format=".2f", title="half filled by [%]"),
            alt.Tooltip("high:Q", format=".2f", title="nine tenths filled by [%]"),
            alt.Tooltip("inside:Q", format=".0f", title="accounts inside [%]"),
        ],
    )
    axis = alt.X(
        "known:Q",
        title="Beyond the account's own limit [%]",
        scale=alt.Scale(zero=True),
        axis=alt.Axis(tickCount=8),
    )
    known = base.mark_bar(height=2 * SIZE, opacity=PALE).encode(x=axis)
    seen = base.mark_bar(height=SIZE).encode(x="low:Q", x2="high:Q")
    ink = colours.INK[theme]
    middle = base.mark_tick(thickness=3, size=2 * SIZE, color=ink).encode(
        x="middle:Q", color=alt.value(ink)
    )
    return plain(alt.layer(known, seen, middle).properties(height=60 * len(names)), theme)


def lanes_picture(found: pd.DataFrame, theme: str, titles: dict[str, str]) -> Picture | None:
    """The picture of the note, from `engine.band_picture`; None where nobody was reduced."""
    rows = found[found["accounts"] > 0].copy()
    if not len(rows):
        return None
    rows["title"] = rows["lane"].map(titles)
    grey = colours.palette(theme)["cause"]
    key = [
        ("Pale: the band, known at the opening", grey["other"], "bar"),
        ("Full colour: where 80 % of forced orders were filled", grey["outside"], "bar"),
        ("Half of them filled before this line", colours.INK[theme], "solid"),
    ]
    return Picture(
        rows, lanes_spec(theme, tuple(titles), tuple(titles.values())), key, lanes_table(rows),
        finding(rows),
    )  # fmt: skip


def finding(rows: pd.DataFrame) -> str:
    """What the picture shows, in one sentence."""
    least, most = rows["inside"].min(), rows["inside"].max()
    if most < 50.0:
        return f"Here the band is wrong: at most {most:.0f} % of accounts are filled inside it"
    furthest = rows.loc[rows["middle"].idxmax()]
    return (
        f"At least {least:.0f} % of accounts are filled inside the band known beforehand, "
        f"furthest out under “{furthest['title']}”"
    )


def lanes_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows as words and numbers."""
    names = {
        "title": "Mark rule",
        "known": "Band reaches [%]",
        "low": "A tenth filled by [%]",
        "middle": "Half by [%]",
        "high": "Nine tenths by [%]",
        "known_s": "Longest wait computed [s]",
        "expected_s": "Expected wait computed [s]",
        "seconds": "Mean wait seen [s]",
        "inside": "Accounts inside [%]",
        "accounts": "Accounts reduced",
    }
    return rows[list(names)].rename(columns=names).round(2)


@cache
def prices_spec(theme: str, what: str) -> dict[str, Any]:
    """Notional by price of one of `steps_paint`; all three are drawn on the same axes."""
    chart = (
        alt.Chart(named())
        .mark_rect(color=steps_paint(theme)[what])
        .encode(
            x=alt.X("start:Q", title="Price [USD]", scale=alt.Scale(zero=False, nice=False)),
            x2="stop:Q",
            y=alt.Y("usd:Q", title="[USD]", axis=alt.Axis(format="~s", tickCount=3)),
            y2=alt.datum(0),
            tooltip=[
                alt.Tooltip("start:Q", format=",.0f", title="from"),
                alt.Tooltip("stop:Q", format=",.0f", title="to"),
                alt.Tooltip("usd:Q", format=",.0f", title="USD"),
            ],
        )
        .properties(height=110)
    )
    return plain(chart, theme)


def steps_paint(theme: str) -> dict[str, str]:
    """What the histograms of prices show, in order, with a colour each."""
    cause = colours.palette(theme)["cause"]
    return {
        "Limits in reach, known": colours.palette(theme)["side"]["long"],
        "Far ends, known": cause["outside"],
        "Forced orders filled": cause["forced"],
    }


def prices_rows(found: pd.DataFrame, what: str) -> pd.DataFrame:
    """One column of `engine.band_prices`; every bin is there, so the axes agree."""
    column = dict(zip(steps_paint("light"), ("triggers", "far", "fills"), strict=True))[what]
    return found[["start", "stop"]].assign(usd=found[column])


@cache
def multiplier_spec(theme: str) -> dict[str, Any]:
    """The cascade multiplier along the price, with a line at one."""
    paint = colours.palette(theme)["cause"]["forced"]
    line = (
        alt.Chart(named())
        .mark_line(interpolate="step", strokeWidth=2.5, color=paint)
        .encode(
            x=alt.X("price:Q", title="Price [USD]", scale=alt.Scale(zero=False, nice=False)),
            y=alt.Y("multiplier:Q", title="Cascade multiplier [1]"),
            tooltip=[
                alt.Tooltip("price:Q", format=",.0f"),
                alt.Tooltip("multiplier:Q", format=".2f"),
            ],
        )
    )
    one = (
        alt.Chart(named())
        .mark_rule(strokeDash=[5, 4], color=colours.INK[theme])
        .encode(y=alt.datum(1.0))
    )
    return plain(alt.layer(line, one).properties(height=180), theme)


def multiplier_rows(found: pd.DataFrame) -> pd.DataFrame:
    """The multiplier of `engine.band_prices` at the middle of each bin."""
    middle = (found["start"] + found["stop"]) / 2.0
    return pd.DataFrame({"price": middle, "multiplier": found["multiplier"]})


WAITS = {
    "known": "Longest wait, known",
    "expected": "Expected wait, known",
    "seen": "Last forced order, seen",
}


def waits_paint(theme: str) -> dict[str, str]:
    """A colour for each line over time."""
    paint = colours.palette(theme)
    tints = (paint["cause"]["outside"], paint["side"]["long"], paint["cause"]["forced"])
    return dict(zip(WAITS, tints, strict=True))


def waits_key(theme: str) -> list[tuple[str, str, str]]:
    """The key of the chart over time."""
    paint, lines = waits_paint(theme), ("dotted", "dashed", "solid")
    return [(WAITS[name], paint[name], line) for name, line in zip(WAITS, lines, strict=True)]


@cache
def waits_spec(theme: str) -> dict[str, Any]:
    """How long after the breach accounts are reduced: computed at most, expected, and seen."""
    names, tints = list(WAITS), list(waits_paint(theme).values())
    chart = (
        alt.Chart(named())
        .mark_line(interpolate="step-after", strokeWidth=2.5)
        .encode(
            x=alt.X("start:Q", title="After the first breach [s]"),
            y=alt.Y("usd:Q", title="Reduced by then [USD]", axis=alt.Axis(format="~s")),
            color=alt.Color("what:N", scale=alt.Scale(domain=names, range=tints), legend=None),
            strokeDash=alt.StrokeDash(
                "what:N",
                scale=alt.Scale(domain=names, range=[[2, 2], [7, 4], [1, 0]]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("title:N", title="what"),
                alt.Tooltip("start:Q", format=".0f", title="seconds"),
                alt.Tooltip("usd:Q", format=",.0f", title="USD"),
            ],
        )
        .properties(height=200)
    )
    return plain(chart, theme)


def waits_rows(found: pd.DataFrame) -> pd.DataFrame:
    """`engine.band_waits` as running totals, in long form."""
    parts = [
        pd.DataFrame({"what": name, "title": title, "start": found["stop"],
                      "usd": found[name].cumsum()})
        for name, title in WAITS.items()
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)
