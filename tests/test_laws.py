"""Laws every run obeys: cause before effect, monotone answers, closed forms, one shared world."""

import math
import random

import numpy as np
import pytest

import engine
from engine.core import book, impact
from engine.core.margin import liquidation_price
from engine.core.state import Rule
from engine.scenario.compile import compile_scenario
from engine.scenario.errors import InputError
from tests.plain import few
from tests.twin.scenes import AUCTION, CUTS, FALL, LONG, ONE, SHORT, line, of, scene, scenes
from tests.twin.worlds import random_case

pytestmark = pytest.mark.laws

RULES = ["last", "last_ema", "index", "index_ema", "median"]
SEEDS = few(range(300, 340), plain=range(300, 340, 7))
SCENES = scenes()
MOVES = {Rule.SLICE, Rule.AUCTION_TAKE, Rule.BACKSTOP_TAKE, Rule.ADL_FILL, Rule.FUND_PAYMENT}
MOVES |= {Rule.SOCIALISED_LOSS, Rule.REDUCTION}


def run(case, **settings) -> engine.Result:
    """Run a case, with some of its settings changed; `__` stands for the dot."""
    scenario, world, table = case
    given = {name.replace("__", "."): value for name, value in settings.items()}
    return engine.run(scenario.with_values(**given), world=world, table=table)


def cases():
    """Random worlds and the hand-made ones."""
    random_ones = [pytest.param(random_case(seed), id=f"world {seed}") for seed in SEEDS]
    return random_ones + [pytest.param(case, id=name) for name, (case, _) in SCENES.items()]


every_case = pytest.mark.parametrize("case", cases())


# --- the log ---


@every_case
def test_a_cause_comes_before_its_effect(case):
    """Steps never go back, and an event belongs to an earlier one."""
    events = run(case).events
    assert (np.diff(events["step"]) >= 0).all()
    assert (events["parent"] < np.arange(len(events))).all() and (events["parent"] >= -1).all()


PARENTS = {
    Rule.MAINTENANCE: {None},
    Rule.LIMIT_CHANGE: {None, Rule.SLICE, Rule.MAINTENANCE, Rule.REDUCTION},
    Rule.SLICE: {Rule.MAINTENANCE, Rule.AUCTION_EXPIRE, Rule.SLICE},
    Rule.AUCTION_OPEN: {Rule.MAINTENANCE},
    Rule.AUCTION_TAKE: {Rule.AUCTION_OPEN},
    Rule.AUCTION_EXPIRE: {Rule.AUCTION_OPEN},
    Rule.FUND_PAYMENT: {Rule.BANKRUPTCY},
    Rule.UNWIND: {Rule.AUCTION_TAKE},
    Rule.SOCIALISED_LOSS: {None},
}


@every_case
def test_an_event_belongs_to_one_that_can_cause_it(case):
    """A slice to a trigger or an expiry, a payment to a bankruptcy, of the same account."""
    events = run(case).events
    for event in events:
        rule, parent = Rule(event["rule"]), events[event["parent"]]
        cause = None if event["parent"] < 0 else Rule(parent["rule"])
        if rule in PARENTS:
            assert cause in PARENTS[rule], f"{rule.name} after {cause}"
        if cause is not None and rule not in (Rule.UNWIND, Rule.ADL_FILL):
            assert event["account"] == parent["account"]
        if rule == Rule.SLICE and cause == Rule.SLICE:
            assert event["detail"] == -1, "only the dump of what was left follows a slice"


@every_case
def test_every_bankruptcy_is_paid_for(case):
    """The next event is the fund's payment of exactly what is owed."""
    events = run(case).events
    for n in np.flatnonzero(events["rule"] == Rule.BANKRUPTCY):
        paid = events[n + 1]
        assert paid["rule"] == Rule.FUND_PAYMENT and paid["parent"] == n
        assert paid["amount"] == -events[n]["quote"] == -events[n]["value"] > 0


@every_case
def test_every_comparison_in_the_log_holds(case):
    """What decided an event is in its row, and is true there."""
    result = run(case)
    below = (Rule.MAINTENANCE, Rule.BACKSTOP_TAKE, Rule.ADL_FILL, Rule.SOCIALISED_LOSS, Rule.UNWIND)
    for rule in below:
        assert (of(result, rule)["value"] <= of(result, rule)["limit"]).all(), rule.name
    for rule in (Rule.AUCTION_TAKE, Rule.AUCTION_EXPIRE):
        assert (of(result, rule)["value"] >= of(result, rule)["limit"]).all(), rule.name
    assert (of(result, Rule.LIMIT_CHANGE)["value"] != of(result, Rule.LIMIT_CHANGE)["limit"]).all()


