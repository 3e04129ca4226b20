"""Long work in a thread of its own: shared by readers, stopped at will, gone on with."""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

from pages.ui import cached

Source = Callable[[Callable[[], bool], set], Iterator[tuple[Any, Any]]]


class LongWork:
    """Parts of some work by key, as they finish.

    number : how many parts there are; source : yields key and part of those not among the done,
    until its first argument answers true
    """

    def __init__(self, number: int, source: Source):
        self.number = number
        self.done: dict[Any, Any] = {}
        self.failed = self.working = False
        self._source = source
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

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
            for key, part in self._source(self._stop.is_set, set(self.done)):
                self.done[key] = part
        except Exception:
            logging.getLogger("forced_flow").exception("Long work could not be done")
            self.failed = True
        finally:
            self.working = False
            room.release()
