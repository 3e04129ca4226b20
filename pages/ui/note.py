"""A field note as a page: claim, predict, text, run, step, why, verify, take away.

Everything comes from the note's front matter. A page may hand in pieces of its own:

    draw("when-marks-lag", picture=chart, beforehand=numbers)

picture(view, theme)     returns a `charts.Picture`, drawn with its title under the controls
beforehand(view, theme)  draws what can be known before the run, instead of the usual section
claims(view, theme)      draws what comes before the note's checks
also(view, theme)        draws what follows the reasons of an event
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.ui import (
    boundary,
    cached,
    checks,
    content,
    controls,
    lanes,
    legend,
    link,
    notices,
    predict,
    share,
    stepper,
    subjects,
    tables,
    terms,
    verify,
    warm,
    why,
    words,
)

Piece = Callable[[Any, str], Any]
TIMELINE = "timeline"


def draw(
    name: str,
    picture: Piece | None = None,
    beforehand: Piece = verify.beforehand,
    claims: Piece | None = None,
    also: Piece | None = None,
    choice: Callable[[], None] | None = None,
) -> None:
    """The whole page of the note content/notes/<name>.md, its foot included.

    `picture` draws nothing itself and holds no widget, for what is taken away asks for it again; a
    `choice` of what it shows stands above it.
    """
    boundary.guarded(lambda: _page(name, picture, beforehand, claims, also, choice))
    share.foot(content.note("foot").body)


def _page(name: str, *pieces: Any) -> None:
    """The question alone; once it is answered, skipped or sent with its result, everything."""
    note, view = content.note(name), link.current(name)
    marks = terms.Terms(note.meta["terms"])
    asked = predict.due(name, revealed=view.revealed)
    words.head(note, marks, asked)
    notices.about_link()  # before the question too: the address bar forgets what was wrong
    if asked:
        predict.ask(note.meta["predict"], lanes.of(name), marks.marked)
        link.keep(link.address(view, None))
        return
    verdict = st.container()
    words.parts(note, marks)
    warm.wait()
    _everything(view, note.meta, verdict, *pieces)


def _everything(
    view: Any,
    meta: dict[str, Any],
    verdict: Any,
    picture: Piece | None,
    beforehand: Piece,
    claims: Piece | None,
    also: Piece | None,
    choice: Callable[[], None] | None,
) -> None:
    """From the run to what is taken away."""
    known, theme = lanes.of(view.page), st.context.theme.type or "light"
    st.header("Run")
    controls.presets(view)
    controls.main(view, meta["controls"])
    controls.more(view)
    notices.about_controls()
    results = cached.compare(view.scenario, view.page)
    fingerprint = results[view.lane].fingerprint
    view = settled(view)
    query = link.address(view, fingerprint)
    link.keep(query)
    notices.about_fingerprint(fingerprint)
    notices.about_result(results)
    with verdict:
        predict.verdict(meta["predict"], known, results)
    predict.reveal(meta["predict"], known, results)
    if choice is not None:
        choice()
    own = _own(view, theme, picture)
    step(view, known)
    _why(view, theme, also)
    st.header("Verify")
    boundary.guarded(lambda: beforehand(view, theme))
    if claims is not None:
        boundary.guarded(lambda: claims(view, theme))
    checks.draw(view, meta.get("checks", []))
    st.header("Take it with you")
    share.draw(link.whole(query), view, fingerprint, own)


def _own(view: Any, theme: str, picture: Piece | None) -> Piece | None:
    """Draw the note's own chart; what draws it, if there is something to draw."""
    drawn: list[Any] = []
    if picture is not None:
        boundary.guarded(lambda: drawn.append(picture(view, theme)))
        boundary.guarded(
            lambda: show(next(iter(drawn), None), content.note(view.page).meta["picture"])
        )
    return picture if any(one is not None for one in drawn) else None