@every_case
def test_the_log_alone_gives_every_balance_and_no_account_changes_side(case):
    """Replayed movements meet each row's cash and position before, and the final balances.

    No movement is larger than the position, so positions only shrink.
    """
    result = run(case)
    inputs = result.compiled.inputs
    rows = np.arange(len(inputs.symbol))
    quote = result.compiled.quote[rows].copy()
    base = result.compiled.base[rows, inputs.symbol].copy()
    for event in result.events:
        i = event["account"]
        if event["rule"] == Rule.FUNDING:
            held = np.where(inputs.symbol == event["symbol"], base, 0.0)
            quote -= event["price"] * held
        if i >= len(rows):
            continue
        assert (event["quote"], event["base"]) == (quote[i], base[i])
        if event["rule"] not in MOVES:
            continue
        assert abs(event["qty"]) <= abs(base[i]) and event["qty"] * base[i] <= 0.0
        quote[i] += event["amount"] - event["fee"]
        base[i] += event["qty"]
        if event["rule"] == Rule.ADL_FILL:
            quote[event["counter"]] -= event["amount"]
            base[event["counter"]] -= event["qty"]
    assert (quote == result.quote[rows]).all()
    assert (base == result.base[rows, inputs.symbol]).all()


@every_case
def test_fills_are_no_worse_than_bankruptcy_plus_what_the_fund_can_pay(case):
    """The book takes only what account and fund can pay for; the rest goes down the waterfall.

    Without taker fees every fee is the fund's, so the log gives the fund at every moment. A tick
    a fill is lost to rounding. The dump into the end of the book is the exception, and marked.
    """
    result = run(case, venue__taker_fee=0.0)
    fund, spent, at = result.compiled.quote[result.accounts + 1], 0.0, None
    netted = result.scenario.venue.execution == "netted"
    for n, event in enumerate(result.events):
        place = (event["step"], event["symbol"]) if netted else n
        if place != at and event["rule"] not in (Rule.LIMIT_CHANGE, Rule.MAINTENANCE):
            at, spent, start = place, 0.0, max(fund, 0.0)
        if event["rule"] == Rule.SLICE and event["detail"] >= 0:
            gap = -event["quote"] / event["base"] - event["price"]
            spent += max(-event["qty"] * gap, 0.0)
            taken = of(result, Rule.AUCTION_TAKE)["step"]
            assert spent <= start + len(result.events) or event["step"] in taken
        if event["account"] < result.accounts:
            fund += event["fee"]
        if event["rule"] in (Rule.FUND_PAYMENT, Rule.SOCIALISED_LOSS):
            fund -= event["amount"]
    assert fund == result.quote[result.accounts + 1]


@pytest.mark.parametrize("seed", few(SEEDS[::8], plain=SEEDS[:1]))
def test_the_same_scenario_gives_the_same_bits(seed):
    """Two runs have one fingerprint."""
    assert run(random_case(seed)).fingerprint == run(random_case(seed)).fingerprint


# --- more of this is never less of that ---


def first_step(result) -> float:
    """Step of the first trigger; infinite if there is none."""
    steps = of(result, Rule.MAINTENANCE)["step"]
    return int(steps[0]) if len(steps) else math.inf


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("side", [LONG, SHORT])
def test_more_leverage_never_means_a_later_trigger(rule, side):
    """A lone account with less collateral is due at the same step or before."""
    path = [line(100, 100 - 12 * side, 60)]
    steps = [
        first_step(run(scene(path, [(side, 100, 100, 10_000 / leverage, 0)], mark__rule=rule)))
        for leverage in (2, 8, 9, 10, 12, 15, 20, 30, 50, 100)
    ]
    assert steps == sorted(steps, reverse=True) and steps[0] == math.inf and steps[-1] < 20


@pytest.mark.parametrize("shape", [1, 2])
@pytest.mark.parametrize("settings", [{}, CUTS], ids=["market", "incremental"])
def test_a_deeper_book_never_costs_more(shape, settings):
    """What a lone liquidation pays beyond the price falls as depth grows."""
    paid = []
    for depth in (2e4, 1e5, 5e5, 2e6, 1e8):
        case = scene(FALL, ONE, book__depth=depth, book__shape=shape, **settings)
        result = run(case, venue__insurance_fund=1e5)
        slices = of(result, Rule.SLICE)
        f = result.compiled.inputs.f[slices["step"], 0]
        paid.append(float((1.0 - slices["price"] / f).max()))
    assert paid == sorted(paid, reverse=True) and paid[0] > 3 * paid[-1] > 0


