"""The stored run that the page "Beforehand, scored" opens with.

    python -m engine.sweeps.stored content/beforehand.csv 2026-11-28

writes it anew, with the day given. A test recomputes some of its cases: where it fails, the engine
has changed and the run has to be made again.
"""

import sys
from pathlib import Path

import pandas as pd

from engine.scenario.errors import InputError
from engine.scenario.link import View, encode
from engine.scenario.load import presets
from engine.sweeps.scored import score_beforehand

CASES = 2_000


def write(path: Path, day: str) -> None:
    """Run CASES cases of the opening scenario; two lines above the table say what made it."""
    import engine

    scenario = presets()[0].scenario
    table = score_beforehand(scenario, CASES).to_csv(index=False)
    head = f"# {encode(View(scenario))}\n# version {engine.__version__}, {day}\n"
    path.write_text(head + table, "utf-8")


def read(path: Path) -> tuple[pd.DataFrame, str, str]:
    """The table, the link of its scenario, and what made it when."""
    with path.open(encoding="utf-8") as file:
        head = [file.readline().removeprefix("# ").strip() for _ in range(2)]
    return pd.read_csv(path, comment="#"), head[0], head[1]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise InputError("arguments", sys.argv[1:], "a file and a day")
    write(Path(sys.argv[1]), sys.argv[2])
