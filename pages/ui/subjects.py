"""What a page runs, where that is more than the lanes of one scenario. No Streamlit here.

The caches take a subject in place of a scenario. A private one holds data of its reader: what is
computed from it stays in that reader's session.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import engine
from pages.ui import lanes


@dataclass(frozen=True)
class Pair:
    """The two scenarios of the Lab."""

    first: Any
    second: Any

    def runs(self, page: str) -> dict[str, Any]:
        """Both, in the order of the page's lanes. What they share is drawn once."""
        changed = engine.differences(self.first, self.second)
        names = lanes.of(page).names
        changes = {change.path: change.after for change in changed}
        return engine.compare(self.first, dict(zip(names, ({}, changes), strict=True)))


@dataclass(frozen=True, eq=False)
class Own:
    """A scenario with the reader's own candles, accounts or tiers."""

    scenario: Any
    world: Any = None
    table: Any = None
    tiers: Any = None

    @cached_property
    def key(self) -> str:
        """The settings hold the hashes of all data."""
        return repr(self.scenario)

    def runs(self, page: str) -> dict[str, Any]:
        """The lanes of the page on the reader's own data."""
        given = {"world": self.world, "table": self.table, "tiers": self.tiers}
        return engine.compare(self.scenario, lanes.of(page).changes, **given)


def runs(subject: Any, page: str) -> dict[str, Any]:
    """The lanes of a page, by name."""
    if isinstance(subject, engine.Scenario):
        return engine.compare(subject, lanes.of(page).changes)
    found: dict[str, Any] = subject.runs(page)
    return found


def alike(results: dict[str, Any]) -> bool:
    """True if all runs have one clock and the same symbols, so that one timeline holds them."""
    clocks = {(len(r.mid), r.scenario.world.dt, r.compiled.symbols) for r in results.values()}
    return len(clocks) == 1
