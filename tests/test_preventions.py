"""What would have prevented an event: every answer is run again, at its value and a step short."""

import random

import numpy as np
import pytest

import engine
from engine.core.state import Rule
from engine.log.legs import is_several
from engine.remedies import runs
from engine.remedies.axes import Axis
from engine.remedies.runs import compiled_with
from engine.remedies.search import search
from engine.remedies.told import Change
from engine.reruns.accounts import posted, with_collateral, with_position, without
from engine.reruns.settings import changed
from engine.reruns.sought import KINDS
from engine.scenario.compile import compile_scenario
from engine.scenario.population import Population
from engine.scenario.schema import Scenario
from engine.simulation import run_compiled
from tests.random_runs import random_scenario

ACCOUNT = ("collateral", "leverage", "size")
PRESETS = {preset.name: preset.scenario for preset in engine.presets()}


def happens(events, event, occurrence, several):
    """Whether a run has the event, in plain Python: the definition once more."""
    count = 0
    for e in events:
        same = e["account"] == event["account"] and e["rule"] == event["rule"]
        same = same and (several or e["symbol"] == event["symbol"])
        if e["rule"] == Rule.MAINTENANCE and e["parent"] >= 0:
            same = False  # a further leg of the same trigger
        count += bool(same)
    return count >= occurrence


def occurrence(events, number, several):
    """Which of its kind of its account an event is, from 1."""
    event = events[number]
    return sum(happens(events[n : n + 1], event, 1, several) for n in range(number + 1))


def candidates(result, kinds=KINDS):
    """Events that have an answer."""
    e = result.events
    of_account = (e["account"] < result.accounts) & np.isin(e["rule"], kinds)
    return np.flatnonzero(of_account & ((e["rule"] != Rule.MAINTENANCE) | (e["parent"] < 0)))


def check_law(result, number, answers):
    """Both proofs re-run to what they say, and stand one step of the axis apart."""
    several = is_several(result, int(result.events[number]["account"]))
    nth = occurrence(result.events, number, several)
    for told in answers:
        if told.needed is None:
            assert not told.proofs and not told.spans
            continue
        good, bad = told.proofs
        assert good.value == told.needed and not good.happens and bad.happens
        for proof in told.proofs:
            made = engine.rerun(result, proof.change)
            there = happens(made.events, result.events[number], nth, several)
            assert there == proof.happens, (told.axis, proof)
            assert made.fingerprint == proof.fingerprint
        if told.step and not isinstance(bad.value, str):  # a guardrail that is off: none
            assert abs(good.value - bad.value) <= 1.5 * told.step, told
        assert told.sentence and (told.instead or told.axis != "collateral")


@pytest.mark.parametrize("seed", range(36))
def test_every_remedy_of_random_runs_holds_and_one_step_short_fails(seed):
    """Whatever rules are mixed, of first and later triggers, bankruptcies and ADL fills."""
    result = engine.run(random_scenario(seed))
    if not len(result.events):
        pytest.skip("nothing happens in this world")
    found = candidates(result)
    for number in random.Random(seed).sample(list(found), min(len(found), 2)):
        check_law(result, int(number), engine.preventions(result, int(number)))


@pytest.mark.parametrize(
    "name", ["fast-drop", "late-cuts", "small-fund", "hedge-trigger", "crowded-longs", "late-mark"]
)
def test_every_remedy_of_a_preset_holds_and_one_step_short_fails(name):
    """The last trigger of a preset, and an ADL fill where there is one."""
    result = engine.run(PRESETS[name])
    numbers = [int(candidates(result, (Rule.MAINTENANCE,))[-1])]
    numbers += [int(n) for n in candidates(result, (Rule.ADL_FILL,))[:1]]
    for number in numbers:
        answers = engine.preventions(result, number)
        check_law(result, number, answers)
        assert any(told.needed is not None for told in answers)


@pytest.mark.parametrize("name", ["fast-drop", "hedge-trigger", "crowded-longs"])
def test_at_its_own_step_a_remedy_is_the_closed_form_of_the_explanation(name):
    """With the window ending at the event, runs and the formulas of `explain` agree."""
    result = engine.run(PRESETS[name])
    forms = 0
    for number in candidates(result, (Rule.MAINTENANCE,))[:200:20]:
        number, event = int(number), result.events[number]
        told = {remedy.name: remedy.needed for remedy in engine.explain(result, number).prevented}
        answers = engine.preventions(result, number, axes=ACCOUNT, until=int(event["step"]))
        for answer in answers:
            if answer.how != "closed form" or answer.axis not in told:
                continue
            forms += 1
            least = told[answer.axis]
            if answer.axis == "collateral":
                more = answer.needed - answer.now
                assert least <= more + 1e-6 and more - least <= answer.step + 1e-6
            else:
                assert -1e-9 <= least - answer.needed <= answer.step * (1 + 1e-6) + 1e-9
    assert forms >= 2


