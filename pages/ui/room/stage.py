"""What everybody in a room sees at each stage. What a person may do there is handed in."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from pages.ui import cached, content, predict, why, words
from pages.ui.room import board, breaking, connect, rules, timeline, votes
from pages.ui.room.rules import Room
from pages.ui.room.scene import Scene
from pages.ui.room.scene import scene as scene_of
from pages.ui.room.store import Seen
from pages.ui.terms import Terms


@dataclass(frozen=True)
class Viewer:
    """Who looks: their own vote, and what they may do."""

    large: bool = False  # on a projector
    me: str = ""  # a participant's secret
    number: int = 0
    vote: str | None = None
    move: Callable[..., None] | None = None  # the leader's

    @property
    def participant(self) -> bool:
        return bool(self.me)


def draw(seen: Seen, scene: Scene, viewer: Viewer, theme: str) -> None:
    """The stage of the room."""
    _STAGES[seen.room.stage](seen.room, scene, viewer, theme)


def moving(seen: Seen) -> None:
    """The part that changes within a stage; drawn at every look at the room, so it is small."""
    room, scene = seen.room, scene_of(seen.room.link)
    if room.stage == "predict":
        st.markdown(f"**{seen.votes} of {seen.participants}** have answered.")
    elif room.stage == "step":
        timeline.seek(scene, room)
    elif room.stage == "turn":
        board.draw(scene, room, connect.watch().board(room))


def _read(room: Room, scene: Scene, viewer: Viewer, theme: str) -> None:
    meta = scene.note.meta
    if not viewer.large:
        words.head(scene.note, Terms(meta["terms"]), asked=True)
        return
    st.title(meta["title"])
    st.markdown(f"### {meta['question']}")


def _predict(room: Room, scene: Scene, viewer: Viewer, theme: str) -> None:
    meta = scene.question
    if not meta:
        st.markdown(f"### {scene.note.meta['question']}")
        st.markdown("This note asks for no prediction. Talk it over, then look at the result.")
        return
    st.markdown(f"### {meta['question']}")
    st.markdown(meta["situation"])
    for name, title in scene.known.titles.items():
        chosen = viewer.vote == name
        if viewer.participant:
            st.button(
                title,
                key=f"vote_{name}",
                type="primary" if chosen else "secondary",
                icon=":material/check:" if chosen else None,
                width="stretch",
                on_click=_vote,
                args=(room, viewer, name, scene.options),
            )
            st.markdown(meta["options"][name])
        else:
            st.markdown(f"- **{title}**: {meta['options'][name]}")
    if viewer.vote in scene.known.titles:
        mine = scene.known.titles[viewer.vote]
        st.markdown(f"Your prediction: **{mine}**. You can change it until the answer is shown.")


def _vote(room: Room, viewer: Viewer, choice: str, options: tuple[str, ...]) -> None:
    with connect.telling():
        connect.rooms().vote(room.code, viewer.me, choice, options, connect.now())


def _reveal(room: Room, scene: Scene, viewer: Viewer, theme: str) -> None:
    meta, known = scene.question, scene.known
    if meta:
        if viewer.large:
            st.markdown(f"### {meta['question']}")
        tally = connect.tally(room)
        found = votes.bars(known.titles, tally, scene.answer(), viewer.vote)
        st.html(votes.html(found, theme))
        said = predict.told(meta, known, scene.results(), viewer.vote)
        st.markdown(f"### {said}" if viewer.large else said)
    if not viewer.large or not meta:
        st.table(cached.outcome(scene.scenario, scene.page))
    note = scene.note
    if viewer.large:
        st.markdown(note.meta["claim"])
        return
    terms = Terms(note.meta["terms"])
    words.say(f"##### {note.meta['claim']}", terms)
    words.parts(note, terms)


def _step(room: Room, scene: Scene, viewer: Viewer, theme: str) -> None:
    key = f"room_timeline_{room.round}"
    if viewer.move is None:
        st.markdown("The leader moves the timeline." if viewer.participant else "")
        timeline.following(scene, key)
        return
    move = viewer.move
    timeline.leading(
        scene, room, key,
        lambda at: move(lane=at["lane"], step=at["step"], event=_or_none(at["event"])),
    )  # fmt: skip


def _or_none(event: int | None) -> int:
    return -1 if event is None else event


def _why(room: Room, scene: Scene, viewer: Viewer, theme: str) -> None:
    lane, event = scene.lane(room), scene.event(room)
    title = scene.known.titles[lane]
    if event is None:
        st.markdown(f"Nothing was closed by force in **“{title}”**.")
        return
    table = cached.events(scene.scenario, scene.page, lane)
    go = _going(viewer, lane)
    if go is not None:
        left, right = st.columns([2, 1], vertical_alignment="bottom")
        with left:
            why.neighbours(cached.limits(scene.scenario, scene.page, lane), event, go)
        with right:
            why.number(event, table, go)
    st.markdown(f"Event {event:,} in **“{title}”**")
    told, bars = cached.explain(scene.scenario, scene.page, lane, event)
    why.draw(told, bars, table, theme, replace(scene.view, lane=lane), go)


def _going(viewer: Viewer, lane: str) -> Callable[..., None] | None:
    """How the leader shows another event to the room; None for everybody else."""
    move = viewer.move
    if move is None:
        return None
    return lambda event, step: move(lane=lane, event=int(event), step=int(step))


def _turn(room: Room, scene: Scene, viewer: Viewer, theme: str) -> None:
    lane = breaking.lane(scene, room)
    closed = scene.results()[lane].metrics[breaking.CLOSED]
    if not closed:
        st.markdown("Nothing is closed by force in this scenario: there is no cascade to avoid.")
        return
    title = scene.known.titles[lane]
    goal = (
        f"Forced orders close \\${closed:,.0f} in **“{title}”**. Change **one** setting so that "
        f"they close at most half of that. The smallest change wins."
    )
    st.markdown(f"### Your turn\n\n{goal}")
    if not viewer.participant:
        st.markdown(board.RULES)


_STAGES: dict[str, Callable[[Room, Scene, Viewer, str], None]] = {
    "read": _read,
    "predict": _predict,
    "reveal": _reveal,
    "step": _step,
    "why": _why,
    "turn": _turn,
}


def progress(room: Room) -> None:
    """Where the room is among its stages."""
    titles = content.note("workshop").meta["stages"]
    names = [f"**{titles[s]}**" if s == room.stage else titles[s] for s in rules.STAGES]
    st.markdown(" → ".join(names))


def styled(large: bool = False, bare: bool = True) -> None:
    """A room's page has little around it; a projector's has large type."""
    top = "1.2rem" if bare else "4rem"  # below the header, which lies over the page
    style = f"[data-testid=stMainBlockContainer]{{padding-top:{top}}}"
    style += "html{font-size:22px}" if large else ""
    style += "[data-testid=stHeader]{display:none}" if bare else ""
    st.html(f"<style>{style}</style>")
