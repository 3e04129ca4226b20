"""The fast way and the plain way give the same bits."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from engine.core.rows import _lowest_bit, heap_of, lowest_of, pop, ranking
from engine.simulation import run
from tests.plain_scan import cases

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


def test_lowest_bit_reads_every_place_of_a_word():
    """Compiled or not, the search for the lowest bit of a word finds it."""
    for place in range(64):
        word = np.uint64((1 << 63) | (1 << place))
        assert lowest_of(word, 3) == 3 * 64 + place
        assert _lowest_bit(word) == place
