"""The kernel against its slow twin: the same events and balances, equal bit for bit."""

from functools import cache

import numpy as np
import pytest

import engine
from engine.core.cut import Why
from engine.core.state import EVENT, Rule
from engine.explanation.sides import Moment, sides
from tests.twin import Twin, twin_of
from tests.twin.guarded import GUARDS
from tests.twin.scenes import scenes
from tests.twin.worlds import random_case

SEEDS = range(240)
SCENES = scenes()


def agree(result: engine.Result) -> Twin:
    """Assert that kernel and twin agree on every event, balance and price; returns the twin."""
    twin = twin_of(result)
    for n, (kernel, plain) in enumerate(zip(result.events, twin.events, strict=False)):
        pairs = {name: (kernel[name].item(), plain[name]) for name in EVENT.names}
        wrong = {name: pair for name, pair in pairs.items() if not pair[0] == pair[1]}
        assert not wrong, f"event {n} ({Rule(plain['rule']).name}): {wrong}"
    assert len(result.events) == len(twin.events)
    assert result.quote.tolist() == [party.quote for party in twin.parties]
    assert result.base.tolist() == [party.base for party in twin.parties]
    assert result.mid.T.tolist() == [symbol.mid for symbol in twin.symbols]
    assert result.raw.T.tolist() == [symbol.raw for symbol in twin.symbols]
    if result.sigma.shape == result.mid.shape:
        assert result.sigma.T.tolist() == [symbol.sigma or [0.0] for symbol in twin.symbols]
    return twin


@cache
def random_result(seed: int) -> engine.Result:
    scenario, world, table = random_case(seed)
    return engine.run(scenario, world=world, table=table)


@pytest.mark.parametrize("seed", SEEDS)
def test_kernel_and_twin_agree_on_random_worlds(seed):
    """Whatever the settings and however extreme the prices, both log the same bits."""
    agree(random_result(seed))


def test_random_worlds_reach_every_rule_and_every_reason_of_a_cut():
    """Agreement on random worlds says something about every kind of event and every size of cut."""
    events = [random_result(seed).events for seed in SEEDS]
    seen = {int(rule) for log in events for rule in np.unique(log["rule"])}
    several = {Rule.CORRELATION_CHANGE, Rule.REQUIREMENT_CHANGE, Rule.COLLATERAL_SALE}
    assert seen == set(map(int, Rule)) - several - GUARDS
    triggers = [log[log["rule"] == Rule.MAINTENANCE] for log in events]
    assert {int(why) for log in triggers for why in log["net"]} == set(map(int, Why))
    policies = {random_result(seed).policy for seed in SEEDS}
    assert policies == set(engine.POLICIES)


@pytest.mark.parametrize("name", SCENES)
def test_kernel_and_twin_agree_on_each_mechanism(name):
    """A scenario made for one mechanism reaches it, and both compute it alike."""
    (scenario, world, table), reached = SCENES[name]
    result = engine.run(scenario, world=world, table=table)
    agree(result)
    assert reached(result), f"{name} is not reached"


@pytest.mark.parametrize("seed", range(0, 200, 9))
def test_money_and_coins_are_conserved(seed):
    """Opening and final balances have the same sums, to the last tick and lot."""
    result = random_result(seed)
    assert result.quote.sum() == result.compiled.quote.sum()
    assert (result.base.sum(axis=0) == 0.0).all()
    assert (np.rint(result.quote) == result.quote).all()


@pytest.mark.parametrize("seed", range(0, 200, 20))
def test_both_sides_of_every_comparison_are_recomputed_from_the_log(seed):
    """What an explanation shows is what decided the event, bit for bit, in any world."""
    result = random_result(seed)
    for number in range(len(result.events)):
        sides(Moment(result, number))  # raises where a side differs
