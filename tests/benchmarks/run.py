"""Speed against rivals and goals, as ratios of one run on one machine. Asserts nothing.

What is compared runs in one process, in turns; only ratios should be quoted.
"""

import os
import platform
import sys
import tempfile
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

import engine  # noqa: E402, F401  isort:skip  (chooses numba's cache folder)
import numba  # noqa: E402
import numpy as np  # noqa: E402

from tests.benchmarks import elsewhere, floors, scaling, several, sweeps, whole  # noqa: E402
from tests.benchmarks.cascade import DIFFERENCES, MODES, SIZES, Ours, make  # noqa: E402
from tests.benchmarks.rivals import c_kernel, numpy_scan  # noqa: E402
from tests.benchmarks.tables import heading, met, row  # noqa: E402
from tests.benchmarks.timing import ratio, repeated, rounds  # noqa: E402

NUMPY_GOALS = {(1_000, 1_000): 250, (10_000, 10_000): 90, (100_000, 1_000): 8}


def machine() -> None:
    """What was measured on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.processor()
    print(f"{date.today()}, {os.cpu_count()} cores ({model}), Python {platform.python_version()},")
    print(f"numba {numba.__version__}, numpy {np.__version__}")


def against_c() -> None:
    """The production kernel with its event log, against the C event kernel without one."""
    c, reason = c_kernel()
    if c is None:
        print(f"\nC event kernel: left out, {reason}.")
    columns = ("accounts x steps", "mode", "limits", "ms", "ours / C", "goal 1.5")
    columns += ("log on / off", "writing out / run")
    heading("cascade-1, event log on", *columns)
    lowest = []
    for size in SIZES:
        for mode in MODES:
            case = make(*size, mode)
            ours, silent = Ours(case), Ours(case, log=False)
            engines = {"ours": ours, "silent": silent, "out": ours.unfolding}
            engines |= {"bare": floors.bare(ours), "visits": floors.visits(size[0])}
            if c is not None:
                engines["c"] = repeated(c, case)
            found = rounds(engines, 40)
            slower = ratio(found, "ours", "c") if c is not None else float("nan")
            shown = (f"{slower:.2f}", met(slower <= 1.5)) if c is not None else ("-", "-")
            ms, logged = 1e3 * min(found["ours"]), ratio(found, "ours", "silent")
            named = (f"{size[0]:,} x {size[1]:,}", mode)
            out = ratio(found, "out", "ours")
            row(*named, ours.limits(), f"{ms:.3f}", *shown, f"{logged:.2f}", f"{out:.2f}")
            step, visit, floor = floors.events_floor(ours, found)
            lowest.append((*named, step, visit, min(found["ours"]) / floor))
    print("\nDifferences of rule: " + "; ".join(DIFFERENCES) + ".")
    columns = ("accounts x steps", "mode", "ns a step", "ns a visit", "ours / floor", "goal 8")
    heading("cascade-1 over the floor of any event method, the same rounds", *columns)
    for *named, step, visit, over in lowest:
        row(*named, f"{step:.2f}", f"{visit:.2f}", f"{over:.2f}", met(over <= 8.0))


def against_numpy() -> None:
    """Vectorised NumPy, incremental mode."""
    heading("cascade-1 in NumPy, incremental", "accounts x steps", "NumPy / ours", "goal", "")
    for size, goal in NUMPY_GOALS.items():
        case = make(*size, "incremental")
        ours = Ours(case)
        found = rounds({"ours": ours, "numpy": repeated(numpy_scan, case)}, 5)
        faster = ratio(found, "numpy", "ours")
        row(f"{size[0]:,} x {size[1]:,}", f"{faster:,.0f}", goal, met(faster >= goal))


def beyond_one_run() -> None:
    """The floor of a step, threads, a million accounts."""
    heading("Limits of the machine", "what", "measured", "goal", "")
    over = floors.over_recursion()
    row("run over bare recursion, 1,000 x 10,000", f"{over:.2f}", "3", met(over <= 3.0))
    over, speed = floors.perfect_scan()
    what = f"perfect scan at {speed:.0f} GB/s over run, 100,000 x 10,000"
    row(what, f"{over:.1f}", "8", met(over >= 8.0))
    faster = scaling.two_threads()
    row("two threads over one", f"{faster:.2f}", "1.8", met(faster >= 1.8))
    seconds, peak, limits = scaling.a_million()
    row(f"1,000,000 accounts x 3,600 steps, {limits:,} liquidated", f"{seconds:.2f} s", "", "")
    row("peak memory of the process by then", f"{peak:.2f} GiB", "", "")
    row("exponent of the cost in symbols, 1 to 4", f"{scaling.symbols():.2f}", "", "")
    for steps in (1_000, 3_600):
        faster, ms, limits = several.against_the_scan(steps)
        what = f"10,000 accounts x 8 symbols x {steps:,} steps, {limits:,} liquidated, {ms:.0f} ms"
        row(f"scan over safety radii, {what}", f"{faster:.1f}", "6", met(faster >= 6.0))


def for_a_user() -> None:
    """Waiting times, and how the cost grows."""
    parts = whole.comparison()
    heading("Waiting", "what", "measured", "goal", "")
    name, ms = parts[0]
    row(f"{name}, 10,000 accounts x 3,600 steps", f"{ms:.1f} ms", "50 ms", met(ms < 50.0))
    for name, ms in parts[1:]:
        row(name, f"{ms:.1f} ms", "", "")
    for name, seconds, runs in whole.why():
        row(f"{name}, {runs} re-runs", f"{seconds:.2f} s", "2 s", met(seconds < 2.0))
    for move in (-0.12, -0.20):
        name, seconds, busy, runs = whole.in_a_crash(move)
        told = f"{seconds:.2f} s, {busy:.2f} s of CPU"
        row(f"{name}, {runs} re-runs", told, "2 s", met(seconds < 2.0))
    first = whole.first_result()
    row("start of a process to first result, warm cache", f"{first:.2f} s", "3 s", met(first < 3.0))
    with tempfile.TemporaryDirectory() as folder:
        cold, warm = whole.first_call(folder), whole.first_call(folder)
    row("CPU to compile everything once", f"{cold:.1f} s", "12 s", met(cold <= 12.0))
    share = warm / cold
    row("CPU of a cached first call over that", f"{share:.3f}", "0.125", met(share <= 0.125))
    heading("Growth of the cost (exponent)", "in", "exponent")
    for name, value in whole.growth():
        row(name, f"{value:.2f}")


def main() -> None:
    """Print every table."""
    machine()
    against_c()
    against_numpy()
    elsewhere.tables()
    print("\nLeft out: dex-sim, which is not published as a package.")
    beyond_one_run()
    for_a_user()
    sweeps.tables()


if __name__ == "__main__":
    main()
