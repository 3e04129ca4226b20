"""Money is conserved to the last tick in every run, and every run repeats to the last bit."""

import itertools
import subprocess
import sys
import threading
from functools import lru_cache

import numpy as np
import pytest
from numba import config

import engine
from engine.core.state import Row, Rule
from engine.reports import event_counts
from tests.fingerprints import NAMES, fingerprint, numpy_extensions, stored
from tests.plain import few
from tests.random_runs import EVERY_RULE, random_scenario
from tests.shared import ROOT, SHARED
from tests.twin.guarded import GUARDS

KLINES = SHARED / "data" / "klines" if SHARED else None
FILES = sorted(KLINES.rglob("*.csv.gz")) if KLINES else []
CALM = [path for path in FILES if path.parent.name == "calm-2023-09"]
needs_shared = pytest.mark.skipif(not FILES, reason="the shared candle files are not here")
ZERO = {"quote": 0.0, "base": 0.0}
SEEDS = few(range(60), plain=EVERY_RULE)
REPLAYS = (
    ("2021-05-china/BTCUSDT-perp-1m.csv.gz",),
    ("2021-05-china/BTCUSDT-spot-1h.csv.gz", "2021-05-china/ETHUSDT-spot-1h.csv.gz"),
    ("2023-08-17/BTCUSDT-spot-1m.csv.gz", "2023-08-17/BTCUSDT-perp-1m.csv.gz"),
    ("2023-08-17/ETHUSDT-perp-1m.csv.gz",),
    ("2025-10-10/BTCUSDT-perp-1m.csv.gz",),
    ("2025-10-10/BTCUSDT-spot-5m.csv.gz", "2025-10-10/SOLUSDT-spot-5m.csv.gz"),
)


def check(result):
    """The laws every run obeys."""
    assert result.conservation == ZERO
    assert sum(event_counts(result).values()) == len(result.events)
    whole = np.concatenate([result.quote, result.base.ravel()])
    assert (whole == np.rint(whole)).all()
    assert (result.base.sum(axis=0) == 0.0).all()
    closed = result.events["account"][result.events["rule"] == Rule.BANKRUPTCY]
    rows, symbol = np.unique(closed), result.compiled.inputs.symbol
    assert (result.base[rows, symbol[rows]] == 0.0).all()
    venue = result.quote[result.accounts + Row.FEES]
    assert venue >= 0.0


@lru_cache
def world_of(*names: str):
    return engine.replay_world([engine.read_candles(KLINES / name) for name in names])


@pytest.mark.laws
@pytest.mark.parametrize("seed", SEEDS)
def test_random_runs_conserve_money(seed):
    """Whatever rules are mixed, quote and base are conserved and the log shows every balance."""
    check(engine.run(random_scenario(seed)))


@pytest.mark.laws
def test_the_random_runs_reach_every_rule():
    """The list above would prove nothing about rules it never meets."""
    seen = set()
    for seed in SEEDS:
        seen |= set(engine.run(random_scenario(seed)).events["rule"].tolist())
    legs = {Rule.CORRELATION_CHANGE, Rule.REQUIREMENT_CHANGE, Rule.COLLATERAL_SALE}
    assert seen == {int(rule) for rule in Rule} - legs - GUARDS, "those are met in their own tests"


def test_a_wrong_amount_is_noticed():
    """One tick more in one recorded amount, and the replay names the first event it contradicts."""
    result = engine.run(engine.presets()[0].scenario)
    changed = result.events.copy()
    fill = np.flatnonzero(changed["rule"] == Rule.SLICE)[0]
    changed["amount"][fill] += 1.0
    object.__setattr__(result, "events", changed)
    with pytest.raises(AssertionError, match="event|final"):
        _ = result.conservation


def test_presets_conserve_money():
    """The presets, under all three policies."""
    for preset in engine.presets():
        for result in engine.compare(preset.scenario).values():
            check(result)


@needs_shared
@pytest.mark.parametrize("names", REPLAYS, ids=lambda names: names[0])
def test_replays_of_the_great_days_conserve_money(names):
    """2021-05-19, 2023-08-17 and 2025-10-10 under all three policies; somebody is liquidated."""
    world = world_of(*names)
    for result in engine.compare(engine.replay_scenario(world), world=world).values():
        check(result)
        assert result.metrics["liquidated_accounts"] > 0
        assert len(result.series_frame(len(world.symbols) - 1)) == len(world.prices)


@needs_shared
@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_candle_file_runs(path):
    """Each of the shared files loads, runs and conserves money."""
    world = engine.replay_world([engine.read_candles(path)])
    check(engine.run(engine.replay_scenario(world), world=world))


@needs_shared
@pytest.mark.parametrize("path", CALM, ids=lambda p: p.name)
def test_a_calm_day_liquidates_next_to_nobody(path):
    """September 2023, at leverage up to 20: at most one account in a thousand."""
    world = engine.replay_world([engine.read_candles(path)])
    for result in engine.compare(engine.replay_scenario(world), world=world).values():
        assert result.metrics["liquidated_accounts"] <= 0.001 * result.accounts


PRINT = """
import sys, engine
from tests.random_runs import random_scenario
print(engine.run(engine.presets()[0].scenario).fingerprint)
for seed in map(int, sys.argv[1:]):
    print(engine.run(random_scenario(seed)).fingerprint)
"""
FEW = (1, 2, 5, 13, 23)


def fingerprints_here():
    runs = [engine.presets()[0].scenario, *map(random_scenario, FEW)]
    return [engine.run(scenario).fingerprint for scenario in runs]


def fingerprints_elsewhere():
    """The same runs in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", PRINT, *map(str, FEW)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_run_repeats_in_this_and_another_process():
    """Same scenario, same fingerprint, twice here and once in a fresh process."""
    assert fingerprints_here() == fingerprints_here() == fingerprints_elsewhere()


@pytest.mark.laws
@pytest.mark.parametrize("name", NAMES)
def test_a_run_has_the_same_bits_on_every_processor(name):
    """Those stored: optimised for this processor; on a generic one, not optimised, with bounds
    checks and without NumPy's vector extensions (`make laws-checked`); and in plain Python.

    A change that is meant to alter bits stores them anew: `python -m tests.fingerprints`.
    """
    assert fingerprint(name) == stored()[name]


@pytest.mark.laws
@pytest.mark.skipif(not config.BOUNDSCHECK, reason="for `make laws-checked`")
def test_the_checked_run_is_that_of_a_plain_processor():
    """Else the law above would compare one kind of kernels with itself."""
    assert (config.OPT, config.CPU_NAME, numpy_extensions()) == (0, "generic", "")


def test_two_threads_at_once_give_the_same_bits():
    """Two sessions that run at once neither disturb each other nor abort the process."""
    want = fingerprints_here()
    got: dict[int, list] = {}

    def work(number):
        got[number] = [fingerprints_here() for _ in range(3)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(itertools.chain.from_iterable(got.values())) == [want] * 6


def test_policies_share_one_world():
    """Three policies see the same prices and accounts: a difference is caused, not sampled."""
    results = list(engine.compare(engine.presets()[0].scenario).values())
    first = results[0].compiled
    for result in results:
        assert result.compiled.inputs is first.inputs and result.compiled.quote is first.quote
    alone = engine.run(results[2].scenario)
    assert alone.fingerprint == results[2].fingerprint
