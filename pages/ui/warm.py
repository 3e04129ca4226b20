"""The warm-up of a server: kernels, libraries and the opening scenario, before any reader.

It runs once a process, in a thread: started with the server (deploy/serve.py), else by the first
reader. A reader who comes while it runs is told so and sees how far it is.
"""

import logging
import threading
import time
from functools import cache

import streamlit as st

import engine
from pages.ui import cached, charts, garbage, home, lanes, looks, prompt

PATIENCE = 0.3  # seconds between two looks at how far it is


class WarmUp:
    """One warm-up: how far it is, and whether it is over."""

    def __init__(self) -> None:
        self.stage = ""
        self.part = 0.0  # of 1
        self._over = threading.Event()
        self._start = time.monotonic()
        prompt.answers()
        looks.wait()
        threading.Thread(target=self._work, daemon=True, name="warm-up").start()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._start

    def wait(self, seconds: float | None = None) -> bool:
        """Wait at most this long; True if it is over."""
        return self._over.wait(seconds)

    def _work(self) -> None:
        try:
            for number, stage in enumerate(engine.warm_stages()):
                self.stage, self.part = stage, number / (len(engine.WARM_STAGES) + 1)
            self.stage, self.part = "draw the first page", 1 - 1 / (len(engine.WARM_STAGES) + 1)
            _first_page()
            garbage.short()
        except Exception:  # a reader then pays for it, and sees what is wrong
            logging.getLogger("forced_flow").exception("The warm-up failed")
        finally:
            self._over.set()


def _first_page() -> None:
    """Fill the caches with what the opening scenario shows."""
    # No reader waits here for a spinner that Streamlit would miss.
    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel("ERROR")
    page = engine.FIRST_PAGE
    scenario, names = lanes.presets(page)[0].scenario, lanes.of(page).names
    lane = scenario.liquidation.policy
    for fill in (cached.compare, cached.trace, cached.outcome, cached.ladder, cached.beforehand):
        fill(scenario, page)
    table, found = cached.events(scenario, page, lane), cached.limits(scenario, page, lane)
    if len(table):
        event = int((found if len(found) else table)["event"].iloc[0])
        cached.explain(scenario, page, lane, event)
    cached.failing_presets(page)
    for name in home.runs():
        home.told(name)
    cached.qr("the first code loads the library")
    for theme in ("light", "dark"):
        charts.parts(theme), charts.ladder(theme, names), charts.worlds(theme, names)


@cache
def start() -> WarmUp:
    """The warm-up of this process."""
    return WarmUp()


def wait() -> None:
    """Where it is not over yet: say so and show progress until it is."""
    warming = start()
    if warming.wait(0.0):
        return
    place = st.empty()
    while not warming.wait(PATIENCE):
        place.progress(
            warming.part,
            f"The server has just started and gets ready: {warming.stage} "
            f"({warming.seconds:.0f} s). Only the first start on a computer takes a minute or two.",
        )
    place.empty()
