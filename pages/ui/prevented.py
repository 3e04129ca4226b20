"""What would have prevented an event and who caused it: found by re-runs, beside the page."""

from typing import Any

import streamlit as st

import engine
from pages.ui import cached, telling, words

PATIENCE = 0.3  # s for which the page waits before it goes on without
ASKED = "venue_asked"  # the event for which everything else is tried too
HEADING = "**What would have prevented it** · one of these alone, from the first step on"
REPLAYED = (
    "The candles stay as they are: another path of the prices, or another correlation between "
    "them, is not tried. All that the venue and the accounts can do is."
)
EXPLAINS = (
    "Change one thing before the first step, leave the rest: this is the least that keeps the "
    "event from happening at any later step. Each row is proved by two runs: with the value it "
    "does not happen, one step short of it it does. Where the event comes and goes, the row "
    "names all values tried that avoid it: a larger change is not always better."
)


def draw(view: Any, told: Any, ask: bool = True) -> Any:
    """The table for the account; for the venue and for who caused it, on demand (`ask`).

    Returns what was found, for `who`; None while it is on its way: the page is then drawn again.
    """
    if told.rule not in engine.PREVENTABLE:
        return None
    here = (view.page, view.lane, told.event)
    whole = st.session_state.get(ASKED) == here
    work = cached.remedies(view.scenario, view.page, view.lane, told.event, whole)
    work.wait(PATIENCE)
    st.markdown(HEADING, help=EXPLAINS)
    over = work.over
    _follow(work, not over)
    if not over or work.failed:
        return None
    if whole and _replayed(view):
        st.markdown(REPLAYED, width=words.WIDE)
    with st.container(horizontal=True):
        with st.popover("Proofs", key="proofs"):
            _proofs(work.value[0], told)
        if ask and not whole:
            st.button(
                "Try mark, depth, fees, path and others", key="venue",
                icon=":material/replay:", on_click=st.session_state.__setitem__,
                args=(ASKED, here),
                help="About 200 re-runs. They also say which cause and whose orders did it.",
            )  # fmt: skip
    return work.value


def _replayed(view: Any) -> bool:
    """Whether the run in view walks along candles."""
    result = cached.compare(view.scenario, view.page)[view.lane]
    return bool(result.scenario.world.source == "replay")


def who(found: Any) -> None:
    """Which cause and whose forced orders took the account to its limit, once that was asked."""
    for blamed in found[1] if found else ():
        st.markdown(telling.blame_title(blamed))
        st.table(telling.shares(blamed), hide_index=True)
        st.text(telling.enough(blamed), width=words.WIDE)


def _follow(work: Any, waiting: bool) -> None:
    """The answer, or that it is on its way; the page is drawn again once it is there."""

    @st.fragment(run_every=0.5 if waiting else None)
    def answer() -> None:
        if waiting and not work.over:
            st.markdown("Re-running with one thing changed at a time …")
        elif waiting:
            st.rerun()
        elif work.failed:
            st.markdown("These re-runs could not be made.")
        else:
            _answer(work.value[0])

    answer()


def _answer(remedies: Any) -> None:
    """The table, and what does not help."""
    works = [remedy for remedy in remedies if remedy.needed is not None]
    if works:
        st.table(telling.remedies(works), hide_index=True)
    if none := [remedy for remedy in remedies if remedy.needed is None]:
        st.text("\n".join(remedy.sentence for remedy in none), width=words.WIDE)


def _proofs(remedies: Any, told: Any) -> None:
    """How each answer was found, and what would have held at that moment alone."""
    for remedy in remedies:
        if remedy.needed is not None:
            st.text(telling.proof(remedy), width=words.WIDE)
    if said := telling.moment(told):
        st.text(said, width=words.WIDE)
