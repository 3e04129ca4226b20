"""Add-ons and caps: published notches, by hand; the ledger of limit changes recomputes."""

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import engine
from engine.changes.heat import heat_at
from engine.changes.ledger import change_events, moved_by
from engine.core.addons import next_notch, notch_of, published_share
from engine.core.state import Rule
from engine.scenario.openings import let_open_legs
from engine.scenario.portfolios import Portfolios
from engine.scenario.schema import Scenario
from tests.plain import few, more_than
from tests.random_runs import random_scenario
from tests.twin.guarded import guarded_case
from tests.twin.scenes import line, scene
from tests.twin.several import several_case

pytestmark = pytest.mark.laws
NOTCHES = np.array([[2.0, 0.002], [4.0, 0.006]])
HEAT = {"guardrails__volatility_addon": ((2.0, 0.01), (5.0, 0.03)), "book__memory": 5.0}
JUMP = [100.0] * 20 + [96.0] * 80  # one fall of 4 %, then nothing
# side, lots of a thousandth coin, price in cents, collateral in cents, symbol
PEOPLE = [(1, 1_000, 100, 9_000, 0), (1, 1_000, 100, 5_000, 0), (-1, 1_000, 100, 90_000, 0)]


def run(paths, rows=PEOPLE, **changes):
    scenario, world, table = scene(paths, rows, **({"world__volatility": 1.0} | changes))
    return engine.run(scenario, world=world, table=table)


def of(result, rule):
    return result.events[result.events["rule"] == rule]


# --- notches ---


@pytest.mark.parametrize(
    "heat, notch", [(0.0, 0), (1.99, 0), (2.0, 1), (3.99, 1), (4.0, 2), (99.0, 2)]
)
def test_a_notch_starts_at_its_multiple(heat, notch):
    assert notch_of(heat, NOTCHES) == notch


def test_a_raised_add_on_stays_for_its_hold():
    """It may rise at once; it may fall once it has been in force for `hold` steps."""
    assert next_notch(5.0, 1, 0, 30, NOTCHES) == 2
    assert next_notch(1.0, 2, 29, 30, NOTCHES) == 2
    assert next_notch(1.0, 2, 30, 30, NOTCHES) == 0


@pytest.mark.parametrize(
    "share, before, published",
    [(0.9, 1.0, 1.0), (0.76, 1.0, 1.0), (0.75, 1.0, 0.75), (0.1, 1.0, 0.25), (0.6, 0.25, 0.5)],
)
def test_the_depth_is_published_in_whole_notches_and_never_at_zero(share, before, published):
    assert published_share(share, before, 0.25) == published


# --- what they do ---


def test_an_add_on_that_arrives_in_the_fall_liquidates_an_account_no_price_had_reached():
    """Nothing moves the price after the fall of 4 %: the account is due by the rate alone."""
    plain, raised = run([JUMP]), run([JUMP], **HEAT)
    assert not len(of(plain, Rule.MAINTENANCE)), "the price alone reaches nobody"
    (hit,) = of(raised, Rule.MAINTENANCE)
    assert hit["account"] == 1
    notional = abs(hit["base"]) * hit["mark"]
    assert hit["limit"] == pytest.approx(notional * (0.005 + 0.03), rel=1e-12)
    assert hit["value"] > notional * 0.005, "above its tier's own requirement"
    first = of(raised, Rule.VOLATILITY_ADDON)[0]
    assert (first["step"], first["net"]) == (21, 1.0), "seen one step after the move"


def test_the_ratio_of_the_event_is_the_written_formula():
    """var = keep^t usual^2 + (1 - keep) r^2 a step after a single return r."""
    result = run([JUMP], **HEAT)
    p = result.params
    r = np.log(result.mid[20, 0] / result.mid[19, 0])
    by_hand = np.sqrt(p.keep**20 * p.sigma0**2 + (1.0 - p.keep) * r * r) / p.sigma0
    heat = heat_at(result, 0, 21)
    assert heat.ratio == pytest.approx(by_hand, rel=1e-9)
    assert heat.ratio == pytest.approx(result.sigma[21, 0] / p.sigma0, rel=1e-9)
    assert heat.outside + heat.own + heat.past == pytest.approx(1.0, abs=1e-12)