def test_an_event_that_is_put_off_is_not_avoided():
    """What holds at the moment of the trigger does not hold while the price falls on."""
    result = engine.run(PRESETS["fast-drop"])
    number = int(candidates(result, (Rule.MAINTENANCE,))[0])
    step = int(result.events[number]["step"])
    (then,) = engine.preventions(result, number, axes=["collateral"], until=step)
    (whole,) = engine.preventions(result, number, axes=["collateral"])
    assert then.needed < whole.needed
    late = engine.rerun(result, then.proofs[0].change)
    account = result.events[number]["account"]
    again = (late.events["account"] == account) & (late.events["rule"] == Rule.MAINTENANCE)
    assert again.any() and late.events["step"][again][0] > step


def test_closed_forms_agree_with_an_exhaustive_search():
    """Every size of one position, one by one: the closed form is the largest that is spared."""
    scenario = Scenario().with_values(
        **{
            "accounts.count": 6, "accounts.open_interest": 2e6, "accounts.size_spread": 0.1,
            "world.steps": 40, "world.shocks": ((5, -0.05, 10),), "book.depth": 1e6,
        }
    )  # fmt: skip
    result = engine.run(scenario)
    number = int(candidates(result, (Rule.MAINTENANCE,))[0])
    (told,) = engine.preventions(result, number, axes=["size"])
    row, lot = int(result.events[number]["account"]), result.compiled.units.lot
    held, spared = result.compiled.base[row], []
    for lots in range(1, int(abs(held[0]))):
        change = Change(row=row, lots=(float(np.copysign(lots, held[0])),))
        if not happens(engine.rerun(result, change).events, result.events[number], 1, False):
            spared.append(lots)
    assert told.how == "closed form"
    assert round(told.needed / lot) == max(spared)
    assert spared == list(range(1, max(spared) + 1))


@pytest.mark.parametrize("seed", range(200))
def test_the_search_finds_the_edge_nearest_on_the_grid_and_sees_what_comes_and_goes(seed):
    """Against all answers of a made-up axis, in the worst case one that flips anywhere."""
    r = random.Random(seed)
    truth = [r.random() < r.choice((0.1, 0.5, 0.9)) for _ in range(41)]
    now = r.randrange(41)
    truth[now] = True
    grid = [k for k in range(41) if r.random() < 0.4 and k != now]
    found = search(now, grid, lambda k: truth[k], lambda k: abs(k - now))
    assert (found.avoids is None) == all(truth[k] for k in grid)
    if found.avoids is not None:
        assert not truth[found.avoids] and truth[found.happens]
        assert abs(found.avoids - found.happens) == 1
        assert abs(found.avoids - now) <= min(abs(k - now) for k in grid if not truth[k])
    for way in (1, -1):
        side = [truth[k] for k in sorted(grid, reverse=way < 0) if (k - now) * way > 0]
        if sum(a != b for a, b in zip([True, *side], side, strict=False)) > 1:
            assert not found.monotone
    every = [k for low, high in found.spans for k in range(low, high + 1) if k in grid]
    assert every == [k for k in sorted(grid) if not truth[k]]


def test_a_value_that_cannot_be_used_is_passed_over():
    """It neither avoids the event nor stops the search."""
    answers = {0: True, 1: None, 2: None, 3: False}
    found = search(0, [1, 2, 3], lambda k: answers[k], lambda k: k)
    assert found.avoids == 3 and found.tried >= 3
    assert search(0, [1, 2], lambda k: None, lambda k: k).avoids is None


def test_a_value_that_cannot_be_run_is_no_proof():
    """The other proof is then the nearest value at which the event happens."""
    answers = {k: True if k < 5 else None if k < 9 else False for k in range(21)}
    found = search(0, [20], lambda k: answers[k], lambda k: k)
    assert (found.avoids, found.happens) == (9, 4) and found.spans == ((9, 20),)
    answers = {k: None if 8 < k < 12 else k < 15 for k in range(21)}
    found = search(0, [20], lambda k: answers[k], lambda k: k)
    assert (found.avoids, found.happens) == (15, 14)


