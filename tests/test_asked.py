"""What the library is handed: an argument that cannot be used is named in one line."""

import itertools
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

import engine
from engine.core.state import Rule
from engine.sweeps import plan as plans
from engine.sweeps import schedule, store

SMALL = engine.Scenario().with_values(
    **{"world.steps": 120, "world.shocks": ((20, -0.05, 30),), "accounts.count": 60,
       "accounts.open_interest": 2e7, "book.depth": 2e6}
)  # fmt: skip
NO_NUMBER = (-1, 10**9, 10**5_000, 1.5, float("nan"), None, True, "3", [0], np.array([0, 1]))


@pytest.fixture(scope="module")
def result():
    return engine.run(SMALL)


@pytest.fixture(scope="module")
def trigger(result):
    return int(np.flatnonzero(result.events["rule"] == Rule.MAINTENANCE)[0])


@pytest.fixture(scope="module")
def frame():
    return engine.sweep(SMALL, {"depth": [1e6, 4e6]}, seeds=2, metrics=["bad_debt"], threads=1)


@pytest.fixture
def shut():
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    return pool


def refused(field, function, *given, **named):
    with pytest.raises(engine.InputError) as error:
        function(*given, **named)
    assert error.value.field == field and "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    "field, options",
    [
        ("depth", {"over": {"depth": 3e6}}),
        ("depth", {"over": {"depth": "3e6"}}),
        ("depth", {"over": {"depth": np.array(3e6)}}),
        ("cells", {"over": {"depth": itertools.count(10_000)}}),
        ("cells", {"over": ({"depth": 10_000 + k} for k in itertools.count())}),
        ("over", {"over": [1]}),
        ("over", {"over": "depth"}),
        ("over", {"over": 0}),
        ("over", {"over": pd.DataFrame({"depth": [1e6]})}),
        ("over", {"over": {1: [2]}}),
        ("over", {"over": [{1: 2}, {"a": 3}]}),
        ("seeds", {"seeds": 1.5}),
        ("seeds", {"seeds": True}),
        ("seeds", {"seeds": "12"}),
        ("seeds", {"seeds": 10**5_000}),
        ("seeds", {"seeds": itertools.count()}),
        ("seeds", {"seeds": [0, True]}),
        ("lanes", {"lanes": "market"}),
        ("lanes", {"lanes": ["market"]}),
        ("lanes", {"lanes": {1: {}}}),
        ("lanes, late", {"lanes": {"late": 5}}),
        ("lanes, late", {"lanes": {"late": {5: 1}}}),
        ("metrics", {"metrics": "bad_debt"}),
        ("metrics", {"metrics": [["bad_debt"]]}),
        ("metrics", {"metrics": 5}),
        ("metrics", {"metrics": set()}),
        ("world", {"world": lambda: 1}),
        ("table", {"table": pd.DataFrame()}),
        ("executor", {"executor": "threads"}),
        ("threads", {"threads": 10**6}),
        ("progress", {"progress": 5}),
        ("stop", {"stop": 5}),
    ],
)  # fmt: skip
def test_an_argument_of_a_sweep_is_named(field, options):
    refused(field, engine.sweep, SMALL, **{"seeds": 1, **options})


def test_a_number_of_seeds_names_its_range():
    for seeds in (1.5, True):
        assert f"1 .. {plans.MAX_SEEDS:,}" in refused("seeds", engine.sweep, SMALL, seeds=seeds)


def test_numbers_of_numpy_are_as_good_as_pythons():
    one = plans.make_plan(SMALL, {"latency": np.arange(2)}, np.arange(3))
    assert one.key == plans.make_plan(SMALL, {"latency": [0, 1]}, 3).key
    places = [{"depth": x} for x in np.array([1e6, 2e6])]
    assert plans.make_plan(SMALL, places, np.int64(1)).key == (
        plans.make_plan(SMALL, {"depth": [1e6, 2e6]}, 1).key
    )


def test_a_machine_of_many_processors_sweeps_too(monkeypatch):
    monkeypatch.setattr(schedule, "processors", lambda: 500)
    assert len(engine.sweep(SMALL, seeds=1)) == 3


def test_an_executor_that_takes_no_work_is_named(shut, result, trigger):
    assert "shutdown" in refused("executor", engine.sweep, SMALL, seeds=1, executor=shut)
    for function in (engine.blame, engine.preventions):
        refused("pool", function, result, trigger, pool=shut)
        refused("pool", function, result, trigger, pool=5)


@pytest.mark.parametrize("broken", ["progress", "stop"])
def test_what_is_done_is_kept_when_a_callers_function_fails(tmp_path, broken, monkeypatch):
    monkeypatch.setattr(plans, "TASK_MS", 8.0)
    said = []

    def fails(*given):
        said.append(given)
        if len(said) > 1:
            raise ZeroDivisionError
        return False

    with pytest.raises(ZeroDivisionError):
        engine.sweep(SMALL, seeds=12, threads=1, keep=tmp_path / "kept", **{broken: fails})
    whole = engine.sweep(SMALL, seeds=12, threads=1, keep=tmp_path / "kept")
    pd.testing.assert_frame_equal(whole, engine.sweep(SMALL, seeds=12, threads=1), check_exact=True)


