"""The chart of the note "Crowded funding". No Streamlit here."""

from functools import cache
from typing import Any

import altair as alt
import pandas as pd

from pages.ui import colours
from pages.ui.charts import DASHES, LINES, Picture, named, plain

HEIGHT = 380


@cache
def spec(theme: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Realised volatility to the right, the standing funding rate upward; circles are closures."""
    paint = colours.of_lanes(names, theme)
    colour = alt.Color(
        "lane:N", scale=alt.Scale(domain=list(names), range=list(paint.values())), legend=None
    )
    base = alt.Chart(named())
    x = alt.X(
        "hot:Q",
        title="Realised volatility, a year [%]",
        scale=alt.Scale(zero=False, nice=True),
        axis=alt.Axis(tickCount=6),
    )
    y = alt.Y("rate:Q", title="Funding rate an interval [%]", axis=alt.Axis(tickCount=6))
    path = base.mark_line(strokeWidth=2).encode(
        x=x,
        y=y,
        color=colour,
        order="time_h:Q",
        strokeDash=alt.StrokeDash(
            "lane:N",
            scale=alt.Scale(domain=list(names), range=[DASHES[x] for x in LINES[: len(names)]]),
            legend=None,
        ),
    )
    closed = (
        base.transform_filter("datum.usd > 0")
        .mark_circle(opacity=0.6, stroke=colours.INK[theme], strokeWidth=0.6)
        .encode(
            x=alt.X("hot:Q"),
            y=y,
            color=colour,
            size=alt.Size("usd:Q", scale=alt.Scale(range=[8, 1_300]), legend=None),
            tooltip=[
                alt.Tooltip("title:N", title="funding"),
                alt.Tooltip("time_h:Q", format=".0f", title="hour"),
                alt.Tooltip("hot:Q", format=".0f", title="volatility [%]"),
                alt.Tooltip("rate:Q", format=".3f", title="rate [%]"),
                alt.Tooltip("usd:Q", format=",.0f", title="closed by force [USD]"),
            ],
        )
    )
    return plain(alt.layer(path, closed).properties(height=HEIGHT), theme)


def picture(found: pd.DataFrame, theme: str, titles: dict[str, str]) -> Picture:
    """The picture of the note from `engine.funding_path` of every lane."""
    rows = found.assign(
        title=found["lane"].map(titles),
        hot=100.0 * found["hot"],
        rate=100.0 * found["rate"],
        usd=found["liquidated_usd"],
    )
    paint = colours.of_lanes(tuple(titles), theme)
    key = [(titles[n], paint[n], line) for n, line in zip(titles, LINES, strict=False)]
    key.append(("Closed by force in an hour, larger for more", colours.INK[theme], "circle"))
    return Picture(rows, spec(theme, tuple(titles)), key, table(rows), title(rows))


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a lane: what was closed, at which rate and volatility."""
    closed = rows[rows["usd"] > 0.0]
    return pd.DataFrame(
        [
            {
                "Funding": name,
                "Closed by force [USD]": round(float(part["usd"].sum())),
                "Rate where it was closed [%]": round(mean(part, "rate"), 4),
                "Volatility where it was closed [%]": round(mean(part, "hot"), 1),
                "Highest volatility [%]": round(float(own["hot"].max()), 1),
                "Lowest rate [%]": round(float(own["rate"].min()), 4),
                "Highest rate [%]": round(float(own["rate"].max()), 4),
            }
            for name, own in rows.groupby("title", sort=False)
            for part in (closed[closed["title"] == name],)
        ]
    )


def mean(part: pd.DataFrame, column: str) -> float:
    """Average weighted by what was closed; zero where nothing was."""
    total = float(part["usd"].sum())
    return float((part[column] * part["usd"]).sum()) / total if total > 0.0 else 0.0


def title(rows: pd.DataFrame) -> str:
    """The finding with its numbers; the note's own title where there is nothing to compare."""
    closed = rows.groupby("lane")["usd"].sum()
    none, crowded = float(closed.get("none", 0.0)), float(closed.get("crowded", 0.0))
    if none <= 0.0 or crowded <= 0.0:
        return ""
    ratio = crowded / none
    if ratio > 1.1:
        return f"Where longs have paid, the same outside price closes {ratio:.1f} times as much"
    if ratio < 0.9:
        return f"Shorts who were paid hold out: only {ratio:.0%} as much is closed by force"
    return "Here it hardly matters what the crowd has paid"