@pytest.mark.parametrize(
    "changes",
    [
        {"book.depth": 9.1e6},
        {"mark.lag": 3},
        {"venue.taker_fee": 0.001, "venue.liquidation_fee": 0.002},
        {"liquidation.policy": "auction"},
        {"funding.cap": 0.0001},
    ],
)
@pytest.mark.parametrize("name", ["crowded-longs", "hedge-trigger"])
def test_a_shared_world_gives_the_bits_of_a_fresh_one(name, changes):
    """What a remedy changes can be typed into the scenario: the result is the same."""
    shared = run_compiled(changed(compile_scenario(PRESETS[name]), changes))
    fresh = engine.run(PRESETS[name].with_values(**changes))
    assert shared.fingerprint == fresh.fingerprint


def test_the_proof_of_a_setting_is_the_run_of_that_scenario():
    """Its fingerprint is the one anybody gets who changes the setting by hand."""
    result = engine.run(PRESETS["fast-drop"])
    number = int(candidates(result, (Rule.MAINTENANCE,))[-1])
    for told in engine.preventions(result, number, axes=["depth", "rule", "policy"]):
        for proof in told.proofs:
            values = dict(proof.change.settings)
            fresh = engine.run(result.scenario.with_values(**values))
            assert fresh.fingerprint == proof.fingerprint


def table(rows):
    """Accounts at 100 USD a coin: (side, coins, collateral)."""
    side, size, collateral = (np.array(column, float) for column in zip(*rows, strict=True))
    count = len(rows)
    return Population(
        side=side.astype(np.int64), size_coin=size, entry=np.full(count, 100.0),
        leverage=size * 100.0 / collateral, collateral=collateral,
        isolated=np.ones(count, bool), symbol=np.zeros(count, np.int64),
    )  # fmt: skip


SMALL = Scenario().with_values(
    **{
        "world.price": 100.0, "world.volatility": 0.0, "world.steps": 30, "accounts.count": 3,
        "world.shocks": ((5, -0.04, 5),), "book.depth": 1e5, "mark.rule": "last",
    }
)  # fmt: skip
ROWS = [(1, 200.0, 1_000.0), (1, 100.0, 400.0), (-1, 300.0, 9_000.0)]


def test_one_changed_account_is_the_run_of_the_changed_table():
    """More collateral, or a smaller position, of one row: the bits of a table that says so."""
    base = compile_scenario(SMALL, table=table(ROWS))
    units = base.units
    fresh = engine.run(SMALL, table=table([ROWS[0], (1, 100.0, 650.0), ROWS[2]]))
    assert fresh.compiled.units == units
    ours = run_compiled(with_collateral(base, 1, 250.0 / units.tick))
    assert ours.fingerprint == fresh.fingerprint
    fresh = engine.run(SMALL, table=table([(1, 150.0, 1_000.0), *ROWS[1:]]))
    assert fresh.compiled.units == units
    ours = run_compiled(with_position(base, 0, np.array([150.0 / units.lot])))
    assert ours.fingerprint == fresh.fingerprint
    assert ours.compiled.population.leverage[0] == pytest.approx(15.0)


