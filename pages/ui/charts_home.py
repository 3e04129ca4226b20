"""The miniature of the first page: one price, three ways it went. No Streamlit here."""

from functools import cache
from typing import Any

import altair as alt
import pandas as pd

import engine
from pages.ui import charts, colours

LINES = {"outside": "Outside price", "held": "Nothing broken", "broken": "One link broken"}
DRAWN = 240  # moments of a line


@cache
def price_spec(theme: str) -> dict[str, Any]:
    """The price over time: outside, at the venue that holds, and with one link broken."""
    causes = colours.palette(theme)["cause"]
    tints = [causes["outside"], colours.INK[theme], causes["forced"]]
    dashes = [charts.DASHES["dashed"], charts.DASHES["solid"], charts.DASHES["solid"]]
    names = list(LINES)
    chart = (
        alt.Chart(charts.named())
        .mark_line(size=2.5)
        .encode(
            x=alt.X("seconds:Q", title="Time [s]", scale=alt.Scale(nice=False)),
            y=alt.Y(
                "price:Q", title="Price [USD]", scale=alt.Scale(zero=False), axis=alt.Axis(
                    format="~s", tickCount=5
                ),
            ),
            color=alt.Color("line:N", scale=alt.Scale(domain=names, range=tints), legend=None),
            strokeDash=alt.StrokeDash(
                "line:N", scale=alt.Scale(domain=names, range=dashes), legend=None
            ),
            tooltip=[
                alt.Tooltip("name:N", title="price"),
                alt.Tooltip("seconds:Q", format=",.0f", title="second"),
                alt.Tooltip("price:Q", format=",.0f", title="USD"),
            ],
        )
        .properties(height=250)
    )  # fmt: skip
    return charts.plain(chart, theme)


def price_rows(held: Any, broken: Any | None) -> pd.DataFrame:
    """Outside price and mid of both runs, thinned; without a broken link the first two lines."""
    frame = held.series_frame()
    lines = {"outside": frame["fundamental"], "held": frame["mid"]}
    if broken is not None:
        lines["broken"] = broken.series_frame()["mid"]
    wide = pd.DataFrame({"seconds": frame["time_s"], **lines})
    thin = engine.thin(wide, list(lines), DRAWN)
    rows = thin.melt("seconds", var_name="line", value_name="price")
    rows["name"] = rows["line"].map(LINES)
    return rows


def key(theme: str, broken: bool) -> list[tuple[str, str, str]]:
    """The key of the lines that are drawn."""
    causes = colours.palette(theme)["cause"]
    found = [
        (LINES["outside"], causes["outside"], "dashed"),
        (LINES["held"], colours.INK[theme], "solid"),
        (LINES["broken"], causes["forced"], "solid"),
    ]
    return found if broken else found[:2]
