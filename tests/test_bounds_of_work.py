"""No scenario buys unbounded work, not even within one step."""

import numpy as np
import pytest

from engine import InputError, Scenario, run, simulation
from engine.core.loop import simulate
from engine.core.unfold import full_log
from engine.core.workspace import workspace
from engine.scenario.compile import compile_scenario
from engine.scenario.params import kernel_params

ACCOUNTS, MOST = 2_000, 20_000
GAP = Scenario().with_values(
    **{
        "accounts.count": ACCOUNTS,
        "accounts.leverage_low": 100.0,
        "accounts.leverage_high": 200.0,
        "book.depth": 100.0,
        "liquidation.policy": "market",
        "venue.insurance_fund": 0.0,
        "venue.adl": "pro_rata",
        "world.steps": 20,
        "world.shocks": ((10, -0.5, 1),),
    }
)


def test_one_step_stops_when_it_asks_too_much():
    """Where every long fails in one step and every short is to pay each time, the step gives up."""
    compiled = compile_scenario(GAP)
    p = kernel_params(GAP, compiled.units)
    for events, work in ((MOST, 10**9), (10**9, 10 * ACCOUNTS)):
        state = workspace(p, compiled.inputs, compiled.quote, compiled.base, 1)
        counted = simulate(p, compiled.inputs, state, events, work)
        assert counted < MOST + 10 * ACCOUNTS


def test_a_run_that_asks_too_much_is_refused(monkeypatch):
    """The refusal is a clear error, whichever bound is met."""
    monkeypatch.setattr(simulation, "MAX_EVENTS", MOST)
    with pytest.raises(InputError, match="events"):
        run(GAP)
    monkeypatch.setattr(simulation, "MAX_RANKED", 10 * ACCOUNTS)
    with pytest.raises(InputError, match="auto-deleveragings"):
        run(GAP)


def test_the_bounds_leave_an_ordinary_run_as_it_was():
    """A run within the bounds does not depend on them."""
    quiet = GAP.with_values(**{"accounts.count": 50})
    compiled = compile_scenario(quiet)
    p = kernel_params(quiet, compiled.units)
    logs = []
    for bound in (MOST, 10**9):
        state = workspace(p, compiled.inputs, compiled.quote, compiled.base, MOST)
        simulate(p, compiled.inputs, state, bound, bound)
        logs.append(full_log(p, compiled.inputs, state))
    assert np.array_equal(*logs)
