"""The run as one still picture, for a handout: outside price and marks, limits. No Streamlit."""

from functools import cache
from typing import Any

import altair as alt
import pandas as pd

import engine
from pages.ui import charts, colours

POINTS = 700  # of each line
LIMITS = 300  # limits drawn one by one
OUTSIDE = "outside"


def rows(results: dict[str, Any], lane: str) -> pd.DataFrame:
    """One row a point: time, price, whose line; and the limits of the lane in view."""
    found: list[pd.DataFrame] = []
    for name, result in results.items():
        frame = result.series_frame()
        if not found:
            found.append(_line(frame, OUTSIDE, "fundamental"))
        found.append(_line(frame, name, "mark"))
    seen = results[lane]
    events = engine.limits(seen.event_frame())
    events = events[events["symbol"] == seen.compiled.symbols[0]]
    if len(events) > LIMITS:
        events = engine.thin(events, ["mark"], LIMITS)
    marks = {"time_s": events["time_s"], "price": events["mark"], "what": lane, "kind": "limit"}
    return pd.concat([*found, pd.DataFrame(marks)], ignore_index=True)


def _line(frame: pd.DataFrame, name: str, column: str) -> pd.DataFrame:
    kept = engine.thin(frame, [column], POINTS)
    line = {"time_s": kept["time_s"], "price": kept[column], "what": name, "kind": "line"}
    return pd.DataFrame(line)


@cache
def spec(theme: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Price against time, a line a lane and one of the outside world, a point where a limit is."""
    tints = [colours.palette(theme)["cause"]["outside"], *colours.of_lanes(names, theme).values()]
    dashes = [[1, 0], *(charts.DASHES[x] for x in charts.LINES[: len(names)])]
    domain = [OUTSIDE, *names]
    colour = alt.Color("what:N", scale=alt.Scale(domain=domain, range=tints), legend=None)
    base = alt.Chart(charts.named()).encode(
        x=alt.X("time_s:Q", title="Time [s]"),
        y=alt.Y("price:Q", title="Price [USD per coin]", scale=alt.Scale(zero=False)),
        color=colour,
    )
    dash = alt.StrokeDash("what:N", scale=alt.Scale(domain=domain, range=dashes), legend=None)
    lines = base.transform_filter("datum.kind == 'line'").mark_line(strokeWidth=1.8)
    points = base.transform_filter("datum.kind == 'limit'").mark_point(size=18, filled=True)
    layers = alt.layer(lines.encode(strokeDash=dash), points)
    return charts.plain(layers.properties(height=320), theme)


def key(theme: str, titles: dict[str, str], lane: str) -> list[tuple[str, str, str]]:
    """Names, colours and shapes of what is in the picture."""
    outside = ("Outside price", colours.palette(theme)["cause"]["outside"], "solid")
    marks = [(f"Mark, {title}", c, line) for title, c, line in charts.keys(theme, titles)["lanes"]]
    paint = colours.of_lanes(tuple(titles), theme)[lane]
    return [outside, *marks, (f"A limit triggers, {titles[lane]}", paint, "circle")]
