"""Work of about a second, in threads of its own, so that a page need not wait for it.

It is charged to the reader who asked for it once it is done: see `budget`.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from pages.ui import budget

THREADS = 2


class Background:
    """One piece of work, started at once; what it found, or that it failed.

    The work is given the executor that makes its re-runs.
    """

    room = threading.Semaphore(1)  # one at a time: two cores serve everybody

    def __init__(self, work: Callable[[Executor], Any]):
        self.value: Any = None
        self.failed = False
        self._over = threading.Event()
        given = (work, budget.reader())
        threading.Thread(target=self._run, args=given, daemon=True).start()

    @property
    def over(self) -> bool:
        """Whether it is done or has failed."""
        return self._over.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait at most this long; True if it is over."""
        return self._over.wait(seconds)

    def _run(self, work: Callable[[Executor], Any], reader: str | None) -> None:
        pool = budget.Counted(THREADS)
        start = time.thread_time()
        try:
            with self.room, pool:
                self.value = work(pool)
        except Exception:
            logging.getLogger("forced_flow").exception("Re-runs failed")
            self.failed = True
        finally:
            if reader is not None:
                budget.PROCESS.charge(reader, time.thread_time() - start + pool.seconds)
            self._over.set()
