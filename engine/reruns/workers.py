"""Who computes re-runs: an executor that is given, or two threads of one's own."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

THREADS = 2  # kernels run without Python's lock


@contextmanager
def workers(given: Executor | None = None) -> Iterator[Executor]:
    """The given executor; None: threads that end with the block."""
    if given is not None:
        yield given
        return
    with ThreadPoolExecutor(THREADS) as own:
        yield own
