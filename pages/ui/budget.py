"""A fair share of the processor for every reader: one heavy user cannot starve a room.

Work that no cache holds is done inside `spending()`. Two rules apply to it:

- Of those who wait, whoever used least of late goes first; no more than `AT_ONCE` run at a time.
- A reader has `BURST` seconds of computing at hand, which refill at `REFILL` a second. Who has used
  them up waits for them to come back, up to `PATIENCE`; beyond that the run is refused in words.

Time is the processor time of the reader's own thread and of those that help it (`helpers`,
`elsewhere`), so waiting costs nothing. A change that a cache answers costs nothing either: a room
of a hundred on one preset spends for one.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx

BURST = 20.0  # [s] a reader may use at once
REFILL = 0.25  # [s/s] a quarter of a core for a reader who never rests
PATIENCE = 5.0  # [s] a run is held back before it is refused
AT_ONCE = 2
FORGET = 600.0  # [s] after which a reader who left is forgotten: all is refilled by then


class Busy(Exception):
    """A reader has used up the computing time at hand; `seconds` until there is some again."""

    def __init__(self, seconds: float):
        super().__init__(
            f"You have asked for a lot of computing in a short time. "
            f"There is room for your next run in about {max(seconds, 1.0):.0f} s."
        )
        self.seconds = seconds


@dataclass
class Purse:
    """What one reader has used and not yet got back [s]."""

    used: float = 0.0
    at: float = 0.0

    def now(self, clock: float) -> float:
        """What is still used at this time."""
        return max(self.used - REFILL * (clock - self.at), 0.0)

    def charge(self, seconds: float, clock: float) -> None:
        """Use so much more."""
        self.used, self.at = self.now(clock) + seconds, clock


@dataclass
class Budget:
    """The purses of all readers of one process, and the line before the processor."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    purses: dict[str, Purse] = field(default_factory=dict)
    line: list[str] = field(default_factory=list)  # readers who wait, in the order they came
    running: int = 0
    spent: float = 0.0  # [s] in all
    refused: int = 0
    _change: threading.Condition = field(default_factory=threading.Condition)
    _inside: threading.local = field(default_factory=threading.local)

    @contextmanager
    def spending(self, reader: str) -> Iterator[None]:
        """Run the block when it is the reader's turn, and charge him for it. Raises Busy."""
        if getattr(self._inside, "here", False):  # part of work that is being charged already
            yield
            return
        self._hold_back(reader)
        self._take_turn(reader)
        self._inside.here, self._inside.helped, start = True, 0.0, time.thread_time()
        try:
            yield
        finally:
            self._inside.here = False
            self._give_back(reader, time.thread_time() - start + self._inside.helped)

    def helped(self, seconds: float) -> None:
        """Add what other threads used for the work that this thread is being charged for."""
        if getattr(self._inside, "here", False):
            self._inside.helped += seconds

    def _hold_back(self, reader: str) -> None:
        with self._change:
            clock = self.clock()
            for name in [n for n, p in self.purses.items() if clock - p.at > FORGET]:
                if name not in self.line:
                    del self.purses[name]
            over = self.purses.setdefault(reader, Purse(at=clock)).now(clock) - BURST
            if over / REFILL > PATIENCE:
                self.refused += 1
                raise Busy(over / REFILL)
        if over > 0.0:
            self.sleep(over / REFILL)

    def _take_turn(self, reader: str) -> None:
        with self._change:
            self.purses.setdefault(reader, Purse(at=self.clock()))
            self.line.append(reader)
            try:
                while self.running >= AT_ONCE or self._first() != reader:
                    self._change.wait()
                self.running += 1
            finally:  # a reader who gives up must not stand before the others
                self.line.remove(reader)
                self._change.notify_all()

    def _first(self) -> str:
        """Of those who wait, whoever used least of late; of equals, whoever came first."""
        clock = self.clock()
        return min(self.line, key=lambda reader: self.purses[reader].now(clock))

    def _give_back(self, reader: str, seconds: float) -> None:
        with self._change:
            self.running -= 1
        self.charge(reader, seconds)

    def charge(self, reader: str, seconds: float) -> None:
        """Enter what a reader's work has used: of `spending`, or of threads beside the page."""
        with self._change:
            self.spent += seconds
            self.purses.setdefault(reader, Purse()).charge(seconds, self.clock())
            self._change.notify_all()


PROCESS = Budget()


@contextmanager
def spending() -> Iterator[None]:
    """Work for the reader whose page is being drawn; other threads are not held back here."""
    name = reader()
    if name is None:
        yield
        return
    with PROCESS.spending(name):
        yield


def reader() -> str | None:
    """Whose page this thread draws; None in any other thread."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.session_id


class Counted(ThreadPoolExecutor):
    """Threads that know the processor time of what they did."""

    def __init__(self, threads: int):
        super().__init__(threads)
        self.seconds = 0.0
        self._counting = threading.Lock()

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future:
        """As in the base class, counted."""

        def counted() -> Any:
            start = time.thread_time()
            try:
                return work(*given, **named)
            finally:
                with self._counting:
                    self.seconds += time.thread_time() - start

        return super().submit(counted)


@contextmanager
def helpers(threads: int) -> Iterator[Counted]:
    """Threads for a part of the work at hand, charged with it even when it fails."""
    pool = Counted(threads)
    try:
        with pool:
            yield pool
    finally:
        PROCESS.helped(pool.seconds)


_ELSEWHERE = threading.Lock()


@contextmanager
def elsewhere() -> Iterator[None]:
    """Work that a library does in threads of its own, where their time cannot be read.

    It is charged by the clock on the wall, one piece at a time so that nobody pays for another.
    """
    with _ELSEWHERE:
        own, start = time.thread_time(), time.perf_counter()
        try:
            yield
        finally:
            wall, used = time.perf_counter() - start, time.thread_time() - own
            PROCESS.helped(max(wall - used, 0.0))
