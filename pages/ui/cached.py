"""The only caches of the pages. Shared by all sessions: a room on one preset computes once."""

import logging
import threading
from functools import lru_cache
from typing import Any

import streamlit as st

import engine
from pages.ui import stepper, tables

SEEDS = 100


@lru_cache(maxsize=256)
def _key(scenario: Any) -> str:
    """What a scenario is stored under: every setting, in full. Streamlit's own way takes 2 ms."""
    return repr(scenario)


HASH: dict[Any, Any] = {engine.Scenario: _key}


@st.cache_resource(max_entries=24, hash_funcs=HASH, show_spinner="Running the three policies …")
def compare(scenario: Any) -> dict[str, Any]:
    """The three policies on one world."""
    return engine.compare(scenario)


@st.cache_resource(max_entries=24, hash_funcs=HASH, show_spinner=False)
def trace(scenario: Any) -> dict[str, Any]:
    """What the timeline draws."""
    return engine.trace(compare(scenario))


@st.cache_resource(max_entries=48, hash_funcs=HASH, show_spinner=False)
def events(scenario: Any, policy: str) -> Any:
    """The event table of one policy."""
    return tables.event_table(compare(scenario)[policy])


@st.cache_resource(max_entries=48, hash_funcs=HASH, show_spinner=False)
def limits(scenario: Any, policy: str) -> Any:
    """The events of one policy in which a margin limit triggered."""
    return engine.limits(compare(scenario)[policy].event_frame())[["event", "step"]]


@st.cache_resource(max_entries=24, hash_funcs=HASH, show_spinner=False)
def outcome(scenario: Any) -> dict[str, list[str]]:
    """The outcome as a table."""
    return tables.outcome(compare(scenario), stepper.TITLES)


@st.cache_resource(max_entries=24, hash_funcs=HASH, show_spinner=False)
def ladder(scenario: Any) -> Any:
    """The opening crowd and how far each mark went."""
    return tables.ladder(compare(scenario))


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs=HASH)
def explain(scenario: Any, policy: str, event: int) -> tuple[Any, Any]:
    """One event, explained, and the parts of its loss as bars."""
    told = engine.explain(compare(scenario)[policy], event)
    return told, tables.parts(told)


@st.cache_resource(max_entries=24, hash_funcs=HASH, show_spinner=False)
def beforehand(scenario: Any) -> Any:
    """What the opening state tells, beside what happened under each policy."""
    results = compare(scenario)
    known = engine.beforehand(next(iter(results.values())))
    return tables.opening(known, results, stepper.TITLES)


@st.cache_data(max_entries=16, hash_funcs=HASH, show_spinner="Writing the table …")
def csv(scenario: Any, policy: str) -> bytes:
    """All events of one run as CSV, one row an event."""
    return compare(scenario)[policy].event_frame().to_csv(index=False).encode()


@st.cache_data(max_entries=64, show_spinner=False)
def qr(address: str) -> str:
    """A QR code as SVG: white behind, so that it scans in the dark as well."""
    import segno

    return segno.make(address, error="m").svg_inline(
        scale=4, border=4, dark="#000", light="#fff", omitsize=False
    )


@st.cache_resource(max_entries=1, show_spinner=False)
def failing_presets() -> list[Any]:
    """The ready-made scenarios, each in its own world, in which the claim does not hold."""
    known = engine.presets()
    return [p for p in known if not engine.trial(p.scenario, p.scenario.seed).holds]


class Experiment:
    """The comparison over many seeds, in a thread of its own, stopped at will."""

    room = threading.Semaphore(1)  # one at a time: two cores serve everybody

    def __init__(self, scenario: Any):
        self.scenario = scenario
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
            for result in engine.trials(self.scenario, range(len(self.done), SEEDS)):
                if self._stop.is_set():
                    return
                self.done.append(result)
        except Exception:
            logging.getLogger("forced_flow").exception("A trial failed")
            self.failed = True
        finally:
            self.working = False
            self.room.release()


@st.cache_resource(max_entries=12, hash_funcs=HASH, show_spinner=False)
def experiment(scenario: Any) -> Experiment:
    """The experiment on one scenario; readers with the same settings share it."""
    return Experiment(scenario)
