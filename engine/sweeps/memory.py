"""Memory that a process keeps from one run to the next, where its allocator is glibc's."""

import ctypes
from functools import cache

# Names of settings in glibc's malloc.h, and their values in bytes. Blocks below the second come
# from the heap, and of its end more than the first goes back to the system; no larger second is
# accepted, and a run of ten thousand accounts leaves about half of the first free.
TRIM_THRESHOLD, KEPT = -1, 2**26
MMAP_THRESHOLD, SMALL = -3, 2**25


@cache
def keep_memory() -> None:
    """Let this process keep the memory of one run for the next.

    Else glibc may hand the arrays of each run back to the system, and to have them anew costs up to
    a quarter of the time (measured): always on Dask's workers, which are started with
    MALLOC_TRIM_THRESHOLD_=65536, and by chance of what lies where in other processes.
    """
    try:
        ask = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):  # it is another
        return
    ask(TRIM_THRESHOLD, KEPT)
    ask(MMAP_THRESHOLD, SMALL)
