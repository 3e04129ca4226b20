"""Why one event happened: which limit, both sides, where the loss came from, what it did."""

from typing import Any

import streamlit as st

from pages.ui import charts, link, words

WIDE = 760


def choose(table: Any, policy: str) -> None:
    """Every event of the run, one row each; a row can be chosen by mouse or keyboard."""
    key = f"events_{policy}"

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
            alt="All events of the policy in view, in log order. Choose a row to explain it.",
        )


def neighbours(found: Any, event: int | None) -> None:
    """Buttons to the limits before and after the event in view."""
    rows = found["event"].to_numpy()
    at = int(rows.searchsorted(event if event is not None else -1))
    here = at < len(rows) and rows[at] == event
    before, after = at - 1, at + 1 if here else at
    steps = found["step"].to_numpy()

    def go(place: int) -> None:
        link.amend(event=int(rows[place]), step=int(steps[place]))

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


def draw(told: Any, bars: Any, table: Any, theme: str) -> None:
    """An explanation, from the sentence to the source."""
    st.markdown(f"#### {told.title}")
    st.text(lead(told), width=WIDE)
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
            for remedy in told.prevented:
                st.text(remedy.sentence)
    with right:
        _did(told, table)
    st.text(f"Source: {told.source}", width=WIDE)
    box = words.fold("All of it as one text", "reading")
    if box.open:
        box.text(told.text)
    box = words.fold("Every number that went in", "inputs")
    if box.open:
        box.latex(told.formula_latex)
        box.table(
            {
                "Input": [name for name, _, _ in told.inputs],
                "Value": [f"{value:,.8g}" for _, value, _ in told.inputs],
                "Unit": [unit for _, _, unit in told.inputs],
            }
        )


def lead(told: Any) -> str:
    """Who, when, and the two numbers: the first two lines of the reading."""
    return "\n".join(told.text.splitlines()[:2])


def amount(value: float, unit: str) -> str:
    """A number with its unit: cents of a dollar, six digits of anything else."""
    return f"{value:,.2f} {unit}" if unit == "USD" else f"{value:,.6g} {unit}"


def _sides(told: Any) -> None:
    with st.container(border=True):
        st.text(told.formula)
        left, right = st.columns(2)
        left.metric("Observed", amount(told.value, told.unit))
        right.metric("Limit", amount(told.limit, told.unit))
        if told.threshold:
            st.text(told.threshold)


def _loss(told: Any, frame: Any, theme: str) -> None:
    st.markdown("**Where the change of equity came from**")
    said = "; ".join(f"{part.name} {part.amount:+,.0f}" for part in told.parts)
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


def _did(told: Any, table: Any) -> None:
    if told.fills:
        st.markdown("**What the book gave for it**")
        st.dataframe(
            {
                "Displacement [bp]": [fill.band_bp for fill in told.fills],
                "Quantity [coin]": [fill.quantity for fill in told.fills],
                "Price [USD]": [fill.price for fill in told.fills],
            },
            hide_index=True,
            height="content" if len(told.fills) <= 8 else 300,
            alt="Fills by band of displacement of the book.",
        )
    if told.pushed:
        count = len(told.pushed)
        shown = told.pushed[:6]
        st.markdown(f"**Whose limit it pushed** · {count:,} event{'s' if count > 1 else ''}")
        with st.container(horizontal=True):
            for event in shown:
                st.button(
                    f"Event {event:,}", key=f"pushed_{event}", on_click=link.amend,
                    kwargs={"event": int(event), "step": int(table["step"].iloc[event])},
                )  # fmt: skip


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
}
