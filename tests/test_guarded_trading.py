"""Price band, circuit breaker and outages: who may trade when, and what becomes of the rest."""

from functools import cache

import numpy as np
import pytest

import engine
from engine.core import price_band
from engine.core.state import Rule
from engine.explanation.sides import Moment, sides
from engine.scenario.errors import InputError
from engine.scenario.schema import Scenario
from tests.test_agreement import agree
from tests.twin.guarded import GUARDS, guarded_case
from tests.twin.scenes import AUCTION, FALL, LONG, ONE, SHORT, line, of, scene
from tests.twin.worlds import random_case

SEEDS = range(60)
TRADES = {Rule.SLICE, Rule.UNWIND, Rule.CROWD, Rule.REDUCTION, Rule.COLLATERAL_SALE}
PASSED_ON = {Rule.AUCTION_TAKE, Rule.BACKSTOP_TAKE, Rule.ADL_FILL}
FORCED = {Rule.SLICE, Rule.COLLATERAL_SALE} | PASSED_ON
CHECKED = {Rule.MAINTENANCE, Rule.AUCTION_OPEN, Rule.AUCTION_EXPIRE}
every_seed = pytest.mark.parametrize("seed", SEEDS)


@cache
def guarded(seed: int) -> engine.Result:
    scenario, given = guarded_case(seed)
    return engine.run(scenario, **given)


def run(case, **settings) -> engine.Result:
    """Run a case with more settings; `__` stands for the dot."""
    scenario, world, table = case
    given = {name.replace("__", "."): value for name, value in settings.items()}
    return engine.run(scenario.with_values(**given), world=world, table=table)


# --- the same bits twice, and both sides from the log ---


@every_seed
def test_kernel_and_twin_agree_while_orders_wait(seed):
    """The plain twin looks at every price of the window and at every lot of the band."""
    agree(guarded(seed))


