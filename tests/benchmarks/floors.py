"""What the machine allows: the bare recursion of a step, visits of accounts, reading memory."""

from collections.abc import Callable

import engine  # noqa: F401  isort:skip  (chooses numba's cache folder, so it comes before numba)
import numba
import numpy as np

from engine.core.jit import OPTIONS
from tests.benchmarks.cascade import Ours, make
from tests.benchmarks.timing import ratio, rounds

VISITS = 100_000  # in one call


@numba.njit(cache=True, **OPTIONS)
def recursion(f, out, decay, alpha, times):
    """Prices, decay and mark of every step, nobody due: each step waits for the one before it."""
    mark = f[0]
    for _ in range(times):
        volume, mark = 1.0, f[0]
        for t in range(len(f)):
            volume *= decay
            out[t, 0] = f[t] * (1.0 - 1e-9 * volume)
            mark += alpha * (out[t, 0] - mark)
            out[t, 1] = mark
    return mark


@numba.njit(cache=True, **OPTIONS)
def visit(order, accounts, times):
    """Read and write accounts of 32 bytes in this order."""
    total = 0.0
    for _ in range(times):
        for i in order:
            accounts[i, 1] -= 1.0
            total += accounts[i, 0] + accounts[i, 2]
    return total


@numba.njit(cache=True, **OPTIONS)
def scan(limits, mark):
    """Accounts at or beyond a mark; by index and on its own, so that it compiles to vectors."""
    due = np.int64(0)
    for i in range(len(limits)):
        due += limits[i] >= mark
    return due


@numba.njit(cache=True, **OPTIONS)
def scans(limits, times):
    """Scan so often, each time against another mark."""
    due = np.int64(0)
    for turn in range(times):
        due += scan(limits, 1.0 + turn)
    return due


def bare(ours: Ours) -> Callable[[int], object]:
    """The recursion over the prices of a workload."""
    f = np.ascontiguousarray(ours.inputs.f[:, 0])
    out = np.empty((len(f), 2))
    return lambda times: recursion(f, out, 0.98, 0.3, times)


def visits(accounts: int) -> Callable[[int], object]:
    """VISITS accounts in random order, of so many."""
    order = np.random.default_rng(0).integers(0, accounts, VISITS).astype(np.uint32)
    records = np.ones((accounts, 4))
    return lambda times: visit(order, records, times)


def events_floor(ours: Ours, found: dict) -> tuple[float, float, float]:
    """ns of a step, ns of a visit, and the floor of the run [s] in the same rounds.

    Floor = step T + visit (N + 3 E): each account is visited once to set up, and each of the E
    limits costs three visits, to collect, fill and put back. Arithmetic is free.
    """
    steps, accounts = len(ours.inputs.f), len(ours.inputs.symbol)
    step, one = min(found["bare"]) / steps, min(found["visits"]) / VISITS
    return 1e9 * step, 1e9 * one, step * steps + one * (accounts + 3 * ours.limits())


def over_recursion() -> float:
    """A run over the bare recursion, 1,000 x 10,000."""
    ours = Ours(make(1_000, 10_000, "incremental"))
    return ratio(rounds({"ours": ours, "bare": bare(ours)}, 20), "ours", "bare")


def perfect_scan() -> tuple[float, float]:
    """Scans at the speed of reading over a run, 100,000 x 10,000; and that speed [GB/s].

    A scan reads 8 bytes of every account, compares them with the mark and does nothing else.
    """
    accounts, steps = 100_000, 10_000
    ours, limits = Ours(make(accounts, steps, "incremental")), np.ones(accounts)
    found = rounds({"ours": ours, "scan": lambda times: scans(limits, times)}, 15)
    return steps * ratio(found, "scan", "ours"), 8e-9 * accounts / min(found["scan"])
