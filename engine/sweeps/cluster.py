"""A sweep on other machines: Dask's scheduler as one more executor.

Dask is optional (requirements-dask.txt). Its workers need this package at the same version, which
each task checks, and compile the kernels once. A worker that is lost costs its tasks of the moment,
which others repeat.
"""

import ctypes
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from functools import cache
from typing import Any

from engine.scenario.errors import InputError
from engine.sweeps.plan import code_version

RETRIES = 3  # of a task by the scheduler itself
PATIENCE = 10  # s until a scheduler that does not answer is given up
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # names of settings in glibc's malloc.h
KEPT = 2**25  # bytes; no larger one is accepted for the second
NEEDED = "the address of a running Dask scheduler, such as tcp://host:8786"


@contextmanager
def connected(address: str) -> Iterator[Executor]:
    """An executor that runs on the workers of the scheduler at this address."""
    try:
        from distributed import Client
    except ImportError:
        allowed = "left out, or Dask installed (pip install -r requirements-dask.txt)"
        raise InputError("scheduler", address, allowed) from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).split("\n")[0][:80] or type(error).__name__
        raise InputError("scheduler", address, f"{NEEDED} ({reason})") from None
    with client:
        check_workers(client, address)
        yield Workers(client.get_executor(retries=RETRIES, pure=False))


class Workers(Executor):
    """The cluster's executor; each worker is made ready before its first task."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor

    def submit(self, function: Callable, /, *arguments: Any, **named: Any) -> Future:
        """Have a worker call this."""
        return self.executor.submit(made_ready, function, *arguments, **named)


def made_ready(function: Callable, *arguments: Any, **named: Any) -> Any:
    """What the function returns, called on a worker."""
    keep_memory()
    return function(*arguments, **named)


@cache
def keep_memory() -> None:
    """Let this process keep the memory of one run for the next, where its allocator is glibc's.

    Dask starts its workers with MALLOC_TRIM_THRESHOLD_=65536, with which glibc hands the arrays of
    each run back to the system. To have them anew costs a quarter of a worker's time (measured).
    """
    try:
        ask = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):  # it is another
        return
    for name in (TRIM_THRESHOLD, MMAP_THRESHOLD):
        ask(name, KEPT)


def check_workers(client: Any, address: str) -> None:
    """Raise InputError unless there is a worker, and each has the engine that is here."""
    if not client.scheduler_info()["workers"]:
        raise InputError("scheduler", address, "a scheduler with at least one worker")
    for worker, version in client.run(code_version, on_error="return").items():
        if version != code_version():
            told = f"the engine {code_version()} on every worker"
            raise InputError(f"worker {worker}", str(version), told)
