"""Signs of stress, own reductions, and what acting in time saves: laws and hand-made numbers."""

import numpy as np
import pytest

import engine
from engine.core.state import Rule
from engine.log.movements import movements
from engine.scenario.errors import InputError
from engine.scenario.pages import PAGES
from engine.studies.stress import outcome, steps_behind, with_reduction

PRESETS = {preset.name: preset.scenario for preset in engine.presets()}
LATE, THIN, FALSE, SLOW = (
    PRESETS[name] for name in ("late-mark", "thin-mark", "false-alarm", "slow-slide")
)
QUIET = {"world.volatility": 0.0, "accounts.leverage_high": 2.0, "book.depth": 1e12}


def lane(scenario, rule):
    return engine.run(scenario.with_values(**{"mark.rule": rule}))


def test_the_last_price_is_never_behind():
    """Mark and mid are one price under `last`, whatever happens."""
    frame = engine.signals(lane(THIN, "last"))
    assert not frame["lag_bp"].any() and not frame["lag_steps"].any()


@pytest.mark.parametrize("smoothing, duration", [(5.0, 300), (20.0, 40), (60.0, 200)])
def test_an_average_is_behind_by_the_closed_form(smoothing, duration):
    """On a straight fall of the outside price alone: |move| / d * q / (1 - q) * (1 - q**d)."""
    shock = ((100, -0.05, duration),)
    values = {**QUIET, "world.shocks": shock, "mark.smoothing": smoothing}
    result = lane(LATE.with_values(**values), "last_ema")
    measured = result.metrics["mark_lag_bp"]
    assert measured == pytest.approx(engine.expected_lag(result.scenario), rel=0.07)


@pytest.mark.parametrize("late", [1, 7, 30])
def test_a_lag_of_steps_is_counted_in_steps(late):
    """A mark that is n steps late stands where the mid stood n steps ago, in a steady fall."""
    values = {**QUIET, "world.shocks": ((100, -0.05, 300),), "mark.lag": late}
    frame = engine.signals(lane(LATE.with_values(**values), "last"))
    assert (frame["lag_steps"].iloc[100 + late + 5 : 395] == late).all()
    scenario = LATE.with_values(**values, **{"mark.rule": "last"})
    assert frame["lag_bp"].max() == pytest.approx(engine.expected_lag(scenario), rel=0.07)


def test_steps_behind_by_hand():
    """Mid 10 9 8 7 7; a mark of 9 while the mid is at 7 stood there two steps before."""
    mid = np.array([10.0, 9.0, 8.0, 7.0, 7.0])
    assert steps_behind(np.array([10.0, 9.0, 9.0, 9.0, 11.0]), mid).tolist() == [0, 0, 1, 2, 4]


@pytest.mark.parametrize("shape", [1, 2])
def test_the_cost_of_a_fill_is_what_the_book_charges(shape):
    """In an untouched book: half the spread, and the mean displacement of the order."""
    scenario = LATE.with_values(**QUIET | {"book.depth": 1e7, "book.shape": shape})
    scenario = scenario.with_values(**{"world.shocks": ()})
    frame = engine.signals(engine.run(scenario), usd=1e6)
    mean = 0.01 * 0.1 / 2 if shape == 1 else 0.01 * 0.1**0.5 * 2 / 3
    expected = 1e4 * (mean + scenario.book.half_spread)
    assert frame["cost_bp"].to_numpy() == pytest.approx(np.full(len(frame), expected), rel=1e-4)
    if shape == 1:
        assert engine.expected_cost(scenario, 0.0) == pytest.approx(expected)


def test_fills_get_worse_with_volatility_by_the_exponent_of_thinning():
    """Twice the usual volatility halves the depth at exponent 1, and doubles the impact."""
    scenario = LATE.with_values(**{"book.thinning": 1.0})
    calm, wild = (engine.expected_cost(scenario, k * scenario.world.volatility) for k in (1.0, 2.0))
    half = 1e4 * scenario.book.half_spread
    assert wild - half == pytest.approx(2.0 * (calm - half))


def test_the_metrics_are_the_worst_of_the_signs():
    result = lane(THIN, "median")
    frame = engine.signals(result)
    assert result.metrics["mark_lag_bp"] == frame["lag_bp"].abs().max()
    assert result.metrics["fill_cost_bp"] == frame["cost_bp"].max()


def test_a_sign_is_the_first_step_at_which_a_threshold_is_reached():
    result = lane(LATE, "last_ema")
    frame = engine.signals(result)
    sign = engine.first_sign(result, 50.0, 1e9)
    assert sign.why == "lag" and sign.side == "long"
    assert abs(frame["lag_bp"].iloc[sign.step]) >= 50.0 == pytest.approx(50.0)
    assert frame["lag_bp"].abs().iloc[: sign.step].max() < 50.0
    dear = engine.first_sign(result, 1e9, 4.0)
    assert dear.why == "cost" and frame["cost_bp"].iloc[: dear.step].max() < 4.0 <= dear.value
    assert engine.first_sign(result, 1e9, 1e9) is None
    with pytest.raises(InputError):
        engine.first_sign(result, 0.0, 4.0)


