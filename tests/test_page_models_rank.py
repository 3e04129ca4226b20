"""The page "Models rank, guardrails decide": question, alerts, rankings, scores, theory, proof."""

import json
import time
from collections import Counter

import numpy as np
import pytest

import engine
from engine.monitor import scoring
from pages.ui import charts_monitor, content, lanes, monitor_tables, note_monitor
from tests.test_explaining_runs import explain_some
from tests.test_pages import click, fields, opened, texts

PAGE, FILE = "models-rank", "pages/page_models_rank.py"
NOTE = content.note(PAGE).meta
PRESETS = {preset.name: preset.scenario for preset in engine.presets()}
KNOWN = lanes.of(PAGE)


@pytest.fixture(scope="module")
def results():
    return {name: engine.compare(PRESETS[name], KNOWN.changes) for name in NOTE["presets"]}


def shown(preset="monitor-warned", lane="sees"):
    """The page with its result, as a link without a prediction opens it."""
    return click(opened(fields(PRESETS[preset], page=PAGE, lane=lane), page=FILE), "predict_skip")


@pytest.mark.parametrize("answer", ["decoys", "sees"])
def test_an_answer_is_held_against_what_happened(answer):
    app = click(opened(page=FILE), f"predict_{answer}")
    assert not app.exception and not app.error
    said = texts(app)
    assert ("You predicted it." in said) == (answer == "decoys")
    assert "Least is closed by force under **Fooled**" in said


@pytest.mark.parametrize(
    "preset, lane",
    [("monitor-sudden", "late"), ("monitor-quiet", "decoys"), ("monitor-warned", "blind")],
)
def test_each_scenario_of_the_page_is_drawn(preset, lane):
    """Also where nothing is closed, and where the monitor sees nothing."""
    app = shown(preset, lane)
    assert not app.exception and not app.error
    said = texts(app)
    assert (NOTE["watch"]["no_alerts"] in said) == (lane in ("blind", "late"))
    assert NOTE["watch"]["proof"] in said and "independent and normal: 2" in said


def test_every_event_of_every_lane_can_be_explained(results):
    """Warnings, limits, orders: each recomputes, and its parts add up to the loss."""
    for lanes_ in results.values():
        for result in lanes_.values():
            explain_some(result, 15)


def test_the_finding_follows_the_run(results):
    said = {name: monitor_tables.finding(runs, KNOWN.titles) for name, runs in results.items()}
    assert said["monitor-quiet"].startswith("Nothing is closed by force here, and 5 alerts")
    assert said["monitor-warned"].startswith("Warnings cut what is closed by force from $6")
    closed = {n: r.metrics["liquidated_notional"] for n, r in results["monitor-warned"].items()}
    assert closed["alone"] == closed["blind"] > closed["sees"] > closed["decoys"]


def test_the_picture_holds_every_alert_before_the_first_forced_trade(results):
    rows = charts_monitor.rows(results["monitor-warned"], KNOWN.titles)
    for lane, title in KNOWN.titles.items():
        result = results["monitor-warned"][lane]
        mine = rows[rows["lane"] == title]
        drawn = mine["what"].isin(["true", "false"]).sum()
        assert drawn == result.metrics["alerts"]
        assert (mine["what"] == "true").sum() == result.metrics["true_alerts"]
        assert (mine["what"] == "warning").sum() == len(np.unique(result.actions[:, 0]))


def test_alerts_rank_by_how_unusual_they_were(results):
    """The chart furthest beyond its limit comes first, and is the first of its reasons."""
    table = engine.alert_ranking(results["monitor-warned"]["sees"])
    assert table["score"].is_monotonic_decreasing and (table["score"] > 1.0).all()
    for row in table.itertuples():
        assert row.reasons[0][:2] == (row.stream, row.score)


