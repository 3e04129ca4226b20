"""Sweeps: the runs one by one, the same table on any threads, means and tails as published."""

import os
import platform
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

import engine
from engine.core.state import Rule
from engine.log.descent import rows_of
from engine.scenario.schema import reseeded
from engine.simulation import variants
from engine.sweeps import plan as plans
from engine.sweeps import summary, work
from engine.sweeps.axes import moved
from engine.sweeps.schedule import TRIES
from engine.totals import TOTALS, totals
from tests.shared import ROOT

SMALL = engine.Scenario().with_values(
    **{"world.steps": 120, "world.shocks": ((20, -0.05, 30),), "accounts.count": 60,
       "accounts.open_interest": 2e7, "book.depth": 2e6}
)  # fmt: skip
OVER = {"depth": [1e6, 4e6], "speed": [5.0, 40.0]}


@pytest.fixture
def short_tasks(monkeypatch):
    """Tasks of a few worlds, so that a small sweep has many."""
    monkeypatch.setattr(plans, "TASK_MS", 8.0)


@pytest.fixture(scope="module")
def frame():
    return engine.sweep(SMALL, OVER, seeds=6, threads=1)


def test_a_sweep_is_the_comparisons_one_by_one(frame):
    """Each row is the run of its place, lane and seed; all lanes of a world share it."""
    assert len(frame) == 2 * 2 * 3 * 6
    place = {"book.depth": 4e6, "world.shocks": ((20, -0.05, 5),), "seed": 3}
    alone = engine.compare(SMALL.with_values(**place))
    rows = frame[(frame["depth"] == 4e6) & (frame["speed"] == 5.0) & (frame["seed"] == 3)]
    assert list(rows["lane"]) == list(engine.POLICIES)
    for _, row in rows.iterrows():
        want = alone[row["lane"]].metrics
        assert {name: row[name] for name in TOTALS} == {name: want[name] for name in TOTALS}


@pytest.mark.parametrize("threads", [2, 4])
def test_the_table_is_the_same_on_any_number_of_threads(frame, threads, short_tasks):
    assert len(plans.make_plan(SMALL, OVER, 6).tasks) > 6
    found = engine.sweep(SMALL, OVER, seeds=6, threads=threads)
    pd.testing.assert_frame_equal(found, frame, check_exact=True)


PAGES = """
from concurrent.futures import ThreadPoolExecutor
from resource import RUSAGE_SELF, getrusage
import engine
from engine.sweeps.plan import make_plan
from engine.sweeps.work import run_task

size = {"accounts.count": 10_000, "world.steps": 600}
plan = make_plan(engine.presets()[0].scenario.with_values(**size), None, 8)
with ThreadPoolExecutor(1) as pool:
    for _ in range(3):
        before = getrusage(RUSAGE_SELF).ru_minflt
        pool.submit(run_task, plan.job, plan.tasks[0], plan.version).result()
    print(getrusage(RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_a_process_keeps_the_memory_of_a_run_for_the_next():
    """Pages fetched from the system for 24 runs, in a process as Dask starts its workers."""
    done = subprocess.run(
        [sys.executable, "-c", PAGES],
        cwd=ROOT,
        env={**os.environ, "MALLOC_TRIM_THRESHOLD_": "65536"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 2_000


def test_a_task_holds_a_tenth_of_a_second_and_the_cut_is_the_same_everywhere():
    """As planned; a world that takes longer is a task of its own."""
    one, two = (plans.make_plan(SMALL, OVER, 300) for _ in range(2))
    assert one == two and one.tasks == two.tasks
    planned = [task.rows * 3 * plans.run_ms(SMALL) for task in one.tasks]
    assert min(planned[:-1]) >= 100.0 and max(planned) <= 1.1 * plans.TASK_MS
    assert sum(task.rows for task in one.tasks) == 4 * 300
    slow = SMALL.with_values(**{"accounts.count": 1_000_000})
    assert [task.rows for task in plans.make_plan(slow, None, 3).tasks] == [1, 1, 1]


def test_every_other_sweep_has_another_key():
    key = plans.make_plan(SMALL, OVER, 3).key
    others = [
        plans.make_plan(SMALL.with_values(**{"book.recovery": 30.0}), OVER, 3),
        plans.make_plan(SMALL, {**OVER, "speed": [5.0, 41.0]}, 3),
        plans.make_plan(SMALL, OVER, [0, 1, 3]),
        plans.make_plan(SMALL, OVER, 3, {"a": {"mark.lag": 1}}),
        plans.make_plan(SMALL, OVER, 3, metrics=["bad_debt"]),
    ]
    assert len({key, *(other.key for other in others)}) == 6


def test_places_may_be_listed_and_lanes_and_metrics_chosen():
    places = [{"book.depth": 1e6, "fee": 0.0}, {"book.depth": 3e6, "fee": 0.001}]
    lanes = {"now": {}, "late": {"mark.lag": 5}}
    found = engine.sweep(SMALL, places, seeds=[4, 9], lanes=lanes, metrics=["bystanders"])
    assert list(found.columns) == ["book.depth", "fee", "lane", "seed", "bystanders"]
    assert found["lane"].tolist() == ["now", "now", "late", "late"] * 2
    late = SMALL.with_values(
        **{"book.depth": 3e6, "venue.taker_fee": 0.001, "mark.lag": 5, "seed": 9}
    )
    assert found["bystanders"].iloc[-1] == engine.run(late).metrics["bystanders"]


def test_few_metrics_are_those_of_all_and_seeds_share_settings():
    """A metric read alone is the total of that name; the kernel's settings know no seed."""
    scenario = engine.presets()[0].scenario.with_values(**{"venue.insurance_fund": 0.0})
    alone, seen = [name for name in work.ALONE if name in TOTALS], []
    for _, result in variants(scenario).on(3):
        found = totals(result)
        assert work.read(result, tuple(alone)) == [found[name] for name in alone]
        for rule in Rule:
            expected = np.flatnonzero(result.events["rule"] == int(rule))
            np.testing.assert_array_equal(rows_of(result.events, rule), expected)
        other = engine.run(reseeded(result.scenario, 4))
        assert other.params is result.params
        seen.append([found[name] for name in alone])
    assert np.all(np.max(seen, axis=0) > 0.0)


