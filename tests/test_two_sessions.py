"""Several sessions at once: kernels run side by side, never abort and never mix."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import engine
from engine.core import loop

ROOT = Path(__file__).resolve().parent.parent
SCENARIO = engine.Scenario().with_values(
    **{"accounts.count": 2_000, "world.steps": 900, "world.shocks": ((100, -0.08, 60),)}
)


def fingerprints(scenario: engine.Scenario) -> list[str]:
    """Of the three policies."""
    return [result.fingerprint for result in engine.compare(scenario).values()]


def test_two_threads_return_the_same_bits():
    """Two threads that start together, again and again, get what one thread gets alone."""
    alone = fingerprints(SCENARIO)
    gate = threading.Barrier(2)

    def session(_: int) -> list[list[str]]:
        gate.wait()
        return [fingerprints(SCENARIO) for _ in range(10)]

    with ThreadPoolExecutor(2) as pool:
        for answers in pool.map(session, range(2)):
            assert answers == [alone] * 10


def test_sessions_with_different_scenarios_do_not_mix():
    """Four sessions, each with its own seed, get their own results."""
    scenarios = [SCENARIO.with_values(seed=seed) for seed in range(4)]
    alone = [fingerprints(scenario) for scenario in scenarios]
    assert len({answer[0] for answer in alone}) == 4
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(fingerprints, scenarios * 3)) == alone * 3


def test_kernels_are_serial_and_release_the_interpreter():
    """No kernel starts threads of its own (that can abort a server), and none holds the lock."""
    options = loop.simulate.targetoptions
    assert options["nogil"] and not options.get("parallel") and not options["fastmath"]


PROGRAM = """
import threading
import engine
scenario = engine.Scenario().with_values(**{"accounts.count": 500, "world.steps": 300})
found = []
work = [threading.Thread(target=lambda: found.append(engine.run(scenario).fingerprint))
        for _ in range(4)]
[thread.start() for thread in work]
[thread.join() for thread in work]
assert len(found) == 4 and len(set(found)) == 1, found
print(found[0])
"""


def test_the_first_visitors_may_come_together():
    """Two fresh servers, each with four first visits at the same moment, answer all alike."""
    servers = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [server.communicate(timeout=300) for server in servers]
    assert [server.returncode for server in servers] == [0, 0], answers
    assert answers[0][0] == answers[1][0]