def test_only_a_file_of_this_sweep_is_written(tmp_path):
    """Nor a number, which would be a file that is open already, nor what never ends."""
    foreign = tmp_path / "foreign"
    foreign.write_bytes(b"\x00\xff" * 4_000)
    for keep in (
        1,
        True,
        b"x\0",
        tmp_path,
        "/dev/zero",
        "a\0b",
        "",
        tmp_path / "no" / "x",
        foreign,
    ):
        refused("out", engine.sweep, SMALL, seeds=1, keep=keep)
    assert foreign.read_bytes() == b"\x00\xff" * 4_000


@pytest.mark.parametrize("rows", [[], [[1.0]], [["1.0"]] * 3, "abc", None])
def test_rows_of_another_shape_are_run_again(tmp_path, rows):
    plan, path = plans.make_plan(SMALL, None, 1, metrics=["bad_debt"]), tmp_path / "kept"
    with store.journal(plan, path):
        pass
    for key in (plan.tasks[0].key, [1]):
        entry = {"task": key, "rows": rows, "sum": store._checksum(key, rows)}
        with path.open("ab") as file:
            store._write(file, entry)
        with store.journal(plan, path) as kept:
            assert kept.found == {}


@pytest.mark.parametrize("number", NO_NUMBER, ids=lambda x: type(x).__name__)
def test_an_event_that_is_not_there_is_named(result, number):
    for function in (engine.blame, engine.preventions, engine.by_reruns, engine.explain):
        refused("event", function, result, number)
    for function in (engine.drift_scores, engine.stream_table, engine.first_trade):
        refused("symbol", function, result, number)
    refused("step", engine.account_ranking, result, number)


def test_an_event_may_be_a_number_of_numpy(result, trigger):
    (told,) = engine.preventions(result, np.int64(trigger), ["size"])
    assert told.axis == "size"


@pytest.mark.parametrize("given", [None, 5, "opening", SMALL], ids=lambda x: type(x).__name__)
def test_what_is_no_result_is_named(given):
    for function in (engine.blame, engine.preventions, engine.account_ranking):
        refused("result", function, given, 0)
    for function in (
        engine.alerts, engine.drift_scores, engine.stream_table, engine.first_trade,
        engine.alert_ranking, engine.run_length_theory,
    ):  # fmt: skip
        refused("result", function, given)


def test_what_is_no_scenario_is_named(result):
    for given in (None, "opening", result):
        for function in (
            engine.run, engine.compare, engine.sweep, engine.guardrail_proof, engine.PhaseMap,
        ):  # fmt: skip
            refused("scenario", function, given)
        refused("scenario", lambda given=given: next(engine.watch_trials(given, range(1))))


def test_other_arguments_of_re_runs_are_named(result, trigger):
    for by in ("sources", None, np.array([1, 2])):
        refused("by", engine.blame, result, trigger, by)
    for axes in ("size", ["sise"], [["size"]], [], 5):
        refused("axes", engine.preventions, result, trigger, axes)
    for until in (-1, 120, "end", 1.5):
        refused("until", engine.preventions, result, trigger, ["size"], until)
    for name in ("world", "table", "portfolios", "tiers"):
        refused(name, engine.run, SMALL, **{name: "mine"})
    refused("lanes", engine.compare, SMALL, ["market"])
    refused("liquidation.policy", SMALL.with_values, **{"liquidation.policy": np.array([1, 2])})


def test_every_axis_of_an_event_can_be_asked_for(result, trigger):
    told = engine.preventions(result, trigger)
    assert {each.axis for each in told} <= set(engine.remedies.prevention.NAMES)


def test_a_summary_says_what_its_table_lacks(frame):
    for given in (None, 5, "table", {}, frame.T):
        refused("table", engine.summarise, given)
    refused("table, bad_debt", engine.summarise, frame.assign(bad_debt="much"))
    refused("against", engine.summarise, frame, against=["market"])
    twice = pd.concat([frame, frame])
    refused("table", engine.summarise, twice, against="market")
    some = frame[(frame["lane"] != "market") | (frame["depth"] == 1e6)]
    refused("against", engine.summarise, some, against="market")


def test_maps_and_tables_say_what_they_take():
    for field in ("x", "y", "size", "seeds", "x_range", "y_range"):
        for value in ([8], 8.5, np.array([1, 2]), pd.NA):
            refused(field, engine.PhaseMap, SMALL, **{field: value})
    for given in (None, 5, "accounts.csv", []):
        refused("table", engine.read_table, given)
    for symbols in (0, 10**9, "2"):
        refused("symbols", engine.read_table, b"side\n", symbols)


def test_a_monitor_that_learns_all_the_time_has_no_forest():
    short = SMALL.with_values(**{"world.steps": 60})
    refused("monitor.learn", lambda: next(engine.watch_trials(short, range(1))))


def test_a_refusal_is_one_line_and_comes_back_from_another_process():
    class Odd:
        def __repr__(self):
            raise OSError

    for value in (10**5_000, Odd(), pd.DataFrame({"a": range(50)})):
        assert "\n" not in str(engine.InputError("field", value, "less"))
    one = engine.InputError("field", 5, "less")
    two = pickle.loads(pickle.dumps(one))
    assert (two.field, two.value, two.allowed, str(two)) == ("field", 5, "less", str(one))