@pytest.mark.parametrize("name", ["fast-drop", "hedge-trigger"])
def test_changed_accounts_leave_the_others_and_the_sums_alone(name):
    """Base still sums to zero, collateral is kept, and no other row is touched."""
    base = compile_scenario(PRESETS[name])
    row = len(base.inputs.symbol) - 1
    for made in (
        with_position(base, row, base.base[row, : len(base.symbols)] // 2),
        without(base, np.array([row])),
    ):
        assert not made.base.sum(axis=0).any()
        assert posted(made, row) == posted(base, row)
        others = np.delete(np.arange(len(base.quote)), [row, len(base.inputs.symbol)])
        assert (made.quote[others] == base.quote[others]).all()
        assert (made.base[others] == base.base[others]).all()
    assert not without(base, np.array([row])).base[row, : len(base.symbols)].any()


def test_a_run_is_made_once_and_at_most_once_more_as_a_proof(monkeypatch):
    """Threads share what they try, the last runs of a search are its proofs, the run itself too."""
    result, made = engine.run(PRESETS["fast-drop"]), []

    def counted(result, change):
        made.append(change)
        return engine.rerun(result, change)

    monkeypatch.setattr(runs, "rerun", counted)
    number = int(candidates(result, (Rule.MAINTENANCE,))[-1])
    answers = engine.preventions(result, number)
    again = len(made) - len(set(made))
    assert Change() not in made
    assert again <= sum(told.needed is not None for told in answers)


def test_other_kinds_of_events_have_no_answer():
    """A fill is what a trigger asked for; a payment of the fund follows from a bankruptcy."""
    result = engine.run(PRESETS["fast-drop"])
    number = int(np.flatnonzero(result.events["rule"] == Rule.SLICE)[0])
    assert engine.preventions(result, number) == ()


def test_nothing_changed_is_the_run_itself():
    """Also where the policy was chosen when the run was started."""
    result = run_compiled(compile_scenario(PRESETS["fast-drop"]), "auction")
    assert engine.rerun(result, Change()).fingerprint == result.fingerprint
    assert compiled_with(result, Change()).scenario.liquidation.policy == "auction"


RAILS = ["cap", "exposure", "volatility", "concentration", "band", "breaker"]


def test_guardrails_are_tried_and_proved():
    """A cap on everybody's leverage spares the account; a run with guardrails is searched."""
    result = engine.run(PRESETS["fast-drop"])
    number = int(candidates(result, (Rule.MAINTENANCE,))[-1])
    answers = engine.preventions(result, number, axes=RAILS)
    assert [told.axis for told in answers] == RAILS
    check_law(result, number, answers)
    assert any(told.needed is not None for told in answers)
    for told in answers:
        for proof in told.proofs if told.axis != "concentration" else ():  # fresh ones post more
            fresh = engine.run(result.scenario.with_values(**dict(proof.change.settings)))
            assert fresh.fingerprint == proof.fingerprint


@pytest.mark.parametrize("name", ["band", "volatility", "cap"])
def test_a_guardrail_is_put_in_force_as_a_fresh_run_would(name):
    """Other settings of the opening are shared, so a shortcut could forget one of them."""
    scenario = PRESETS["fast-drop"].with_values(**{"guardrails.leverage_cap": 30.0})
    changes = {
        "band": {"guardrails.band": 0.02},
        "volatility": {"guardrails.volatility_addon": ((1.5, 0.01), (3.0, 0.03))},
        "cap": {"guardrails.leverage_cap": 12.0, "guardrails.exposure_limit": 40_000.0},
    }[name]
    again = run_compiled(changed(compile_scenario(scenario), changes))
    assert again.fingerprint == engine.run(scenario.with_values(**changes)).fingerprint


def test_a_replay_is_asked_about_every_guardrail():
    """Its candles are not kept, yet what the venue lets accounts open can be tried."""
    prices = 60_000.0 * np.exp(np.r_[np.linspace(0.0, -0.2, 40), np.full(60, -0.2)])
    rows = "".join(
        f"{1_700_000_000_000 + 60_000 * i},{a:.2f},{max(a, b):.2f},{min(a, b):.2f},{b:.2f},1\n"
        for i, (a, b) in enumerate(zip(prices[:-1], prices[1:], strict=True))
    )
    data = ("open_time,open,high,low,close,volume\n" + rows).encode()
    world = engine.replay_world([engine.read_candles(data, name="BTCUSDT-spot-1m.csv")], 4)
    scenario = engine.replay_scenario(world).with_values(**{"accounts.count": 60})
    result = engine.run(scenario, world=world)
    number = int(candidates(result, (Rule.MAINTENANCE,))[-1])
    answers = engine.preventions(result, number, axes=RAILS)
    assert [told.axis for told in answers] == RAILS
    check_law(result, number, answers)
    capped = dict(answers[0].proofs[0].change.settings)
    fresh = engine.run(scenario.with_values(**capped), world=world)
    assert fresh.fingerprint == answers[0].proofs[0].fingerprint


def test_in_a_run_with_guardrails_nothing_is_taken_from_a_formula():
    """Add-ons and halts are not followed on a path: the same answers come from re-runs."""
    rails = {"guardrails.breaker_move": 0.03, "guardrails.volatility_addon": ((2.0, 0.01),)}
    result = engine.run(PRESETS["fast-drop"].with_values(**rails))
    number = int(candidates(result, (Rule.MAINTENANCE,))[0])
    answers = engine.preventions(result, number, axes=ACCOUNT)
    check_law(result, number, answers)
    assert {told.how for told in answers} == {"search"}
    shared = engine.blame(result, number, "cause")
    assert {"addons", "guards"} <= {share.name for share in shared.shares}


@pytest.mark.parametrize("step", [0.05, 0.1, 0.0025, 1.0, 500.0])
def test_the_value_that_is_shown_is_the_one_that_was_run(step):
    """No digit of a step is rounded away, and none is added by multiplying."""
    axis = Axis("band", "Band", "%", 0, 0.0, step, (1,), lambda k: Change())
    for k in (1, 7, 87, 1_003):
        assert axis.value(k) == pytest.approx(k * step, rel=1e-11)
        assert len(repr(axis.value(k)).rstrip("0")) <= 10
