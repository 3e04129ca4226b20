"""What only the page "The cascade is a graph" has: the tree, and the loop known beforehand."""

from typing import Any

import streamlit as st

from pages.ui import cached, cascade_tables, charts, charts_cascade, colours, lanes, legend, words


def picture(view: Any, theme: str) -> Any:
    """The tree of forced flow of the lane in view."""
    rows, table, title = cached.cascade_tree(view.scenario, view.page, view.lane)
    if not len(rows):
        st.markdown("Nothing was closed by force here, so there is no tree. Try a larger move.")
        return None
    waves = rows[rows["kind"] == "wave"]
    key = charts_cascade.key(theme, set(waves["band"]), sorted(set(waves["symbol"])))
    return charts.Picture(rows, charts_cascade.tree(theme), key, table, title)


def beforehand(view: Any, theme: str) -> None:
    """The multiplier at each price, with what happened; latency; and who could be paid."""
    rows, known = cached.cascade_loop(view.scenario, view.page)
    variants, results = lanes.of(view.page), cached.compare(view.scenario, view.page)
    keys = charts.keys(theme, variants.titles)["lanes"]
    marks = [(f"Furthest mark, {title}", tint, line) for title, tint, line in keys]
    st.markdown("**The cascade multiplier at each price, from the opening state**")
    legend.draw(
        [("Multiplier; above the line at 1 a push grows", colours.INK[theme], "bar"), *marks]
    )
    st.vega_lite_chart(
        rows, charts_cascade.loop(theme, variants.names, known["falls"]), key="loop",
        alt=f"Cascade multiplier by price: at most {known['loop']:.2f} at "
        f"{known['loop_price']:,.0f} USD; vertical lines show how far each mark went.",
    )  # fmt: skip
    st.table(cascade_tables.facts(known, results, variants.titles))
    box = words.fold(
        "Price by price: known beforehand, and what happened in the lane in view", "by"
    )
    if box.open:
        box.table(cascade_tables.by_price(results[view.lane]))