def test_a_slow_fall_gives_no_sign_and_still_liquidates():
    for rule in PAGES["when-marks-lag"]:
        result = lane(SLOW, rule)
        assert engine.first_sign(result, 50.0, 4.0) is None
        assert result.metrics["liquidated_accounts"] > 50


@pytest.fixture(scope="module")
def late():
    return lane(LATE, "last_ema")


def test_acting_is_a_run_of_the_same_world_with_one_order_more(late):
    """The shortcut gives the bits of the scenario with the reduction written into it."""
    sign = engine.first_sign(late, 50.0, 4.0)
    frame = engine.acted(late, sign, most=5)
    assert (late.compiled.population.side[frame["account"]] == 1).all()
    for row in frame.itertuples():
        rows = ((sign.step + 1, row.account, 0.5),)
        again = engine.run(late.scenario.with_values(**{"accounts.reductions": rows}))
        short = with_reduction(late, sign.step + 1, row.account, 0.5)
        assert again.fingerprint == short.fingerprint
        assert (row.equity_acted, row.liquidated_acted) == outcome(again, row.account)
        assert (row.equity, row.liquidated) == outcome(late, row.account)
        assert row.saved == row.equity_acted - row.equity


def test_acting_early_saves_and_a_false_alarm_costs(late):
    """The two presets that the note sets against each other."""
    frame = engine.acted(late, engine.first_sign(late, 50.0, 4.0))
    assert frame["liquidated_acted"].sum() < frame["liquidated"].sum()
    assert frame["saved"].sum() > 0.0
    alarm = lane(FALSE, "last_ema")
    frame = engine.acted(alarm, engine.first_sign(alarm, 50.0, 4.0))
    assert (frame["saved"] < 0.0).all()


def reduced(*rows, **more):
    return engine.run(LATE.with_values(**{"accounts.reductions": rows}, **more))


def test_a_reduction_closes_its_share_and_pays_the_taker_fee_alone():
    """Hand check of one order: lots, the two transfers, and nothing for the insurance fund."""
    result = reduced((50, 3, 0.25))
    event = result.events[result.events["rule"] == Rule.REDUCTION][0]
    base = result.compiled.base[3, 0]
    assert event["step"] == 50 and event["base"] == base
    assert abs(event["qty"]) == np.floor(0.25 * abs(base)) and event["qty"] * base < 0.0
    moves = [m for m in movements(result) if m["event"] == 0]
    venue, book = result.accounts + 2, result.accounts
    taker = np.rint(result.params.taker_fee * abs(event["amount"]))
    assert {(int(m["payer"]), int(m["payee"])) for m in moves} <= {
        (3, book), (book, 3), (3, venue),
    }  # fmt: skip
    assert sum(m["ticks"] for m in moves if m["payee"] == venue) == taker == event["fee"]
    assert result.conservation == {"quote": 0.0, "base": 0.0}


def test_a_reduction_lowers_the_liquidation_price_of_a_long(late):
    """Half the position on the same collateral: the limit is further away, and comes later."""
    hit = engine.limits(late.event_frame())
    account = int(hit["account"].iloc[len(hit) // 2])
    step = int(hit["step"].iloc[len(hit) // 2])
    result = reduced((10, account, 0.5))
    own = engine.limits(result.event_frame())
    own = own[own["account"] == account]
    assert not len(own) or own["step"].iloc[0] > step


def test_no_reduction_changes_nothing(late):
    """The default leaves every bit as it was, and a step after the end never comes."""
    assert reduced().fingerprint == late.fingerprint
    assert reduced((100_000, 3, 0.5)).fingerprint == late.fingerprint


def test_an_account_in_the_venues_hand_cannot_act(late):
    """A position that is already closed by force has nothing left to reduce."""
    hit = engine.limits(late.event_frame()).iloc[0]
    result = reduced((int(hit["step"]) + 1, int(hit["account"]), 0.5))
    assert not (result.events["rule"] == Rule.REDUCTION).any()


def test_a_reduction_is_explained_and_its_push_is_a_part_of_later_losses():
    """Both sides recompute, and the part of a later loss that it caused is named by its event."""
    sizes = np.argsort(-LATE_RUN.compiled.population.size_coin * LATE_RUN.compiled.population.side)
    whale = int(sizes[0] if sizes[0] < LATE_RUN.accounts else 0)
    result = reduced((205, whale, 0.9))
    frame = result.event_frame()
    number = int(frame.index[frame["rule"] == "reduction"][0])
    told = engine.explain(result, number)
    assert told.title == "Account reduced by itself" and "decided beforehand" in told.text
    later = frame.index[(frame["rule"] == "maintenance") & (frame["step"] > 210)]
    parts = engine.explain(result, int(later[0])).parts
    assert [part.kind for part in parts if part.event == number] == ["reducing"]


LATE_RUN = engine.run(LATE)


@pytest.mark.parametrize("row", [(5, 1_000, 0.5), (5, 3, 1.0), (5, 3, 0.0), (-1, 3, 0.5)])
def test_a_reduction_that_cannot_be_is_refused(row):
    with pytest.raises(InputError):
        LATE.with_values(**{"accounts.reductions": (row,)})
