"""One account with several legs over a run: it agrees with the log, and its promises are kept."""

import math

import numpy as np
import pytest

import engine
from engine.core.state import Rule
from engine.log.legs import first_several
from engine.scenario.schema import Scenario
from engine.studies.hedge import breaking_correlation, breaking_move, opening_account
from pages.ui import content, legs, note_hedge

PAGE = "the-hedge"
LANES = {lane.name: lane.changes for lane in engine.lanes(PAGE)}
PRESETS = {p.name: p.scenario for p in engine.presets() if p.name.startswith("hedge-")}
TOLD = content.note(PAGE).meta["picture"]


@pytest.fixture(scope="module")
def opening() -> dict[str, engine.Result]:
    return engine.compare(PRESETS["hedge-trigger"], LANES)


def test_the_path_meets_the_limit_where_the_log_says(opening):
    """Equity and requirement before the trigger's orders are both sides of the logged limit."""
    result = opening["jumps"]
    row = engine.watched([result])
    event = result.events[engine.first_trigger(result, row)]
    assert event["account"] == row and event["rule"] == Rule.MAINTENANCE
    step, tick = int(event["step"]), result.compiled.units.tick
    before = engine.account_path(result, row, range(step))
    assert (before["equity"] > before["requirement"]).all()
    assert event["value"] <= event["limit"]
    assert before["requirement"].iloc[-1] == pytest.approx(event["limit"] * tick, rel=0.05)


@pytest.mark.parametrize("name", PRESETS)
def test_the_path_ends_with_the_balances_of_the_run(name):
    """Every movement of the account is in it, for every account of every lane."""
    for result in engine.compare(PRESETS[name], LANES).values():
        last = [result.scenario.world.steps - 1]
        marks, tick = result.raw[-1], result.compiled.units.tick
        for row in range(first_several(result), result.accounts):
            frame = engine.account_path(result, row, last)
            worth = (result.quote[row] + result.base[row] @ marks) * tick
            assert frame["equity"].iloc[0] == pytest.approx(worth, abs=1e-6 * abs(worth) + tick)
            start = opening_account(result, row).worth() * tick
            gains = frame[["gain_0", "gain_1"]].iloc[0].sum()
            assert gains == pytest.approx(frame["equity"].iloc[0] - start, abs=1.0)


def test_the_published_correlation_is_the_one_of_the_log(opening):
    """Step by step, from the opening value over every published change."""
    result = opening["jumps"]
    frame = engine.account_path(result, engine.watched([result]))
    changes = result.events[result.events["rule"] == Rule.CORRELATION_CHANGE]
    published = np.full(len(frame), -0.4)
    for change in changes:
        published[int(change["step"]) :] = change["value"]
    assert frame["published"].to_numpy() == pytest.approx(published)
    assert set(frame["held"]) == {-0.4, 0.9}


def test_the_same_prices_and_the_same_accounts_in_all_lanes(opening):
    """What is compared differs in nothing but what its name says."""
    jumps, stayed, alone = (opening[name] for name in ("jumps", "stayed", "alone"))
    for other in (stayed, alone):
        assert (jumps.compiled.fundamental[:, 0] == other.compiled.fundamental[:, 0]).all()
        assert (jumps.compiled.fundamental[:900] == other.compiled.fundamental[:900]).all()
    first = first_several(jumps)
    for row in range(first, jumps.accounts):
        with_it, without = opening_account(jumps, row), opening_account(alone, row)
        here, there = jumps.compiled.units, alone.compiled.units
        assert with_it.base[0] * here.lot == pytest.approx(without.base[0] * there.lot, rel=1e-6)
        assert with_it.worth() * here.tick == pytest.approx(without.worth() * there.tick, rel=1e-9)
        assert without.base[1] == 0.0


def test_promises_follow_from_the_formula(opening):
    """sqrt(M1^2 + M2^2 + 2 rho M1 M2) at each correlation; at one the legs add up."""
    result = opening["jumps"]
    row = engine.watched([result])
    first, second = opening_account(result, row).margins() * result.compiled.units.tick
    for promise in engine.promises(result, row):
        needed = math.sqrt(first**2 + second**2 + 2.0 * promise.rho * first * second)
        assert promise.requirement == pytest.approx(needed, rel=1e-9)
    assert [p.published for p in engine.promises(result, row)] == [True, False, False, False]
    moves = [p.move for p in engine.promises(result, row)]
    assert moves[0] == pytest.approx(-0.059, abs=0.002) and moves[3] == pytest.approx(
        -0.032, abs=0.002
    )


