"""Who paid, and how alike: laws over random runs, and cases small enough to check by hand."""

import csv
from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.band import bounds
from engine.causes import undisturbed
from engine.core.cut import Why
from engine.core.state import Rule
from engine.fairness import deleveraged, inequality, owners
from engine.fairness import measures as fairness
from engine.fairness.order import order_effects
from engine.log.addons import added_at
from engine.metrics import fairness_metrics, paid_metrics
from pages.ui import content
from tests.random_runs import random_scenario
from tests.shared import SHARED
from tests.twin.several import several_case

PRESETS = {preset.name: preset.scenario for preset in engine.presets()}
SMALL = PRESETS["small-fund"]
LAW, SEVERAL = range(60), range(40)


@pytest.fixture(scope="module")
def runs():
    """Random runs that the engine accepts, and some whose accounts hold several symbols."""
    found = []
    for seed in SEVERAL:
        scenario, given = several_case(seed)
        found.append(engine.run(scenario, **given))
    for seed in LAW:
        try:
            found.append(engine.run(random_scenario(seed)))
        except engine.InputError:
            continue
    return found


@pytest.fixture(scope="module")
def small():
    """The small fund, by the four lanes of the note."""
    return engine.compare(SMALL, {lane.name: lane.changes for lane in engine.lanes("who-pays")})


# Every loss has an owner


def test_the_owners_pay_the_loss_to_the_last_tick(runs):
    """The parts come from the fills, the owners from balances: both sums are the same number."""
    for result in runs:
        found = owners.who_paid(result)
        assert sum(found.paid.values()) == found.total, result.scenario.seed


def test_every_single_loss_has_an_owner(runs):
    """Account by account what was paid is the loss, and the accounts' parts are the run's."""
    for result in runs:
        frame, whole = owners.by_account(result), owners.who_paid(result)
        assert (frame["own"] + frame["fund"] + frame["winners"] == frame["loss"]).all()
        assert frame["own"].sum() == whole.paid["account"]
        assert frame["loss"].sum() == whole.total - whole.loss["carry"]


def test_the_law_meets_every_part_and_every_owner(runs):
    """Among these runs each part and each owner is something other than zero."""
    found = [owners.who_paid(result) for result in runs]
    for name in owners.PARTS:
        assert any(one.loss[name] for one in found), name
    for name in owners.OWNERS:
        assert any(one.paid[name] for one in found), name


def test_amounts_are_whole_ticks(runs):
    for result in runs:
        found = owners.who_paid(result)
        assert all(value == round(value) for value in (*found.loss.values(), *found.paid.values()))


def test_a_movement_that_is_lost_breaks_the_sum(small):
    """The sum can fail: with one fill of the log changed it does."""
    result = small["at_once"]
    events = result.events.copy()
    n = np.flatnonzero((events["rule"] == Rule.SLICE) & (events["qty"] != 0.0))[0]
    events["amount"][n] += 1.0
    found = owners.who_paid(replace(result, events=events))
    assert sum(found.paid.values()) != found.total


def test_others_pay_what_the_accounts_do_not(small):
    for result in small.values():
        m = result.metrics
        assert m["forced_loss"] == pytest.approx(m["paid_account"] + m["paid_others"], abs=0.01)


def test_a_run_without_limits_has_no_loss():
    found = owners.who_paid(engine.run(PRESETS["calm"]))
    assert set(found.loss.values()) | set(found.paid.values()) == {0.0}


def test_one_account_closed_by_hand():
    """One long, closed whole: the loss is limit price less fill price, and the fee; all its own."""
    scenario = engine.Scenario().with_values(
        **{
            "accounts.count": 1, "accounts.long_share": 1.0, "accounts.open_interest": 1e5,
            "accounts.leverage_low": 20.0, "accounts.leverage_high": 20.0, "world.volatility": 0.0,
            "accounts.isolated_share": 1.0,
            "world.steps": 60, "world.shocks": ((10, -0.1, 40),), "mark.rule": "index",
            "liquidation.policy": "market",
        }
    )  # fmt: skip
    result = engine.run(scenario)
    events, tick = result.event_frame(), result.compiled.units.tick
    account, fill = result.account_frame().iloc[0], events[events["rule"] == "slice"].iloc[0]
    found = owners.who_paid(result)
    coins = -fill["quantity"]
    by_hand = coins * (account["liquidation_price"] - fill["price"]) + fill["fee"]
    assert found.total * tick == pytest.approx(by_hand, abs=2 * tick)
    assert found.paid["account"] == found.total


