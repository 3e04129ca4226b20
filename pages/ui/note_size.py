"""What only the page "Size before leverage" has: its picture, surfaces, slices and the boundary."""

from typing import Any

import streamlit as st

from pages.ui import cached, charts_size, charts_surface, lanes, legend, verify, words
from pages.ui.amounts import usd

LEVERAGES = (10, 20, 50, 100)


def picture(view: Any, theme: str) -> Any:
    """Slippage against depth, with and without the two halvings."""
    found = cached.depths(view.scenario, view.page)
    title = cached.crossing(view.scenario, view.page)
    return charts_size.depth_picture(found, theme, lanes.of(view.page).titles, title)


def beforehand(view: Any, theme: str) -> None:
    """What size, depth and leverage cost, in closed form and slice by slice."""
    region(view, theme)
    one_order(view, theme)
    slices(view, theme)
    st.markdown("#### The opening in numbers, and what then happened")
    verify.beforehand(view, theme)


def region(view: Any, theme: str) -> None:
    """Which halving is ahead, over depth and fall."""
    st.markdown("#### Which halving saves more slippage, before any price has moved")
    legend.draw(charts_surface.region_key(theme))
    rows = cached.region(view.scenario)
    st.vega_lite_chart(
        rows, charts_surface.region_spec(theme), key="region",
        alt="A grid of depth against outside fall. Each field says whether half the size or half "
        "the leverage leaves less slippage.",
    )  # fmt: skip
    fold("Which halving saves more, as a table", "region_table", charts_surface.region_table(rows))


def one_order(view: Any, theme: str) -> None:
    """Size, depth and leverage of one position alone in the book."""
    st.markdown("#### What one forced order costs, as a share of its margin")
    chosen = st.segmented_control(
        "At a leverage of", LEVERAGES, format_func=lambda x: f"{x}×", default=50,
        key="surface_leverage",
    )  # fmt: skip
    leverage = float(chosen or 50)
    rows = cached.surface(view.scenario, leverage)
    st.vega_lite_chart(
        rows, charts_surface.surface_spec(theme), key="surface",
        alt="A grid of order size against depth. Each field is the share of the position's margin "
        "that closing it in one order costs.",
    )  # fmt: skip
    fold("The cost of one order, as a table", "surface_table", charts_surface.surface_table(rows))
    st.markdown(
        "A position of half the depth, at this leverage and 0.5 % maintenance. Either halving "
        "helps, but not with the same thing:"
    )
    st.table(cached.one_order(view.scenario, leverage))


def slices(view: Any, theme: str) -> None:
    """An order as large as the depth, cut in pieces."""
    size, rows = cached.slices(view.scenario)
    refill = view.scenario.book.recovery
    st.markdown(
        f"#### Slicing helps as far as the book refills\n\n{usd(size)} sold within two minutes; "
        f"the book refills in {refill:g} s. In the other model every slice starts from a full "
        "book, so its line promises more than this book can give.".replace("$", "\\$")
    )
    legend.draw(charts_size.slicing_key(theme))
    st.vega_lite_chart(
        rows, charts_size.slicing_spec(theme), key="slicing",
        alt="Cost of an order against the number of equal slices: simulated points, two closed "
        "forms of the same book, and the line of another model.",
    )  # fmt: skip
    fold("Slices, as a table", "slices_table", charts_size.slicing_table(rows))


def fold(label: str, key: str, table: Any) -> None:
    """A table behind its title."""
    box = words.fold(label, key)
    if box.open:
        box.dataframe(table, hide_index=True)
