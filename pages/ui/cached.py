"""The only caches of the pages. Shared by all sessions: a room on one preset computes once."""

import logging
import threading
from functools import lru_cache
from typing import Any

import streamlit as st

import engine
from pages.ui import lanes, tables

SEEDS = 100


@lru_cache(maxsize=256)
def _key(scenario: Any) -> str:
    """What a scenario is stored under: every setting, in full. Streamlit's own way takes 2 ms."""
    return repr(scenario)


HASH: dict[Any, Any] = {engine.Scenario: _key}


@st.cache_resource(max_entries=32, hash_funcs=HASH, show_spinner="Running …")
def compare(scenario: Any, page: str) -> dict[str, Any]:
    """The lanes of a page on one world."""
    return engine.compare(scenario, lanes.of(page).changes)


@st.cache_resource(max_entries=32, hash_funcs=HASH, show_spinner=False)
def trace(scenario: Any, page: str, symbol: int = 0) -> dict[str, Any]:
    """What the timeline draws."""
    return engine.trace(compare(scenario, page), symbol)


@st.cache_resource(max_entries=64, hash_funcs=HASH, show_spinner=False)
def events(scenario: Any, page: str, lane: str) -> Any:
    """The event table of one lane."""
    return tables.event_table(compare(scenario, page)[lane])


@st.cache_resource(max_entries=64, hash_funcs=HASH, show_spinner=False)
def limits(scenario: Any, page: str, lane: str) -> Any:
    """The events of one lane in which a margin limit triggered."""
    return engine.limits(compare(scenario, page)[lane].event_frame())[["event", "step"]]


@st.cache_resource(max_entries=32, hash_funcs=HASH, show_spinner=False)
def outcome(scenario: Any, page: str) -> dict[str, list[str]]:
    """The outcome as a table."""
    known = lanes.of(page)
    return tables.outcome(compare(scenario, page), known.titles, known.noun)


@st.cache_resource(max_entries=32, hash_funcs=HASH, show_spinner=False)
def ladder(scenario: Any, page: str) -> Any:
    """The opening crowd and how far each mark went."""
    return tables.ladder(compare(scenario, page))


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs=HASH)
def explain(scenario: Any, page: str, lane: str, event: int) -> tuple[Any, Any]:
    """One event, explained, and the parts of its loss as bars."""
    told = engine.explain(compare(scenario, page)[lane], event)
    return told, tables.parts(told)


@st.cache_resource(max_entries=32, hash_funcs=HASH, show_spinner=False)
def beforehand(scenario: Any, page: str) -> Any:
    """What the opening state tells, beside what happened in each lane."""
    results = compare(scenario, page)
    known = engine.beforehand(next(iter(results.values())))
    return tables.opening(known, results, lanes.of(page).titles)


@st.cache_data(max_entries=16, hash_funcs=HASH, show_spinner="Writing the table …")
def csv(scenario: Any, page: str, lane: str) -> bytes:
    """All events of one run as CSV, one row an event."""
    return compare(scenario, page)[lane].event_frame().to_csv(index=False).encode()


@st.cache_data(max_entries=64, show_spinner=False)
def qr(address: str) -> str:
    """A QR code as SVG: white behind, so that it scans in the dark as well."""
    import segno

    return segno.make(address, error="m").svg_inline(
        scale=4, border=4, dark="#000", light="#fff", omitsize=False
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def failing_presets(page: str) -> list[Any]:
    """The scenarios of a page, each in its own world, in which its lanes do not differ."""
    changes = lanes.of(page).changes
    known = lanes.presets(page)
    return [p for p in known if not engine.trial(p.scenario, p.scenario.seed, changes).holds]


class Experiment:
    """The lanes of a page over many seeds, in a thread of its own, stopped at will."""

    room = threading.Semaphore(1)  # one at a time: two cores serve everybody

    def __init__(self, scenario: Any, page: str):
        self.scenario = scenario
        self.changes = lanes.of(page).changes
        self.done: list[Any] = []
        self.failed = False
        self.working = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def waiting(self) -> bool:
        """Another experiment is running; this one starts after it."""
        return self.running and not self.working

    @property
    def finished(self) -> bool:
        return len(self.done) >= SEEDS

    def start(self) -> None:
        """Go on from where it was stopped."""
        if self.running or self.finished:
            return
        self._stop.clear()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def _work(self) -> None:
        while not self.room.acquire(timeout=0.2):
            if self._stop.is_set():
                return
        self.working = True
        try:
            seeds = range(len(self.done), SEEDS)
            for result in engine.trials(self.scenario, seeds, self.changes):
                if self._stop.is_set():
                    return
                self.done.append(result)
        except Exception:
            logging.getLogger("forced_flow").exception("A trial failed")
            self.failed = True
        finally:
            self.working = False
            self.room.release()


@st.cache_resource(max_entries=24, hash_funcs=HASH, show_spinner=False)
def experiment(scenario: Any, page: str) -> Experiment:
    """The experiment on one scenario; readers with the same settings share it."""
    return Experiment(scenario, page)
