"""The crowd: three plain traders, and a holder who makes two symbols move together."""

from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.causes import attribution
from engine.core import crowd
from engine.core.contagion import endogenous_correlation, rounds_of
from engine.core.state import Row, Rule
from engine.explanation.sides import Moment, sides
from engine.studies.contagion import fund_row, held_in_common
from tests.plain import PLAIN, few, large
from tests.twin.scenes import line, scene

pytestmark = pytest.mark.laws
PEOPLE = [(1, 1_000, 100, 90_000, 0), (-1, 1_000, 100, 90_000, 0)]
ON = {"crowd__interval": 5, "crowd__aversion": 0.0, "crowd__depth_share": 100.0}
RISE = [line(100, 110, 101)]
FALL = [line(100, 90, 101)]
LONG = 10_000 if PLAIN else 40_000  # steps over which a correlation is measured


def run(paths, rows=PEOPLE, **changes):
    scenario, world, table = scene(paths, rows, **(ON | {"world__volatility": 1.0} | changes))
    return engine.run(scenario, world=world, table=table)


def orders(result, who):
    """The events of one trader: 0 trend, 1 carry, 2 fund."""
    row = result.accounts + Row.LIQUIDATOR + result.params.liquidators + who
    events = result.events
    return events[(events["rule"] == Rule.CROWD) & (events["account"] == row)]


@pytest.mark.parametrize("paths, sign", [(RISE, 1.0), (FALL, -1.0)])
def test_trend_followers_buy_what_rises_and_sell_what_falls(paths, sign):
    result = run(paths, crowd__trend_capital=10_000.0, crowd__trend_memory=20.0)
    found = orders(result, 0)
    assert found["qty"][0] * sign > 0.0 and found["value"][0] * sign > 0.0
    last = found[-1]
    held = (last["base"] + last["qty"]) * last["mark"] * result.compiled.units.tick
    assert 0.0 < held * sign <= 2.0 * 10_000.0 * 1.25  # leverage 2 on what it has earned so far


def test_a_trend_follower_is_fully_invested_at_the_scale():
    """Target notional = signal / scale x equity x leverage, at most all of it."""
    half = run(FALL, crowd__trend_capital=1e4, crowd__trend_scale=0.5, crowd__trend_memory=1e6)
    first = orders(half, 0)[0]
    units = half.compiled.units
    target = first["value"] / 0.5 * 2.0 * 1e4 / (first["mark"] / units.price)
    assert first["qty"] * units.lot == pytest.approx(target, abs=units.lot)


@pytest.mark.parametrize("rate", [0.002, -0.002])
def test_carry_takes_the_side_that_is_paid(rate):
    """Longs pay a positive rate, so carry is short; below the threshold it holds nothing."""
    changes = {
        "funding__interval": 10.0, "funding__rates": ((0, rate), (50, 0.0)),
        "crowd__carry_capital": 1e4, "crowd__carry_threshold": 0.001,
    }  # fmt: skip
    result = run([line(100, 100, 101)], **changes)
    found = orders(result, 1)
    assert found["step"].tolist() == [10, 50] and found["qty"][0] * rate < 0.0
    assert found["qty"].sum() == 0.0
    row = result.accounts + Row.LIQUIDATOR + result.params.liquidators + 1
    assert result.quote[row] > result.compiled.quote[row]  # it was paid, at no cost here


def test_carry_leaves_when_volatility_rises():
    prices = [100.0 + 3.0 * (t % 2) * (t > 60) for t in range(101)]
    result = run(
        [prices], funding__interval=10.0, funding__rates=((0, 0.002),), crowd__carry_capital=1e4,
        world__volatility=0.5,
    )  # fmt: skip
    last = orders(result, 1)[-1]
    assert last["detail"] == crowd.LEAVE and last["value"] >= last["limit"] == 3.0
    assert last["base"] + last["qty"] == 0.0