def test_a_promised_move_makes_the_account_due(opening):
    """At the move both sides are equal, for accounts of every kind and side."""
    for scenario in PRESETS.values():
        result = engine.run(scenario)
        for row in (first_several(result), result.accounts - 1):
            account = opening_account(result, row)
            move = breaking_move(account)
            account.marks[0] *= 1.0 + move
            assert account.worth() == pytest.approx(account.needed(), rel=1e-4)


def test_the_breaking_correlation_takes_all_equity():
    """For legs that diversify and for legs that offset; nan where none does."""
    for margins, equity in ((np.array([3.0, 1.5]), 4.0), (np.array([3.0, -2.0]), 2.0)):
        rho = breaking_correlation(equity, margins)
        joint = margins[0] ** 2 + margins[1] ** 2 + 2.0 * rho * margins[0] * margins[1]
        assert math.sqrt(joint) == pytest.approx(equity)
    assert math.isnan(breaking_correlation(9.0, np.array([3.0, 1.5])))
    assert math.isnan(breaking_correlation(1.0, np.array([3.0])))


def test_runs_without_such_accounts_have_none_to_look_at():
    result = engine.run(Scenario().with_values(**{"accounts.count": 5, "world.steps": 20}))
    assert engine.watched([result]) == -1
    assert (
        legs.account({"one": result}, "one") is None
        and legs.promises({"one": result}, "one") is None
    )


@pytest.mark.parametrize(
    "name, lane, said",
    [
        ("hedge-trigger", "jumps", "Its loss alone left room"),
        ("hedge-trigger", "stayed", "more than it must hold"),
        ("hedge-trigger", "alone", "more than it must hold"),
        ("hedge-relief", "stayed", "Due at"),
        ("hedge-saves", "alone", "here the loss decides"),
        ("hedge-saves", "jumps", "more than it must hold"),
    ],
)
def test_the_title_of_the_picture_is_its_finding(name, lane, said):
    path = legs.account(engine.compare(PRESETS[name], LANES), lane)
    assert said in note_hedge.finding(path, TOLD)
    assert {row["line"] for row in path.rows} == {legs.EQUITY, legs.NEEDED, legs.OPENING}
    assert len(path.rows) < 1_000 and 20 <= len(path.table) <= 81


def test_measured_correlation_stands_beside_its_correction(opening):
    """Before the jump all lanes are alike but for their accounts; after it only one has jumped."""
    titles = {name: name for name in opening}
    jumps, stayed, alone = legs.measured(opening, titles)
    assert jumps["minutes"] == 15.0
    assert jumps["before"] == pytest.approx(-0.4, abs=0.1) == stayed["before"]
    assert stayed["during"] == pytest.approx(-0.4, abs=0.15)
    assert alone["during"] == pytest.approx(0.9, abs=0.05)
    assert jumps["rise"] > 2.0, "closing the accounts moves the first coin"
    assert abs(jumps["corrected"]) < abs(jumps["during"])
    still = {"stayed": opening["stayed"]}
    assert legs.measured(still, titles) == []


@pytest.mark.parametrize("lane", LANES)
def test_the_lines_end_where_the_limit_was_met(opening, lane):
    """At the limit the requirement is not below equity; before it, it always is."""
    path = legs.account(opening, lane)
    if path.met is None:
        assert lane != "jumps"
        return
    last = {
        row["line"]: row["usd"] for row in path.rows if row["minutes"] == path.met["time_s"] / 60
    }
    assert last[legs.NEEDED] >= last[legs.EQUITY] > last[legs.OPENING]


def test_the_study_of_a_common_holder_meets_its_closed_form_only_without_a_band():
    """What the page of the hedge shows: the formula at no band, next to nothing at 1 %."""
    scenario = next(p.scenario for p in engine.presets() if p.name == "common-holder")
    found = engine.by_band(scenario, (0.0, 0.01), 80)
    assert abs(found[0.0].measured - found[0.0].closed) < 3.0 * found[0.0].error
    assert found[0.0].measured - found[0.0].outside > 0.4
    assert found[0.01].measured - found[0.01].outside < 0.1
    assert found[0.01].outside == found[0.0].outside
