"""Fingerprints of small runs, as every machine gets them, stored.

So processes that run at the same time need not wait for each other to compare theirs.

    python -m tests.fingerprints               store them anew, after a change meant to alter bits
    python -m tests.fingerprints --extensions  print the vector extensions NumPy uses here
"""

import json
import sys
from functools import cache
from pathlib import Path

import engine
from tests.random_runs import EVERY_RULE, random_scenario

STORED = Path(__file__).parent / "data" / "fingerprints.json"
NAMES = ("first preset", *(f"random {seed}" for seed in EVERY_RULE))


def fingerprint(name: str) -> str:
    """The run of that name, here and now."""
    if name == NAMES[0]:
        return engine.run(engine.presets()[0].scenario).fingerprint
    return engine.run(random_scenario(int(name.split()[1]))).fingerprint


@cache
def stored() -> dict[str, str]:
    return json.loads(STORED.read_text("utf-8"))


def numpy_extensions() -> str:
    """Vector extensions NumPy uses here beyond its baseline, as NPY_DISABLE_CPU_FEATURES wants."""
    from numpy._core import _multiarray_umath as umath

    found = umath.__cpu_features__
    return " ".join(name for name in umath.__cpu_dispatch__ if found.get(name))


if __name__ == "__main__":
    if sys.argv[1:] == ["--extensions"]:
        print(numpy_extensions())
    else:
        table = {name: fingerprint(name) for name in NAMES}
        STORED.write_text(json.dumps(table, indent=1) + "\n", "utf-8")
