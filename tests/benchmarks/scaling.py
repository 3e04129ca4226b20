"""Two threads against one, a million accounts, and the cost of several symbols."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from resource import RUSAGE_SELF, getrusage
from time import perf_counter

import numpy as np

import engine
from engine.scenario.compile import compile_scenario
from engine.simulation import run_compiled
from tests.benchmarks.cascade import Ours, make
from tests.benchmarks.timing import repeated, rounds

CHUNK = 400  # runs in one call, so that handing over a task costs nothing


def on_threads(threads: int) -> Callable[[int], object]:
    """Four chunks of runs of 1,000 accounts x 1,000 steps on so many threads."""
    copies = [Ours(make(1_000, 1_000, "incremental")) for _ in range(4)]

    def engine_of(times: int) -> None:
        for _ in range(times):
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(lambda one: one(CHUNK), copies))

    return engine_of


def two_threads() -> float:
    """Speed of two threads over that of one: the median of pairs timed one after the other."""
    found = rounds({"one": on_threads(1), "two": on_threads(2)}, 7)
    pairs = [one / two for one, two in zip(found["one"], found["two"], strict=True)]
    return float(np.median(pairs))


def a_million() -> tuple[float, float, int]:
    """Seconds, peak memory of the process [GiB] and limits of 10^6 accounts x 3,600 steps."""
    size = {"accounts.count": 1_000_000, "world.steps": 3_600}
    scenario = engine.presets()[0].scenario.with_values(**size)
    start = perf_counter()
    result = engine.run(scenario)
    seconds = perf_counter() - start
    peak = getrusage(RUSAGE_SELF).ru_maxrss / 2**20
    return seconds, peak, int(result.metrics["liquidated_accounts"])


def symbols() -> float:
    """Exponent of the cost of a run in symbols, from 1 to 4, its accounts spread over them."""
    base = engine.presets()[0].scenario.with_values(**{"accounts.count": 2_000})
    other = (60_000.0, 0.6, base.book.depth, 1.0)
    runs = {}
    for count in (1, 4):
        scenario = base.with_values(**{"world.others": (other,) * (count - 1)})
        runs[str(count)] = repeated(run_compiled, compile_scenario(scenario))
    found = rounds(runs, 15)
    return float(np.log(min(found["4"]) / min(found["1"])) / np.log(4.0))
