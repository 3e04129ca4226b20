"""Why one event happened: which limit, both sides, where the loss came from, what it did."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui import charts, colours, legend, link, prevented, telling, words

Go = Callable[..., None]
WIDE = 760
PUSHED = 3  # events a limit pushed that have a button


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
            column_config=COLUMNS,
            alt="All events in view, in log order. Choose a row (Shift and Space) to explain it.",
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


def number(event: int, table: Any, show: Go = link.amend) -> None:
    """Any event by its number; `show` goes there."""
    st.session_state["event_number"] = event

    def given() -> None:
        chosen = st.session_state["event_number"]
        if chosen is not None:
            show(event=chosen, step=int(table["step"].iloc[chosen]))

    last = len(table) - 1
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right"):
        st.markdown(f"Event, of 0 to {last:,}")
        st.number_input(
            f"Event number (0 to {last:,})", 0, last, step=1, key="event_number", on_change=given,
            width=150, label_visibility="collapsed",
        )  # fmt: skip


def jump(table: Any, events: Any, key: str, said: str, go: Go | None) -> None:
    """What these events are, and one button each that leads to its explanation.

    Without `go` they are named and lead nowhere.
    """
    if go is None:
        st.markdown(said)
        st.text("\n".join(telling.named(table, event) for event in events))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(said)
        for event in events:
            st.button(
                telling.named(table, event), key=f"{key}_{event}", on_click=go,
                kwargs={"event": int(event), "step": int(table["step"].iloc[event])},
            )  # fmt: skip


def draw(
    told: Any,
    bars: Any,
    table: Any,
    theme: str,
    view: Any,
    go: Go | None = link.amend,
    large: bool = False,
) -> None:
    """An explanation on one screen: the sentence, both sides, the bar, the cut, what avoids it.

    `go` shows another event; without it the reader follows somebody else, and presses nothing.
    `large`: in the type of a projector.
    """
    st.markdown(f"#### {told.title}")
    st.text(telling.lead(told), width=WIDE)
    if table["toxic"].iloc[told.event]:
        with st.container(horizontal=True, width=WIDE):
            st.badge("Toxic order", icon=":material/warning:", color="orange")
            st.text(telling.toxic(told))
    left, right = st.columns(2, gap="medium")
    with left:
        _sides(told)
        _cut(told)
        found = prevented.draw(view, told, ask=go is not None)
    with right:
        if told.parts:
            _loss(told, bars, theme, large)
        _did(told, table, go)
        prevented.who(found)
    _more(told)


def _more(told: Any) -> None:
    box = words.fold("All of it as one text, and its source", "reading")
    if box.open:
        box.text(told.text)
        box.text(f"Source: {told.source}", width=WIDE)
    box = words.fold("Every number that went in", "inputs")
    if box.open:
        box.table(
            {
                "Input": [name for name, _, _ in told.inputs],
                "Value": [
                    telling.number(value, unit).strip("()") for _, value, unit in told.inputs
                ],
                "Unit": [unit for _, _, unit in told.inputs],
            },
            hide_index=True,
        )
    if told.fills:
        box = words.fold("What the book gave for it, by basis point", "fills")
        if box.open:
            box.dataframe(
                telling.bands(told),
                hide_index=True,
                height="content",
                column_config=FILLS,
                alt="Fills by band of displacement of the book.",
            )


def _sides(told: Any) -> None:
    """Observed against limit; the formula and its numbers open beside them."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        # As wide as their numbers: a number that is cut off cannot be checked.
        st.metric("Observed", telling.amount(told.value, told.unit), width="content")
        st.metric("Limit", telling.amount(told.limit, told.unit), width="content")
        with st.popover("Arithmetic", key="arithmetic"):
            st.latex(told.formula_latex)
            st.text(told.formula)
            if numbers := telling.filled_in(told):
                st.text(numbers)
            if told.threshold:
                st.text(told.threshold)
            if told.symbols:
                st.table(telling.symbols(told), hide_index=True)


def _cut(told: Any) -> None:
    """Why this much: the reason and the result; the lines between open beside them."""
    if not told.cut:
        return
    said = " ".join(dict.fromkeys((told.cut[0], told.cut[-1])))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Why this much:** {telling.plain(said)}")
        if len(told.cut) > 2:
            with st.popover("Arithmetic", key="arithmetic_cut"):
                st.text("\n".join(told.cut))


def _loss(told: Any, frame: Any, theme: str, large: bool) -> None:
    st.markdown(f"**Where the {told.split} came from**")
    said = "; ".join(f"{part.name} {part.amount:+z,.0f}" for part in told.parts)
    there = set(frame["cause"])
    names = charts.keys(theme, {})["parts"]
    order = colours.palette(theme)["cause"]
    legend.draw([entry for entry, cause in zip(names, order, strict=True) if cause in there])
    st.vega_lite_chart(
        frame, charts.parts(theme, large), key="parts",
        height=charts.tall(len(frame), large),
        alt=f"{told.split.capitalize()} by cause, in USD: {said}. Together {told.total:+z,.0f}.",
    )  # fmt: skip
    if said := telling.forced_flow(told, frame):
        st.text(said, width=WIDE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"The parts add up to **{told.total:+z,.2f} USD**.")
        with st.popover("As a table", key="parts_table"):
            st.table(
                {
                    "Cause": [*frame["part"], "Sum"],
                    "USD": [f"{x:+z,.2f}" for x in [*frame["amount"], told.total]],
                },
                hide_index=True,
            )


def _did(told: Any, table: Any, go: Go | None) -> None:
    """What changed the limit, what led to the event, and whose limit it pushed."""
    if told.changed is not None:
        jump(table, [told.changed], "changed", "**What changed the limit**", go)
    behind = telling.chain(table, told.event)
    if behind:
        jump(
            table, behind, "cause", "**What led to it** · of each, the event that weighed most", go
        )
    elif told.parts:
        largest = telling.largest_order(told)
        most = "no forced order weighed much" if largest is None else "of the forced orders, this"
        said = f"**What led to it** · the outside move weighed most; {most}"
        jump(table, [] if largest is None else [largest], "cause", said, go)
    if told.pushed:
        count = len(told.pushed)
        said = f"the first {PUSHED} of {count:,}" if count > PUSHED else f"{count:,}"
        said = f"**Whose limit it pushed** · {said} event{'s' if count > 1 else ''}"
        jump(table, told.pushed[:PUSHED], "pushed", said, go)


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
    "account": None,
    "who": st.column_config.TextColumn("Who", width="small"),
    "mark": st.column_config.NumberColumn("Mark [USD]", format="%,.2f"),
    "quantity": st.column_config.NumberColumn("Quantity [coin]", format="%.5f"),
    "price": st.column_config.NumberColumn("Price [USD]", format="%,.2f"),
    "cause": st.column_config.NumberColumn("Caused by", format="%d", width="small"),
    "toxic": st.column_config.TextColumn("Order", width="small"),
}