# Haircuts


def test_both_fractions_lie_between_nothing_and_all(runs, small):
    for result in (*runs, *small.values()):
        frame = deleveraged.haircuts(result)
        for name in ("position", "profit"):
            assert ((frame[name] >= 0.0) & (frame[name] <= 1.0)).all()


def test_the_coins_taken_are_those_of_the_log(runs):
    for result in runs:
        adl = result.events[result.events["rule"] == Rule.ADL_FILL]
        taken = deleveraged.haircuts(result)["taken"].sum() if len(adl) else 0.0
        assert taken == np.abs(adl["qty"]).sum()


def test_pro_rata_takes_the_same_fraction_from_all_and_the_queue_from_some(small):
    """The same sum, shared out otherwise: no index that dislikes inequality prefers the queue."""
    queue, pro_rata = (deleveraged.haircuts(small[name]) for name in ("queue", "pro_rata"))
    assert (queue["account"] == pro_rata["account"]).all()
    assert inequality.majorises(queue["position"], pro_rata["position"])
    assert np.ptp(pro_rata["position"]) < 0.02 and (queue["position"] == 0.0).any()
    assert pro_rata["haircut"].sum() == pytest.approx(queue["haircut"].sum(), rel=1e-3)


def test_what_a_winner_had_to_give_is_its_profit_at_the_mark(small):
    """Of coins taken when they were taken, of coins left at the last deleveraging; in USD."""
    result = small["queue"]
    events, accounts, tick = (
        result.event_frame(),
        result.account_frame(),
        result.compiled.units.tick,
    )
    fills = events[events["rule"] == "adl_fill"]
    frame = deleveraged.haircuts(result).set_index("account")
    last = fills["mark"].iloc[-1]
    for row, mine in fills.groupby("account"):
        account = accounts.iloc[row]
        assert account["side"] == "short"
        won = (mine["quantity"] * (account["entry"] - mine["mark"])).sum()
        left = account["size_coin"] - mine["quantity"].sum()
        paid = (mine["quantity"] * (mine["price"] - mine["mark"])).sum()
        had = won + max(left * (account["entry"] - last), 0.0)
        assert frame.loc[row, "endowment"] * tick == pytest.approx(had, rel=1e-6, abs=0.01)
        assert frame.loc[row, "haircut"] * tick == pytest.approx(paid, rel=1e-6, abs=0.01)
        assert frame.loc[row, "profit"] == pytest.approx(max(paid, 0.0) / had, abs=1e-6)


# How accounts were treated


def test_the_least_cut_restores_margin_and_one_lot_less_does_not():
    """Found by the formula, checked by closing that many lots at the planned cost."""
    result = engine.run(SMALL.with_values(**{"world.shocks": ((100, -0.05, 60),)}))
    events, p, inputs = result.events, result.params, result.compiled.inputs
    e = events[events["rule"] == Rule.MAINTENANCE]
    least = np.empty(len(e))
    fairness.least_cuts(
        e["value"], e["base"], e["mark"], np.zeros(len(e)), p.cost_rate,
        inputs.floors, inputs.rates, inputs.deductions, least,
    )  # fmt: skip
    partial = (e["value"] > 0.0) & (least < np.abs(e["base"]))
    assert partial.any()

    def over(lots):
        left = (np.abs(e["base"]) - lots) * e["mark"]
        tier = np.searchsorted(inputs.floors, left, "right") - 1
        needed = left * inputs.rates[tier] - inputs.deductions[tier]
        return e["value"] - p.cost_rate * lots * e["mark"] - needed

    assert (over(least)[partial] >= -1e-6 * np.abs(e["value"][partial])).all()
    assert (over(least - 1.0)[partial] < 0.0).all()


ADDED = {
    "guardrails.volatility_addon": ((2.0, 0.004), (4.0, 0.01)),
    "guardrails.concentration_addon": ((0.05, 0.003),),
    "liquidation.policy": "incremental", "liquidation.variant": "buffer",
    "liquidation.buffer": 0.0, "liquidation.fraction": 1.0, "liquidation.depth_share": 100.0,
    "world.shocks": ((100, -0.05, 60),),
}  # fmt: skip


