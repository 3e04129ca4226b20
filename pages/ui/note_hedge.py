"""What only "The hedge that pulled the trigger" has: one account, over time and beforehand."""

from typing import Any

import streamlit as st

from pages.ui import cached, charts, charts_legs, colours, content, lanes


def picture(view: Any, theme: str) -> Any:
    """Equity and requirement over time, of the account that met its limit first in any lane."""
    told = content.note(view.page).meta["picture"]
    path = cached.account(view.scenario, view.page, view.lane)
    if path is None:
        st.markdown(f"{told['none']}.")
        return None
    paint = colours.of_lanes(lanes.of(view.page).names, theme)[view.lane]
    return charts.Picture(
        rows=path.rows,
        spec=charts_legs.account(theme, paint),
        key=[
            ("Equity", colours.INK[theme], "solid"),
            ("It must hold", paint, "solid"),
            ("It would, at the opening correlation", paint, "dashed"),
        ],
        table=path.table,
        title=finding(path, told),
    )


def finding(path: Any, told: dict[str, str]) -> str:
    """The title: what closed the account, or how near it came."""
    if path.met is None:
        return told["safe"].format(least=path.least)
    minutes, seconds = divmod(int(path.met["time_s"]), 60)
    added = path.met["requirement"] / path.met["at_opening"] - 1.0
    kind = "helped" if added < -0.01 else "both"
    if path.met["at_opening"] < path.met["equity"]:
        kind = "caused"
    return told[kind].format(time=f"{minutes}:{seconds:02d}", added=added)


def beforehand(view: Any, theme: str) -> None:
    """What the account's legs promise at the opening, at other correlations."""
    meta = content.note(view.page).meta
    told, known = meta["beforehand"], cached.promises(view.scenario, view.page, view.lane)
    if known is None:
        st.markdown(f"{meta['picture']['none']}.")
        return
    st.markdown(told["intro"].format(equity=f"\\${known[0].equity:,.0f}"))
    st.table(
        {
            told["rho"]: [
                told["now"].format(rho=one.rho) if one.published else f"{one.rho:+z.1f}"
                for one in known
            ],
            told["requirement"]: [f"${one.requirement:,.0f}" for one in known],
            told["positions"]: [
                f"{one.positions:.2f}" if one.positions <= one.legs + 1e-9 else told["hedged"]
                for one in known
            ],
            told["move"]: [
                told["never"] if one.move is None else f"{one.move:+z.1%}" for one in known
            ],
        }
    )
    path = cached.account(view.scenario, view.page, view.lane)
    st.markdown(told["after"].format(**path.correlations))
    found = cached.measured(view.scenario, view.page)
    if found:
        st.markdown(told["measured"].format(minutes=found[0]["minutes"]))
        st.table(
            {
                lanes.of(view.page).noun: [row["lane"] for row in found],
                told["before"]: [f"{row['before']:+z.2f}" for row in found],
                told["during"]: [f"{row['during']:+z.2f}" for row in found],
                told["rise"]: [f"{1.0 + row['rise']:.2g}×" for row in found],
                told["corrected"]: [f"{row['corrected']:+z.2f}" for row in found],
            }
        )


def common(view: Any, theme: str) -> None:
    """Two coins with one holder: closed form, what a run shows, what a band leaves of it."""
    meta = content.note(view.page).meta["common"]
    found = cached.held(meta["preset"], tuple(meta["bands"]), meta["window"])
    first = next(iter(found.values()))
    scenario = lanes.preset(meta["preset"]).scenario
    st.markdown(
        meta["intro"].format(
            outside=first.outside, closed=first.closed, measured=first.measured,
            error=first.error, windows=first.windows, leverage=scenario.crowd.fund_leverage,
            seconds=meta["window"] * scenario.world.dt,
        )
    )  # fmt: skip
    st.table(
        {
            meta["band"]: [f"{band:.1%}" if band else meta["none"] for band in found],
            meta["measured"]: [f"{one.measured:+z.2f}" for one in found.values()],
            meta["error"]: [f"{one.error:.2f}" for one in found.values()],
            meta["share"]: [
                f"{(one.measured - one.outside) / (one.closed - one.outside):.0%}"
                for one in found.values()
            ],
        }
    )
    st.markdown(meta["after"])
