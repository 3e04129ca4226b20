"""The charts of the page "Models rank, guardrails decide". No Streamlit."""

from functools import cache
from typing import Any

import altair as alt
import pandas as pd

import engine
from pages.ui import charts, colours

KINDS = {"true": "circle", "false": "cross", "warning": "triangle"}
TITLES = {
    "true": "Alert, a forced trade followed in time",
    "false": "Alert, none followed in time",
    "warning": "The operator's warning",
}
MOST = 400  # alerts of a chart


def paints(theme: str) -> dict[str, str]:
    """The colour of each kind of mark."""
    cause = colours.palette(theme)["cause"]
    return {"true": cause["forced"], "false": cause["outside"], "warning": cause["cost"]}


def key(theme: str) -> list[tuple[str, str, str]]:
    """Names, colours and shapes of the picture."""
    found = [(TITLES[kind], paints(theme)[kind], shape) for kind, shape in KINDS.items()]
    return [
        *found,
        ("First forced trade", colours.INK[theme], "solid"),
        ("Price", colours.palette(theme)["cause"]["other"], "bar"),
    ]


def rows(results: dict[str, Any], titles: dict[str, str]) -> pd.DataFrame:
    """What the picture draws: alerts, warnings and the first forced trade of each lane, the price.

    what (true, false, warning, first, price), lane, time_s [s], price [USD/coin], reason
    """
    found = []
    for name, result in results.items():
        dt, alerts = result.scenario.world.dt, engine.alert_ranking(result, MOST)
        for row in alerts[~alerts["late"].astype(bool)].itertuples():
            kind = "true" if row.true else "false"
            found.append((kind, titles[name], row.time_s, None, row.stream))
        for step in sorted(set(result.actions[:, 0].tolist())):
            found.append(("warning", titles[name], step * dt, None, "operator"))
        first = engine.first_trade(result)
        if first is not None:
            found.append(("first", titles[name], first * dt, None, "forced trade"))
    frame = next(iter(results.values())).series_frame()
    thin = engine.thin(frame, ["mid"], 600)
    found += [("price", "", t, p, "") for t, p in zip(thin["time_s"], thin["mid"], strict=True)]
    return pd.DataFrame(found, columns=["what", "lane", "time_s", "price", "reason"])


def _time() -> Any:
    return alt.X("time_s:Q", title="Time [s]")


def _price(theme: str) -> Any:
    """The price of the first lane, on the right axis."""
    axis = alt.Axis(orient="right", format="~s", grid=False)
    return (
        alt.Chart(charts.named())
        .transform_filter("datum.what == 'price'")
        .mark_line(strokeWidth=1.5, color=colours.palette(theme)["cause"]["other"])
        .encode(
            x=_time(),
            y=alt.Y("price:Q", title="Price [USD/coin]", scale=alt.Scale(zero=False), axis=axis),
        )
    )


def _points(theme: str) -> Any:
    """Alerts and warnings, by colour and by shape."""
    paint, shapes = paints(theme), [charts.SHAPES[x] for x in KINDS.values()]
    colour = alt.Scale(domain=list(paint), range=list(paint.values()))
    shape = alt.Scale(domain=list(KINDS), range=shapes)
    return (
        alt.Chart(charts.named())
        .transform_filter("indexof(['true', 'false', 'warning'], datum.what) >= 0")
        .mark_point(filled=True, size=70, opacity=0.95)
        .encode(
            x=_time(),
            color=alt.Color("what:N", scale=colour, legend=None),
            shape=alt.Shape("what:N", scale=shape, legend=None),
            tooltip=["lane:N", "reason:N", alt.Tooltip("time_s:Q", title="s")],
        )
    )


@cache
def alerts(theme: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Alerts by lane over time, with the price behind them."""
    rows_of = {"sort": list(names), "title": None, "scale": alt.Scale(domain=list(names))}
    first = (
        alt.Chart(charts.named())
        .transform_filter("datum.what == 'first'")
        .mark_tick(thickness=3, size=24, orient="vertical", color=colours.INK[theme])
        .encode(
            x=_time(),
            y=alt.Y("lane:N", axis=None, **rows_of),
            tooltip=["lane:N", alt.Tooltip("time_s:Q", title="s")],
        )
    )
    points = _points(theme).encode(y=alt.Y("lane:N", **rows_of))
    chart = alt.layer(_price(theme), first, points).resolve_scale(y="independent")
    return charts.plain(chart.properties(height=300), theme)
