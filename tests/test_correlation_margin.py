"""Margin over several legs: its laws, four ways in which a hedge fails, and one that saves."""

import numpy as np
import pytest

import engine
from engine.core.credit import is_correlation
from engine.core.legs import requirement, worst_loss
from engine.core.state import Rule
from engine.log.legs import Account, correlations, first_several
from engine.scenario.portfolios import Portfolios
from engine.scenario.schema import Scenario
from engine.studies.correlation import effective_positions

NONE = np.zeros((0, 2))
FLAT = {
    "world.steps": 120,
    "world.volatility": 0.0,
    "world.others": ((100.0, 0.0, 5e7, 1.0),),
    "book.depth": 5e7,
    "mark.rule": "index",
    "accounts.count": 1,
    "accounts.open_interest": 1e3,
    "accounts.leverage_high": 2.0,
    "accounts.entry_spread": 0.0,
    "accounts.headroom": 0.0,
    "liquidation.policy": "market",
    "margin.mode": "portfolio",
}
LONGS, PAIR = (1.0, 1.0, 0.0, 0.0), (1.0, -1.0, 0.0, 0.0)


def fund(weights, leverage, **settings) -> Scenario:
    """One account of 2 million USD in two symbols whose prices stand still."""
    given = {name.replace("__", "."): value for name, value in settings.items()}
    rows = ((1, 2e6, leverage, *weights),)
    return Scenario().with_values(**(FLAT | {"accounts.portfolios": rows} | given))


def held(scenario, weights, cash, coins=0.0) -> engine.Result:
    """One account with legs of a million USD times its weights, this cash and coins of symbol 1."""
    prices = np.array([scenario.world.price, scenario.world.others[0][0]])
    size = 1e6 * np.array([weights[:2]]) / prices
    given = Portfolios(
        size, prices[None, :], np.array([cash]), np.array([[0.0, coins / prices[1]]])
    )
    return engine.run(scenario, portfolios=given)


def of(result, rule):
    return result.events[result.events["rule"] == rule]


def matrix(rho):
    return np.array([[1.0, rho], [rho, 1.0]])


def test_modes_agree_where_they_must():
    """At a correlation of one, legs of one side add up; alone, a leg needs its own margin."""
    legs, pair = np.array([3.0, 4.0]), np.array([3.0, -4.0])
    assert requirement(legs, legs, matrix(1.0), NONE, 1, 0.0) == 7.0
    assert requirement(pair, pair, matrix(1.0), NONE, 1, 0.0) == 1.0
    assert requirement(legs, legs, matrix(0.0), NONE, 1, 0.0) == 5.0
    assert requirement(legs, legs, matrix(-1.0), NONE, 0, 0.0) == 7.0
    alone = np.array([3.0, 0.0])
    for rho in (-1.0, 0.3, 1.0):
        assert requirement(alone, alone, matrix(rho), NONE, 1, 0.0) == 3.0
    assert requirement(pair, pair, matrix(1.0), NONE, 1, 0.5) == 3.5


@pytest.mark.parametrize("seed", range(20))
def test_diversification_never_asks_for_more_than_the_sum(seed):
    """By any correlation matrix the requirement lies between the floor and the sum of margins."""
    rng = np.random.default_rng(seed)
    returns = rng.standard_normal((50, 4))
    rho, legs = np.corrcoef(returns.T), rng.standard_normal(4)
    room = np.zeros((4, 4))
    assert is_correlation(rho, room)
    need = requirement(legs, legs, rho, np.zeros((0, 4)), 1, 0.1)
    total = np.abs(legs).sum()
    assert 0.1 * total <= need <= total * (1.0 + 1e-12)


def test_what_is_no_correlation_matrix_is_seen():
    """Three pairs cannot all be opposites, and two twins of one are twins of each other."""
    for entries, possible in (
        ((-0.5, -0.5, -0.5), True),
        ((-0.6, -0.6, -0.6), False),
        ((1.0, 1.0, 1.0), True),
        ((1.0, 1.0, 0.5), False),
    ):
        a, b, c = entries
        rho = np.array([[1.0, a, b], [a, 1.0, c], [b, c, 1.0]])
        assert is_correlation(rho, np.zeros((3, 3))) == possible


def test_equal_longs_become_one_position_as_correlation_rises():
    """n / (1 + (n - 1) rho) independent positions: ten, then two, then one."""
    legs = np.ones(10)
    for rho, count in ((0.0, 10.0), (4 / 9, 2.0), (1.0, 1.0)):
        full = np.full((10, 10), rho) + (1.0 - rho) * np.eye(10)
        assert effective_positions(legs, full) == pytest.approx(count, rel=1e-12)


