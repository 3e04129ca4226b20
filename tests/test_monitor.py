"""The monitor: causal, blind to the script, without influence unless an operator acts."""

from functools import cache

import numpy as np
import pytest

import engine
from engine.core.state import Rule
from engine.monitor import accounts, pipeline, positions, streams
from engine.monitor.run_length import DAY
from engine.totals import marks
from tests.twin import twin_of

MODES = ("normal", "blind", "late", "drifted", "adversarial")
PRESETS = {preset.name: preset.scenario for preset in engine.presets()}
FALL = engine.Scenario().with_values(
    **{
        "world.steps": 1_500,
        "world.shocks": ((900, -0.04, 100),),
        "book.depth": 8e6,
        "book.cancels": ((700, 800, 0.5),),
        "accounts.count": 400,
        "accounts.open_interest": 1e8,
        "accounts.headroom": 0.015,
    }
)
ACTS = {"monitor.actions": 3, "monitor.warned": 15}


@cache
def ran(mode="normal", shock=-0.04, seed=3, **more):
    settings = {"monitor.mode": mode, "world.shocks": ((900, shock, 100),), "seed": seed}
    settings |= {name.replace("__", "."): value for name, value in more.items()}
    return engine.run(FALL.with_values(**settings))


@cache
def warned(mode="normal"):
    return engine.run(FALL.with_values(**{"monitor.mode": mode, "seed": 3}, **ACTS))


# What the monitor sees


def test_balances_by_step_are_those_of_the_run():
    """After the last step the accounts hold what the run left them; before the first, all."""
    result = ran()
    last = len(result.mid) - 1
    quote, base = positions.holdings(result, 0, last)
    n = result.accounts
    assert np.array_equal(quote, result.quote[:n]) and np.array_equal(base, result.base[:n, 0])
    sums = positions.walked(result, 0)
    assert sums[-1, 0] == np.abs(base).sum() and sums[-1, 1] == base.sum()
    assert sums[-1, 2] == quote.sum()
    assert sums[0, 0] == np.abs(result.compiled.base[:n, 0]).sum()


def test_coins_near_the_mark_are_counted_by_hand():
    """Against a plain loop over the accounts at the opening, to within one price bin."""
    result = ran()
    frame, mark = result.account_frame(), marks(result)[0, 0]
    near = {
        side: frame[(frame["side"] == side) & (frame["liquidation_price"] * sign <= mark * sign)
                    & (abs(frame["liquidation_price"] / mark - 1.0) <= positions.REACH)]
        for side, sign in (("long", 1.0), ("short", -1.0))
    }  # fmt: skip
    worse = max(rows["size_coin"].sum() for rows in near.values())
    lots = positions.walked(result, 0)[0, 3]
    assert lots * result.compiled.units.lot == pytest.approx(worse, rel=0.1)


def test_a_harmless_burst_moves_cancels_and_not_depth():
    """The monitor cannot tell a decoy by the cancels alone."""
    calm = ran(shock=0.0, monitor__bursts=60.0)
    quiet = ran(shock=0.0, monitor__bursts=0.0)
    with_bursts, without = streams.measured(calm), streams.measured(quiet)
    assert (with_bursts[:, 0] >= without[:, 0]).all()
    assert (with_bursts[:, 0] > without[:, 0] + 2.0).sum() > 10
    assert np.array_equal(with_bursts[:, 1:], without[:, 1:])


def test_the_script_of_cancels_is_not_read():
    """A burst leaves the streams before it alone; at its step cancels and depth both show it."""
    calm, burst = ran(shock=0.0, book__cancels=()), ran(shock=0.0)
    before, after = streams.measured(calm), streams.measured(burst)
    assert np.array_equal(before[:700], after[:700])
    assert after[700, 0] > before[700, 0] + 1.0 and after[700, 1] < before[700, 1] - 0.6
    assert after[701, 0] == pytest.approx(before[701, 0], abs=0.5)  # withdrawn once


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("detector", ("robust_z", "ewma", "cusum"))
def test_alerts_do_not_depend_on_the_future(mode, detector):
    """Worlds that differ from step 900 on have the same alerts, charts and ranking before it."""
    fall = ran(mode, -0.04, monitor__detector=detector)
    rise = ran(mode, 0.03, monitor__detector=detector)
    for symbol in range(fall.mid.shape[1]):
        one, other = pipeline.watch(fall, symbol), pipeline.watch(rise, symbol)
        assert np.array_equal(one.z[:900], other.z[:900])
        assert np.array_equal(one.charts[:900], other.charts[:900])
    early = [[a for a in pipeline.alert_rows(r) if a[0] < 900] for r in (fall, rise)]
    assert early[0] == early[1]
    assert accounts.account_ranking(fall, 899).equals(accounts.account_ranking(rise, 899))


