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

from tests.benchmarks import sweeps, whole  # noqa: E402
from tests.benchmarks.cascade import DIFFERENCES, MODES, SIZES, Ours, make  # noqa: E402
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
    mesa, reason = mesa_scan()
    if mesa is None:
        print(f"\nmesa: left out, {reason}.")
        return
    case = make(*MESA_SIZE, "incremental")
    found = rounds({"ours": Ours(case), "mesa": repeated(mesa, case)}, 2)
    faster = ratio(found, "mesa", "ours")
    size = f"{MESA_SIZE[0]:,} x {MESA_SIZE[1]:,}"
    row("mesa", size, f"{faster:,.0f}", f"{MESA_GOAL:,}", met(faster >= MESA_GOAL))


def for_a_user() -> None:
    """Waiting times, and how the cost grows."""
    parts = whole.comparison()
    heading("Waiting", "what", "measured", "goal", "")
    name, ms = parts[0]
    row(f"{name}, 10,000 accounts x 3,600 steps", f"{ms:.1f} ms", "50 ms", met(ms < 50.0))
    for name, ms in parts[1:]:
        row(name, f"{ms:.1f} ms", "", "")
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
    for_a_user()
    sweeps.tables(heading, row, met)


if __name__ == "__main__":
    main()
