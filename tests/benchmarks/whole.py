"""What a user waits for: a whole comparison, the first result of a process, growth of the cost."""

import math
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import engine
from engine.scenario.compile import compile_scenario
from engine.simulation import run_compiled
from tests.benchmarks.cascade import Ours, make
from tests.benchmarks.timing import repeated, rounds

ROOT = Path(__file__).resolve().parent.parent.parent
FIRST = "import engine; print(engine.run(engine.presets()[0].scenario).fingerprint)"
CALL = """
import time, engine
start = time.process_time()
engine.run(engine.presets()[0].scenario)
print(time.process_time() - start)
"""


def comparison() -> list[tuple[str, float]]:
    """Milliseconds of `compare` at 10,000 accounts x 3,600 steps, and of its parts.

    The opening preset at that size; and, as the worst case, a fall of 6 % with a small fund, where
    every bankruptcy asks all winners anew.
    """
    size = {"accounts.count": 10_000, "world.steps": 3_600}
    scenario = engine.presets()[0].scenario.with_values(**size)
    crash = engine.Scenario().with_values(**size, **{"world.shocks": ((900, -0.06, 300),)})
    compiled = compile_scenario(scenario)
    parts = {
        "compare": repeated(engine.compare, scenario),
        "drawing world and accounts": repeated(compile_scenario, scenario),
        "the same size, a crash with auto-deleveraging": repeated(engine.compare, crash),
    }
    for policy in engine.POLICIES:
        parts[f"run {policy}"] = repeated(run_compiled, compiled, policy)
    found = rounds(parts, 9)
    return [(name, 1e3 * min(times)) for name, times in found.items()]


def why() -> list[tuple[str, float, int]]:
    """Seconds until an event's answers are there, and their re-runs, at 10,000 x 3,600, warm.

    The last margin trigger of the opening preset: what would have prevented it on every axis, on
    those of its account, and who caused it.
    """
    size = {"accounts.count": 10_000, "world.steps": 3_600}
    result = engine.run(engine.presets()[0].scenario.with_values(**size))
    number = int(engine.limits(result.event_frame())["event"].iloc[-1])
    axes = engine.preventions(result, number)
    own = engine.preventions(result, number, engine.OWN_AXES)
    blamed = engine.blame(result, number, "source")
    parts = {
        "what would have prevented it": repeated(engine.preventions, result, number),
        "of its account alone": repeated(engine.preventions, result, number, engine.OWN_AXES),
        "who caused it": repeated(engine.blame, result, number, "source"),
    }
    runs = (sum(x.tried for x in axes), sum(x.tried for x in own), blamed.runs if blamed else 0)
    found = rounds(parts, 3)
    return [
        (name, min(times), count) for (name, times), count in zip(found.items(), runs, strict=True)
    ]


def in_a_crash(move: float) -> tuple[str, float, float, int]:
    """What would have prevented the last limit of a fall in 300 steps: the name of the row, seconds
    on the clock and of the processor (best of three), re-runs.

    The default scenario at 10,000 x 3,600, incremental liquidation with much auto-deleveraging: the
    worst place to ask, as each re-run is as long as the whole crash.
    """
    crash = {"accounts.count": 10_000, "world.steps": 3_600, "world.shocks": ((600, move, 300),)}
    incremental = {"liquidation.policy": "incremental"}
    result = engine.run(engine.Scenario().with_values(**crash, **incremental))
    limits = engine.limits(result.event_frame())
    number = int(limits["event"].iloc[-1])
    taken = []
    for _ in range(3):
        wall, busy = time.perf_counter(), time.process_time()
        axes = engine.preventions(result, number)
        taken.append((time.perf_counter() - wall, time.process_time() - busy))
    name = f"what would have prevented the last of {len(limits):,} limits, a fall of {-move:.0%}"
    return name, *min(taken), sum(axis.tried for axis in axes)


def fresh_process(program: str, **variables: str) -> tuple[float, str]:
    """Seconds a new Python process takes for a program, and what it prints."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return time.perf_counter() - start, done.stdout.strip()


def first_result() -> float:
    """Seconds from the start of a process to its first result, compiled code on disk."""
    fresh_process(FIRST)
    return median(fresh_process(FIRST)[0] for _ in range(5))


def first_call(folder: str) -> float:
    """CPU seconds of a process's first run, its compiled code in this folder or put there."""
    return float(fresh_process(CALL, NUMBA_CACHE_DIR=folder)[1])


def exponent(small: float, large: float, factor: float) -> float:
    """e in cost ~ size**e, from two sizes."""
    return math.log(large / small) / math.log(factor)


def growth() -> list[tuple[str, float]]:
    """Exponents of the cost in accounts and steps (nobody due) and in events."""
    small, wide = Ours(make(1_000, 1_000, "market"), quiet=True), None
    wide = Ours(make(100_000, 1_000, "market"), quiet=True)
    long = Ours(make(1_000, 100_000, "market"), quiet=True)
    few, many = (Ours(make(n, 1_000, "incremental")) for n in (1_000, 100_000))
    quick = {"small": small, "wide": wide, "long": long, "few": few, "many": many}
    t = {name: min(times) for name, times in rounds(quick, 7).items()}
    busy = (t["few"] - t["small"], t["many"] - t["wide"])
    return [
        ("accounts, nobody due (1e3 to 1e5, 1e3 steps)", exponent(t["small"], t["wide"], 100)),
        ("steps, nobody due (1e3 to 1e5, 1e3 accounts)", exponent(t["small"], t["long"], 100)),
        ("events (cost beyond the quiet run)", exponent(*busy, many.events / few.events)),
    ]
