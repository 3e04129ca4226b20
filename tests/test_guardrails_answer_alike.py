"""Guardrails answer alike for alike prices, positions and clocks, whoever watches and acts."""

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import engine
from engine.core.state import Rule
from tests.band_oracle import check_bands
from tests.guardrail_oracle import ANSWERED, CAPS, GUARDRAILS, check_openings, demanded, logged
from tests.plain import few, more_than
from tests.twin.guarded import guarded_case

pytestmark = pytest.mark.laws
MODES = ("normal", "blind", "late", "drifted", "adversarial")
PRESETS = {preset.name: preset.scenario for preset in engine.presets()}
GUARDED = few(("monitor-guarded", "halt-helps", "halt-hurts"), plain=("halt-helps",))
SEEDS = few(range(48), plain=(1, 7, 8, 22, 28, 33, 36))
# An operator who warns often: alerts are cheap, learning is short, he acts at once.
OPERATOR = {
    "monitor.actions": 3, "monitor.warned": 4, "monitor.learn": 30, "monitor.alarms": 10_000.0,
    "monitor.reaction": 1.0, "monitor.handled": 60.0, "monitor.delay": 20.0,
    "monitor.drift": 600.0, "monitor.decoys": 60.0, "monitor.detector": "robust_z",
}  # fmt: skip

CROWD = {
    "crowd.interval": 3, "crowd.leverage": 8.0, "crowd.trend_capital": 1e5, "crowd.aversion": 0.0,
    "crowd.trend_scale": 0.001, "crowd.depth_share": 100.0, "guardrails.leverage_cap": 2.5,
    "guardrails.exposure_limit": 1.2e5, "crowd.trend_memory": 20.0,
}  # fmt: skip
CUT, ORDER = "opening", "order"  # positions and orders of the crowd that a cap made smaller
EARLY = {"monitor.learn": 60, "monitor.alarms": 200.0}  # alerts before the first halt


@cache
def random_run(seed, mode):
    """A small world with accounts of one leg or several, a mix of guardrails, and an operator.

    Every second one is calm again when the hold of a volatility add-on ends, to the step; in every
    fourth the crowd wants more than it may open.
    """
    scenario, given = guarded_case(seed)
    if seed % 2:
        hold = {"guardrails.volatility_hold": 12, "book.memory": 3.0 * scenario.world.dt}
        hold["guardrails.volatility_addon"] = ((1.5, 0.003), (3.0, 0.01))
        scenario = scenario.with_values(**hold)
    elif seed % 4:
        scenario = scenario.with_values(**CROWD)
    return engine.run(scenario.with_values(**(OPERATOR | {"monitor.mode": mode})), **given)


@cache
def preset_run(name, mode):
    """A preset with an operator."""
    settings = {"monitor.actions": 3, "monitor.warned": 15, "monitor.mode": mode}
    return engine.run(PRESETS[name].with_values(**(EARLY | settings)))


def check(result):
    """Exactly the events that the rules demand; returns how many there are of each."""
    assert logged(result) == demanded(result)
    found = Counter(rule for _, rule, *_ in logged(result))
    found[Rule.BAND] = check_bands(result)
    found[CUT] = check_openings(result)
    found[ORDER] = sum(row[1] in CAPS and row[4] == 1 for row in logged(result))
    return found


def other_mode(seed):
    """Each seed has a second run, in one of the other modes."""
    return MODES[1 + seed % 4]


def ends_of_holds(result):
    """Volatility add-ons that fell in the very step in which their hold ended."""
    risen, found = {}, 0
    for e in result.events[result.events["rule"] == Rule.VOLATILITY_ADDON]:
        since = e["step"] - risen.get(e["symbol"], e["step"])
        found += e["value"] < e["limit"] and since == result.params.volatility_hold
        if e["value"] > e["limit"]:
            risen[e["symbol"]] = e["step"]
    return int(found)


def test_random_runs_have_the_answers_that_prices_positions_and_clock_demand():
    """In every mode, with warnings; and each guardrail has answered often enough to tell."""
    found, warnings, held = Counter(), Counter(), 0
    for seed in SEEDS:
        for mode in ("normal", other_mode(seed)):
            result = random_run(seed, mode)
            found += check(result)
            held += ends_of_holds(result)
            warnings[mode] += len(result.actions)
    assert min(found[rule] for rule in (*GUARDRAILS, CUT, ORDER)) > more_than(40), found
    assert held > more_than(10)
    assert not warnings.pop("blind") and min(warnings.values()) > more_than(50), warnings


@pytest.mark.parametrize("name", GUARDED)
def test_presets_have_the_answers_that_prices_and_clock_demand(name):
    for mode in MODES:
        assert check(preset_run(name, mode))[Rule.HALT] > 0
    assert len({preset_run(name, mode).fingerprint for mode in MODES}) > 1, "warnings act"