@pytest.mark.parametrize("paths, sign", [(RISE, 1.0), (FALL, -1.0)])
def test_a_fund_that_keeps_its_leverage_buys_high_and_sells_low(paths, sign):
    """A fall raises leverage, so it sells; after its order it is back at the target."""
    result = run(paths, crowd__fund_capital=1e5, crowd__fund_leverage=5.0)
    found = orders(result, 2)
    assert len(found) == 20 and (found["qty"] * sign > 0.0).all()
    for e in found:
        quote, base = e["quote"] + e["amount"], e["base"] + e["qty"]
        assert base * e["mark"] / (quote + base * e["mark"]) == pytest.approx(5.0, rel=2e-3)


def test_a_fund_inside_its_band_does_nothing():
    result = run(FALL, crowd__fund_capital=1e5, crowd__fund_leverage=5.0, crowd__fund_band=0.2)
    found = orders(result, 2)
    assert 0 < len(found) < 5
    assert (np.abs(found["value"] / found["limit"] - 1.0) > 0.2).all()


def test_a_fund_without_equity_closes_and_stays_out():
    crash = [[100.0] * 10 + [70.0] * 30]
    result = run(crash, crowd__fund_capital=1e4, crowd__fund_leverage=5.0)
    found = orders(result, 2)
    assert found["detail"].tolist() == [crowd.BROKE]
    assert not result.base[fund_row(result)].any()


def test_appetite_shrinks_as_volatility_rises():
    p = run(RISE, crowd__aversion=2.0).params
    calm = [float(crowd.appetite(p.sigma0 * x, p.sigma0, p)) for x in (0.5, 1.0, 2.0, 4.0)]
    assert calm == pytest.approx([1.0, 1.0, 0.25, 0.0625], rel=1e-12)


def test_an_order_is_cut_to_the_depth_and_to_the_end_of_the_book():
    p = run(RISE, crowd__depth_share=0.5).params
    assert crowd.within_book(1_000.0, 0.0, 100.0, p) == 50.0
    assert crowd.within_book(-1_000.0, 0.0, 100.0, p) == -50.0
    assert crowd.within_book(30.0, 4_990.0, 100.0, p) == 10.0
    assert crowd.within_book(30.0, 5_000.0, 100.0, p) == 0.0


def test_crowd_flow_is_a_part_of_a_loss_and_the_parts_add_up():
    """A fund's sales push a mark; the loss of who meets its limit names each of them."""
    result = run(
        FALL, [(1, 100, 100, 600, 0), *PEOPLE], crowd__fund_capital=2e5, crowd__fund_leverage=5.0,
        mark__rule="last", book__depth=2e5,
    )  # fmt: skip
    n = int(np.flatnonzero(result.events["rule"] == Rule.MAINTENANCE)[0])
    parts, total = attribution.loss_parts(result, n)
    flows = [part for part in parts if part.kind == "crowd"]
    assert flows and all(result.events[part.event]["rule"] == Rule.CROWD for part in flows)
    assert sum(part.amount for part in flows) < 0.0
    size = sum(abs(part.amount) for part in parts)
    assert abs(sum(part.amount for part in parts) - total) <= 1e-9 * size
    assert "crowd flow of" in engine.explain(result, n).text


@pytest.mark.parametrize("field", ["value", "limit", "qty", "detail", "level"])
def test_an_order_that_was_tampered_with_is_not_explained(field):
    result = run(FALL, crowd__fund_capital=2e5, crowd__trend_capital=1e4)
    n = int(np.flatnonzero(result.events["rule"] == Rule.CROWD)[7])
    events = result.events.copy()
    events[n][field] += 1
    with pytest.raises(attribution.Disagreement):
        engine.explain(replace(result, events=events), n)
    sides(Moment(result, n))


def test_a_crowd_that_is_off_changes_nothing():
    preset = engine.presets()[0].scenario
    other = preset.with_values(**{"crowd.trend_capital": 1e9, "crowd.fund_capital": 1e9})
    assert engine.run(preset).fingerprint == engine.run(other).fingerprint


# A common holder

WORLDS = few(range(4), plain=range(1))


