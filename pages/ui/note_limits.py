"""What only "Why did my limit change?" has: its picture, the ledger, and the limits in force."""

from typing import Any

import streamlit as st

import engine
from pages.ui import (
    cached,
    charts,
    charts_limits,
    colours,
    content,
    lanes,
    limit_tables,
    link,
    verify,
    words,
)

CHOSEN = "limit_change"


@st.cache_resource(max_entries=32, hash_funcs=cached.HASH, show_spinner=False)
def ledger(scenario: Any, page: str, lane: str) -> Any:
    """Every change of a limit in one lane."""
    return engine.limit_ledger(cached.compare(scenario, page)[lane])


@st.cache_resource(max_entries=32, hash_funcs=cached.HASH, show_spinner=False)
def added(scenario: Any, page: str) -> Any:
    """What limits asked for at unchanged prices, a lane a line."""
    return limit_tables.added(cached.compare(scenario, page), lanes.of(page).titles)


def picture(view: Any, theme: str) -> charts.Picture:
    """Requirement added at unchanged prices, a line a venue; circles are accounts due by it."""
    known = lanes.of(view.page)
    titles = tuple(known.titles.values())
    ledgers = {
        title: ledger(view.scenario, view.page, name) for name, title in known.titles.items()
    }
    key = [
        (title, colour, line)
        for title, colour, line in zip(
            titles,
            colours.of_lanes(known.names, theme).values(),
            charts.LINES,
            strict=False,
        )
    ]
    return charts.Picture(
        added(view.scenario, view.page),
        charts_limits.added(theme, known.names, titles),
        [*key, ("Accounts due by a change alone", colours.INK[theme], "circle")],
        title=limit_tables.finding(ledgers),
    )


def also(view: Any, theme: str) -> None:
    """The ledger: choose a change; its event, its cause, its number, and whom it put at risk."""
    told = content.note(view.page).meta["limits"]
    st.markdown(f"#### {told['ledger']}")
    found = ledger(view.scenario, view.page, view.lane)
    if not len(found):
        st.markdown(told["none"])
        return
    places = list(range(len(found)))
    rows = list(found.itertuples())
    chosen = st.selectbox(
        told["choose"], places, index=limit_tables.first(found),
        key=f"{CHOSEN}_{len(found)}_{view.lane}",
        format_func=lambda place: limit_tables.choice(rows[place]),
    )  # fmt: skip
    row = rows[chosen]
    st.markdown(limit_tables.told(row))
    st.button(
        told["open"], key="limit_why", icon=":material/search:", on_click=link.amend,
        kwargs={"event": int(row.event), "step": int(row.step)},
    )  # fmt: skip
    who = engine.limit_accounts(cached.compare(view.scenario, view.page)[view.lane], int(row.event))
    table = limit_tables.accounts(who)
    if len(table):
        st.dataframe(table.head(limit_tables.SHOWN), hide_index=True, alt=told["accounts"])
    box = words.fold(told["whole"], "limit_ledger")
    if box.open:
        box.dataframe(limit_tables.ledger(found), hide_index=True, alt=told["whole"])


def beforehand(view: Any, theme: str) -> None:
    """The next notches and whom they would make due, the limits in force, and the opening."""
    told = content.note(view.page).meta["limits"]
    result = cached.compare(view.scenario, view.page)[view.lane]
    st.markdown(f"#### {told['notches']}")
    table = engine.next_notches(result, 0)
    if len(table):
        st.table(limit_tables.notches(table))
        st.markdown(told["notches_text"])
    else:
        st.markdown(told["no_notches"])
    st.markdown(f"#### {told['force'].format(step=view.step)}")
    st.table(limit_tables.in_force(engine.limits_in_force(result, view.step)))
    box = words.fold(told["room"], "limit_room")
    if box.open:
        box.dataframe(
            limit_tables.room(engine.limit_room(result, view.step)), hide_index=True,
            alt=told["room"],
        )  # fmt: skip
    box = words.fold(told["opening"], "opening")
    if box.open:
        with box:
            verify.beforehand(view, theme)