@pytest.mark.parametrize("rule", RULES)
def test_a_later_mark_never_triggers_earlier_in_a_fall(rule):
    """Under a steady fall each step of lag delays the first trigger by one step."""
    steps = [first_step(run(scene(FALL, ONE, mark__rule=rule, mark__lag=n))) for n in range(8)]
    assert steps == [steps[0] + n for n in range(8)]


def test_a_larger_fund_never_leaves_more_to_winners():
    """Lots taken from winners fall as the fund grows, to none."""
    (case, _) = SCENES["queue"]
    taken = [
        float(of(run(case, venue__insurance_fund=fund), Rule.ADL_FILL)["qty"].sum())
        for fund in (0.0, 100.0, 200.0, 400.0, 600.0)
    ]
    assert taken == sorted(taken, reverse=True) and taken[0] > taken[2] > taken[-1] == 0.0


# --- closed forms ---


@pytest.mark.parametrize("seed", range(25))
def test_a_lone_account_is_due_where_its_liquidation_price_is_reached(seed):
    """The trigger step is the first at which the mark crosses the closed form."""
    rng = random.Random(seed)
    side, rule = rng.choice([LONG, SHORT]), rng.choice(RULES)
    path = [100.0]
    for _ in range(80):
        path.append(path[-1] * (1.0 - 0.002 * side + rng.gauss(0.0, 0.004)))
    rows = [(side, rng.uniform(5_000, 30_000), 100, 100_000, 0)]
    result = run(scene([path], rows, venue__rulebook="plain-tiers", mark__rule=rule))
    inputs, quote, base = (getattr(result.compiled, key) for key in ("inputs", "quote", "base"))
    price = liquidation_price(quote[0], base[0, 0], inputs.floors, inputs.rates, inputs.deductions)
    marks = result.raw[:, 0]
    reached = marks <= price if side == LONG else marks >= price
    expected = int(np.argmax(reached)) if reached.any() else math.inf
    assert first_step(result) == expected


@pytest.mark.parametrize("variant", ["fraction", "buffer", "tiers"])
def test_at_a_still_price_without_costs_policies_leave_the_same_equity(variant):
    """Cutting in parts instead of whole changes nothing where trading is free."""
    case = scene([line(95.4, 95.4, 60)], ONE, book__depth=1e12)
    whole = run(case)
    parts = run(case, liquidation__policy="incremental", liquidation__variant=variant)
    f = whole.compiled.inputs.f[-1, 0]
    left, kept = (float(r.quote[0] + r.base[0, 0] * f) for r in (whole, parts))
    assert len(of(parts, Rule.SLICE)) and whole.base[0, 0] == 0.0
    assert left == pytest.approx(kept, rel=1e-6)
    assert kept == pytest.approx(40.0 / whole.compiled.units.tick, rel=1e-6)


def costs(result):
    """Cost [tick] of all slices above the undisturbed price, and their sizes [lot]."""
    slices = of(result, Rule.SLICE)
    f = result.compiled.inputs.f[0, 0]
    return float((np.abs(slices["qty"]) * f - slices["amount"]).sum()), np.abs(slices["qty"])


def kappa(result):
    """Price move [tick/lot] of one lot in a flat book."""
    return 0.01 * result.compiled.inputs.f[0, 0] / result.compiled.inputs.depth[0]


def test_a_netted_group_costs_one_block():
    """Three orders of one step cost what Obizhaeva and Wang's block of their sum costs."""
    rows = [(LONG, size, 95.2, 30, 0) for size in (100, 70, 90)]
    result = run(scene([line(95.2, 95.2, 3)], rows, book__depth=1e6, venue__insurance_fund=1e4))
    cost, sizes = costs(result)
    assert len(sizes) == 3  # each rounded to a tick
    assert cost == pytest.approx(impact.block_cost(kappa(result), sizes.sum()), abs=3.0)


@pytest.mark.parametrize("cooldown", [1, 5, 20])
def test_slices_with_recovery_cost_what_the_closed_form_says(cooldown):
    """Cuts of one account, the book refilling between them, cost the sum of `slices_cost`."""
    settings = CUTS | {"liquidation__cooldown": cooldown, "liquidation__variant": "fraction"}
    case = scene([line(100, 100, 300)], [(LONG, 100, 100, 1, 0)], **settings)
    result = run(case, book__depth=1e7, book__recovery=8.0)
    cost, sizes = costs(result)
    assert len(sizes) > 5 and sizes[0] > 1.3 * sizes[1]
    left = result.params.decay**cooldown
    expected = impact.slices_cost(kappa(result), sizes, left)
    assert cost == pytest.approx(expected, rel=1e-4)
    assert cost < impact.slices_cost(kappa(result), sizes, 1.0)