def test_a_hold_keeps_the_add_on_longer():
    short, long = run([JUMP], **HEAT), run([JUMP], **HEAT, guardrails__volatility_hold=60)
    falls = [
        changed["step"][changed["value"] < changed["limit"]].min(initial=999)
        for changed in (of(short, Rule.VOLATILITY_ADDON), of(long, Rule.VOLATILITY_ADDON))
    ]
    assert falls[0] < 60 and falls[1] == 21 + 60


def test_the_concentration_add_on_moves_with_the_depth_and_no_price():
    """Market makers cancel 80 % of the book: the same position is large against it."""
    flat = [[100.0] * 60]
    settings = {
        "book__cancels": ((30, 10, 0.2),), "book__depth": 120_000.0,
        "guardrails__concentration_addon": ((1.5, 0.09),),
    }  # fmt: skip
    result = run(flat, **settings)
    down, up = of(result, Rule.DEPTH_PUBLISHED)
    assert (down["step"], down["value"], down["limit"]) == (30, 0.25, 1.0)
    assert (up["step"], up["value"]) == (40, 1.0)
    assert (result.raw == result.raw[0]).all(), "no price moves"
    assert down["net"] == 2.0 and len(of(result, Rule.MAINTENANCE)) == 2
    assert not len(of(run(flat, **(settings | {"book__cancels": ()})), Rule.MAINTENANCE))


@pytest.mark.parametrize("rule, setting", [
    (Rule.LEVERAGE_CAP, {"guardrails.leverage_cap": 10.0}),
    (Rule.EXPOSURE_LIMIT, {"guardrails.exposure_limit": 2e6}),
])  # fmt: skip
def test_what_is_asked_above_a_cap_is_not_opened(rule, setting):
    """One row for each account that asked for more; nobody opens more than the limit."""
    plain = Scenario().with_values(**{"accounts.count": 200, "world.steps": 5})
    free, capped = engine.run(plain), engine.run(plain.with_values(**setting))
    money = capped.compiled.population.collateral
    size = capped.compiled.population.size_coin * capped.compiled.population.entry
    asked = free.compiled.population.size_coin * free.compiled.population.entry
    limit = 10.0 * money if rule == Rule.LEVERAGE_CAP else np.full(200, 2e6)
    assert (size <= limit * (1.0 + 1e-12)).all()
    assert (size[asked <= limit] == asked[asked <= limit]).all(), "the others are left alone"
    found = of(capped, rule)
    assert 0 < len(found) < 200 and (found["step"] == 0).all()
    lot = capped.compiled.units.lot * capped.compiled.population.entry
    assert set(found["account"]) == set(np.flatnonzero(asked > limit + lot)) | (
        set(found["account"]) & set(np.flatnonzero(asked > limit))
    )


def test_a_cap_holds_for_orders_of_the_crowd():
    on = {
        "crowd__interval": 5, "crowd__aversion": 0.0, "crowd__depth_share": 100.0,
        "crowd__trend_capital": 10_000.0, "crowd__trend_memory": 20.0, "crowd__trend_scale": 1e-3,
    }  # fmt: skip
    result = run([line(100, 110, 101)], **on, guardrails__leverage_cap=0.5)
    found = of(result, Rule.LEVERAGE_CAP)
    assert len(found) and (found["value"] > found["limit"]).all()
    for order in of(result, Rule.CROWD):
        held = abs(order["base"] + order["qty"]) * order["mark"]
        worth = order["quote"] + order["base"] * order["mark"]
        grows = abs(order["base"] + order["qty"]) > abs(order["base"])
        assert not grows or held <= 0.5 * worth * (1.0 + 1e-12)