@every_seed
def test_both_sides_and_all_parts_recompute_while_orders_wait(seed):
    """Each new event, and triggers during and after a halt: the loss still adds up."""
    result = guarded(seed)
    rule = result.events["rule"]
    for number in np.flatnonzero(np.isin(rule, list(GUARDS))):
        sides(Moment(result, int(number)))
    chosen = np.flatnonzero(np.isin(rule, [*GUARDS, Rule.MAINTENANCE, Rule.SLICE]))
    for number in chosen[:: max(len(chosen) // 8, 1)]:
        told = engine.explain(result, int(number))
        size = sum(abs(part.amount) for part in told.parts)
        assert abs(sum(part.amount for part in told.parts) - told.total) <= 1e-9 * size
        assert told.text


def test_random_worlds_reach_every_guard_and_money_is_conserved():
    """Agreement says something about halts, outages and bands, in netted and other executions."""
    seen: set[int] = set()
    for seed in SEEDS:
        result = guarded(seed)
        seen |= {int(rule) for rule in np.unique(result.events["rule"])}
        assert result.conservation == {"quote": 0.0, "base": 0.0}
    assert seen == set(map(int, Rule))


# --- laws ---


def halts(result: engine.Result) -> list[tuple[int, int, int]]:
    """(symbol, first step, end) of every halt of a run."""
    rows = of(result, Rule.HALT)
    return [(int(e["symbol"]), int(e["step"]), int(e["step"]) + result.params.breaker_halt)
            for e in rows]  # fmt: skip


@every_seed
def test_nobody_trades_in_a_halt_and_nobody_is_closed_in_an_outage(seed):
    """No fill of any kind in a halted symbol; no check and no forced order in an outage."""
    result = guarded(seed)
    rule, step, symbol = (result.events[name] for name in ("rule", "step", "symbol"))
    for k, start, end in halts(result):
        inside = (symbol == k) & (step >= start) & (step < end)
        assert not np.isin(rule[inside], list(TRADES | PASSED_ON)).any()
        if result.scenario.guardrails.halt_checks == "stop":
            single = result.events["account"] < result.accounts - len(result.compiled.inputs.legs)
            assert not (inside & single & (rule == Rule.MAINTENANCE)).any()
    for start, length in result.scenario.venue.outages:
        inside = (step >= start) & (step < start + length)
        assert not np.isin(rule[inside], list(FORCED | CHECKED)).any()


@every_seed
def test_halts_follow_from_prices_and_clocks_alone(seed):
    """The published prices and the settings give every halt of the log, and no other."""
    result, expected = guarded(seed), []
    p, seen = result.params, result.mid
    if p.breaker_on_mark:
        seen = result.raw[np.maximum(np.arange(len(result.raw)) - p.lag, 0)]
    for k in range(seen.shape[1]):
        first, t = 0, 0
        while t < len(seen) and p.breaker_move > 0.0:
            window = seen[max(t - p.breaker_window, first) : t + 1, k]
            if max(1.0 - seen[t, k] / window.max(), seen[t, k] / window.min() - 1.0) < (
                p.breaker_move
            ):
                t += 1
                continue
            expected.append((k, t, t + p.breaker_halt))
            first = t = t + p.breaker_halt
    assert sorted(halts(result)) == sorted(expected)


@every_seed
def test_no_fill_is_beyond_the_band(seed):
    """Sells get no less than the lower edge, buys pay no more than the upper one."""
    result = guarded(seed)
    p, inputs = result.params, result.compiled.inputs
    for event in result.events if p.band > 0.0 else ():
        if event["rule"] in TRADES:
            k, sign = int(event["symbol"]), 1.0 if event["qty"] > 0.0 else -1.0
            around = price_band.reference_at(int(event["step"]), k, p, inputs, result.raw)
            assert sign * (around * (1.0 + sign * p.band) - event["price"]) >= 0.0


@every_seed
def test_the_band_says_once_that_an_order_waits(seed):
    """One event an account and order; the worst price it would have had is beyond the edge."""
    rows = of(guarded(seed), Rule.BAND)
    rows = rows[rows["base"] != 0.0]  # coins of a closed account are offered anew, and told anew
    assert (np.sign(rows["qty"]) * (rows["value"] - rows["limit"]) > 0.0).all()
    orders = list(zip(rows["account"], rows["symbol"], rows["parent"], strict=True))
    assert len(orders) == len(set(orders))


@pytest.mark.parametrize("seed", range(100, 130))
def test_a_guard_that_never_acts_changes_no_bit(seed):
    """A breaker that nothing reaches, and an outage after the end, leave the run as it was."""
    scenario, world, table = random_case(seed)
    plain = engine.run(scenario, world=world, table=table)
    watched = scenario.with_values(
        **{"guardrails.breaker_move": 1.0, "venue.outages": ((scenario.world.steps, 9),)}
    )
    beside = engine.run(watched, world=world, table=table)
    if not len(of(beside, Rule.HALT)):  # a price that doubles within the window reaches even this
        assert beside.fingerprint == plain.fingerprint


# --- one mechanism at a time ---

PUSHED = [line(100, 97, 4) + [97.0] * 60]
THIN = {"book__depth": 6_000.0, "mark__rule": "last", "book__recovery": 20.0}


def test_a_halt_is_told_with_what_moved_the_price():
    """Own forced flow that moves the price further than the outside is the cause of the halt."""
    case = scene(PUSHED, [(LONG, 400, 100, 1_200, 0)], **THIN)
    result = run(case, guardrails__breaker_move=0.07, guardrails__breaker_halt=20.0)
    (halt,) = np.flatnonzero(result.events["rule"] == Rule.HALT)
    assert result.events["rule"][result.causes[halt]] == Rule.SLICE
    told = engine.explain(result, int(halt))
    assert {part.kind for part in told.parts} >= {"outside", "forced"}
    price = result.mid[result.events[halt]["step"], 0] / result.compiled.units.price
    assert told.total == pytest.approx(price - 100.0)
    early = run(case, guardrails__breaker_move=0.015, guardrails__breaker_halt=2.0)
    assert early.causes[np.flatnonzero(early.events["rule"] == Rule.HALT)[0]] == -1


@pytest.mark.parametrize("checks", ["go_on", "stop"])
def test_what_waited_is_filled_when_trading_resumes(checks):
    """Checks that go on send orders that wait; where they stop, the trigger waits as well."""
    case = scene(FALL, ONE, guardrails__breaker_move=0.04, guardrails__breaker_halt=12.0)
    result = run(case, guardrails__halt_checks=checks)
    trigger, fill = of(result, Rule.MAINTENANCE)[0], of(result, Rule.SLICE)[0]
    (halt, end) = (of(result, rule)["step"][0] for rule in (Rule.HALT, Rule.RESUMPTION))
    assert end == halt + 12 == fill["step"]
    assert (halt < trigger["step"] < end) == (checks == "go_on")
    number = int(np.flatnonzero(result.events["rule"] == Rule.SLICE)[0])
    assert ("for the end of a halt" in engine.explain(result, number).text) == (checks == "go_on")


def test_a_band_fills_a_large_order_bit_by_bit():
    """What the book refills inside the band is filled in each step, until nothing is left."""
    big = [(LONG, 900, 100, 4_500, 0)]
    case = scene([line(100, 94, 7) + [94.0] * 400], big, book__depth=9_000.0, book__recovery=9.0,
                 venue__insurance_fund=1e6)  # fmt: skip
    free, held = run(case), run(case, guardrails__band=0.01)
    assert len(of(free, Rule.SLICE)) == 1 and len(of(held, Rule.SLICE)) > 20
    assert len(of(held, Rule.MAINTENANCE)) == len(of(held, Rule.BAND)) == 1
    assert of(held, Rule.SLICE)["qty"].sum() == of(free, Rule.SLICE)["qty"].sum()
    assert of(held, Rule.SLICE)["price"].min() > of(free, Rule.SLICE)["price"].min()


def test_a_position_that_waits_is_no_winner_to_be_reduced():
    """A short whose order waits is not auto-deleveraged for a long of the same step."""
    case = scene([[100.0, 100.0, 80.0, 80.0]], [*ONE, (SHORT, 100, 82, 60, 0)],
                 guardrails__band=0.0001, book__depth=1_000.0)  # fmt: skip
    result = run(case)
    assert not len(of(result, Rule.ADL_FILL))


def test_an_auction_is_not_taken_in_a_halt_and_its_clock_goes_on():
    """The lot opens in the halt; at the resumption it is offered at the discount of its age."""
    case = scene(FALL, ONE, **AUCTION, guardrails__breaker_move=0.04, guardrails__breaker_halt=9.0)
    result = run(case, liquidation__growth=0.001, liquidation__liquidator_discount=0.002,
                 venue__insurance_fund=1e6)  # fmt: skip
    opened, taken = of(result, Rule.AUCTION_OPEN)[0], of(result, Rule.AUCTION_TAKE)[0]
    assert taken["step"] == of(result, Rule.RESUMPTION)["step"][0]
    assert taken["detail"] == taken["step"] - opened["step"] > 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"guardrails.band": 0.0001}, "guardrails.band"),
        ({"guardrails.breaker_move": 1.5}, "guardrails.breaker_move"),
        ({"guardrails.halt_checks": "pause"}, "guardrails.halt_checks"),
        ({"venue.outages": ((5, 10), (14, 1))}, "venue.outages[1].step"),
        ({"venue.outages": ((5, 0),)}, "venue.outages[0].duration"),
    ],
)
def test_settings_that_make_no_sense_are_refused(values, field):
    """The message names the setting, what was given and what is allowed."""
    with pytest.raises(InputError) as refused:
        Scenario().with_values(**values)
    assert refused.value.field == field
