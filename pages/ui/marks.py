"""What only the page "When marks lag" has: the signs of stress, and what acting on them saved."""

from typing import Any

import pandas as pd
import streamlit as st

import engine
from pages.ui import cached, charts, charts_marks, colours, lanes, link, signs, verify, words

LAG, COST = "act_lag", "act_cost"  # the reader's own thresholds [bp]
LAGS = (10.0, 25.0, 50.0, 100.0, 200.0)
COSTS = (2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0, 40.0)
SHARE = 0.5
USUAL = {LAG: 50.0, COST: 4.0}
DRAWN = 600  # moments of a line
OPENED = 6  # buttons to runs of single accounts


def thresholds() -> tuple[float, float]:
    """The reader's rule: a mark this late, or a sale this dear [bp]."""
    state = st.session_state
    return state.get(LAG, USUAL[LAG]), state.get(COST, USUAL[COST])


@st.cache_resource(max_entries=32, hash_funcs=cached.HASH, show_spinner=False)
def watched(scenario: Any, page: str, lane: str) -> Any:
    """The signs of one lane, step by step."""
    return engine.signals(cached.compare(scenario, page)[lane])


@st.cache_resource(max_entries=64, hash_funcs=cached.HASH, show_spinner="Running each again …")
def saved(scenario: Any, page: str, lane: str, lag: float, cost: float) -> tuple[Any, Any]:
    """The first sign, and what acting on it changed; None and None without a sign."""
    result = cached.compare(scenario, page)[lane]
    sign = engine.first_sign(result, lag, cost)
    return sign, None if sign is None else engine.acted(result, sign, SHARE)


def picture(view: Any, theme: str) -> charts.Picture:
    """Volatility, mark lag and cost of a fill over time, with the limits of the lane in view."""
    known = lanes.of(view.page)
    frame = watched(view.scenario, view.page, view.lane)
    found = cached.limits(view.scenario, view.page, view.lane)
    result = cached.compare(view.scenario, view.page)[view.lane]
    sign = engine.first_sign(result, *thresholds())
    rows = signs.stress(frame, found, sign, view.scenario.world.dt, DRAWN)
    shown = colours.of_lanes(known.names, theme)[view.lane]
    causes = colours.palette(theme)["cause"]
    key = [
        ("Mark lag [bp]", shown, "solid"),
        ("Cost of selling $1M [bp]", causes["cost"], "dashed"),
        ("Volatility [bp a minute]", causes["outside"], "dotted"),
        ("A limit triggers", colours.INK[theme], "solid"),
    ]
    if sign is not None:
        key.append(("First sign", causes["forced"], "dashed"))
    finding = signs.finding(known.titles[view.lane], frame, found, sign)
    return charts.Picture(
        rows, charts_marks.stress(theme, shown), key, signs.stress_table(frame), finding
    )


def beforehand(view: Any, theme: str) -> None:
    """How late each mark would be, what acting on the signs saved, and the opening numbers."""
    st.markdown(
        "**How late, and how dear: worked out at the opening, and then measured.** Expected is "
        "without forced orders, for the volatility that was reached; what is measured beyond it, "
        "forced orders made."
    )
    st.table(
        signs.lateness(view.scenario, cached.compare(view.scenario, view.page), lanes.of(view.page))
    )
    _acting(view)
    box = words.fold("Accounts by liquidation price, and the numbers of the opening", "opening")
    if box.open:
        with box:
            verify.beforehand(view, theme)


def _acting(view: Any) -> None:
    known = lanes.of(view.page)
    st.markdown(
        "**Acting on the signs.** A rule of your own: close half as soon as the mark is this far "
        "from the mid, or a sale of \\$1M costs this much. The engine repeats the run for each "
        "account with that order in it."
    )
    for column, key, options, label in zip(
        st.columns(2), (LAG, COST), (LAGS, COSTS),
        ("Reduce when the mark is off by [bp]", "Or when selling $1M costs [bp]"), strict=True,
    ):  # fmt: skip
        st.session_state.setdefault(key, USUAL[key])
        with column:
            st.select_slider(label, options, key=key, format_func=lambda x: f"{x:g}")
    sign, frame = saved(view.scenario, view.page, view.lane, *thresholds())
    st.markdown(signs.acting(known.titles[view.lane], sign, frame, view.scenario.world.dt))
    if sign is None:
        return
    box = words.fold("Each account that was run again", "acted")
    if box.open:
        box.dataframe(
            signs.acted(frame), hide_index=True, alt="Accounts with and without the reduction."
        )
    _open(view, sign, frame)


def _open(view: Any, sign: Any, frame: pd.DataFrame) -> None:
    """The runs in which acting mattered most, each a click away."""
    order = frame["saved"].abs().sort_values(ascending=False).index[:OPENED]
    st.markdown("Open the run in which one of them acted:")
    with st.container(horizontal=True):
        for account in sorted(int(frame["account"].loc[i]) for i in order):
            rows = ((sign.step + 1, account, SHARE),)
            scenario = view.scenario.with_values(**{"accounts.reductions": rows})
            st.button(
                f"Account {account}", key=f"acted_{account}", on_click=link.amend,
                kwargs={"scenario": scenario, "step": sign.step + 1, "event": None},
            )  # fmt: skip
