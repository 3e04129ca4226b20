"""Every event of accounts with several legs is explained; the parts per leg add up."""

import random
from itertools import combinations

import numpy as np
import pytest

import engine
from engine.core.cut import Why
from engine.core.state import MarginMode, Rule
from engine.log.legs import first_several
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


def right_side(mode, given, names):
    """The requirement from the inputs of an explanation, as its formula says."""
    margins = [given[f"{name} margin"] for name in names]
    gross = sum(map(abs, margins))
    if mode == MarginMode.CROSS:
        return gross
    if mode == MarginMode.PORTFOLIO:
        risk = sum(margin**2 for margin in margins)
        for (one, a), (other, b) in combinations(zip(names, margins, strict=True), 2):
            risk += 2.0 * given[f"correlation {one}, {other}"] * a * b
        return max(given["floor"] * gross, max(risk, 0.0) ** 0.5)
    held = {name: given[f"{name} position"] * given[f"{name} mark"] for name in names}
    table = {key.rsplit(" ", 1)[1] for key in given if " in move " in key}
    losses = (-sum(held[n] * given[f"{n} in move {s}"] for n in names) for s in table)
    return max(given["floor"] * gross, 0.0, *losses)


def test_a_reader_can_recompute_the_limit_of_several_legs():
    """In each margin mode the inputs give both sides, by the formula that is shown."""
    marks = {
        MarginMode.CROSS: "sum_k |M_k|",
        MarginMode.PORTFOLIO: "rho",
        MarginMode.SCAN: "x_{sk}",
    }
    seen = set()
    for result in map(result_of, range(30)):
        mode, several = MarginMode(result.params.margin_mode), first_several(result)
        mine = (result.events["rule"] == Rule.MAINTENANCE) & (result.events["account"] >= several)
        for n in np.flatnonzero(mine)[:3]:
            told = engine.explain(result, int(n))
            given = {name: value for name, value, _ in told.inputs}
            names = [name for name in result.compiled.symbols if f"{name} position" in given]
            worth = given["cash"] + sum(v for key, v in given.items() if key.endswith("counts as"))
            worth += sum(given[f"{k} position"] * given[f"{k} mark"] for k in names)
            assert worth == pytest.approx(told.value, rel=1e-9, abs=0.01)
            assert right_side(mode, given, names) == pytest.approx(told.limit, rel=1e-9, abs=0.01)
            assert marks[mode] in told.formula_latex and "rate" not in told.formula
            if told.changed is not None:
                assert told.changed < n and f"event {told.changed}" in told.threshold
            seen.add(mode)
    assert seen == set(MarginMode)
