"""Hand tasks to an executor, and their results on as they finish.

Any `concurrent.futures.Executor` will do: threads by default (kernels run without Python's lock),
a process pool, or a cluster's. Results are put in order by whoever reads them, so they are the same
whatever finishes first. What is handed out ahead is bounded, so stopping is quick.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from concurrent.futures import ThreadPoolExecutor as Threads
from typing import Any

from engine.asked import check_call, check_executor, refusing, whole
from engine.scenario.errors import InputError
from engine.sweeps.plan import Plan, Task
from engine.sweeps.work import Rows, run_task

TRIES = 4  # of a task whose worker was lost
AHEAD = 256  # tasks that wait at an executor whose size is not known
POLL = 0.1  # s between two looks at `stop`
MOST_THREADS = 64

Stop = Callable[[], bool]
Call = tuple[Any, ...]  # a function and its arguments


def processors() -> int:
    """Processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def finished(
    plan: Plan,
    tasks: list[Task],
    executor: Executor | None = None,
    threads: int | None = None,
    stop: Stop | None = None,
) -> Iterator[tuple[Task, Rows]]:
    """Each task with its rows, as it finishes; ends early once `stop` says so."""
    calls = [(task, (run_task, plan.job, task, plan.version)) for task in tasks]
    yield from handed_out(calls, executor, threads, stop)


def handed_out(
    calls: Sequence[tuple[Any, Call]],
    executor: Executor | None = None,
    threads: int | None = None,
    stop: Stop | None = None,
) -> Iterator[tuple[Any, Any]]:
    """Each call's name with what it returned, as it finishes."""
    check_executor("executor", executor)
    check_call("stop", stop)
    count = min(processors(), MOST_THREADS) if threads is None else whole(threads)
    if count is None or not 1 <= count <= MOST_THREADS:
        raise InputError("threads", threads, f"a whole number in 1 .. {MOST_THREADS}")
    if executor is not None:
        yield from _handed_out(calls, executor, AHEAD, stop)
        return
    with Threads(count, thread_name_prefix="sweep") as pool:
        yield from _handed_out(calls, pool, 2 * count, stop)


def _handed_out(
    calls: Sequence[tuple[Any, Call]], executor: Executor, ahead: int, stop: Stop | None
) -> Iterator[tuple[Any, Any]]:
    left = list(reversed(calls))
    waiting: dict[Future, tuple[Any, Call, int]] = {}
    try:
        while left or waiting:
            if stop is not None and stop():
                return
            while left and len(waiting) < ahead:
                name, call = left.pop()
                waiting[_submit(executor, call)] = (name, call, 1)
            done, _ = wait(waiting, timeout=POLL, return_when=FIRST_COMPLETED)
            for future in done:
                name, call, tries = waiting.pop(future)
                if _lost(future, tries):
                    waiting[_submit(executor, call)] = (name, call, tries + 1)
                else:
                    yield name, future.result()
    finally:
        for future in waiting:
            future.cancel()


def _submit(executor: Executor, call: Call) -> Future:
    try:
        return executor.submit(*call)
    except RuntimeError as error:  # shut down, or its processes are lost for good
        raise refusing("executor", executor, error) from error


def _lost(future: Future, tries: int) -> bool:
    """Whether a call has to be made again, because its worker was lost."""
    try:
        future.result()
        return False
    except (InputError, AssertionError, MemoryError):
        raise  # it cannot be run, wherever it is
    except (Exception, CancelledError):
        if tries >= TRIES:
            raise
        return True