@pytest.mark.parametrize("settings", [
    {"guardrails.volatility_addon": ((1_000.0, 0.2),)},
    {"guardrails.concentration_addon": ((10_000.0, 0.2),), "guardrails.depth_notch": 1.0},
    {"guardrails.leverage_cap": 200.0},
    {"guardrails.exposure_limit": 1e12},
])  # fmt: skip
@pytest.mark.parametrize("name", ["fast-drop", "gap-down"])
def test_a_guardrail_that_never_acts_changes_no_bit(settings, name):
    """The full log of a run with guardrails is the one that is unfolded without them."""
    (preset,) = [p for p in engine.presets() if p.name == name]
    scenario = preset.scenario.with_values(**{"accounts.count": 300})
    for policy in ("market", "incremental"):
        plain = engine.run(scenario.with_values(**{"liquidation.policy": policy}))
        other = engine.run(plain.scenario.with_values(**settings))
        assert plain.fingerprint == other.fingerprint


@pytest.mark.parametrize("changes, field", [
    ({"guardrails.volatility_addon": ((2.0, 0.01), (2.0, 0.02))}, r"addon\[1\].multiple"),
    ({"guardrails.volatility_addon": ((2.0, 0.02), (3.0, 0.01))}, r"volatility_addon\[1\].rate"),
    ({"guardrails.concentration_addon": ((2.0, 0.3),)}, "concentration_addon"),
    ({"guardrails.depth_notch": 0.0}, "depth_notch"),
    ({"guardrails.leverage_cap": -1.0}, "leverage_cap"),
])  # fmt: skip
def test_wrong_notches_are_refused_by_name(changes, field):
    with pytest.raises(engine.InputError, match=field):
        Scenario().with_values(**changes)


def test_legs_share_one_leverage_by_hand():
    """1,000 and 3,000 USD asked on 200 USD; a limit of 2,000 a coin, then a cap of 10.

    The limit leaves 1,000 and 2,000; the cap allows 10 * 200 = 2,000 of these 3,000: two thirds of
    each leg, 666.67 long and 1,333.33 short. Coins count less their haircut: 100 in cash and one
    coin of 125 at 20 % are the same 200.
    """
    settings = {"guardrails.leverage_cap": 10.0, "guardrails.exposure_limit": 2_000.0}
    scenario = Scenario().with_values(**settings, **{"margin.haircut": 0.2})
    prices, size = np.array([10.0, 125.0]), np.array([[100.0, -24.0]])
    entry = np.array([[10.0, 125.0]])
    for cash, coins in ((200.0, [0.0, 0.0]), (100.0, [0.0, 1.0])):
        wished = Portfolios(size, entry, np.array([cash]), np.array([coins]))
        opened = let_open_legs(scenario, wished, prices)
        assert (opened.size_coin * entry)[0] == pytest.approx([2_000.0 / 3.0, -4_000.0 / 3.0])
        again = let_open_legs(scenario, opened, prices)
        assert (again.size_coin == opened.size_coin).all()
    plain = let_open_legs(Scenario(), wished, prices)
    assert (plain.size_coin == size).all()


# --- the ledger ---


@cache
def results():
    """Runs in which limits change: random ones, of several legs, and made-up ones."""
    found = [run([JUMP], **HEAT), run([JUMP], guardrails__breaker_move=0.03)]
    for seed in few(range(40), plain=range(0, 40, 9)):
        scenario = random_scenario(seed)
        if scenario.guardrails.addons:
            found.append(engine.run(scenario))
    for seed in few(range(40), plain=range(0, 40, 9)):
        scenario, given = several_case(seed)
        found.append(engine.run(scenario, **given))
    for seed in few(range(24), plain=(0, 1, 2, 4, 6, 11)):
        scenario, given = guarded_case(seed)
        found.append(engine.run(scenario, **given))
    return found


