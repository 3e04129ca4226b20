"""Interleaved rounds: every round visits every engine, so drift of the machine hits all alike."""

import gc
import time
from collections.abc import Callable


def seconds(engine: Callable[[int], object], times: int) -> float:
    """Seconds of one run, over `times` runs in a row.

    What another engine left to be collected is not collected at this one's cost.
    """
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        engine(times)
        return (time.perf_counter() - start) / times
    finally:
        gc.enable()


def rounds(engines: dict[str, Callable[[int], object]], count: int, least: float = 0.003) -> dict:
    """{name: seconds of one run in each round}; short runs are repeated for `least` seconds.

    Before short runs comes one that is not timed: they find their own memory at hand again.
    """
    times = {}
    for name, engine in engines.items():
        engine(1)  # compiled code is loaded
        times[name] = max(1, int(least / seconds(engine, 1)))
    found: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(count):
        for name, engine in engines.items():
            if times[name] > 1:
                engine(1)
            found[name].append(seconds(engine, times[name]))
    return found


def ratio(found: dict, slow: str, fast: str) -> float:
    """Best time of one over best time of the other: what a busy machine disturbs least."""
    return min(found[slow]) / min(found[fast])


def repeated(function: Callable, *arguments: object) -> Callable[[int], object]:
    """A function as an engine: called so many times."""

    def engine(times: int) -> object:
        out = None
        for _ in range(times):
            out = function(*arguments)
        return out

    return engine
