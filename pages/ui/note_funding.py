"""What only the page "Crowded funding" has: its picture, and the bleed known beforehand."""

from typing import Any

import streamlit as st

from pages.ui import cached, charts_funding, lanes, verify

RATE = 0.001  # of one payment: the rate of 10 May 2021


def picture(view: Any, theme: str) -> Any:
    """Funding against realised volatility, a path a lane, with what was closed by force."""
    found = cached.funding_paths(view.scenario, view.page)
    return charts_funding.picture(found, theme, lanes.of(view.page).titles)


def beforehand(view: Any, theme: str) -> None:
    """What payments do to the way to liquidation, by closed form, and what the run then shows."""
    scenario = view.scenario
    every = scenario.funding.interval
    shocks = scenario.world.shocks
    if every > 0.0 and shocks:
        found = cached.bleed(scenario, view.page, RATE)
        st.markdown(
            f"#### {found['payments']} payments of {RATE:.2%} before the move, known at the opening"
        )
        st.table(found["table"])
        st.markdown(found["told"])
    st.markdown("#### The opening in numbers, and what then happened")
    verify.beforehand(view, theme)
