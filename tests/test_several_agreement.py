"""Kernel and twin on accounts with several legs: the same events and balances, bit for bit."""

from functools import cache

import numpy as np
import pytest

import engine
from engine.core.cut import Why
from engine.core.state import Rule
from tests.test_agreement import agree
from tests.twin.guarded import GUARDS
from tests.twin.several import several_case

SEEDS = range(200)


@cache
def result_of(seed: int) -> engine.Result:
    scenario, given = several_case(seed)
    return engine.run(scenario, **given)


@pytest.mark.parametrize("seed", SEEDS)
def test_kernel_and_twin_agree_on_accounts_with_several_legs(seed):
    """Whatever the legs, the mode and the policy, both log the same bits."""
    agree(result_of(seed))


def several_events(seed: int) -> np.ndarray:
    """Events of multi-leg accounts."""
    result = result_of(seed)
    first = result.accounts - len(result.compiled.inputs.legs)
    account = result.events["account"]
    return result.events[(account >= first) & (account < result.accounts)]


def test_random_legs_reach_every_rule_and_every_reason_of_a_cut():
    """Agreement says something about every kind of event of an account with several legs."""
    events = [several_events(seed) for seed in SEEDS]
    seen = {int(rule) for log in events for rule in np.unique(log["rule"])}
    other = {Rule.UNWIND, Rule.CORRELATION_CHANGE, Rule.FUNDING, Rule.CROWD, Rule.REDUCTION}
    other |= {Rule.VOLATILITY_ADDON, Rule.DEPTH_PUBLISHED}
    assert seen == set(map(int, Rule)) - other - GUARDS
    triggers = [log[log["rule"] == Rule.MAINTENANCE] for log in events]
    assert {int(why) for log in triggers for why in log["net"]} == set(map(int, Why))
    changed = [result_of(seed).events["rule"] == Rule.CORRELATION_CHANGE for seed in SEEDS]
    assert sum(map(np.any, changed)) > 20


@pytest.mark.parametrize("seed", SEEDS)
def test_money_and_coins_of_several_legs_are_conserved(seed):
    """Movements rebuild every balance, collateral coins included, to the last tick and lot."""
    assert result_of(seed).conservation == {"quote": 0.0, "base": 0.0}
