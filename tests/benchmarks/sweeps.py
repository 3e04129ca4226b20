"""Sweeps: two threads against one, and a Dask cluster of this machine against threads."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pandas as pd  # noqa: E402

import engine  # noqa: E402
from engine.sweeps.schedule import processors  # noqa: E402
from tests.benchmarks.tables import heading, met, row, yes  # noqa: E402

LARGE = {"accounts.count": 10_000, "world.steps": 3_600}
SECONDS = 60.0  # that the sweep of the second table takes on threads
GOAL_THREADS, GOAL_DASK, GOAL_MAP = 1.8, 1.15, 60
METRICS = ("bad_debt", "slippage_usd", "adl_notional")


class Sweeps:
    """Sweeps over so many worlds, three policies each: their seconds, and whether they agree."""

    def __init__(self, seeds: int) -> None:
        self.seeds = seeds
        self.scenario = engine.presets()[0].scenario.with_values(**LARGE)
        self.table: pd.DataFrame | None = None
        self.same = True

    def timed(self, **options) -> float:
        """Seconds of one; its table is held against that of the first."""
        start = time.perf_counter()
        table = engine.sweep(self.scenario, seeds=self.seeds, metrics=METRICS, **options)
        seconds = time.perf_counter() - start
        self.table = table if self.table is None else self.table
        self.same &= table.equals(self.table)
        return seconds


def threads(rounds: int = 5, seeds: int = 380) -> tuple[float, bool]:
    """How many times as fast two threads are as one, best of interleaved rounds; 20 tasks each.

    And whether one, two and four threads give the same table.
    """
    found: dict[int, list[float]] = {1: [], 2: []}
    Sweeps(8).timed(threads=2)
    sweeps = Sweeps(seeds)
    for _ in range(rounds):
        for count, times in found.items():
            times.append(sweeps.timed(threads=count))
    sweeps.timed(threads=4)
    return min(found[1]) / min(found[2]), sweeps.same


def phase_map() -> tuple[float, float]:
    """Seconds, and processor seconds, of a whole phase map on two threads."""
    chosen = engine.PhaseMap(engine.presets()[0].scenario)
    next(iter(chosen.run(threads=1)))  # kernels are loaded
    wall, busy = time.perf_counter(), time.process_time()
    for _ in chosen.run(threads=2):
        pass
    return time.perf_counter() - wall, time.process_time() - busy


@contextmanager
def cluster() -> Iterator[str]:
    """A scheduler and one worker a processor, each a process of its own; its address."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=processors(), threads_per_worker=1, dashboard_address=None
    ) as machines:
        yield machines.scheduler_address


def dask(seconds: float = SECONDS, rounds: int = 2) -> tuple[int, float, float, bool]:
    """Worlds, best seconds on threads and best on the cluster, start-up of both left out.

    And whether both give the same table.
    """
    sweeps = Sweeps(max(round(seconds * 100 / Sweeps(100).timed()), 20))
    local, remote = [], []
    with cluster() as address, engine.connected(address) as executor:
        Sweeps(40).timed(executor=executor)  # every worker has loaded its kernels
        for _ in range(rounds):
            local.append(sweeps.timed())
            remote.append(sweeps.timed(executor=executor))
    return sweeps.seeds, min(local), min(remote), sweeps.same


def tables() -> None:
    """Both as tables."""
    heading("Sweeps, 10,000 accounts x 3,600 steps", "what", "measured", "goal", "")
    faster, same = threads()
    shown = (f"{faster:.2f}", GOAL_THREADS, met(faster >= GOAL_THREADS))
    row("one thread / two threads, three policies in 380 worlds", *shown)
    row("1, 2 and 4 threads give the same table, bit for bit", yes(same), "yes", met(same))
    wall, busy = phase_map()
    shown = (f"{wall:.0f} s, {busy:.0f} s of CPU", f"{GOAL_MAP} s", met(wall <= GOAL_MAP))
    row("phase map, 20 x 20 cells, three policies in 20 worlds of 1,000 accounts", *shown)
    try:
        import distributed  # noqa: F401
    except ImportError:
        print("\nDask: left out, it is not installed (requirements-dask.txt).")
        return
    seeds, local, remote, same = dask()
    ratio = remote / local
    shown = (f"{ratio:.2f}", GOAL_DASK, met(ratio <= GOAL_DASK))
    row(f"Dask / threads, {seeds:,} worlds in {local:.0f} s on threads", *shown)
    row("Dask and threads give the same table, bit for bit", yes(same), "yes", met(same))


if __name__ == "__main__":
    tables()
