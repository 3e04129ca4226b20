"""Tables of a run: what they hold agrees with the log, the balances and each other."""

import numpy as np
import pandas as pd
import pytest

import engine
from engine.core.state import Rule
from engine.log import movements, series
from engine.log.descent import trigger_of
from engine.metrics import UNITS
from engine.totals import in_coins, in_usd
from tests.random_runs import random_scenario

POLICIES = engine.POLICIES


@pytest.fixture(scope="module")
def results():
    """The presets that liquidate most and least, under all policies."""
    known = {preset.name: preset.scenario for preset in engine.presets()}
    return [
        result
        for name in ("fast-drop", "thin-book", "calm")
        for result in engine.compare(known[name]).values()
    ]


def test_one_row_an_event_in_log_order(results):
    """The event table is the log: as many rows, numbered from 0, each with a rule's name."""
    for result in results:
        frame = result.event_frame()
        assert frame["event"].tolist() == list(range(len(result.events)))
        assert (np.diff(frame["step"]) >= 0).all()
        names = [Rule(rule).name.lower() for rule in result.events["rule"]]
        assert frame["rule"].tolist() == names
        assert (frame["parent"] < frame["event"]).all()
        assert (frame["cause"] < frame["event"]).all()


def test_amounts_are_quantity_times_price(results):
    """What a fill received is minus quantity times price, rounded to a tick."""
    for result in results:
        frame, tick = result.event_frame(), result.compiled.units.tick
        fills = frame[frame["rule"].isin(["slice", "auction_take", "backstop_take", "unwind"])]
        miss = np.abs(fills["amount"] + fills["quantity"] * fills["price"])
        assert (miss <= 0.51 * tick + 1e-9 * np.abs(fills["amount"])).all()


def test_a_margin_event_has_equity_at_or_below_its_limit(results):
    """Every trigger shows the comparison that decided it."""
    for result in results:
        frame = result.event_frame()
        hits = frame[frame["rule"] == "maintenance"]
        assert (hits["value"] <= hits["limit"]).all()
        assert (hits["unit"] == "USD").all()


def test_series_rows_are_steps(results):
    """One row a step; fund and notional end where the metrics say."""
    for result in results:
        frame = result.series_frame()
        assert frame["step"].tolist() == list(range(result.scenario.world.steps))
        assert frame["fund"].iloc[-1] == result.metrics["final_fund"]
        taken, told = frame["liquidated_usd"].iloc[-1], result.metrics["liquidated_notional"]
        assert taken == pytest.approx(told, rel=1e-12)
        assert frame["mark"].min() == result.metrics["lowest_mark"]


def test_the_mark_is_late_by_its_lag():
    """With a lag of 3 steps the mark of step 10 is that of step 7, and starts at the opening."""
    scenario = engine.presets()[-1].scenario.with_values(**{"world.steps": 50})
    prompt = engine.run(scenario.with_values(**{"mark.lag": 0})).series_frame()["mark"]
    late = engine.run(scenario.with_values(**{"mark.lag": 3})).series_frame()["mark"]
    assert late[3:].tolist() == prompt[:-3].tolist()
    assert late[:3].tolist() == [prompt[0]] * 3


@pytest.mark.parametrize("seed", range(0, 120, 2))
def test_the_book_recomputes_to_the_bit(seed):
    """Depth and consumed volume rebuilt from the log give every mid of the run exactly."""
    result = engine.run(random_scenario(seed))
    depth, volume, sigma = series.book_series(result, 0)
    assert (depth > 0).all() and np.isfinite(volume).all()
    if result.params.track:
        assert sigma.tolist() == result.sigma[:, 0].tolist()


def test_a_lost_order_is_noticed():
    """If one fill is taken out of the log the mids no longer follow, and nothing is shown."""
    result = engine.run(engine.presets()[0].scenario)
    changed = result.events.copy()
    fill = np.flatnonzero((changed["rule"] == Rule.SLICE) & (changed["net"] != 0))[0]
    same = (changed["step"] == changed["step"][fill]) & (changed["rule"] == Rule.SLICE)
    changed["net"][same] = 0.0
    object.__setattr__(result, "events", changed)
    with pytest.raises(AssertionError, match="mid does not follow"):
        result.series_frame()


def test_accounts_end_as_their_events_say(results):
    """Liquidated accounts met their margin, bankrupt ones owed, untouched ones kept all lots."""
    for result in results:
        frame, events = result.account_frame(), result.events
        assert len(frame) == result.accounts
        met = np.unique(events["account"][events["rule"] == Rule.MAINTENANCE])
        assert frame.index[frame["liquidated"]].tolist() == met.tolist()
        owed = np.unique(events["account"][events["rule"] == Rule.BANKRUPTCY])
        assert frame.index[frame["ended"] == "bankrupt"].tolist() == owed.tolist()
        side = np.where(frame["side"] == "long", 1.0, -1.0)
        kept = frame["final_base"] == side * frame["size_coin"]
        quiet = frame["ended"] == "untouched"
        assert (kept == quiet).all() or (kept[quiet]).all()
        assert ((frame["liquidated_step"] >= 0) == frame["liquidated"]).all()


