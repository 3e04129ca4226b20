"""Long work in a thread of its own: shared by readers, stopped at will, gone on with."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import engine

LEFT = 150.0  # [s] without a look after which nobody waits for the work any more

Source = Callable[[Callable[[], bool], set], Iterator[tuple[Any, Any]]]


class Stoppable:
    """Work in `number` parts. A kind of work says what the parts are, and how one is kept."""

    room = threading.Semaphore(1)  # one at a time: two cores serve everybody
    done: Any  # the parts so far

    def __init__(self, number: int):
        self.number = number
        self.failed = self.working = False
        self.problem: engine.InputError | None = None  # of the input, where it is its doing
        self._stop = threading.Event()
        self._seen = time.monotonic()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def waiting(self) -> bool:
        """Another reader's work is running; this one starts after it."""
        return self.running and not self.working

    @property
    def finished(self) -> bool:
        return len(self.done) >= self.number

    def start(self) -> None:
        """Go on from where it was stopped."""
        if self.running or self.finished:
            return
        self._stop.clear()
        self.failed, self.problem = False, None
        self.look()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def look(self) -> None:
        """Somebody's page shows the work. Without that it stops by itself, and can go on later."""
        self._seen = time.monotonic()

    @property
    def _unwanted(self) -> bool:
        return self._stop.is_set() or time.monotonic() - self._seen > LEFT

    def parts(self) -> Iterator[Any]:
        """The parts that are not done yet, as they finish."""
        raise NotImplementedError

    def keep(self, part: Any) -> None:
        """Add a part to those that are done."""
        raise NotImplementedError

    def _work(self) -> None:
        while not self.room.acquire(timeout=0.2):
            if self._unwanted:
                return
        self.working = True
        try:
            if self._unwanted:
                return
            for part in self.parts():
                self.keep(part)
                if self._unwanted:
                    return
        except engine.InputError as error:
            self.problem = error
        except Exception:
            logging.getLogger("forced_flow").exception("Long work could not be done")
            self.failed = True
        finally:
            self.working = False
            self.room.release()


class LongWork(Stoppable):
    """Parts of some work by key, as they finish.

    source : yields key and part of those not among the done, until its first argument answers true
    """

    def __init__(self, number: int, source: Source):
        super().__init__(number)
        self.done: dict[Any, Any] = {}
        self._source = source

    def parts(self) -> Iterator[Any]:
        return self._source(lambda: self._unwanted, set(self.done))

    def keep(self, part: Any) -> None:
        key, value = part
        self.done[key] = value