def moves(result):
    """Everything but the guardrails' own words: what changes positions, in order."""
    return result.events[~np.isin(result.events["rule"], GUARDRAILS)]


def apart(one, other):
    """First step at which a price differs, first at which a position does; the end if none."""
    end = len(one.mid)
    price = np.flatnonzero((one.mid != other.mid).any(1) | (one.raw != other.raw).any(1))
    names = ["step", "account", "symbol", "qty", "amount", "fee"]
    rows = [moves(r)[names].tolist() for r in (one, other)]
    pairs = zip(*rows, strict=False)
    steps = [min(a[0], b[0]) for a, b in pairs if a != b][:1]
    shorter = min(map(len, rows))
    steps += [r[shorter][0] for r in rows if len(r) > shorter]
    return min([*price.tolist()[:1], end]), min([*steps, end])


def guardrail_events(result, below):
    return result.events[
        np.isin(result.events["rule"], GUARDRAILS) & (result.events["step"] < below)
    ]


def pairs():
    """Runs that differ in the mode of the monitor alone."""
    for seed in SEEDS:
        yield random_run(seed, "normal"), random_run(seed, other_mode(seed))
    for name in GUARDED:
        for mode in MODES[1:]:
            yield preset_run(name, "normal"), preset_run(name, mode)


def test_while_prices_and_positions_are_alike_so_are_the_guardrails_bit_for_bit():
    """And where only prices are still alike, so are halts, which look at nothing else."""
    answers = parted = 0
    for one, other in pairs():
        price, position = apart(one, other)
        early = [guardrail_events(r, min(price, position)) for r in (one, other)]
        assert early[0].tobytes() == early[1].tobytes()
        halts = [[row for row in logged(r) if row[0] < price and row[1] in (40, 41)]
                 for r in (one, other)]  # fmt: skip
        assert halts[0] == halts[1]
        answers += len(early[0])
        parted += price < len(one.mid)
    assert answers > more_than(100) and parted > more_than(25), (answers, parted)


@pytest.mark.parametrize("name", GUARDED)
def test_the_same_warning_has_the_same_answers_whatever_the_monitor_saw(name):
    """One account is warned; without an operator it does the same by itself, in every mode."""
    settings = EARLY | {"monitor.actions": 1, "monitor.warned": 1}
    warned = engine.run(PRESETS[name].with_values(**settings))
    ((step, account, share),) = warned.actions
    assert (warned.events["rule"] == Rule.REDUCTION).sum() == 1
    settings = {"accounts.reductions": ((int(step), int(account), share),), "monitor.actions": 0}
    for mode in MODES:
        alone = engine.run(PRESETS[name].with_values(**settings, **{"monitor.mode": mode}))
        events = [guardrail_events(r, len(r.mid)) for r in (warned, alone)]
        assert len(events[0]) and events[0].tobytes() == events[1].tobytes()
        assert apart(warned, alone) == (len(warned.mid), len(warned.mid))


@pytest.mark.parametrize("rule", ANSWERED)
def test_an_answer_too_few_and_one_too_many_are_noticed(rule):
    """An event that is left out, one that comes a step late, one that is there twice."""
    seed = next(s for s in SEEDS if rule in random_run(s, "normal").events["rule"])
    result = random_run(seed, "normal")
    at = int(np.flatnonzero(result.events["rule"] == rule)[0])
    late = result.events.copy()
    late["step"][at] += 1
    left_out = result.events.copy()
    left_out["rule"][at] = Rule.LIMIT_CHANGE
    twice = np.insert(result.events, at, result.events[at])
    for events in (late, left_out, twice):
        with pytest.raises(AssertionError):
            check(replace(result, events=events))


def test_every_answer_of_the_band_that_is_left_out_is_noticed():
    """Whichever it is: after a halt, in an auction, of an order that is never filled."""
    noticed, policies = 0, Counter()
    for seed in SEEDS:
        result = random_run(seed, "normal")
        for at in np.flatnonzero(result.events["rule"] == Rule.BAND)[-2:]:
            events = result.events.copy()
            events["rule"][at] = Rule.LIMIT_CHANGE
            with pytest.raises(AssertionError):
                check_bands(replace(result, events=events))
            noticed += 1
            policies[result.policy] += 1
    assert noticed > more_than(15) and len(policies) == 3, policies


@pytest.mark.parametrize("change", [0.9, 1.1])
def test_a_price_that_was_not_recorded_is_noticed(change):
    """The oracle reads prices: with another one it demands another halt."""
    result = preset_run(GUARDED[0], "normal")
    mid = result.mid.copy()
    mid[200] *= change
    with pytest.raises(AssertionError):
        check(replace(result, mid=mid))
