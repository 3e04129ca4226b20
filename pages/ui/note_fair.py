"""What only the page "Who pays" has: owners of the loss, Lorenz curves, order, and real waves."""

from typing import Any

import streamlit as st

from pages.ui import cached, charts, charts_fair, content, lanes, legend, words

PAGE = "who-pays"


def picture(view: Any, theme: str) -> Any:
    """Who paid which part of the loss, lane by lane."""
    results = cached.compare(view.scenario, view.page)
    return charts_fair.owners_picture(results, lanes.of(view.page).titles, theme)


def treatment(view: Any, theme: str) -> None:
    """How evenly winners were reduced, how accounts were treated, order, and October 2025."""
    meta = content.note(PAGE).meta["fair"]
    _lorenz(view, theme, meta)
    st.markdown(f"#### {meta['treated']}")
    st.table(cached.treated(view.scenario, view.page))
    st.markdown(meta["treated_text"])
    box = words.fold(meta["losses"], "losses")
    if box.open:
        box.markdown(meta["losses_text"])
        box.table(cached.losses(view.scenario, view.page, view.lane))
    box = words.fold(meta["order"], "order")
    if box.open:
        box.markdown(meta["order_text"])
        box.table(cached.ordered(view.scenario, view.page, view.lane))
    _waves(view, meta)


def _lorenz(view: Any, theme: str, meta: dict[str, str]) -> None:
    known, results = lanes.of(view.page), cached.compare(view.scenario, view.page)
    rows = cached.lorenz(view.scenario, view.page)
    drawn = set(rows["lane"]) - {"even"}
    st.markdown(f"#### {charts_fair.lorenz_finding(results) or meta['lorenz']}")
    if not drawn:
        st.markdown(meta["lorenz_none"])
        return
    key = dict(zip(known.names, charts.keys(theme, known.titles)["lanes"], strict=True))
    legend.draw([entry for name, entry in key.items() if name in drawn])
    st.vega_lite_chart(
        rows, charts_fair.lorenz_spec(theme, known.names), key="lorenz", alt=meta["lorenz_about"]
    )
    st.markdown(meta["lorenz_text"])


def _waves(view: Any, meta: dict[str, Any]) -> None:
    """The published waves, held against the run in view."""
    waves = content.adl_waves()
    needed, taken = (sum(row[name] for row in waves) for name in ("needed_usd", "taken_usd"))
    m = cached.compare(view.scenario, view.page)[view.lane].metrics
    sold = m["liquidated_notional"] - m["adl_notional"]
    st.markdown(f"#### {meta['waves']}")
    st.markdown(
        meta["waves_text"].format(
            needed=f"\\${needed / 1e6:.1f}M",
            taken=f"\\${taken / 1e6:.1f}M",
            times=taken / needed,
            published=meta["adl_usd"] / meta["liquidated_usd"],
            here=f"{m['adl_notional'] / sold:.0%}" if sold > 0.0 else "nothing was liquidated",
        )
    )
    box = words.fold("The waves as a table", "waves")
    if box.open:
        names = {
            "wave": "Wave", "time_utc": "Time (UTC)", "deficit_usd": "Debt of losers [USD]",
            "needed_usd": "Needed [USD]", "taken_usd": "Taken [USD]",
        }  # fmt: skip
        table = {title: [_cell(row[name]) for row in waves] for name, title in names.items()}
        box.table(table)
    st.markdown(f"#### {meta['claims']}")


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