def test_a_scan_knows_which_legs_offset_each_other():
    """The worst of the joint moves: a fall of both costs a pair of equal sides nothing."""
    both_fall, apart = np.array([[-0.1, -0.1]]), np.array([[-0.1, 0.1]])
    assert worst_loss(np.array([100.0, -100.0]), both_fall) == 0.0
    assert worst_loss(np.array([100.0, 100.0]), both_fall) == pytest.approx(20.0)
    assert worst_loss(np.array([100.0, -100.0]), apart) == pytest.approx(20.0)


def changed(result):
    """(requirement before, after) [USD] of the one portfolio when correlation is published."""
    ((event,),) = [of(result, Rule.REQUIREMENT_CHANGE)]
    tick = result.compiled.units.tick
    return event["limit"] * tick, event["value"] * tick


@pytest.mark.parametrize(
    ("weights", "jump", "hurt"),
    [(LONGS, 0.95, True), (PAIR, 0.95, False), (PAIR, 0.2, True), (LONGS, 0.2, False)],
)
def test_a_correlation_that_moves_hurts_one_side_without_any_price_move(weights, jump, hurt):
    """Up hurts legs of one side, down hurts a pair; prices stand still and the log says why."""
    script = ((0, 0.6), (60, jump))
    scenario = fund(weights, 10.0, margin__script=script)
    quiet = held(scenario, weights, 1e5)
    before, after = changed(quiet)
    assert (after > before) == hurt
    rho = matrix(0.6)
    account = Account(
        quiet, first_several(quiet), quiet.compiled.quote[1], quiet.compiled.base[1],
        quiet.raw[0].copy(), rho,
    )  # fmt: skip
    tick = quiet.compiled.units.tick
    assert before == pytest.approx(account.needed() * tick, rel=1e-12)
    assert after == pytest.approx(account.needed(rho=matrix(jump)) * tick, rel=1e-12)
    assert (quiet.mid == quiet.mid[0]).all()
    # With less collateral than the higher requirement the account is liquidated in that step.
    between = 0.5 * (before + after) if hurt else before + 1.0
    result = held(scenario, weights, between)
    triggers = of(result, Rule.MAINTENANCE)
    assert (len(triggers) > 0) == hurt
    if hurt:
        assert set(triggers["step"]) == {60}
        assert (result.mid[:60] == result.mid[0]).all()
        told = engine.explain(result, int(np.flatnonzero(result.events["rule"] == 13)[0]))
        first = int(np.flatnonzero(result.events["rule"] == Rule.MAINTENANCE)[0])
        assert told.pushed == (first,)
        cause = int(result.causes[first])
        assert result.events[cause]["rule"] == Rule.REQUIREMENT_CHANGE
        stayed = held(fund(weights, 10.0, margin__script=script[:1]), weights, between)
        assert len(stayed.events) == 0
        assert (stayed.compiled.fundamental == result.compiled.fundamental).all()


def falling(beta, weights, depth=5e7, **settings) -> engine.Result:
    """Both symbols fall, the second beta times as far in the logarithm."""
    scenario = fund(weights, 14.0, **({"margin__mode": "cross"} | settings))
    return engine.run(
        scenario.with_values(
            **{
                "world.others": ((100.0, 0.0, depth, beta),),
                "world.shocks": ((20, -0.12, 30),),
            }
        )
    )


def test_a_hedge_of_another_beta_is_the_trigger():
    """Equal sums long and short: safe while both fall alike, liquidated when the long falls more.

    The trigger names the leg that lost, and the other leg's gain beside it.
    """
    hedged = falling(1.0, PAIR)
    assert len(of(hedged, Rule.MAINTENANCE)) == 0
    result = falling(2.5, (-1.0, 1.0, 0.0, 0.0))
    first = int(np.flatnonzero(result.events["rule"] == Rule.MAINTENANCE)[0])
    told = engine.explain(result, first)
    name = result.compiled.symbols[1]
    assert f"Its {name} leg has lost" in told.text and "its other legs gained" in told.text
    by_leg = {
        s: sum(p.amount for p in told.parts if p.symbol == s) for s in result.compiled.symbols
    }
    assert by_leg[name] < 0.0 < by_leg[result.compiled.symbols[0]]
    assert sum(by_leg.values()) == pytest.approx(told.total, rel=1e-9)


def test_the_hedge_saves_the_account():
    """Without its short leg the same long is liquidated by the same fall."""
    assert len(of(falling(1.0, PAIR), Rule.MAINTENANCE)) == 0
    assert len(of(falling(1.0, (1.0, 0.0, 0.0, 0.0)), Rule.MAINTENANCE)) > 0