def test_opposite_forced_orders_leave_the_price_where_it_is():
    """A forced sale and a forced purchase of the same size cross first."""
    result = run(SCENES["both sides"][0])
    assert len(of(result, Rule.SLICE)) == 2
    assert (result.mid == result.compiled.inputs.f).all()


@pytest.mark.parametrize("shape", [1, 2])
@pytest.mark.parametrize("seed", range(20))
def test_no_round_trip_gains_at_constant_depth(shape, seed):
    """Any sequence of trades that ends flat costs something, however the book refills between."""
    rng = random.Random(seed)
    depth, volume, paid, size = rng.uniform(10.0, 500.0), 0.0, 0.0, 0.0
    trades = [rng.uniform(-40.0, 40.0) for _ in range(rng.randrange(1, 9))]
    for lots in [*trades, -sum(trades)]:
        paid += lots * (1.0 + book.average_displacement(volume, lots, depth, shape))
        size += abs(lots)
        volume = (volume + lots) * rng.choice([0.0, 0.3, 0.9, 1.0])
    assert paid >= -1e-12 * size


@pytest.mark.parametrize("shape", [1, 2])
def test_an_order_cut_in_two_at_once_costs_the_same(shape):
    """There is nothing to gain from splitting an order within an instant."""
    whole = 30.0 * book.average_displacement(-12.0, 30.0, 77.0, shape)
    first = 11.0 * book.average_displacement(-12.0, 11.0, 77.0, shape)
    second = 19.0 * book.average_displacement(-1.0, 19.0, 77.0, shape)
    assert first + second == pytest.approx(whole, rel=1e-12)


# --- one world ---


SMALL = {
    "accounts.count": 40, "world.steps": 120, "world.dt": 60.0, "world.volatility": 4.0,
    "accounts.open_interest": 4e6, "book.depth": 2e5,
}  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_three_policies_see_the_same_world(seed):
    """Prices, accounts and opening balances are equal bit for bit, run together or alone."""
    scenario = engine.Scenario().with_values(seed=seed, **SMALL)
    together = engine.compare(scenario)
    for policy, result in together.items():
        alone = engine.run(scenario.with_values(**{"liquidation.policy": policy}))
        assert (alone.compiled.inputs.f == result.compiled.inputs.f).all()
        assert alone.fingerprint == result.fingerprint
    assert len({result.fingerprint for result in together.values()}) == 3


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rule", RULES)
def test_without_impact_all_policies_are_triggered_alike(seed, rule):
    """Where orders do not move the price, the first trigger is the same event."""
    scenario = engine.Scenario().with_values(
        seed=seed, **(SMALL | {"book.depth": 1e12, "mark.rule": rule})
    )
    names = ["step", "rule", "account", "quote", "base", "mark", "value", "limit"]
    firsts = {str(of(r, Rule.MAINTENANCE)[names][:1]) for r in engine.compare(scenario).values()}
    assert len(firsts) == 1 and "[]" not in firsts


def test_a_counterfactual_of_the_liquidation_settings_leaves_world_and_people_alone():
    """Changing how positions are closed changes no price, no account and no opening balance."""
    scenario = engine.Scenario().with_values(**SMALL)
    changed = scenario.with_values(
        **{
            "liquidation.policy": "auction", "liquidation.fraction": 0.9,
            "liquidation.liquidators": 9, "liquidation.unwind": 3, "liquidation.deadline": 5,
        }
    )  # fmt: skip
    one, two = compile_scenario(scenario), compile_scenario(changed)
    for name in ("f", "depth", "symbol", "entry", "floors"):
        assert (getattr(one.inputs, name) == getattr(two.inputs, name)).all(), name
    for name in ("side", "size_coin", "entry", "leverage", "collateral", "isolated"):
        assert (getattr(one.population, name) == getattr(two.population, name)).all(), name
    count = len(one.inputs.symbol)
    assert one.units == two.units
    assert (one.quote[:count] == two.quote[:count]).all()
    assert (one.base[:count] == two.base[:count]).all()


def test_liquidators_hold_nothing_that_was_not_sold_to_them():
    """An auction moves flow in time: what liquidators took they sell, to the last lot."""
    result = run(SCENES["auction"][0])
    assert of(result, Rule.AUCTION_TAKE)["qty"].sum() == of(result, Rule.UNWIND)["qty"].sum()
    assert AUCTION["liquidation__unwind"] == len(of(result, Rule.UNWIND))
    assert not result.base.any()


def test_balances_that_could_lose_a_tick_are_refused():
    """Sums stay exact because what cannot be held in whole ticks is not run."""
    case = scene(FALL, [(LONG, 1e12, 100, 1e13, 0), (LONG, 1e-9, 100, 1, 0)])
    with pytest.raises(InputError):
        run(case)
