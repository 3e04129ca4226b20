"""What only the page "The band" has: its picture, and the band over prices, time and rulebooks."""

from typing import Any

import streamlit as st

from pages.ui import cached, charts_band, colours, lanes, legend, verify, words


def picture(view: Any, theme: str) -> Any:
    """Each mark rule's band, and what of it the run used."""
    return charts_band.lanes_picture(
        cached.bands(view.scenario, view.page), theme, lanes.of(view.page).titles
    )


def beforehand(view: Any, theme: str) -> None:
    """The band of the lane in view over prices and over time, then the opening numbers."""
    known = lanes.of(view.page)
    title = known.titles[view.lane]
    prices, waits = cached.band_of(view.scenario, view.page, view.lane)
    st.markdown(f"#### The band over prices, mark rule “{title}”")
    paint = charts_band.steps_paint(theme)
    for place, (what, tint) in enumerate(paint.items()):
        legend.draw([(what, tint, "bar")])
        st.vega_lite_chart(
            charts_band.prices_rows(prices, what), charts_band.prices_spec(theme, what),
            key=f"band_prices_{place}", alt=f"Notional in USD by price: {what.lower()}.",
        )  # fmt: skip
    st.markdown("#### The band over time")
    legend.draw(charts_band.waits_key(theme))
    st.vega_lite_chart(
        charts_band.waits_rows(waits), charts_band.waits_spec(theme), key="band_waits",
        alt="Notional reduced against the time since an account's first breach: by the longest "
        "and the expected wait computed at the opening, and by the wait seen in the run.",
    )  # fmt: skip
    st.markdown("#### How much the crowd adds: the cascade multiplier at each price")
    legend.draw([("Above this line the cascade feeds itself", colours.INK[theme], "dashed")])
    st.vega_lite_chart(
        charts_band.multiplier_rows(prices), charts_band.multiplier_spec(theme), key="multiplier",
        alt="The cascade multiplier along the price, with a line at one.",
    )  # fmt: skip
    box = words.fold("The band under each rulebook, as a table", "rulebooks")
    if box.open:
        box.table(cached.rulebooks(view.scenario))
    st.markdown("#### The opening in numbers, and what then happened")
    verify.beforehand(view, theme)