def test_scores_over_seeds_count_by_hand():
    """Two worlds: found, true and false alerts are those of their own runs."""
    scenario = PRESETS["monitor-warned"]
    trials = [scoring.watch_trial(scenario, seed, None) for seed in (40, 41)]
    row = engine.score_table(trials, 24.0).set_index("detector").loc["cusum"]
    runs = [engine.run(scenario.with_values(seed=seed)) for seed in (40, 41)]
    assert row["alerts"] == sum(r.metrics["alerts"] for r in runs)
    assert row["true"] == sum(r.metrics["true_alerts"] for r in runs)
    assert row["found"] == np.mean([r.metrics["true_alerts"] > 0 for r in runs])
    assert row["lead"] == np.median([r.metrics["alert_lead"] for r in runs])
    first = [engine.first_trade(r) for r in runs]
    quiet = sum(t - 300 - 300 for t in first)
    assert row["false_day"] == pytest.approx((row["alerts"] - row["true"]) / quiet * 86_400.0)
    assert row["chance"] == pytest.approx(600 / (sum(first) - 600))


def test_the_forest_is_scored_in_worlds_it_has_not_seen():
    """It alarms about as rarely as asked in calm worlds, and its seeds are no page's."""
    calm = scoring.calm(PRESETS["monitor-warned"])
    learnt = scoring.learn_usual(calm)
    scores = [scoring.watch_trial(calm, seed, learnt)["forest"] for seed in range(4)]
    assert sum(s.alerts for s in scores) <= 8 and not any(s.forced for s in scores)
    assert min(engine.TRAINING) > 10_000


def test_the_experiment_runs_every_detector():
    """What the button starts: one trial a seed, the forest among the detectors."""
    done = note_monitor.Watching(PRESETS["monitor-quiet"]).results(range(1))
    table = engine.score_table(list(done), 24.0)
    assert table["detector"].tolist() == ["robust_z", "ewma", "cusum", "forest"]
    said = monitor_tables.said(table, 1, "cusum", NOTE["watch"]["detectors"])
    assert "false alerts a day" in said and "–" in str(monitor_tables.scores(table, {
        name: name for name in table["detector"]
    }))  # fmt: skip


def test_the_proof_has_one_fingerprint():
    """Guardrails answer in the scenario the page opens with, and each answer is recomputed."""
    table = engine.guardrail_proof(lanes.presets(PAGE)[0].scenario)
    assert (table["recomputed"] > 0).all() and (table["guardrails"] > 0).all()
    assert table["guardrails"].nunique() == 1
    assert table["fingerprint"].nunique() == 1
    assert (table["recomputed"] == table["guardrails_operated"]).all()
    assert (table["alerts"] > 0).tolist() == [True, False, True, True, True]
    assert (table["actions"] > 0).tolist() == [True, False, True, True, True]


def test_false_alarms_of_a_quiet_market_come_from_three_streams():
    """Several times what theory allows; all other streams together raise about what it says."""
    counts, seconds = Counter(), 0.0
    for seed in range(12):
        result = engine.run(PRESETS["monitor-quiet"].with_values(seed=seed))
        counts += Counter(engine.alerts(result)["stream"])
        seconds += (len(result.mid) - 300) * result.scenario.world.dt
    a_day = {name: number * 86_400.0 / seconds for name, number in counts.items()}
    rest = sum(a_day.get(x, 0.0) for x in ("depth", "fill", "leverage", "interest"))
    assert sum(a_day.values()) > 8 * 24.0 and rest < 3 * 24.0
    assert min(a_day[name] for name in ("lag", "cluster", "cancels")) > 2 * 24.0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chart_holds_no_data(theme):
    """Authored once, its rows handed over by the page; numbers name their units."""
    names = tuple(KNOWN.titles.values())
    spec = charts_monitor.alerts(theme, names)
    assert spec is charts_monitor.alerts(theme, names)
    assert '"values"' not in json.dumps(spec) and len(json.dumps(spec)) < 8_000
    for layer in spec["layer"]:
        assert layer["encoding"]["x"]["title"].endswith("]")


def test_an_experiment_that_cannot_be_run_names_the_setting():
    """A link in which the monitor learns all the time leaves nothing for the forest."""
    short = engine.presets()[0].scenario.with_values(**{"world.steps": 60})
    app = click(opened(fields(short, page=PAGE, lane="sees"), page=FILE), "predict_skip")
    app = click(app, "watch_start")
    started = time.monotonic()
    while time.monotonic() - started < 60 and not any("monitor.learn" in t.value for t in app.text):
        time.sleep(0.2)
        app.run()
    assert any(t.value.startswith("monitor.learn = ") for t in app.text) and not app.error
