"""The split of a loss against closed forms, and the remedies against runs that use them."""

from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.causes import attribution
from engine.core.state import Rule
from engine.explanation.catalogue import CATALOGUE
from engine.explanation.sides import SIDES
from engine.explanation.wording import SENTENCES

FLAT = {
    "accounts.count": 300,
    "accounts.open_interest": 3e7,
    "world.steps": 400,
    "world.shocks": ((100, -0.05, 60),),
    "book.depth": 3e6,
    "mark.rule": "last",
    "liquidation.policy": "market",
}


def run(**changes):
    """A market run in a flat book of constant depth, with settings changed."""
    settings = {**FLAT, **{name.replace("__", "."): value for name, value in changes.items()}}
    return engine.run(engine.Scenario(seed=3).with_values(**settings))


def triggers(result):
    """Numbers of the margin triggers."""
    return np.flatnonzero(result.events["rule"] == Rule.MAINTENANCE)


def test_a_flat_book_splits_the_displacement_by_consumed_volume():
    """For shape 1 at constant depth each order's part is x * E_j / E: Aumann and Shapley."""
    result = run()
    n = int(triggers(result)[-1])
    event, p, inputs = result.events[n], result.params, result.compiled.inputs
    parts, _ = attribution.loss_parts(result, n)
    told = {part.event: part.amount for part in parts if part.kind == "forced"}
    assert len(told) > 20
    step, tick = int(event["step"]), result.compiled.units.tick
    for source, amount in told.items():
        order = result.events[source]
        group = result.events[(result.events["step"] == order["step"])]
        fills = group[(group["rule"] == Rule.SLICE) & (group["qty"] * order["net"] > 0.0)]
        moved = order["net"] * (order["qty"] / fills["qty"].sum())
        left = moved * p.decay ** (step - int(order["step"]))
        expected = event["base"] * inputs.f[step, 0] * 0.01 * left / inputs.depth[0] * tick
        assert amount == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("rule", ["last", "last_ema", "index", "index_ema"])
def test_linear_mark_rules_leave_no_residual(rule):
    """Lag and averages pass the split through; only a clamp can cut something off."""
    result = run(mark__rule=rule, mark__lag=2, mark__clamp=1.0)
    for n in triggers(result)[::17]:
        parts, _ = attribution.loss_parts(result, int(n))
        assert not [part for part in parts if part.kind == "rule" and abs(part.amount) > 1e-6]
        if rule == "index":
            assert not [part for part in parts if part.kind == "forced"]


def test_a_clamped_basis_shows_what_it_kept_out():
    result = run(mark__rule="index_ema", mark__clamp=0.0005)
    found = [attribution.loss_parts(result, int(n))[0] for n in triggers(result)[::7]]
    assert any(part.kind == "rule" and part.amount > 0.0 for parts in found for part in parts)


def test_book_thinning_has_a_part_of_its_own():
    result = run(book__thinning=1.0)
    kinds = {p.kind for n in triggers(result) for p in attribution.loss_parts(result, int(n))[0]}
    assert "thinning" in kinds and "forced" in kinds


def test_causes_point_backwards_at_orders():
    """A cause is an earlier event; of a trigger it is a filled order, or the outside world."""
    result = run(accounts__count=40, accounts__size_spread=2.5, book__depth=1.5e6)
    causes = result.causes
    assert (causes < np.arange(len(causes))).all()
    own = causes[triggers(result)]
    assert (own >= 0).any() and (own < 0).any()
    assert set(result.events["rule"][own[own >= 0]]) <= {Rule.SLICE, Rule.UNWIND}


def test_an_order_tips_over_those_whom_it_alone_kept_from_safety():
    """With the order's part taken out of its equity, a pushed account is above its limit."""
    result = run(accounts__count=40, accounts__size_spread=2.5, book__depth=1.5e6)
    tick, seen = result.compiled.units.tick, 0
    for n in triggers(result)[:12]:
        told = engine.explain(result, int(n))
        orders = np.flatnonzero((result.events["parent"] == n) & (result.events["rule"] == 3))
        for later in told.pushed:
            assert later > n
            parts, _ = attribution.loss_parts(result, later)
            own = sum(p.amount for p in parts if p.event in orders)
            event = result.events[later]
            assert event["value"] * tick - own > event["limit"] * tick
            seen += 1
    assert seen > 0


@pytest.mark.parametrize("field", ["value", "limit", "quote", "base", "mark", "price", "level"])
def test_a_log_that_was_tampered_with_is_not_explained(field):
    """One changed number anywhere in an event, and nothing is told."""
    result = run()
    n = int(np.flatnonzero(result.events["rule"] == Rule.SLICE)[5])
    events = result.events.copy()
    events[n][field] = events[n][field] * 1.0000001 + 1.0
    with pytest.raises(attribution.Disagreement):
        engine.explain(replace(result, events=events), n)


@pytest.mark.parametrize("place", [0, 3, 40])
@pytest.mark.parametrize("name", ["collateral", "size"])
def test_what_would_have_prevented_a_trigger_prevents_it(name, place):
    """Run again with the remedy: no trigger at that step; just short of it, the trigger stays."""
    result = run(mark__rule="index")
    n = int(triggers(result)[place])
    told = engine.explain(result, n)
    remedy = next(r for r in told.prevented if r.name == name)
    account, step = told.account, told.step
    for factor, stays in ((1e-4, False), (-1e-4, True)):
        people = result.compiled.population
        if name == "collateral":
            field = people.collateral.copy()
            field[account] += remedy.needed * (1.0 + factor)
            people = replace(people, collateral=field)
        else:
            field = people.size_coin.copy()
            field[account] = remedy.needed * (1.0 - factor)
            people = replace(people, size_coin=field)
        again = engine.run(result.scenario, table=people)
        mine = again.events[(again.events["account"] == account) & (again.events["rule"] == 1)]
        assert bool(len(mine) and mine[0]["step"] <= step) is stays


def test_every_rule_has_words_a_recomputation_and_a_sentence():
    assert set(Rule) == set(CATALOGUE) == set(SIDES) == set(SENTENCES)


def test_an_event_that_does_not_exist_is_refused_in_one_line():
    result = run()
    with pytest.raises(engine.InputError, match="event = 999999: allowed is a whole number in 0"):
        engine.explain(result, 999_999)


def test_more_collateral_would_have_prevented_a_trigger_after_funding():
    """Payments do not depend on collateral, so its closed form holds for who paid them as well."""
    preset = next(p.scenario for p in engine.presets() if p.name == "crowded-longs")
    result = engine.run(preset)
    events = result.events
    paid = events["step"][events["rule"] == Rule.FUNDING].min()
    late = np.flatnonzero((events["rule"] == Rule.MAINTENANCE) & (events["step"] > paid))
    told = engine.explain(result, int(late[len(late) // 2]))
    (remedy,) = told.prevented
    assert remedy.name == "collateral"
    for factor, stays in ((1e-3, False), (-1e-3, True)):
        people = result.compiled.population
        field = people.collateral.copy()
        field[told.account] += remedy.needed * (1.0 + factor)
        again = engine.run(preset, table=replace(people, collateral=field)).events
        mine = again[(again["account"] == told.account) & (again["rule"] == Rule.MAINTENANCE)]
        assert bool(len(mine) and mine[0]["step"] <= told.step) is stays