def test_the_least_cut_and_the_limit_price_count_add_ons():
    """Where a cut restores margin and no more, it is the least one, to the lot."""
    result = engine.run(SMALL.with_values(**ADDED))
    events, inputs = result.events, result.compiled.inputs
    planned = np.flatnonzero((events["rule"] == Rule.MAINTENANCE) & (events["net"] == Why.BUFFER))
    assert len(planned) > 20
    e, added = events[planned], added_at(result, planned)
    assert len(set(added.tolist())) > 2
    least = np.empty(len(e))
    fairness.least_cuts(
        e["value"], e["base"], e["mark"], added, result.params.cost_rate,
        inputs.floors, inputs.rates, inputs.deductions, least,
    )  # fmt: skip
    assert (least == np.abs(e["qty"])).all()
    cut, told, _ = fairness.over_liquidation(result)
    every = np.flatnonzero(events["rule"] == Rule.MAINTENANCE)
    whole = np.isin(every, planned) & (cut == np.abs(events["qty"][every]))
    assert whole.sum() > 20 and (told[whole] == cut[whole]).all()
    price = np.empty(len(e))
    owners.limit_prices(
        e["quote"], e["base"], added, inputs.floors, inputs.rates, inputs.deductions, price
    )
    worth, held = e["quote"] + e["base"] * price, np.abs(e["base"]) * price
    tier = np.searchsorted(inputs.floors, held, "right") - 1
    need = held * (inputs.rates[tier] + added) - inputs.deductions[tier]
    assert worth == pytest.approx(need, rel=1e-6)
    fills = owners.fills(result)
    place = np.searchsorted(planned, fills["trigger"]).clip(max=len(planned) - 1)
    mine = planned[place] == fills["trigger"]
    assert (fills["limit"][mine] == -np.rint(fills["q"] * price[place])[mine]).all()


def test_the_band_and_the_table_of_accounts_know_the_same_limits_of_the_opening():
    """With an add-on for large positions; the band has its own formula of the first breach."""
    large = {"guardrails.concentration_addon": ((0.001, 0.002), (0.02, 0.006))}
    result = engine.run(SMALL.with_values(**large))
    move = bounds.largest_move(result.scenario)
    found = bounds.known_band(result.compiled, result.params, move)["trigger"]
    accounts = result.account_frame()["liquidation_price"].to_numpy()
    assert found / result.compiled.units.price == pytest.approx(accounts, rel=1e-12)
    plain = engine.run(SMALL).account_frame()["liquidation_price"].to_numpy()
    assert (plain != accounts).sum() > 20


def test_over_liquidation_is_never_below_zero(runs):
    for result in runs:
        cut, least, _ = fairness.over_liquidation(result)
        assert (cut >= least).all() and (least >= 0.0).all()


def test_orders_of_one_step_share_a_price_unless_they_go_one_by_one(small):
    assert fairness.unequal_fills(small["at_once"]) == 0.0
    one_by_one = engine.run(
        SMALL.with_values(**{"venue.execution": "sequential", "liquidation.policy": "market"})
    )
    assert fairness.unequal_fills(one_by_one) > 1.0


@pytest.mark.parametrize("then", [(300, 0.03, 60), (300, -0.001, 60)])
def test_a_spared_account_would_have_come_through(then):
    """Followed step by step: it never owes anything and meets its margin at the end."""
    shocks = ((100, -0.03, 5), then)
    result = engine.run(SMALL.with_values(**{"world.shocks": shocks, "mark.rule": "index"}))
    rows, could_stay = fairness.spared(result)
    assert could_stay.any() and not could_stay.all()
    events, inputs = result.events, result.compiled.inputs
    for row, stays in zip(rows, could_stay, strict=True):
        e = next(x for x in events if x["rule"] == Rule.MAINTENANCE and x["account"] == row)
        worth = e["quote"] + e["base"] * result.raw[e["step"] :, 0]
        needed = abs(e["base"]) * result.raw[-1, 0] * inputs.rates[0]
        assert stays == (worth.min() >= 0.0 and worth[-1] > needed)


def test_bystanders_are_those_whom_forced_flow_alone_closed():
    """Where the mark ignores the venue's own book there are none; a deep book has hardly any."""
    assert len(undisturbed.bystanders(engine.run(SMALL.with_values(**{"mark.rule": "index"})))) == 0
    result = engine.run(SMALL)
    rows = undisturbed.bystanders(result)
    assert len(rows) > 0
    calm = undisturbed.undisturbed(result)
    f = result.compiled.inputs.f
    assert (calm.mid == f).all(), "nobody trades there"
    accounts = result.account_frame().iloc[rows]
    below = accounts["liquidation_price"] < result.compiled.fundamental.min()
    assert (below == (accounts["side"] == "long")).all()


