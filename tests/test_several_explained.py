"""Every event of accounts with several legs is explained; the parts per leg add up."""

import random

import numpy as np
import pytest

import engine
from engine.core.cut import Why
from engine.core.state import MarginMode, Rule
from tests.test_several_agreement import result_of

RARE = (Rule.CORRELATION_CHANGE, Rule.REQUIREMENT_CHANGE, Rule.COLLATERAL_SALE)


def restoring(result):
    """Triggers whose cut is told as the least that restores the buffer."""
    events = result.events
    return np.flatnonzero((events["rule"] == Rule.MAINTENANCE) & (events["net"] == Why.BUFFER))


def test_least_cuts_are_met_by_formula_and_by_search():
    """So both ways of finding the least cut are put to the test below."""
    found = {r.params.margin_mode for r in map(result_of, range(120)) if len(restoring(r))}
    assert found >= {MarginMode.CROSS, MarginMode.PORTFOLIO}


@pytest.mark.parametrize("seed", range(120))
def test_events_of_several_legs_are_explained(seed):
    """Both sides recompute from the log and the loss splits into parts per leg that add up."""
    result = result_of(seed)
    count, found = len(result.events), result.events["rule"]
    chosen = set(random.Random(seed).sample(range(count), min(15, count)))
    chosen |= {int((found == rule).argmax()) for rule in RARE if (found == rule).any()}
    chosen |= set(restoring(result)[:4].tolist())
    for n in sorted(chosen):
        told = engine.explain(result, n)
        size = sum(abs(part.amount) for part in told.parts)
        assert abs(sum(part.amount for part in told.parts) - told.total) <= 1e-9 * size
        assert told.event == n and told.text


@pytest.mark.parametrize("seed", range(0, 120, 3))
def test_causes_point_backwards_and_tables_can_be_made(seed):
    """A cause is an earlier event or the outside world; every table of a run can be read."""
    result = result_of(seed)
    assert all(cause < n for n, cause in enumerate(result.causes))
    assert len(result.event_frame()) == len(result.events)
    accounts = result.account_frame()
    assert set(accounts["account"]) == set(range(result.accounts))
    assert result.metrics["liquidated_accounts"] <= result.accounts
    for k in range(result.mid.shape[1]):
        assert len(result.series_frame(k)) == len(result.mid)
