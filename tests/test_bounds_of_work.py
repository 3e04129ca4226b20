"""No scenario buys unbounded work, not even within one step."""

import numpy as np
import pytest

import engine
from engine import InputError, Scenario, run, simulation
from engine.core.loop import simulate
from engine.core.unfold import full_log
from engine.core.workspace import workspace
from engine.scenario.compile import compile_scenario
from engine.scenario.params import kernel_params
from pages.ui.link import read

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
    with pytest.raises(InputError, match="rankings"):
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


def test_a_link_cannot_buy_millions_of_payments():
    """Each payment of funding is a movement in the ledger, so their number is bounded too."""
    given = {"accounts.count": 1_000, "world.steps": 200_000, "funding.interval": 1.0}
    scenario = engine.Scenario().with_values(**given)
    with pytest.raises(engine.InputError, match="payments of funding"):
        engine.check_work(scenario, engine.APP_MAX_WORK, engine.APP_MAX_AUCTION_WORK)


def test_gains_that_outgrow_whole_ticks_are_refused():
    """A rate of 20 % paid every second compounds past what a balance holds exactly."""
    given = {
        "world.steps": 20_000, "world.volatility": 0.0, "accounts.count": 5,
        "accounts.long_share": 0.0, "funding.interval": 1.0, "funding.cap": 0.2,
        "funding.rates": ((0, 0.2),),
    }  # fmt: skip
    with pytest.raises(engine.InputError, match="outgrow whole ticks"):
        engine.run(engine.Scenario().with_values(**given))


def test_orders_one_by_one_with_a_dump_between_lead_to_the_recorded_mid():
    """Two orders of the same size at the same level are two orders where execution is in turn."""
    given = {
        "world.steps": 2, "accounts.count": 60, "accounts.open_interest": 2e6,
        "world.others": ((1.0, 0.6, 1e6, 0.0), (1e-6, 0.0, 1e4, 2.0), (1e-6, 4.0, 1e4, -1.0)),
        "accounts.portfolios": ((2, 1e8, 119.09971566174667, -0.5, -0.5, 1e-9, -0.5),),
        "venue.rulebook": "hyperliquid-btc-undated", "venue.insurance_fund": 0.0,
        "venue.execution": "sequential", "crowd.interval": 1, "crowd.fund_capital": 1e6,
    }  # fmt: skip
    result = engine.run(engine.Scenario().with_values(**given))
    assert len(result.event_frame()) > 0
    assert result.conservation == {"quote": 0.0, "base": 0.0}


@pytest.mark.parametrize(
    "query",
    [
        "?v=2&s=calm&c=world.source~replay~~accounts.portfolios~1_1000_2_0_1_0_0",
        "?v=2&s=calm&c=funding.data~0123456789abcdef",
        "?v=2&s=calm&c=world.source~replay~~accounts.count~1000000~~world.steps~200"
        "~~liquidation.deadline~1~~world.others~" + "__".join(["100_0.5_1000000_1"] * 7),
    ],
)
def test_a_link_to_a_replay_is_checked_again_as_what_is_opened(query):
    """A page has no candles: the generated world in their place has bounds of its own."""
    view = read(query, "three-ways-out")
    assert view.problems and view.scenario.world.source == "generated"
    engine.check_work(view.scenario, engine.APP_MAX_WORK, engine.APP_MAX_AUCTION_WORK)
    assert not view.scenario.funding.data


def test_a_link_cannot_buy_an_operator_who_looks_at_a_day_again_and_again():
    """Each action runs the world once more and looks at every step anew."""
    much = "accounts.count~200~~world.steps~110000~~monitor.actions~8"
    view = engine.read_link(f"?v=3&s=fast-drop&c={much}", max_work=engine.APP_MAX_WORK)
    assert [problem.field for problem in view.problems] == ["world.steps x monitor.actions"]
    usual = "?v=3&s=monitor-warned&c=monitor.actions~8"
    assert not engine.read_link(usual, max_work=engine.APP_MAX_WORK).problems