def test_an_undisturbed_world_is_the_run_with_an_endless_book():
    """Two ways to take forced flow out of the price: nobody holds anything, or the book is deep."""
    result = engine.run(SMALL)
    deep = engine.run(SMALL.with_values(**{"book.depth": 1e12}))
    hit = deep.account_frame()["liquidated"].to_numpy()
    rows = np.flatnonzero(result.account_frame()["liquidated"])
    assert set(undisturbed.bystanders(result)) == set(rows[~hit[rows]])


def test_funding_is_paid_in_the_undisturbed_world_too():
    """A crowded side that bleeds reaches its limit without anybody's forced orders."""
    scenario = engine.Scenario().with_values(
        **{
            "accounts.count": 50, "world.steps": 400, "world.volatility": 0.0,
            "accounts.long_share": 1.0, "accounts.leverage_low": 40.0,
            "funding.interval": 20.0, "funding.rates": ((0, 0.003),),
        }
    )  # fmt: skip
    result = engine.run(scenario)
    assert result.metrics["liquidated_accounts"] > 0
    deep = engine.run(scenario.with_values(**{"book.depth": 1e12}))
    hit = deep.account_frame()["liquidated"].to_numpy()
    rows = np.flatnonzero(result.account_frame()["liquidated"])
    assert set(undisturbed.bystanders(result)) == set(rows[~hit[rows]])


def test_metrics_have_units_and_stay_in_range(runs):
    for result in runs:
        m = fairness_metrics(result) | paid_metrics(result)
        assert set(m) <= set(engine.UNITS)
        for name in ("adl_gini", "adl_jain", "cost_gini"):
            assert 0.0 <= m[name] <= 1.0 + 1e-12
        closed = len(np.unique(result.events["account"][result.events["rule"] == Rule.MAINTENANCE]))
        assert 0 <= m["bystanders"] <= closed and 0 <= m["spared_accounts"] <= closed


# Order


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_accounts_moves_money_under_the_queue_alone(seed):
    """Turned round, the list sends other winners to other losers; pro rata moves rounding only."""
    by_rule = {
        rule: {
            e.name: e for e in order_effects(SMALL.with_values(seed=seed, **{"venue.adl": rule}))
        }
        for rule in ("queue", "pro_rata")
    }
    assert by_rule["queue"]["netted, reversed"].moved > 1_000.0
    turned = {rule: effects["netted, reversed"].moved for rule, effects in by_rule.items()}
    assert turned["pro_rata"] < 0.01 * turned["queue"]
    assert by_rule["queue"]["netted"].unequal_bp == 0.0
    assert by_rule["queue"]["sequential"].unequal_bp > 1.0


def test_without_deleveraging_netted_orders_do_not_depend_on_rows():
    effects = {e.name: e for e in order_effects(PRESETS["fast-drop"])}
    assert effects["netted, reversed"].changed == 0


# The published waves


def test_the_table_of_waves_is_the_published_one():
    """Each figure is the published one in whole USD; skipped where the folder is not beside us."""
    file = SHARED / "data" / "adl" / "hl-oct10-equity-delta-by-wave.csv" if SHARED else None
    if not file or not file.is_file():
        pytest.skip("the reference folder is not beside the repo")
    with file.open(encoding="utf-8") as lines:
        published = list(csv.DictReader(lines))
    table = content.adl_waves()
    assert len(table) == len(published) == 16
    names = {"deficit_usd": "deficit_usd", "needed_usd": "budget_needed_usd",
             "taken_usd": "budget_prod_usd"}  # fmt: skip
    for row, wanted in zip(table, published, strict=True):
        assert row["wave"] == int(wanted["wave"])
        for ours, theirs in names.items():
            assert row[ours] == round(float(wanted[theirs]))


def test_the_totals_of_the_waves():
    """15.08 million USD needed, 60.11 taken: 45.03 more, four times as much."""
    needed, taken = (
        sum(row[k] for row in content.adl_waves()) for k in ("needed_usd", "taken_usd")
    )
    extra, times = deleveraged.overshoot(taken, needed)
    assert extra == pytest.approx(45.03e6, rel=1e-3) and times == pytest.approx(3.986, rel=1e-3)
