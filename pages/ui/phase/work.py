"""Running a map in a thread of its own, shared by all who look at the same one."""

import logging
import threading
from typing import Any

import streamlit as st

import engine
from pages.ui import cached


class Job:
    """A map, cell by cell; stopped at will, and gone on with where it was."""

    def __init__(self, chosen: Any):
        self.map = chosen
        self.done: dict[tuple[int, int], Any] = {}
        self.failed = self.working = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def number(self) -> int:
        return len(self.map.order)

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def waiting(self) -> bool:
        """Another reader's experiment is running; this one starts after it."""
        return self.running and not self.working

    @property
    def finished(self) -> bool:
        return len(self.done) >= self.number

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
        room = cached.Experiment.room  # one at a time: two cores serve everybody
        while not room.acquire(timeout=0.2):
            if self._stop.is_set():
                return
        self.working = True
        try:
            for cell, values in self.map.run(stop=self._stop.is_set, done=set(self.done)):
                self.done[cell] = values
        except Exception:
            logging.getLogger("forced_flow").exception("A map could not be run")
            self.failed = True
        finally:
            self.working = False
            room.release()


@st.cache_resource(max_entries=8, hash_funcs={engine.PhaseMap: repr}, show_spinner=False)
def job(chosen: Any) -> Job:
    """The run of a map; readers who look at the same one share it."""
    return Job(chosen)


@st.cache_resource(max_entries=32, hash_funcs={engine.PhaseMap: repr}, show_spinner=False)
def link_to(chosen: Any, cell: tuple[int, int], seed: int, policy: str) -> str:
    """The link of a cell's world under one policy, with the fingerprint of its result."""
    scenario = chosen.at(*cell, seed, policy)
    result = engine.run(scenario)
    view = engine.View(
        scenario, page="three-ways-out", policy=policy, fingerprint=result.fingerprint,
        app_version=engine.__version__,
    )  # fmt: skip
    return engine.link(view)