def test_the_ledger_has_a_row_for_each_change_and_none_besides():
    kinds = set()
    for result in results():
        ledger = engine.limit_ledger(result)
        changes = np.flatnonzero(np.isin(result.events["rule"], (2, 13, 30, 31, *range(40, 45))))
        assert ledger["event"].tolist() == changes.tolist()
        assert (ledger["old"] != ledger["new"]).all() and ledger["cause"].str.len().gt(0).all()
        assert (ledger["cause_event"] < ledger["event"]).all()
        kinds |= set(ledger["limit"])
    assert kinds == {
        "margin tier", "correlation credit", "volatility add-on", "concentration add-on",
        "circuit breaker", "price band", "outage",
    }  # fmt: skip


def test_what_a_change_moved_is_the_sum_over_its_accounts():
    """And for add-ons it is what the run logged, to the bit: else the ledger tells nothing."""
    moved = due = 0
    for result in results():
        ledger = engine.limit_ledger(result)
        for row in ledger.itertuples():
            who = engine.limit_accounts(result, row.event)
            assert len(who) == row.accounts + row.held and who["due"].sum() == row.due
            total = (who["after_usd"] - who["before_usd"]).sum()
            scale = who["after_usd"].abs().sum() + 1.0
            assert abs(total - row.moved_usd) <= 1e-9 * scale
            assert abs((who["room_before_usd"] - who["room_after_usd"]).sum() - total) <= 1e-9 * (
                scale + who["equity_usd"].abs().sum()
            )
            moved += row.accounts > 0
            due += row.due
    assert moved > more_than(100) and due > more_than(10)


def test_whoever_is_held_up_keeps_the_position_that_long():
    """Nobody whom a halt or an outage holds up trades by force in it; of a band, what waits."""
    kinds = Counter()
    for result in results():
        events = result.events
        for row in engine.limit_ledger(result).query("held > 0").itertuples():
            event = events[row.event]
            who = engine.limit_accounts(result, row.event)
            assert who["notional_usd"].sum() == pytest.approx(row.held_notional_usd)
            length = {40: result.params.breaker_halt, 42: event["detail"]}.get(event["rule"], 0)
            until = events["step"] < row.step + length
            mine = until & (events["step"] >= row.step) & np.isin(events["account"], who["account"])
            if event["rule"] == Rule.HALT:
                mine &= events["symbol"] == event["symbol"]
            assert not (mine & (events["rule"] == Rule.SLICE)).any()
            kinds[row.limit] += 1
            if event["rule"] == Rule.BAND:
                held = abs(event["qty"]) * event["mark"] * result.compiled.units.tick
                assert row.held == 1 and row.held_notional_usd == pytest.approx(held)
    assert min(kinds[name] for name in ("circuit breaker", "price band", "outage")) > more_than(
        2
    ), kinds


def test_each_order_that_was_filled_late_is_in_the_ledger_as_held_up():
    late = 0
    for result in results():
        events, held = result.events, set()
        ledger = engine.limit_ledger(result).query("held > 0")
        for number in ledger["event"] if result.params.guarded else []:
            held |= {(one.account, int(number)) for one in moved_by(result, number)}
        for n in np.flatnonzero(events["rule"] == Rule.SLICE) if result.params.guarded else []:
            trigger = events[events[n]["parent"]]
            if trigger["rule"] == Rule.MAINTENANCE:
                if trigger["step"] + result.params.order_lag < events[n]["step"]:
                    assert any(row == events[n]["account"] and at < n for row, at in held)
                    late += 1
    assert late > more_than(50)


def test_accounts_due_by_a_change_alone_are_liquidated_in_its_step():
    """Unless another limit of the same step takes the change back."""
    seen = 0
    for result in results():
        events = result.events
        steps = events["step"][change_events(result)]
        for row in engine.limit_ledger(result).query("due > 0").itertuples():
            if (steps == row.step).sum() > 1:
                continue
            who = engine.limit_accounts(result, row.event)
            same = (events["step"] == row.step) & (events["rule"] == Rule.MAINTENANCE)
            later = set(events["account"][same & (np.arange(len(events)) > row.event)])
            assert set(who["account"][who["due"]]) <= later
            seen += 1
    assert seen > more_than(3)


