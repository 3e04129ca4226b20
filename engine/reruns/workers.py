"""Who computes re-runs: an executor that is given, or two threads of one's own."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

from engine.asked import check_pool

THREADS = 2  # kernels run without Python's lock


@contextmanager
def workers(given: Executor | None = None) -> Iterator[Executor]:
    """The given threads; None: such as end with the block. Raises InputError for what is none."""
    if given is not None:
        check_pool(given)
        yield given
        return
    with ThreadPoolExecutor(THREADS) as own:
        yield own
