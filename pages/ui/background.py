"""Work of about a second, in a thread of its own, so that a page need not wait for it."""

import logging
import threading
from collections.abc import Callable
from typing import Any


class Background:
    """One piece of work, started at once; what it found, or that it failed."""

    room = threading.Semaphore(1)  # one at a time: two cores serve everybody

    def __init__(self, work: Callable[[], Any]):
        self.value: Any = None
        self.failed = False
        self._over = threading.Event()
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    @property
    def over(self) -> bool:
        """Whether it is done or has failed."""
        return self._over.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait at most this long; True if it is over."""
        return self._over.wait(seconds)

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            with self.room:
                self.value = work()
        except Exception:
            logging.getLogger("forced_flow").exception("Re-runs failed")
            self.failed = True
        finally:
            self._over.set()
