"""The fast way and the plain way give the same bits."""

import json
import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np

from engine import simulation
from engine.core import workspace as rooms
from engine.core.radii import WAY
from engine.core.rows import _lowest_bit, heap_of, lowest_of, pop, ranking
from engine.core.state import Count
from engine.core.winners import in_front, put_back, score_of, sift, take_first
from engine.core.workspace import workspace
from engine.simulation import run
from tests.plain_scan import cases
from tests.random_runs import random_scenario
from tests.twin.guarded import guarded_case
from tests.twin.several import several_case

ROOT = Path(__file__).resolve().parent.parent


def test_queue_and_plain_scan_give_the_same_bits():
    """Looking only at accounts whose price is near finds the same ones as testing all of them."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.plain_scan"],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    results = [run(scenario) for scenario in cases()]
    assert sum(len(result.events) for result in results) > 2_000
    assert json.loads(done.stdout) == [result.fingerprint for result in results]


def plain_room(*given):
    """`workspace` of a run in which every account with several legs is looked at in each step."""
    state = workspace(*given)
    state.gauge[WAY] = np.inf
    return state


def legs_asleep(case: tuple, room, monkeypatch) -> tuple[str, np.ndarray]:
    """Fingerprint of a run, and how many accounts slept, were awake at its end."""
    states = []

    def kept(*given):
        states.append(room(*given))
        return states[-1]

    monkeypatch.setattr(simulation, "workspace", kept)
    scenario, given = case
    result = run(scenario, **given)
    awake = int(states[-1].count[Count.AWAKE])
    return result.fingerprint, np.array([len(states[-1].until) - awake, awake])


def test_safety_radii_and_plain_scan_of_legs_give_the_same_bits(monkeypatch):
    """Accounts with several legs may sleep through funding, credit, guardrails and halts alike."""
    cases = [several_case(seed) for seed in range(300)]
    cases += [guarded_case(seed) for seed in range(0, 150, 3)]
    slept = np.zeros(2)
    for case in cases:
        fast, counts = legs_asleep(case, workspace, monkeypatch)
        plain, none = legs_asleep(case, plain_room, monkeypatch)
        assert fast == plain, case[0]
        assert none[0] == 0
        slept += counts
    assert slept[0] > 5 * slept[1]


class Littered:
    """NumPy whose `empty` arrays hold this byte in every place."""

    def __init__(self, byte: int):
        self.byte = byte

    def __getattr__(self, name):
        return getattr(np, name)

    def empty(self, *given):
        found = np.empty(*given)
        found.view(np.uint8).fill(self.byte)
        return found


def test_no_run_reads_what_was_left_in_its_room(monkeypatch):
    """Arrays that are not cleared may hold anything: what a run reads of them it wrote itself."""
    cases = [(random_scenario(seed), {}) for seed in range(150)]
    cases += [several_case(seed) for seed in range(60)]
    cases += [guarded_case(seed) for seed in range(60)]
    found = []
    for byte in (0, 1, 255):
        monkeypatch.setattr(rooms, "np", Littered(byte))
        found.append([run(scenario, **given).fingerprint for scenario, given in cases])
    assert found[0] == found[1] == found[2]


def test_ranking_and_heap_are_a_stable_sort():
    """Equal keys keep their order, whatever the number of keys."""
    rng = np.random.default_rng(1)
    for n in (0, 1, 2, 3, 7, 64, 1_000):
        keys = rng.integers(0, max(n // 3, 1), n).astype(float)
        keys[: n // 10] = -np.inf
        expected = np.argsort(keys, kind="stable").tolist()
        assert ranking(keys).tolist() == expected
        heap = heap_of(keys)
        assert [int(pop(heap, n - j, keys)) for j in range(n)] == expected


Queue = namedtuple("Queue", "queue score count quote base")
Entries = namedtuple("Entries", "entry")


def test_winners_are_asked_in_order_however_few_of_them_are_sorted():
    """Asked for again and again, with those who gave something put back at their new score."""
    rng = np.random.default_rng(2)
    for n in (1, 2, 3, 5, 40, 300, 300, 2_000):
        room, mark = n + 1, 80.0  # the loser is no winner: all others are
        entries = Entries(rng.integers(90, 95, room).astype(float))
        count, base = np.zeros(len(Count), np.int64), np.full((room, 1), -1.0)
        quote = rng.integers(81, 99, room).astype(float)
        state = Queue(np.arange(room), np.empty(room), count, quote, base)
        state.score[:] = [score_of(quote[w], -1.0, entries.entry[w], mark) for w in range(room)]
        left = sorted(range(n), key=lambda w: (state.score[w], w))
        here = sift(n, state)
        for _ in range(30):
            asked = min(int(rng.integers(1, 12)), len(left)) if rng.random() < 0.95 else len(left)
            for aside in range(1, asked + 1):
                here = in_front(here, state)
                w = int(take_first(here, state))
                here -= 1
                assert w == left.pop(0)
                state.queue[room - aside] = w
                quote[w] += rng.integers(-1, 2)
            back = [int(w) for w in state.queue[room - asked :]]
            put_back(here, asked, 0, mark, entries, state)
            here = int(count[Count.QUEUED])
            left = sorted(left + back, key=lambda w: (state.score[w], w))
            assert sorted(state.queue[: here + count[Count.UNSORTED]]) == list(range(n))


def test_lowest_bit_reads_every_place_of_a_word():
    """Compiled or not, the search for the lowest bit of a word finds it."""
    for place in range(64):
        word = np.uint64((1 << 63) | (1 << place))
        assert lowest_of(word, 3) == 3 * 64 + place
        assert _lowest_bit(word) == place