def test_each_mode_does_what_it_says():
    """Blind sees nothing; late sees the same later; drifted moves; adversarial hides and decoys."""
    watched = {mode: pipeline.watch(ran(mode)) for mode in MODES}
    normal = watched["normal"].z
    assert not watched["blind"].charts.any() and not len(engine.alerts(ran("blind")))
    assert np.array_equal(watched["late"].z[120:], normal[:-120])
    hour = (np.arange(len(normal)) - 300) / 3_600.0
    moved = normal + 12.0 * np.maximum(hour, 0.0)[:, None]
    on = streams.watched(ran())
    assert watched["drifted"].z[:, on] == pytest.approx(moved[:, on])
    adversarial = watched["adversarial"].z
    assert adversarial[420, 0] > 5.0 and normal[420, 0] < 4.0  # a decoy each 120 s from 300 on
    assert abs(adversarial[700, 1]) < 4.0 < normal[700, 1]  # depth as it was


def test_the_ranking_of_accounts_is_worked_by_hand():
    """Size in per cent of the book over the per cent to go, largest first."""
    result = ran()
    table = accounts.account_ranking(result, 400, most=5)
    assert table["score"].is_monotonic_decreasing and len(table) == 5
    first = table.iloc[0]
    assert first["score"] == pytest.approx(first["size"] / first["distance"])
    frame = result.account_frame().loc[int(first["account"])]
    mark = marks(result)[400, 0]
    way = abs(mark - frame["liquidation_price"]) / mark * 100.0
    assert first["distance"] == pytest.approx(way)
    depth = FALL.book.depth / result.compiled.fundamental[0, 0]
    assert first["size"] == pytest.approx(frame["size_coin"] / depth, rel=1e-6)
    assert not len(accounts.account_ranking(result, 100))  # still learning


def test_drift_is_a_signal():
    """In a calm world nothing has left what was learned; where the streams drift, all have."""
    calm = engine.drift_scores(ran(shock=0.0, book__cancels=(), monitor__bursts=0.0))
    drifted = engine.drift_scores(ran("drifted", 0.0, book__cancels=(), monitor__drift=24.0))
    assert (drifted["distance"] > 0.6).all() and (drifted["middle"] > 4.0).all()
    assert calm.set_index("stream").loc[["cancels", "depth", "fill"], "distance"].max() < 0.2


def test_fewer_alerts_where_fewer_are_allowed():
    """The limit is worked out from the false alarms allowed; it rises as they get fewer."""
    still = {"book__cancels": (), "monitor__bursts": 0.0, "shock": 0.0}
    many, few = (ran(monitor__alarms=x, **still) for x in (1_000.0, 5.0))
    assert pipeline.limit_of(few) > pipeline.limit_of(many)
    assert len(engine.alerts(few)) < len(engine.alerts(many))
    assert DAY == 86_400.0


# Modes and the operator


@pytest.mark.parametrize("name", PRESETS)
def test_without_an_operator_no_mode_changes_an_event(name):
    """Every bit of every run is the same in all modes: events, balances and prices."""
    scenario = PRESETS[name].with_values(**{"monitor.actions": 0})
    prints = {
        engine.run(scenario.with_values(**{"monitor.mode": mode})).fingerprint for mode in MODES
    }
    assert len(prints) == 1


def test_a_blind_operator_does_nothing():
    """No alert, no action: the run of guardrails alone, bit for bit."""
    assert warned("blind").fingerprint == ran().fingerprint
    assert not len(warned("blind").actions)


def test_the_operator_is_causal():
    """Before his first action the run is the one without him; actions follow alerts in time."""
    plain, acted = ran(), warned()
    assert len(acted.actions)
    first = int(acted.actions[0, 0])
    assert np.array_equal(plain.mid[:first], acted.mid[:first])
    before = [r.events[r.events["step"] < first] for r in (plain, acted)]
    assert np.array_equal(*before)
    wait = 30
    seen = {row[0] for row in pipeline.alert_rows(acted)}
    steps = sorted(set(acted.actions[:, 0].astype(int)))
    assert all(step - wait in seen for step in steps)
    assert np.diff(steps).min(initial=300) >= 300  # twelve an hour
    assert len(steps) <= 3


def test_actions_stand_in_the_log_and_hold_in_every_check():
    """The twin agrees, money is conserved, each event is explained, the same run comes again."""
    acted = warned()
    events = acted.events[acted.events["rule"] == Rule.REDUCTION]
    done = {(int(e["step"]), int(e["account"])) for e in events}
    asked = {(int(step), int(account)) for step, account, _ in acted.actions}
    assert done and done <= asked
    twin = twin_of(acted)
    assert len(twin.events) == len(acted.events)
    assert acted.quote.tolist() == [party.quote for party in twin.parties]
    assert acted.conservation == {"quote": 0.0, "base": 0.0}
    again = engine.compare(acted.scenario, {"a": {}})["a"]
    assert again.fingerprint == acted.fingerprint
    for n in np.flatnonzero(acted.events["rule"] == Rule.REDUCTION)[:5]:
        assert "Warned by the operator" in engine.explain(acted, int(n)).text


def test_work_of_an_operator_is_bounded():
    """Each action runs the world once more, and that counts."""
    with pytest.raises(engine.InputError, match="monitor.actions"):
        FALL.with_values(**{"accounts.count": 1_000_000, "monitor.actions": 8})
