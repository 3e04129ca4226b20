"""Rivals in environments of their own, each beside the engine in one process of its environment.

`setup.sh rivals` makes the environments from the lists `requirements-*.txt` of this folder. Run by
the Python of one of them, this file measures the rival that it is given by name.
"""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
# agentpy installs its own tests as a package `tests`, which would be found in place of this folder.
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.modules["tests"] = ModuleType("tests")
    sys.modules["tests"].__path__ = [str(ROOT / "tests")]

import numba  # noqa: E402
import numpy as np  # noqa: E402

from tests.benchmarks.cascade import Ours, make  # noqa: E402
from tests.benchmarks.frameworks import FRAMEWORKS, bourse_orders  # noqa: E402
from tests.benchmarks.tables import heading, met, row  # noqa: E402
from tests.benchmarks.timing import ratio, repeated, rounds  # noqa: E402

SIZE, SMALL = (10_000, 1_000), (1_000, 200)
APART = {"mesa-frames": "frames"}  # rivals that are not in the environment `rivals`


def measured(name: str) -> None:
    """Have a rival measured by the Python of its environment; a row that says so if it cannot."""
    environment = BUILD / APART.get(name, "rivals")
    program = environment / "bin" / "python"
    if not program.is_file():
        row(name, f"left out, there is no {program.relative_to(ROOT)}")
        return
    # Kernels compiled beside another NumPy are not mixed with ours.
    kernels = {"NUMBA_CACHE_DIR": str(environment / "kernels")}
    done = subprocess.run([program, __file__, name], env={**os.environ, **kernels})
    if done.returncode != 0:
        row(name, "left out, its process failed")


def tables() -> None:
    """The agent frameworks, and what an order costs in a book."""
    columns = ("rival", "rival / ours", "goal", "", "limits of 1,000 x 200: rival, ours", "beside")
    heading("cascade-1 in agent frameworks, 10,000 x 1,000, incremental", *columns)
    for name in FRAMEWORKS:
        measured(name)
    heading("An order", "engine", "ns an order, all else of the run included", "over ours")
    measured("bourse")


def framework(name: str) -> None:
    """One agent framework against the engine, in turns, and whether both count the same limits."""
    made, goal = FRAMEWORKS[name]
    scan, small, case = made(), make(*SMALL, "incremental"), make(*SIZE, "incremental")
    counts = f"{scan(small)}, {Ours(small).limits()}"
    found = rounds({"ours": Ours(case), "rival": repeated(scan, case)}, 4)
    faster = ratio(found, "rival", "ours")
    beside = f"numba {numba.__version__}, numpy {np.__version__}"
    row(
        f"{name} {version(name)}",
        f"{faster:,.0f}",
        f"{goal:,}",
        met(faster >= goal),
        counts,
        beside,
    )


def book() -> None:
    """What a forced order costs here, against an order in bourse's book."""
    orders, ours = bourse_orders(), Ours(make(*SIZE, "incremental"))
    found = rounds({"ours": ours, "book": lambda times: orders(1_000 * times)}, 9)
    own, other = min(found["ours"]) / ours.limits(), min(found["book"]) / 2_000
    row("ours, margin check and log included", f"{1e9 * own:,.0f}", 1)
    name = f"bourse {version('bourse')} (price-time priority, nothing else)"
    row(name, f"{1e9 * other:,.0f}", f"{other / own:.1f}")


if __name__ == "__main__":
    book() if sys.argv[1] == "bourse" else framework(sys.argv[1])
