"""What a page compares: the lanes of its note, with their titles. No Streamlit here."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import engine
from pages.ui import content


@dataclass(frozen=True)
class Lanes:
    """The variants of one page, in order."""

    page: str
    noun: str  # what one is called, such as "Policy"
    titles: dict[str, str]
    changes: dict[str, dict[str, Any]]
    opens: str = ""  # the one to look at first, where the note names one

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.titles)

    @property
    def are_policies(self) -> bool:
        return set(self.titles) == set(engine.POLICIES)

    @property
    def fixed(self) -> set[str]:
        """Settings that the lanes themselves decide: a control for them would change nothing."""
        sets = [set(change) for change in self.changes.values()]
        return set.intersection(*sets)


@cache
def of(page: str) -> Lanes:
    """The lanes of a note."""
    found = engine.lanes(page)
    return Lanes(
        page=page,
        noun=content.note(page).meta.get("lane", "Variant"),
        titles={lane.name: lane.title for lane in found},
        changes={lane.name: lane.changes for lane in found},
        opens=content.note(page).meta.get("opens", ""),
    )


@cache
def metrics_of(page: str) -> frozenset[str]:
    """The metrics that decide the claims of a note."""
    texts = [check["compare"] for check in content.note(page).meta.get("checks", ())]
    return frozenset().union(*(engine.read_claim(text, of(page).names).metrics for text in texts))


@cache
def preset(name: str) -> Any:
    """A ready-made scenario by its name."""
    return next(preset for preset in engine.presets() if preset.name == name)


@cache
def presets(page: str) -> tuple[Any, ...]:
    """The ready-made scenarios of a page; the first is opened."""
    if page == "replay":
        return engine.episodes()
    known = {preset.name: preset for preset in engine.presets()}
    chosen = content.note(page).meta.get("presets", known)  # a tool has them all
    return tuple(known[name] for name in chosen)


@cache
def pages() -> tuple[str, ...]:
    """The names of all field notes, in the order of the links' pages."""
    return tuple(engine.PAGES)