def test_a_hedge_in_a_thin_book_costs_what_it_saved():
    """Closing the pair costs far more where the hedge leg's book is thin, and someone else pays."""
    owed = {}
    for depth in (5e7, 1e5):
        result = falling(2.5, (-1.0, 1.0, 0.0, 0.0), depth, venue__insurance_fund=5e6)
        owed[depth] = result.metrics["bad_debt"]
        assert result.conservation == {"quote": 0.0, "base": 0.0}
    assert owed[1e5] > owed[5e7] + 10_000.0


def test_a_haircut_takes_credit_and_coins_are_sold_when_cash_is_short():
    """A larger haircut is met earlier; after the last leg the coins pay, not the fund."""
    steps = []
    for haircut in (0.0, 0.3):
        scenario = fund(
            LONGS, 14.0, margin__mode="cross", margin__haircut=haircut,
            world__shocks=((20, -0.12, 30),),
        )  # fmt: skip
        result = held(scenario, LONGS, 20_000.0, 150_000.0)
        steps.append(int(of(result, Rule.MAINTENANCE)["step"][0]))
    assert steps[0] > steps[1]
    sold = of(result, Rule.COLLATERAL_SALE)
    assert len(sold) >= 1 and len(of(result, Rule.BANKRUPTCY)) == 0
    assert result.conservation == {"quote": 0.0, "base": 0.0}


@pytest.mark.parametrize("order", ["largest_margin", "largest_loss", "most_liquid", "declared"])
def test_the_leg_that_goes_first_is_the_venues_choice(order):
    """Incremental cuts one leg at a time, chosen by margin, loss, depth or name."""
    result = falling(
        2.5, (-0.4, 0.6, 0.0, 0.0), 2e7, margin__order=order, liquidation__policy="incremental"
    )
    trigger = of(result, Rule.MAINTENANCE)[0]
    symbol = {"largest_margin": 1, "largest_loss": 1, "most_liquid": 0, "declared": 0}[order]
    if order != "largest_margin":
        assert trigger["symbol"] == symbol
    told = engine.explain(result, int(np.flatnonzero(result.events["rule"] == 1)[0]))
    assert "leg is cut first" in told.text


def test_a_cut_of_one_leg_is_the_least_that_restores_the_buffer():
    """One lot less would leave the account short of the buffer, the other legs as they are."""
    result = falling(
        2.5, (-0.5, 0.5, 0.0, 0.0), liquidation__policy="incremental",
        liquidation__fraction=1.0, liquidation__min_slice=0.0, liquidation__buffer=0.1,
        liquidation__expected_slippage=0.0, venue__liquidation_fee=0.0, venue__taker_fee=0.0,
        book__half_spread=0.0,
    )  # fmt: skip
    cuts = np.flatnonzero(of_why(result, 7))
    assert len(cuts) > 0
    for n in cuts:
        engine.explain(result, int(n))  # raises unless the cut is the least


def of_why(result, why):
    return (result.events["rule"] == Rule.MAINTENANCE) & (result.events["net"] == why)


def test_what_the_venue_learns_is_published_in_notches_and_stays_a_correlation_matrix():
    """The estimate of a common fall climbs notch by notch, and at each step is PSD."""
    scenario = fund(
        (1.0, 1.0, 1.0, 0.0), 3.0, margin__memory=30.0, margin__notch=0.1, world__volatility=0.6,
        world__others=((100.0, 0.9, 5e7, 1.0), (5.0, 1.2, 5e7, 1.0)),
        world__correlation_jumps=((40, 0.95, 80),),
    )  # fmt: skip
    result = engine.run(scenario)
    changes = np.flatnonzero(result.events["rule"] == Rule.CORRELATION_CHANGE)
    assert len(changes) > 3
    for n in changes:
        value = float(result.events[n]["value"])
        assert abs(value / 0.1 - round(value / 0.1)) < 1e-9
    for step in np.unique(result.events["step"][changes]):
        last = int(np.searchsorted(result.events["step"], step, "right"))
        assert is_correlation(correlations(result, last), np.zeros((3, 3)))


def test_settings_that_fit_no_world_are_refused():
    """A weight without a symbol, an impossible correlation, a scan without rows, too much work."""
    for changes, field in (
        ({"world.others": ()}, "weight2"),
        ({"world.others": ((1.0, 0.1, 1e6, 1.0),) * 3, "margin.correlation": -0.9}, "correlation"),
        ({"margin.mode": "scan"}, "margin.scans"),
        ({"margin.script": ((5, 0.1), (5, 0.2))}, "margin.script[1].step"),
        ({"accounts.portfolios": ((200_000, 1e9, 3.0, 1.0, 0, 0, 0),)}, "accounts.portfolios"),
        ({"accounts.coin_share": 0.5, "accounts.coin": 3}, "accounts.coin"),
    ):
        with pytest.raises(engine.InputError) as error:
            fund(PAIR, 5.0).with_values(**({"world.steps": 1_000} | changes))
        assert field in str(error.value)