def two_symbols(seed, **changes):
    """Two unrelated symbols in flat books without recovery, and one fund that holds both."""
    moves = np.random.default_rng(seed).normal(0.0, 2e-5, (2, LONG))
    moves[:, 0] = 0.0
    paths = (100.0 * np.exp(np.cumsum(moves, axis=1))).tolist()
    fund = {"crowd__interval": 1, "crowd__fund_capital": 1e7, "crowd__fund_leverage": 3.0}
    return run(paths, **(fund | {"book__depth": 6e5, "book__recovery": 1e7} | changes))


@large
@pytest.mark.parametrize("depth, k", [(6e5, 0.5), (1.2e6, 0.25)])
def test_two_symbols_with_one_holder_become_correlated_as_the_closed_form_says(depth, k):
    """In its own limit: the mean of some worlds is within three standard errors."""
    found = [held_in_common(two_symbols(seed, book__depth=depth), 80) for seed in WORLDS]
    assert all(one.feedback == pytest.approx((k, k), rel=1e-3) for one in found)
    assert abs(np.mean([one.outside for one in found])) < 0.05
    error = np.sqrt(sum(one.error**2 for one in found)) / len(found)
    gap = np.mean([one.measured - one.closed for one in found])
    assert abs(gap) < 3.0 * error
    loop = k / (1.0 - k)
    closed = (loop + loop**2 / 2) / (1.0 + loop + loop**2 / 2)
    assert np.mean([one.closed for one in found]) == pytest.approx(closed, abs=0.03)


def test_without_the_holder_nothing_links_them():
    result = two_symbols(1, crowd__fund_leverage=1.0)
    found = held_in_common(result, 80)
    assert found.measured == pytest.approx(found.outside, abs=0.01)


def test_a_holder_with_a_band_departs_from_the_closed_form():
    """In small steps a threshold is seldom reached, and most of the correlation is gone."""
    found = [held_in_common(two_symbols(1, crowd__fund_band=band), 80) for band in (0.0, 0.02)]
    assert found[1].measured < 0.3 * found[0].measured
    assert found[1].closed == found[0].closed


def test_rounds_of_sales_add_up_to_the_whole_loop():
    k, w = np.array([0.4, 0.2]), np.array([0.5, 0.5])
    assert rounds_of(k, w, 1) == pytest.approx(k)
    assert rounds_of(k, w, 60) == pytest.approx(rounds_of(k, w, np.inf), rel=1e-12)
    with pytest.raises(ValueError, match="gain"):
        rounds_of(4.0 * k, w, np.inf)
    matrix = endogenous_correlation(np.diag([1.0, 4.0]), 3.0, [5.0, 5.0], [40.0, 40.0])
    assert np.linalg.eigvalsh(matrix).min() > 0.0


def test_a_study_of_a_common_holder_needs_one():
    with pytest.raises(engine.InputError, match="fund"):
        held_in_common(run(RISE, crowd__trend_capital=1e4), 10)
    with pytest.raises(engine.InputError, match="two symbols"):
        held_in_common(run(RISE, crowd__fund_capital=1e4), 10)


@pytest.mark.parametrize("correlation", few([0.0, 0.5], plain=[0.5]))
def test_a_common_holder_in_a_generated_world(correlation):
    """Drawn symbols with a correlation of their own: the closed form starts from that one."""
    found = []
    for seed in WORLDS[:3]:
        scenario = engine.Scenario(seed=seed).with_values(
            **{
                "world.price": 100.0, "world.steps": LONG // 2, "world.volatility": 0.11,
                "world.others": ((50.0, 0.11, 6e5, 1.0),), "world.correlation": correlation,
                "accounts.count": 2, "accounts.open_interest": 1e5, "accounts.leverage_high": 2.0,
                "book.depth": 6e5, "book.recovery": 1e7, "book.half_spread": 0.0,
                "crowd.interval": 1, "crowd.aversion": 0.0, "crowd.depth_share": 100.0,
                "crowd.fund_capital": 1e7, "crowd.fund_leverage": 3.0,
            }
        )  # fmt: skip
        found.append(engine.held_in_common(engine.run(scenario), 80))
    error = np.sqrt(sum(one.error**2 for one in found)) / len(found)
    assert abs(np.mean([one.measured - one.closed for one in found])) < 3.0 * error
    assert np.mean([one.measured - one.outside for one in found]) > 0.2
