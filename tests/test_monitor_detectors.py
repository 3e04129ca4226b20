"""Detectors against published run lengths and worked numbers, by equation and by simulation."""

import json

import numpy as np
import pytest

from engine.monitor import detectors, ranking, run_length
from engine.seeds import wilson
from tests.shared import SHARED

FILE = SHARED / "reference" / "literature_examples.json" if SHARED else None
ROWS = json.loads(FILE.read_text("utf-8")) if FILE and FILE.is_file() else []
EXAMPLES = {example["id"]: example for example in ROWS}
published = pytest.mark.skipif(not EXAMPLES, reason="the reference folder is not beside the repo")
CASES = {}


def case(function):
    """Register the function that answers the example of the same name."""
    CASES[function.__name__] = function
    return function


def both_sides(k, h, shift):
    up, down = (run_length.cusum_run_length(k, h, s) for s in (shift, -shift))
    return run_length.two_sided(up, down)


@case
def cusum_arl_h4(k, h, shift):
    found = [both_sides(k, h, s) for s in shift]
    return {"published": found, "recomputed": found}


@case
def cusum_arl_h5(k, h, shift):
    return {"recomputed": [both_sides(k, h, s) for s in shift]}


@case
def cusum_arl_one_sided(sets):
    found = [run_length.cusum_run_length(k, h, shift) for k, h, shift in sets]
    return {"published": found, "recomputed": found}


@case
def cusum_siegmund(k, h):
    one = run_length.siegmund(k, h)
    return {"one_sided": one, "two_sided": run_length.two_sided(one, one),
            "exact_two_sided": both_sides(k, h, 0.0)}  # fmt: skip


@case
def ewma_arl_lucas_saccucci(shift, charts):
    fast, slow = ([run_length.ewma_run_length(*c, s) for s in shift] for c in charts)
    return {"published_05": fast, "recomputed_05": fast, "published_003": slow,
            "recomputed_003": slow}  # fmt: skip


@case
def ewma_arl_crowder(charts):
    found = [run_length.ewma_run_length(weight, c, shift) for weight, c, shift in charts]
    return {"published": found, "recomputed": found}


@case
def shewhart_arl(L, shift):
    return {"arl": [run_length.shewhart_run_length(L, s) for s in shift]}


@case
def robust_z(x):
    x = np.array(x, float)
    ordinary = (x[-1] - x.mean()) / x.std(ddof=1)
    return {"median": np.median(x), "mad": np.median(np.abs(x - np.median(x))),
            "robust_z_last": detectors.robust_z(x, x)[-1], "ordinary_z_last": ordinary,
            "bound": (len(x) - 1) / np.sqrt(len(x))}  # fmt: skip


@case
def cusum_path(x, k, h):
    out = np.empty(len(x))
    detectors.cusum_path(np.array(x, float), k, np.inf, out)
    return {"path": out, "alarm_index": int(np.flatnonzero(out > h)[0])}


@case
def isolation_forest_c(n, path_lengths):
    return {"c": detectors.usual_path(n),
            "scores": [detectors.isolation_score(d, n) for d in path_lengths]}  # fmt: skip


@case
def ranking_metrics(relevance):
    right = np.array(relevance)
    return {"ap": ranking.average_precision(right), "p_at_3": ranking.precision_at(right, 3),
            "recall_at_5": ranking.recall_at(right, 5), "auc": ranking.area(right),
            "ndcg": ranking.ndcg(right)}  # fmt: skip


@case
def random_ap_baseline(cases):
    return {"expected": [ranking.random_average_precision(*c) for c in cases],
            "prevalence": [right / items for items, right in cases]}  # fmt: skip


@case
def alert_base_rate(prevalence, tpr, fpr):
    return {"ppv": ranking.share_of_true_alerts(prevalence, tpr, fpr)}


@published
@pytest.mark.parametrize("name", CASES)
def test_the_engine_gives_the_published_number(name):
    """Each value of the example comes out of the engine's functions within its tolerance."""
    example = EXAMPLES[name]
    got, bound = CASES[name](**example["inputs"]), {"rel": 0.0, "abs": 1e-9} | example["tolerance"]
    assert set(got) == set(example["expected"])
    for key, value in example["expected"].items():
        assert got[key] == pytest.approx(np.array(value), **bound), key


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize(
    "simulate, chart, exact",
    [
        (run_length.simulated_cusum, (0.5, 4.0), both_sides),
        (run_length.simulated_cusum, (0.5, 5.0), both_sides),
        (run_length.simulated_ewma, (0.5, 3.071), run_length.ewma_run_length),
        (run_length.simulated_ewma, (0.03, 2.437), run_length.ewma_run_length),
    ],
)
def test_simulated_run_lengths_agree_with_the_equation(simulate, chart, exact, shift):
    """The mean over 2,000 simulated runs lies within four standard errors of the exact one."""
    mean, error = simulate(*chart, shift, 2_000)
    assert abs(mean - exact(*chart, shift)) < 4.0 * error
    assert error < 0.05 * mean


@pytest.mark.parametrize("detector", detectors.DETECTORS)
@pytest.mark.parametrize("length", [100.0, 5_000.0, 691_200.0])
def test_a_limit_gives_the_run_length_it_is_asked_for(detector, length):
    """The next lower hundredth would alarm more often than asked."""
    limit = run_length.limit_for(detector, length)
    assert run_length.run_length(detector, limit) >= length
    assert run_length.run_length(detector, limit - 0.01) < length


@pytest.mark.parametrize("detector", detectors.DETECTORS)
def test_charts_alarm_as_often_as_their_theory_says_on_normal_values(detector):
    """With the resets of the monitor itself, on 400,000 independent values."""
    from engine.core.random import fill_normal

    z = np.empty(400_000)
    fill_normal(z, 7, run_length.MONITOR, 0)
    limit = run_length.limit_for(detector, 1_000.0)
    alarms = int((detectors.chart(detector, z, limit) > limit).sum())
    expected = len(z) / run_length.run_length(detector, limit)
    assert abs(alarms - expected) < 4.0 * np.sqrt(expected)


def test_a_chart_starts_again_after_an_alarm():
    """One large value is one alarm of the CUSUM and no more."""
    z = np.array([9.0, 0.0, 0.0, 0.0])
    assert (detectors.chart("cusum", z, 5.0) > 5.0).tolist() == [True, False, False, False]


def test_false_alarms_grow_with_charts_and_with_speed():
    """931 steps between alarms are 93 alarms a day of one chart a second, 742 of eight."""
    length = run_length.cusum_run_length(0.5, 5.0)
    assert run_length.alarms_a_day(length, 1, 1.0) == pytest.approx(92.8, abs=0.1)
    assert run_length.alarms_a_day(length, 8, 1.0) == pytest.approx(742.5, abs=0.5)
    assert run_length.alarms_a_day(length, 8, 60.0) == pytest.approx(12.4, abs=0.05)


def test_the_forest_finds_what_stands_alone():
    """A row far from all others scores above each of them, and above 0.5."""
    from engine.core.random import fill_normal

    usual = np.empty(4_000)
    fill_normal(usual, 3, run_length.MONITOR, 0)
    usual = usual.reshape(-1, 4)
    forest = detectors.train_forest(usual)
    alone = detectors.forest_scores(forest, np.full((1, 4), 8.0))[0]
    assert alone > max(0.6, detectors.forest_scores(forest, usual).max())


def test_an_interval_comes_with_each_precision():
    """8 of 10 (published): 0.49 to 0.943."""
    assert wilson(8, 10) == pytest.approx((0.490, 0.943), abs=0.001)