def test_an_axis_moves_what_its_name_says():
    """Each axis keeps what it does not name: ratios of leverage and of depths, size of the move."""
    two = moved(SMALL, {"correlation": 0.5, "depth": 1e6})
    assert two.world.others == ((two.world.price, two.world.volatility, 1e6, 0.5),)
    assert two.world.correlation == 0.5 and two.book.depth == 1e6
    fast = moved(SMALL.with_values(**{"world.dt": 2.0}), {"speed": 60.0})
    assert fast.world.shocks == ((20, -0.05, 30),)
    people = moved(SMALL, {"leverage": 25.0, "crowding": 0.8}).accounts
    assert (people.leverage_low, people.leverage_high) == (1.0, 25.0)
    assert people.long_share == 0.8
    squeeze = SMALL.with_values(**{"world.shocks": ((20, 0.05, 30),)})
    assert moved(squeeze, {"crowding": 0.8}).accounts.long_share == pytest.approx(0.2)
    late = moved(SMALL, {"latency": 3, "fee": 0.002}).venue
    assert (late.risk_latency, late.order_latency, late.taker_fee) == (3, 3, 0.002)


@pytest.mark.parametrize(
    "options, field",
    [
        ({"over": {"book.dept": [1e6]}}, "over"),
        ({"over": {"seed": [1]}}, "over"),
        ({"over": {"liquidation.policy": ["market"]}}, "over"),
        ({"over": {"depth": []}}, "depth"),
        ({"over": {"depth": [1e6, 1e6]}}, "depth"),
        ({"over": {"latency": [1.5]}}, "latency"),
        ({"over": {"speed": [float("nan")]}}, "speed"),
        ({"over": {"book.depth": [-1.0]}}, "book.depth"),
        ({"over": {"book.depth": list(range(1_000, 12_000))}}, "cells"),
        ({"over": [{"depth": 1e6}, {"speed": 5.0}]}, "over"),
        ({"seeds": 0}, "seeds"),
        ({"seeds": [1, 1]}, "seeds"),
        ({"seeds": [-1]}, "seeds"),
        ({"seeds": 100_000, "over": {"depth": range(10_000, 10_100)}}, "cells x lanes x seeds"),
        ({"metrics": ["gain"]}, "metrics"),
        ({"lanes": {}}, "lanes"),
        ({"threads": 0}, "threads"),
    ],
)  # fmt: skip
def test_what_cannot_be_swept_is_named_before_anything_runs(options, field, monkeypatch):
    monkeypatch.setattr(work, "run_task", None)
    with pytest.raises(engine.InputError) as refused:
        engine.sweep(SMALL, **options)
    assert refused.value.field == field


def test_all_runs_together_are_bounded():
    huge = SMALL.with_values(**{"accounts.count": 20_000, "world.steps": 200_000})
    with pytest.raises(engine.InputError, match="account-steps of all runs"):
        engine.sweep(huge, seeds=10_000)


def test_a_sweep_can_be_stopped_and_says_how_far_it_is(short_tasks):
    said = []
    found = engine.sweep(
        SMALL, OVER, seeds=12, threads=1,
        progress=lambda done, of: said.append((done, of)), stop=lambda: len(said) >= 3,
    )  # fmt: skip
    assert 0 < len(found) < 4 * 3 * 12
    assert said[0] == (0, 48) and len(found) == 3 * said[-1][0]