def test_liquidation_and_bankruptcy_price_stand_in_order(results):
    """A long meets its liquidation price above its bankruptcy price, a short below."""
    frame = results[0].account_frame()
    long = frame["side"] == "long"
    reachable = frame["liquidation_price"] > 0
    above = frame["liquidation_price"] > frame["bankruptcy_price"]
    assert above[long & reachable].all()
    assert not above[~long].any()


def test_metrics_have_units_and_are_finite(results):
    """Every metric has a unit, none is nan, and a calm day costs nobody anything."""
    for result in results:
        assert result.metrics.keys() == UNITS.keys()
        assert np.isfinite(list(dict(result.metrics).values())).all()
    calm = results[-1].metrics
    assert calm["liquidated_accounts"] == 0 and calm["slippage_bp"] == 0.0
    assert calm["fund_change"] == 0.0


def test_one_sale_by_hand():
    """One long, sold whole into a flat book: slippage and notional are those of the formula."""
    scenario = engine.Scenario().with_values(
        **{
            "world.steps": 40,
            "world.volatility": 0.0,
            "world.shocks": ((5, -0.05, 1),),
            "book.half_spread": 0.0,
            "mark.rule": "last",
            "liquidation.policy": "market",
            "venue.taker_fee": 0.0,
            "venue.liquidation_fee": 0.0,
        }
    )
    table = pd.DataFrame(
        {"side": ["long"], "size_coin": [1.0], "entry": [60_000.0], "leverage": [20.0]}
    )
    result = engine.run(scenario, table=engine.read_table(table))
    price = 57_000.0
    depth = scenario.book.depth / 60_000.0  # coin per 1 %
    paid = 0.5 * 0.01 / depth  # mean displacement of selling one coin
    assert result.metrics["liquidated_notional"] == pytest.approx(price)
    assert result.metrics["slippage_bp"] == pytest.approx(1e4 * paid, rel=1e-9)
    assert result.metrics["liquidated_accounts"] == 1


def test_units_are_divided_exactly():
    """One hundredth of a USD is 0.01, not 0.010000000000000002."""
    assert in_usd(np.array([1.0, 3.0, 7.0]), 0.01).tolist() == [0.01, 0.03, 0.07]
    assert in_coins(70.0, 10.0) == 700.0


def test_balances_name_every_row(results):
    """Accounts, the book, fund, fees, vault and liquidators, with whole ticks and lots."""
    result = results[0]
    rows = result.balances
    assert [row["row"] for row in rows] == list(range(len(result.quote)))
    names = [row["name"] for row in rows[result.accounts :]]
    assert names[:5] == ["book", "insurance fund", "venue fees", "vault", "liquidator 0"]
    assert [row["ticks"] for row in rows] == result.quote.tolist()


def test_the_ledger_rebuilds_the_final_balances(results):
    """Adding up the printed movements by hand, in Python's whole numbers, ends at the balances."""
    for result in results:
        quote, base = [0] * len(result.quote), [0] * len(result.quote)
        for _, verb, payer, payee, ticks, lots, _ in result.ledger():
            quote[payee] += ticks
            if verb == "opening":
                base[payee] += lots
                continue
            quote[payer] -= ticks
            base[payer] += lots
            base[payee] -= lots
            assert lots > 0 if verb == "trade" else (lots == 0 and ticks > 0)
        assert quote == result.quote.tolist()
        assert base == result.base[:, 0].tolist()


def test_fees_are_split_between_venue_and_fund():
    """The taker part goes to the venue's row and the rest to the insurance fund."""
    result = engine.run(engine.presets()[1].scenario)
    moves = movements.movements(result)
    fees = moves[(moves["verb"] == 0) & (moves["payee"] == result.accounts + 2)]
    assert fees["ticks"].sum() == result.quote[result.accounts + 2] > 0


def test_slippage_in_usd_is_the_rate_on_what_was_filled():
    """Both come from the same fills: cost over their notional at the mark of the trigger."""
    result = engine.run(engine.presets()[0].scenario)
    events = result.events
    fills = events[np.isin(events["rule"], (3, 5, 7))]
    start = events["mark"][trigger_of(events)[np.isin(events["rule"], (3, 5, 7))]]
    filled = (np.abs(fills["qty"]) * start).sum() * result.compiled.units.tick
    want = result.metrics["slippage_bp"] / 1e4 * filled
    assert result.metrics["slippage_usd"] == pytest.approx(want, rel=1e-9)
