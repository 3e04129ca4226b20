"""What a room looks at: the note, the scenario of its link, and what was computed from it."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import engine
from pages.ui import cached, content, lanes, link, tables
from pages.ui.room.rules import Room


@dataclass(frozen=True)
class Scene:
    """One round: a note's page and its scenario. Runs are the shared, cached ones."""

    page: str
    view: Any

    @property
    def note(self) -> Any:
        return content.note(self.page)

    @property
    def known(self) -> Any:
        return lanes.of(self.page)

    @property
    def scenario(self) -> Any:
        return self.view.scenario

    @property
    def question(self) -> dict[str, Any]:
        """The note's question with its answers; empty where the note asks none."""
        return self.note.meta.get("predict", {})

    @property
    def options(self) -> tuple[str, ...]:
        """What can be predicted."""
        return self.known.names if self.question else ()

    def results(self) -> dict[str, Any]:
        return cached.compare(self.scenario, self.page)

    def answer(self) -> str:
        """The right prediction; empty where none stands out."""
        return engine.answer(self.results(), self.question["answer"]) if self.question else ""

    def lane(self, room: Room) -> str:
        """The variant in view: the leader's, else the link's, else the page's first.

        Where the leader chose none and nothing happens in it, what is explained is the first
        variant in which something does.
        """
        if room.lane in self.known.names:
            return room.lane
        first = self.view.lane or link.first_lane(self.view)
        if room.stage != "why":
            return first
        return next((name for name in (first, *self.known.names) if self._has_events(name)), first)

    def _has_events(self, lane: str) -> bool:
        return len(cached.events(self.scenario, self.page, lane)) > 0

    @property
    def chosen(self) -> bool:
        """Whether the link names a moment: a page's own link names the last step."""
        return self.view.step is not None and self.view.step < self.scenario.world.steps - 1

    def step(self, room: Room) -> int:
        """Where the timeline stands; a room begins at the link's moment, else at the start."""
        if room.step < 0:
            return self.view.step if self.chosen else 0
        return min(room.step, cached.trace(self.scenario, self.page)["steps"] - 1)

    def event(self, room: Room) -> int | None:
        """The event that is explained: the leader's, else the link's, else the nearest limit.

        A page's own link names the first limit where nobody chose an event. That one gives way to
        the moment at which the leader stopped the timeline.
        """
        lane = self.lane(room)
        table = cached.events(self.scenario, self.page, lane)
        if not len(table):
            return None
        if 0 <= room.event < len(table):
            return room.event
        found, linked = cached.limits(self.scenario, self.page, lane), self.view.event
        if linked is not None and lane == (self.view.lane or link.first_lane(self.view)):
            if room.step < 0 or linked != tables.nearest(found, table, None):
                return min(linked, len(table) - 1)
        return int(tables.nearest(found, table, self.step(room)))


def page_of(query: str) -> str:
    """The page that a link names; the first note where it names none."""
    page = engine.read_link(query, rulebooks=engine.rulebook_names()).page
    return page if page in lanes.pages() else lanes.pages()[0]


@lru_cache(maxsize=128)
def scene(query: str) -> Scene:
    """The scene of a room's link. Never raises: what cannot be used is replaced, as on a page."""
    page = page_of(query)
    view = link.read(query, page)
    known = lanes.of(page)
    lane = view.policy if known.are_policies else view.lane
    return Scene(page, replace(view, page=page, lane=lane if lane in known.names else None))


def of_note(page: str) -> str:
    """The link of a note as it opens, without a fingerprint: what a room shows is its own."""
    return link.address(engine.View(lanes.presets(page)[0].scenario, page=page), None)


def of_link(text: str) -> str:
    """The link of a pasted address. Raises InputError where it holds nothing that can be shown."""
    query = text.strip().partition("?")[2] if "?" in text else ""
    path = text.strip().partition("?")[0].rstrip("/").rpartition("/")[2]
    if not query and path in lanes.pages():
        return of_note(path)
    if not query:
        raise engine.InputError("link", text[:80], "an address of this app, with what follows ?")
    if "page=" not in query and path in lanes.pages():
        query = f"{query}&page={path}"
    found = scene(query)
    if found.view.problems:
        raise found.view.problems[0]
    return link.address(found.view, None)
