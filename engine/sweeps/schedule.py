"""Hand tasks to an executor, and their results on as they finish.

Any `concurrent.futures.Executor` will do: threads by default (kernels run without Python's lock),
a process pool, or a cluster's. Results are put in order by whoever reads them, so they are the same
whatever finishes first. What is handed out ahead is bounded, so stopping is quick.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from concurrent.futures import ThreadPoolExecutor as Threads

from engine.scenario.errors import InputError
from engine.sweeps.plan import Plan, Task
from engine.sweeps.work import Rows, run_task

TRIES = 4  # of a task whose worker was lost
AHEAD = 256  # tasks that wait at an executor whose size is not known
POLL = 0.1  # s between two looks at `stop`
MOST_THREADS = 64

Stop = Callable[[], bool]


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
    count = processors() if threads is None else threads
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_THREADS:
        raise InputError("threads", threads, f"a whole number in 1 .. {MOST_THREADS}")
    if executor is not None:
        yield from _finished(plan, tasks, executor, AHEAD, stop)
        return
    with Threads(count, thread_name_prefix="sweep") as pool:
        yield from _finished(plan, tasks, pool, 2 * count, stop)


def _finished(
    plan: Plan, tasks: list[Task], executor: Executor, ahead: int, stop: Stop | None
) -> Iterator[tuple[Task, Rows]]:
    left = list(reversed(tasks))
    waiting: dict[Future, tuple[Task, int]] = {}
    try:
        while left or waiting:
            if stop is not None and stop():
                return
            while left and len(waiting) < ahead:
                task = left.pop()
                waiting[executor.submit(run_task, plan.job, task, plan.version)] = (task, 1)
            done, _ = wait(waiting, timeout=POLL, return_when=FIRST_COMPLETED)
            for future in done:
                task, tries = waiting.pop(future)
                rows = _result(future, tries)
                if rows is None:
                    again = executor.submit(run_task, plan.job, task, plan.version)
                    waiting[again] = (task, tries + 1)
                else:
                    yield task, rows
    finally:
        for future in waiting:
            future.cancel()


def _result(future: Future, tries: int) -> Rows | None:
    """The rows of a task; None if it has to be run again, because its worker was lost."""
    try:
        return future.result()
    except (InputError, AssertionError, MemoryError):
        raise  # the task itself cannot be run, wherever it is
    except (Exception, CancelledError):
        if tries >= TRIES:
            raise
        return None
