"""Why one event happened: which limit, both sides, where the loss came from, what it did."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui import charts, colours, legend, link, telling, words

Go = Callable[..., None]
WIDE = 760
PUSHED = 6  # events a limit pushed that have a button


def choose(table: Any, view: Any) -> None:
    """Every event of the run, one row each; a row can be chosen by mouse or keyboard."""
    key = f"events_{view.page}_{view.lane}"

    def chosen() -> None:
        rows = st.session_state[key].selection.rows
        if rows:
            event = table.iloc[rows[0]]
            link.amend(event=int(event["event"]), step=int(event["step"]))

    box = words.fold(f"All {len(table):,} events as a table", "table")
    if box.open:
        box.dataframe(
            table,
            key=key,
            hide_index=True,
            on_select=chosen,
            selection_mode="single-row",
            height=330,
            lazy=True,
            column_config=COLUMNS,
            alt="All events in view, in log order. Choose a row to explain it.",
        )


def neighbours(found: Any, event: int | None, show: Go = link.amend) -> None:
    """Buttons to the limits before and after the event in view; `show` goes there."""
    rows = found["event"].to_numpy()
    at = int(rows.searchsorted(event if event is not None else -1))
    here = at < len(rows) and rows[at] == event
    before, after = at - 1, at + 1 if here else at
    steps = found["step"].to_numpy()

    def go(place: int) -> None:
        show(event=int(rows[place]), step=int(steps[place]))

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Previous limit", icon=":material/chevron_left:", key="limit_before",
            disabled=before < 0, on_click=go, args=(before,),
        )  # fmt: skip
        st.button(
            "Next limit", icon=":material/chevron_right:", key="limit_after",
            disabled=after >= len(rows), on_click=go, args=(after,),
        )  # fmt: skip
        place = f"Limit {at + 1:,} of {len(rows):,}" if here else f"{len(rows):,} limits"
        st.markdown(place)


def number(event: int, table: Any) -> None:
    """Any event by its number."""
    st.session_state["event_number"] = event

    def given() -> None:
        chosen = st.session_state["event_number"]
        if chosen is not None:
            link.amend(event=chosen, step=int(table["step"].iloc[chosen]))

    last = len(table) - 1
    st.number_input(
        f"Event number (0 to {last:,})", 0, last, step=1, key="event_number", on_change=given,
        width=220,
    )  # fmt: skip


def jump(table: Any, events: Any, key: str, go: Go | None) -> None:
    """One button an event; each leads to its explanation. Without `go`, their names alone."""
    if go is None:
        st.text("\n".join(telling.named(table, event) for event in events))
        return
    with st.container(horizontal=True):
        for event in events:
            st.button(
                telling.named(table, event), key=f"{key}_{event}", on_click=go,
                kwargs={"event": int(event), "step": int(table["step"].iloc[event])},
            )  # fmt: skip


def draw(told: Any, bars: Any, table: Any, theme: str, go: Go | None = link.amend) -> None:
    """An explanation, from the sentence to the source. `go` shows another event, if one may."""
    st.markdown(f"#### {told.title}")
    st.text(telling.lead(told), width=WIDE)
    if table["toxic"].iloc[told.event]:
        with st.container(horizontal=True, width=WIDE):
            st.badge("Toxic order", icon=":material/warning:", color="orange")
            st.text(telling.toxic(told))
    _sides(told)
    if told.parts:
        _loss(told, bars, theme)
    left, right = st.columns(2, gap="large")
    with left:
        if told.cut:
            st.markdown("**Why this much**")
            st.text("\n".join(told.cut))
        if told.prevented:
            st.markdown("**What would have prevented it**")
            st.text("\n".join(remedy.sentence for remedy in told.prevented))
    with right:
        _did(told, table, go)
    st.text(f"Source: {told.source}", width=WIDE)
    _more(told)


def _more(told: Any) -> None:
    box = words.fold("All of it as one text", "reading")
    if box.open:
        box.text(told.text)
    box = words.fold("Every number that went in", "inputs")
    if box.open:
        box.table(
            {
                "Input": [name for name, _, _ in told.inputs],
                "Value": [f"{value:,.8g}" for _, value, _ in told.inputs],
                "Unit": [unit for _, _, unit in told.inputs],
            }
        )


def _sides(told: Any) -> None:
    with st.container(border=True):
        st.latex(told.formula_latex)
        st.text(told.formula)
        if numbers := telling.filled_in(told):
            st.text(numbers)
        left, right = st.columns(2)
        left.metric("Observed", telling.amount(told.value, told.unit))
        right.metric("Limit", telling.amount(told.limit, told.unit))
        if told.threshold:
            st.text(told.threshold)


def _loss(told: Any, frame: Any, theme: str) -> None:
    st.markdown("**Where the change of equity came from**")
    said = "; ".join(f"{part.name} {part.amount:+,.0f}" for part in told.parts)
    there = set(frame["cause"])
    names = charts.keys(theme, {})["parts"]
    order = colours.palette(theme)["cause"]
    legend.draw([entry for entry, cause in zip(names, order, strict=True) if cause in there])
    st.vega_lite_chart(
        frame, charts.parts(theme), key="parts", height=charts.tall(len(frame)),
        alt=f"Change of equity by cause, in USD: {said}. Together {told.total:+,.0f}.",
    )  # fmt: skip
    st.markdown(f"The parts add up to **{told.total:+,.2f} USD**.")
    box = words.fold("The parts as a table", "parts_table")
    if box.open:
        box.table(
            {
                "Cause": [*frame["part"], "Sum"],
                "USD": [f"{x:+,.2f}" for x in [*frame["amount"], told.total]],
            }
        )


def _did(told: Any, table: Any, go: Go | None) -> None:
    if told.fills:
        st.markdown("**What the book gave for it**")
        st.dataframe(
            telling.bands(told),
            hide_index=True,
            height="content",
            column_config=FILLS,
            alt="Fills by band of displacement of the book.",
        )
    if told.changed is not None:
        st.markdown("**What changed the limit**")
        jump(table, [told.changed], "changed", go)
    behind = telling.chain(table, told.event)
    if behind:
        st.markdown("**What led to it** · of each event, the earlier one that weighed most")
        jump(table, behind, "cause", go)
    elif told.parts:
        st.markdown("**What led to it** · the outside world weighed most")
        if (largest := telling.largest_order(told)) is not None:
            st.markdown("The forced order that weighed most:")
            jump(table, [largest], "cause", go)
    if told.pushed:
        count = len(told.pushed)
        said = f"the first {PUSHED} of {count:,}" if count > PUSHED else f"{count:,}"
        st.markdown(f"**Whose limit it pushed** · {said} event{'s' if count > 1 else ''}")
        jump(table, told.pushed[:PUSHED], "pushed", go)


FILLS = {
    "Up to [bp]": st.column_config.NumberColumn(format="%.1f", width=90),
    "Coin": st.column_config.NumberColumn(format="%.6f", width=100),
    "USD per coin": st.column_config.NumberColumn(format="%,.2f", width=110),
}
COLUMNS = {
    "event": st.column_config.NumberColumn("Event", format="%d", width="small"),
    "step": None,
    "time_s": st.column_config.NumberColumn("Time [s]", format="%g", width="small"),
    "what": st.column_config.TextColumn("What"),
    "account": st.column_config.NumberColumn("Account", format="%d", width="small"),
    "mark": st.column_config.NumberColumn("Mark [USD]", format="%,.2f"),
    "quantity": st.column_config.NumberColumn("Quantity [coin]", format="%.5f"),
    "price": st.column_config.NumberColumn("Price [USD]", format="%,.2f"),
    "cause": st.column_config.NumberColumn("Caused by", format="%d", width="small"),
    "toxic": st.column_config.TextColumn("Order", width="small"),
}