class Unsteady(ThreadPoolExecutor):
    """Loses the worker of every task a few times."""

    def __init__(self, times):
        super().__init__(1)
        self.times, self.tried, self.lock = times, {}, threading.Lock()

    def submit(self, function, job, task, version):
        with self.lock:
            self.tried[task.number] = self.tried.get(task.number, 0) + 1
        if self.tried[task.number] <= self.times:
            lost = Future()
            lost.set_exception(OSError("the worker has gone"))
            return lost
        return super().submit(function, job, task, version)


def test_a_task_whose_worker_was_lost_runs_again(frame, short_tasks):
    with Unsteady(TRIES - 1) as pool:
        found = engine.sweep(SMALL, OVER, seeds=6, executor=pool)
    pd.testing.assert_frame_equal(found, frame, check_exact=True)
    assert set(pool.tried.values()) == {TRIES}
    with Unsteady(TRIES) as pool, pytest.raises(OSError, match="gone"):
        engine.sweep(SMALL, OVER, seeds=6, executor=pool)


def test_another_versions_results_are_not_mixed_in():
    plan = plans.make_plan(SMALL, None, 1)
    with pytest.raises(engine.InputError, match="engine of a worker"):
        work.run_task(plan.job, plan.tasks[0], "0.1.0-000000000000")


# Two-sided quantiles of Student's distribution as printed tables give them.
@pytest.mark.parametrize(
    "freedom, level, t",
    [
        (1, 0.95, 12.706), (2, 0.95, 4.303), (3, 0.95, 3.182), (4, 0.99, 4.604),
        (9, 0.95, 2.262), (19, 0.95, 2.093), (30, 0.99, 2.750), (120, 0.95, 1.980),
    ],
)  # fmt: skip
def test_students_quantile_as_published(freedom, level, t):
    assert summary.student(level, freedom) == pytest.approx(t, abs=5e-4)


def test_expected_shortfall_is_the_mean_of_the_tail():
    """Ten values: the worst fifth is two of them, the worst 15 % one and a half."""
    values = np.array([3.0, 1.0, 10.0, 2.0, 4.0, 5.0, 9.0, 6.0, 7.0, 8.0])
    assert summary.shortfall(values, 0.8) == 9.5
    assert summary.shortfall(values, 0.85) == pytest.approx((10.0 + 9.0 / 2) / 1.5)
    assert summary.shortfall(values, 0.95) == summary.shortfall(values, 0.9) == 10.0


def test_means_and_tails_with_their_intervals(frame):
    table = engine.summarise(frame, against="market")
    assert len(table) == 4 * 3 * len(TOTALS)
    row = table[
        (table["depth"] == 1e6) & (table["speed"] == 5.0) & (table["lane"] == "auction")
        & (table["metric"] == "slippage_usd")
    ].iloc[0]  # fmt: skip
    here = frame[(frame["depth"] == 1e6) & (frame["speed"] == 5.0)].set_index(["lane", "seed"])
    values = here.loc["auction", "slippage_usd"]
    half = 2.5706 * values.std(ddof=1) / 6**0.5
    assert row["mean_high"] - row["mean"] == pytest.approx(half, rel=1e-4)
    assert row["tail"] == values.max() and row["tail_low"] <= row["tail"] <= row["tail_high"]
    gap = values - here.loc["market", "slippage_usd"]
    assert row["ahead"] == pytest.approx(gap.mean())
    fund = table[table["metric"] == "final_fund"].iloc[0]
    least = frame[(frame["depth"] == 1e6) & (frame["lane"] == "market") & (frame["speed"] == 5.0)]
    assert fund["tail"] == least["final_fund"].min()  # where less is worse, the smallest


def test_intervals_hold_their_level():
    """Of 400 samples of 12 normal numbers, about 95 % of the intervals hold the true mean."""
    from engine.core.random import fill_normal

    drawn = np.empty(400 * 12)
    fill_normal(drawn, 3, 7, 0)
    ends = np.array([summary.mean_of(row, 0.95)[1:] for row in drawn.reshape(400, 12)])
    held = ((ends[:, 0] <= 0.0) & (0.0 <= ends[:, 1])).sum()
    assert 367 <= held <= 393  # 380 +- 3 standard deviations


@pytest.mark.parametrize("options", [{"level": 1.0}, {"tail": 0.0}, {"against": "nobody"}])
def test_a_summary_names_what_it_cannot_do(frame, options):
    with pytest.raises(engine.InputError, match=next(iter(options))):
        engine.summarise(frame, **options)