def test_a_wrong_number_in_the_log_is_noticed():
    result = run([JUMP], **HEAT)
    events = result.events.copy()
    events["level"][events["rule"] == Rule.VOLATILITY_ADDON] += 1.0
    with pytest.raises(AssertionError, match="recomputes"):
        engine.limit_ledger(replace(result, events=events))


def test_limits_in_force_and_the_next_notches_are_known_beforehand():
    """What a notch is said to move at the opening is what it moves when only time has passed."""
    flat = [[100.0] * 60]
    settings = {
        "book__cancels": ((30, 10, 0.2),), "book__depth": 120_000.0,
        "guardrails__concentration_addon": ((1.5, 0.09),), "guardrails__depth_notch": 0.5,
    }  # fmt: skip
    result = run(flat, **settings)
    told = engine.next_notches(result, 0).query("limit == 'concentration add-on'").iloc[0]
    row = engine.limit_ledger(result).iloc[0]
    assert told["at"] == 0.5 and row["new"] == 0.5
    assert told["moved_usd"] == pytest.approx(row["moved_usd"]) and told["due"] == row["due"] == 2
    force = engine.limits_in_force(result, 35).set_index("limit")
    assert force.loc["concentration add-on", "set_by"] == row["event"]
    assert force.loc["concentration add-on", "observed"] == pytest.approx(0.2)
    room = engine.limit_room(result, 0)
    assert (room["room_usd"] > 0.0).all() and (room["room_depth_usd"] < 0.0).sum() == 2
    with pytest.raises(engine.InputError, match="step"):
        engine.limits_in_force(result, 60)


def test_limits_on_trading_are_rows_of_the_table():
    """A fall of 4 % at step 20 halts for 30 steps at 3 %; the engine is down from 60 to 70."""
    result = run(
        [JUMP], guardrails__breaker_move=0.03, guardrails__breaker_window=10.0,
        guardrails__breaker_halt=30.0, guardrails__band=0.05, venue__outages=((60, 10),),
    )  # fmt: skip
    halt = int(np.flatnonzero(result.events["rule"] == Rule.HALT)[0])
    seen = {
        step: engine.limits_in_force(result, step).set_index("limit") for step in (10, 25, 55, 65)
    }
    breaker = {step: table.loc["circuit breaker"] for step, table in seen.items()}
    assert breaker[10]["observed"] == 0.0 and "open" in breaker[10]["rule"]
    assert breaker[25]["observed"] == pytest.approx(0.04) and breaker[25]["set_by"] == halt
    assert "halted, until step 50" in breaker[25]["rule"] and "open" in breaker[55]["rule"]
    assert breaker[55]["observed"] < 0.03 and breaker[55]["set_by"] > halt
    assert seen[25].loc["price band", "threshold"] == 0.05
    assert [seen[step].loc["outage", "threshold"] for step in seen] == [60.0, 60.0, 60.0, 70.0]
    assert "stands still" in seen[65].loc["outage", "rule"]


def test_only_a_change_of_a_limit_has_accounts():
    result = run([JUMP], **HEAT)
    trigger = int(np.flatnonzero(result.events["rule"] == Rule.MAINTENANCE)[0])
    with pytest.raises(engine.InputError, match="event"):
        engine.limit_accounts(result, trigger)


def test_the_ledger_and_the_explanation_of_a_halt_name_the_same_order():
    named = 0
    for result in results():
        halts = np.flatnonzero(result.events["rule"] == Rule.HALT)
        if len(halts):
            ledger = engine.limit_ledger(result).set_index("event").loc[halts]
            told = result.event_frame()["cause"].iloc[halts]
            assert ledger["cause_event"].tolist() == told.tolist()
            named += (told >= 0).sum()
    assert named > more_than(3)