def show(picture: Any, meta: dict[str, str]) -> None:
    """The note's own chart with its finding as the title, its key, and its rows as a table."""
    if picture is None:
        return
    st.markdown(f"#### {picture.title or meta['title']}")
    if picture.key:
        legend.draw(picture.key)
    st.vega_lite_chart(picture.rows, picture.spec, key="picture", alt=meta["about"])
    box = words.fold("The picture as a table", "picture_table")
    if box.open:
        table = picture.rows if picture.table is None else picture.table
        box.dataframe(table, hide_index=True, alt=meta["about"])


def settled(view: Any) -> Any:
    """The view with the step and the event that are shown where the reader chose none."""
    step, event = view.step, view.event
    table = cached.events(view.scenario, view.page, view.lane)
    if event is None and len(table):
        found = cached.limits(view.scenario, view.page, view.lane)
        event = tables.nearest(found, table, step)
    last = len(cached.compare(view.scenario, view.page)[view.lane].mid) - 1
    step = last if step is None else min(step, last)  # of two runs one may be shorter
    return replace(view, step=step, event=event)


def step(view: Any, known: Any) -> None:
    """One timeline for all lanes; for the one in view where the lanes have no common clock."""
    st.header("Step")
    controls.lane(view)
    results = cached.compare(view.scenario, view.page)
    symbol = _symbol(results[view.lane].compiled.symbols)
    state = st.session_state
    if state.get("sought") != state[link.SEEK]:
        state["sought"] = state[link.SEEK]
        state["seek_to"] = {"lane": view.lane, "step": view.step, "event": view.event}
    seek = {**state["seek_to"], "number": state["sought"]}
    reason = {"lane": view.lane, "step": view.step, "event": view.event}
    alone = None if subjects.alike(results) else view.lane
    trace = cached.trace(view.scenario, view.page, symbol, alone)
    stepper.timeline(trace, known, seek, reason, f"{TIMELINE} {view.page}", _moved)
    box = words.fold("Side by side, as a table", "outcome")
    if box.open:
        box.table(cached.outcome(view.scenario, view.page))


def _symbol(names: tuple[str, ...]) -> int:
    """Whose prices the timeline draws, where there are several symbols."""
    if len(names) == 1:
        return 0
    st.session_state.setdefault("symbol", 0)
    chosen = st.segmented_control(
        "Symbol in view", range(len(names)), format_func=lambda i: names[i], key="symbol"
    )
    return chosen if chosen is not None and chosen < len(names) else 0


def _moved() -> None:
    """The reader stopped the timeline, or chose an event or a lane on it."""
    at = st.session_state[f"{TIMELINE} {link.here().page}"].at
    if at:
        link.amend(seek=False, lane=at["lane"], step=at["step"], event=at["event"])


def told(view: Any, query: str, fingerprint: str) -> None:
    """A tool's run like a note's: step by step, why, and what can be taken away."""
    step(view, lanes.of(view.page))
    _why(view, st.context.theme.type or "light", None)
    st.header("Take it with you")
    share.draw(link.whole(query), view, fingerprint)


def _why(view: Any, theme: str, also: Piece | None) -> None:
    """The reasons of an event, and what the page has to say beside them."""
    st.header("Why")
    boundary.guarded(lambda: reasons(view, theme))
    if also is not None:
        boundary.guarded(lambda: also(view, theme))


def reasons(view: Any, theme: str) -> None:
    """Choose an event of the lane in view, and read why."""
    table = cached.events(view.scenario, view.page, view.lane)
    found = cached.limits(view.scenario, view.page, view.lane)
    if not len(table):
        st.markdown("Nothing was closed by force here. Try a larger move.")
        return
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        why.neighbours(found, view.event)
    told, bars = cached.explain(view.scenario, view.page, view.lane, view.event)
    with right:
        why.number(view.event, table)
    why.draw(told, bars, table, theme, view)
    why.choose(table, view)
