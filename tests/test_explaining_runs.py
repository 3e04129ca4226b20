"""Every event of random runs and of real days can be explained; none is refused."""

import random

import pytest

import engine
from tests.random_runs import random_scenario
from tests.shared import SHARED

KLINES = SHARED / "data" / "klines" if SHARED else None
# Seeds that once showed a limit tested at a late mark, and orders of one step that look alike.
ONCE_WRONG = (24, 414, 821, 835, 1489, 2846)
DAYS = (
    ("2021-05-china/BTCUSDT-perp-1m.csv.gz",),
    ("2023-08-17/BTCUSDT-spot-1m.csv.gz",),
    ("2025-10-10/BTCUSDT-spot-5m.csv.gz", "2025-10-10/SOLUSDT-spot-5m.csv.gz"),
)


def explain_some(result, most):
    """Explain up to `most` events; each recomputes, and its parts add up to the loss."""
    count = len(result.events)
    for n in sorted(random.Random(count).sample(range(count), min(most, count))):
        told = engine.explain(result, n)
        size = sum(abs(part.amount) for part in told.parts)
        assert abs(sum(part.amount for part in told.parts) - told.total) <= 1e-9 * size
        assert told.event == n and told.text


@pytest.mark.parametrize("seed", [*range(150), *ONCE_WRONG])
def test_events_of_random_runs_are_explained(seed):
    """Both sides recompute and the loss splits into parts that add up, whatever rules are mixed."""
    explain_some(engine.run(random_scenario(seed)), 40 if seed in ONCE_WRONG else 12)


@pytest.mark.skipif(KLINES is None, reason="the shared candle files are not here")
@pytest.mark.parametrize("names", DAYS, ids=lambda names: names[0])
def test_events_of_real_days_are_explained(names):
    """The same for replays, under all three policies."""
    world = engine.replay_world([engine.read_candles(KLINES / name) for name in names])
    for result in engine.compare(engine.replay_scenario(world), world=world).values():
        explain_some(result, 60)
