"""Funding: the rate's formula, payments that sum to zero, and the schedule."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.causes.attribution import loss_parts
from engine.core import funding
from engine.core.state import Row, Rule
from engine.explanation.sides import Moment, sides
from engine.log.movements import movements
from tests.twin.scenes import FALL, line, scene

QUICK = settings(deadline=None, derandomize=True, database=None, max_examples=300)
RATES = st.floats(-0.1, 0.1)
pytestmark = pytest.mark.laws

BOTH = [(1, 100, 100, 2_000, 0), (-1, 60, 100, 2_000, 0)]
STILL = [line(100, 100, 41)]
BLEED = {"funding__interest": 0.003, "funding__clamp": 0.05, "funding__cap": 0.01}
HOURLY = {"world__dt": 360.0, "funding__interval": 3_600.0}  # every tenth step


def run(paths=STILL, rows=BOTH, **changes):
    scenario, world, table = scene(paths, rows, **(HOURLY | changes))
    return engine.run(scenario, world=world, table=table)


def settled(result):
    return result.events[result.events["rule"] == Rule.FUNDING]


@QUICK
@given(RATES, RATES, st.floats(0.0, 0.05), st.floats(0.0, 0.1))
def test_the_rate_is_flat_around_interest_and_follows_the_premium_beyond(premium, i, c, cap):
    """Within +-c of the premium it is interest; beyond, the premium less c; never past the cap."""
    rate = funding.funding_rate(premium, i, c)
    if abs(i - premium) <= c:
        assert rate == pytest.approx(i, abs=1e-15)
    else:
        assert abs(rate - premium) == pytest.approx(c, abs=1e-15)
        assert (rate - premium) * (i - premium) >= 0.0
    assert abs(funding.capped(rate, cap)) <= cap


@QUICK
@given(RATES, RATES, RATES, st.floats(0.0, 0.05))
def test_the_rate_never_falls_as_the_premium_rises(one, other, interest, clamp):
    low, high = sorted((one, other))
    rates = [funding.funding_rate(premium, interest, clamp) for premium in (low, high)]
    assert rates[0] <= rates[1] + 1e-15


@QUICK
@given(st.floats(-0.1, 0.1), st.floats(0.0, 0.05))
def test_impact_prices_on_both_sides_of_the_index_give_no_premium(mean, half):
    premium = funding.impact_premium(mean - half, mean + half)
    assert (premium == 0.0) is (abs(mean) <= half) or mean == 0.0
    assert premium * mean >= 0.0


@pytest.mark.parametrize("interest", [0.001, -0.001])
def test_payments_sum_to_zero_and_longs_pay_a_positive_rate(interest):
    """Every row pays index x lots, the book included; the sum of all is zero to the tick."""
    result = run(funding__interest=interest)
    event, opening = settled(result)[0], result.compiled
    assert len(settled(result)) == 4
    paid = event["price"] * opening.base[:, 0]
    assert paid.sum() == 0.0 and paid[0] * interest > 0.0 > paid[1] * interest
    once = run(funding__interest=interest, world__steps=11)
    assert (opening.quote - once.quote).tolist() == paid.tolist()
    assert result.conservation == {"quote": 0.0, "base": 0.0}


def test_the_index_is_a_whole_number_of_ticks_close_to_rate_times_mark():
    result = run(funding__interest=0.0001234)
    event = settled(result)[0]
    assert event["price"] == np.rint(event["price"]) > 0.0
    assert event["price"] == pytest.approx(0.0001234 * event["mark"], abs=0.5)
    assert abs(event["price"] / event["mark"] - 0.0001234) < 1e-6


def test_eight_hours_pay_an_eighth_each_hour_on_the_index():
    whole = settled(run(funding__interest=0.0008))
    part = settled(run(funding__interest=0.0008, funding__rule="eight_hours", mark__rule="last"))
    assert part["value"] * 8.0 == pytest.approx(whole["value"], rel=1e-15)
    crooked = run(FALL, funding__rule="eight_hours", mark__lag=3, funding__interest=0.0008)
    f = crooked.compiled.inputs.f[:, 0]
    assert settled(crooked)["mark"].tolist() == f[settled(crooked)["step"]].tolist()


def test_a_cap_holds_the_rate_and_the_log_says_so():
    result = run(funding__interest=0.01, funding__clamp=0.05, funding__cap=0.002)
    event = settled(result)[0]
    assert event["value"] == pytest.approx(0.01) and event["limit"] == 0.002
    assert event["price"] == pytest.approx(0.002 * event["mark"], abs=0.5)
    told = engine.explain(result, 0)
    assert "held by the cap of 0.2000%" in told.text and "Longs paid shorts 0.2000%" in told.text


def test_a_premium_is_the_average_over_the_interval():
    """A sale displaces the book; the mean of mid / f - 1 since the last settlement counts."""
    result = run(
        FALL, [(1, 100, 100, 500, 0), BOTH[1]], book__depth=20_000.0, mark__rule="last",
        funding__interest=0.0, funding__clamp=0.0,
    )  # fmt: skip
    x = result.mid[:, 0] / result.compiled.inputs.f[:, 0] - 1.0
    assert (x < 0.0).any()
    for event in settled(result):
        step = event["step"]
        assert event["net"] == pytest.approx(x[step - 9 : step + 1].mean(), abs=1e-15)


def test_scripted_rates_replace_the_formula_from_their_step_on():
    result = run(funding__rates=((15, 0.002), (25, -0.001)), funding__interest=0.0005)
    assert settled(result)["value"].tolist() == [0.0005, 0.002, -0.001, -0.001]
    with pytest.raises(engine.InputError, match="funding.rates"):
        run(funding__rates=((15, 0.01),), funding__cap=0.003)


def test_quiet_stretches_are_skipped_and_settlements_are_not():
    """With one symbol the loop jumps from one settlement to the next and misses none."""
    result = run(world__dt=60.0, funding__interval=300.0)
    assert settled(result)["step"].tolist() == [5, 10, 15, 20, 25, 30, 35, 40]


def test_funding_alone_liquidates_when_the_closed_form_says():
    """At a mark that stands still: (1 / leverage - maintenance) / rate payments."""
    rows = [(1, 100, 100, 500, 0), (-1, 100, 100, 5_000, 0)]  # 20 x
    result = run([line(100, 100, 400)], rows, **BLEED)
    rate = float(result.compiled.inputs.rates[0])
    n = funding.payments_to_liquidation(20.0, rate, 0.003)
    first = result.events[result.events["rule"] == Rule.MAINTENANCE][0]
    assert first["step"] == 10 * math.ceil(round(n, 9))
    assert first["step"] in settled(result)["step"]


def test_the_loss_has_a_funding_part_that_is_what_was_paid():
    rows = [(1, 100, 100, 500, 0), (-1, 100, 100, 5_000, 0)]
    result = run([line(100, 96, 400)], rows, **BLEED)
    n = int(np.flatnonzero(result.events["rule"] == Rule.MAINTENANCE)[0])
    parts = {part.kind: part.amount for part in loss_parts(result, n)[0]}
    before = result.events[:n]
    paid = before["price"][before["rule"] == Rule.FUNDING].sum() * result.compiled.base[0, 0]
    assert parts["funding"] == pytest.approx(-paid * result.compiled.units.tick, rel=1e-12)
    assert parts["funding"] < 0.0
    assert "funding" in engine.explain(result, n).text


def test_every_movement_of_a_settlement_goes_through_the_book():
    result = run(funding__interest=0.001)
    moves = movements(result)
    book = result.accounts + Row.BOOK
    assert len(moves) == 4 * 2 and (moves["verb"] == 0).all()
    assert ((moves["payer"] == book) | (moves["payee"] == book)).all()
    assert (moves["ticks"] > 0.0).all()


def test_a_settlement_that_was_tampered_with_is_not_explained():
    result = run(funding__interest=0.001)
    for field in ("value", "limit", "price", "net", "mark"):
        result.events[0][field] += 1.0
        with pytest.raises(engine.causes.attribution.Disagreement):
            sides(Moment(result, 0))
        result.events[0][field] -= 1.0


def test_funding_that_is_off_changes_nothing():
    preset = engine.presets()[0].scenario
    other = preset.with_values(**{"funding.interest": 0.01, "funding.cap": 0.2})
    assert engine.run(preset).fingerprint == engine.run(other).fingerprint


def test_a_rate_that_whole_ticks_round_is_mentioned():
    """Where a tick a lot is coarse, the run says how finely a rate can be paid."""
    fine = engine.run(engine.Scenario().with_values(**{"funding.interval": 60.0}))
    assert not fine.notes
    coarse = engine.Scenario().with_values(
        **{"funding.interval": 60.0, "accounts.open_interest": 1e3, "venue.insurance_fund": 1e11}
    )
    assert "rounded to" in engine.run(coarse).notes[0]
