"""Speed against rivals and goals, as ratios of one run on one machine. Asserts nothing.

Everything runs in one process, in turns; only ratios should be quoted. Called by `make bench`.
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

from tests.benchmarks import scaling, several, sweeps, whole  # noqa: E402
from tests.benchmarks.cascade import DIFFERENCES, MODES, SIZES, Ours, make  # noqa: E402
from tests.benchmarks.frameworks import FRAMEWORKS, bourse_orders  # noqa: E402
from tests.benchmarks.rivals import c_kernel, mesa_scan, numpy_scan  # noqa: E402
from tests.benchmarks.timing import ratio, repeated, rounds  # noqa: E402

NUMPY_GOALS = {(1_000, 1_000): 250, (10_000, 10_000): 90, (100_000, 1_000): 8}
MESA_SIZE, MESA_GOAL = (10_000, 1_000), 10_000


def met(good: bool) -> str:
    """How a row of a table ends."""
    return "met" if good else "**missed**"


def heading(title: str, *columns: str) -> None:
    """Begin a table."""
    print(f"\n{title}\n\n| " + " | ".join(columns) + " |\n|" + " --- |" * len(columns), flush=True)


def row(*cells: object) -> None:
    """One row of a table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


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
    for size in SIZES:
        for mode in MODES:
            case = make(*size, mode)
            ours, silent = Ours(case), Ours(case, log=False)
            engines = {"ours": ours, "silent": silent, "out": ours.unfolding}
            if c is not None:
                engines["c"] = repeated(c, case)
            found = rounds(engines, 40)
            slower = ratio(found, "ours", "c") if c is not None else float("nan")
            shown = (f"{slower:.2f}", met(slower <= 1.5)) if c is not None else ("-", "-")
            ms, logged = 1e3 * min(found["ours"]), ratio(found, "ours", "silent")
            row(
                f"{size[0]:,} x {size[1]:,}",
                mode,
                ours.limits(),
                f"{ms:.3f}",
                *shown,
                f"{logged:.2f}",
                f"{ratio(found, 'out', 'ours'):.2f}",
            )
    print("\nDifferences of rule: " + "; ".join(DIFFERENCES) + ".")


def against_python() -> None:
    """Vectorised NumPy and an agent framework, incremental mode."""
    heading("cascade-1 in Python", "rival", "accounts x steps", "rival / ours", "goal", "")
    for size, goal in NUMPY_GOALS.items():
        case = make(*size, "incremental")
        ours = Ours(case)
        found = rounds({"ours": ours, "numpy": repeated(numpy_scan, case)}, 5)
        faster = ratio(found, "numpy", "ours")
        row("NumPy", f"{size[0]:,} x {size[1]:,}", f"{faster:,.0f}", goal, met(faster >= goal))
    case, missing = make(*MESA_SIZE, "incremental"), []
    ours = Ours(case)
    for name, (rival, goal) in ({"mesa": (mesa_scan, MESA_GOAL)} | FRAMEWORKS).items():
        scan, reason = rival()
        if scan is None:
            missing.append(reason)
            continue
        scan(make(100, 10, "incremental"))
        found = rounds({"ours": ours, "rival": repeated(scan, case)}, 2)
        faster = ratio(found, "rival", "ours")
        size = f"{MESA_SIZE[0]:,} x {MESA_SIZE[1]:,}"
        row(name, size, f"{faster:,.0f}", f"{goal:,}", met(faster >= goal))
    for reason in missing:
        print(f"\nLeft out: {reason}.")


def against_a_book() -> None:
    """What a forced order costs here, against an order in a book of orders."""
    orders, reason = bourse_orders()
    if orders is None:
        print(f"\nLeft out: {reason}.")
        return
    ours = Ours(make(10_000, 1_000, "incremental"))
    found = rounds({"ours": ours, "book": lambda times: orders(1_000 * times)}, 9)
    each = min(found["ours"]) / ours.limits(), min(found["book"]) / 2_000
    heading("An order", "engine", "ns an order, all else of the run included")
    row("ours, margin check and log included", f"{1e9 * each[0]:,.0f}")
    row("bourse (price-time priority, nothing else)", f"{1e9 * each[1]:,.0f}")


def beyond_one_run() -> None:
    """The floor of a step, threads, a million accounts."""
    heading("Limits of the machine", "what", "measured", "goal", "")
    floor = scaling.floor_of_a_step()
    row("run over bare recursion, 1,000 x 10,000", f"{floor:.2f}", "3", met(floor <= 3.0))
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
    first = whole.first_result()
    row("start of a process to first result, warm cache", f"{first:.2f} s", "3 s", met(first < 3.0))
    with tempfile.TemporaryDirectory() as folder:
        cpu = whole.cold_compile(folder)
    row("CPU to compile everything once", f"{cpu:.1f} s", "12 s", met(cpu <= 12.0))
    heading("Growth of the cost (exponent)", "in", "exponent")
    for name, value in whole.growth():
        row(name, f"{value:.2f}")


def main() -> None:
    """Print every table."""
    machine()
    against_c()
    against_python()
    against_a_book()
    beyond_one_run()
    for_a_user()
    sweeps.tables(heading, row, met)


if __name__ == "__main__":
    main()
