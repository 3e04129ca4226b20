"""`python -m engine sweep`: what it writes, what it refuses, and that killed work goes on."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

import engine
from engine.cli import main
from engine.scenario.load import scenario_to_toml
from engine.sweeps import plan as plans
from engine.sweeps import schedule
from tests.shared import ROOT
from tests.test_sweeps import SMALL

TASK_MS = 8.0
PROGRAM = """
import sys
from engine.sweeps import plan
plan.TASK_MS = float(sys.argv[1])
from engine.cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(scenario_to_toml(SMALL))
    return str(path)


@pytest.fixture
def short_tasks(monkeypatch):
    monkeypatch.setattr(plans, "TASK_MS", TASK_MS)


def call(*argv):
    out = io.StringIO()
    assert main(argv, out) == 0
    return out.getvalue()


def refused(capsys, *argv):
    capsys.readouterr()
    assert main(argv, io.StringIO()) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def counted(monkeypatch):
    """Which tasks are run from now on."""
    ran, real = [], schedule.run_task

    def run_task(job, task, version):
        ran.append(task.number)
        return real(job, task, version)

    monkeypatch.setattr(schedule, "run_task", run_task)
    return ran


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_table_on_disk_is_the_sweep(target, tmp_path, kind):
    """Numbers keep their bits in both formats; settings, axes and metrics are columns."""
    path = tmp_path / f"table.{kind}"
    options = ["--over", "book.depth=1e6,4e6", "--over", "latency=0,2"]
    said = call(
        "sweep", target, *options, "--seeds", "2", "--metrics", "bad_debt,fees", "--out", str(path)
    )
    assert said == f"{path}: 24 rows, 8 worlds\n"
    found = pd.read_csv(path) if kind == "csv" else pd.read_parquet(path)
    over = {"book.depth": [1e6, 4e6], "latency": [0, 2]}
    want = engine.sweep(SMALL, over, seeds=2, metrics=["bad_debt", "fees"])
    assert found.to_csv() == want.to_csv()


def test_a_link_of_a_page_is_swept_over_its_lanes(tmp_path):
    path = tmp_path / "table.csv"
    link = "?v=3&s=late-mark&page=when-marks-lag&c=accounts.count~40~~world.steps~60"
    call("sweep", link, "--seeds", "1", "--metrics", "fees", "--out", str(path))
    assert pd.read_csv(path)["lane"].tolist() == [
        lane.name for lane in engine.lanes("when-marks-lag")
    ]


def test_killed_work_goes_on_where_it_was(target, tmp_path, short_tasks, monkeypatch):
    """kill -9 in the middle: the same table as without, and no finished task runs again."""
    path, whole = tmp_path / "table.csv", tmp_path / "whole.csv"
    kept = tmp_path / "table.csv.sweep"
    line = ["sweep", target, "--over", "speed=5,10,20,40", "--seeds", "60", "--threads", "1"]
    started = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(TASK_MS), *line, "--out", str(path)],
        cwd=ROOT, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while started.poll() is None and (not kept.exists() or kept.read_bytes().count(b"\n") < 4):
        time.sleep(0.01)
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    done = kept.read_bytes().count(b"\n") - 1
    assert done >= 3 and not path.exists()
    with kept.open("ab") as file:  # as if it had been killed while it wrote
        file.write(b'{"task": "0123456789abcdef", "rows": [[1.')
    ran = counted(monkeypatch)
    call(*line, "--out", str(path))
    over = {"speed": [5.0, 10.0, 20.0, 40.0]}
    tasks = plans.make_plan(SMALL, over, 60).tasks
    assert 0 < len(ran) == len(set(ran)) == len(tasks) - done
    call(*line, "--out", str(whole))
    assert path.read_bytes() == whole.read_bytes()
    ran.clear()
    assert "complete already" in call(*line, "--out", str(path))
    assert not ran and kept.stat().st_size < 200


def test_another_sweeps_file_is_left_alone(target, tmp_path, capsys):
    path = tmp_path / "table.csv"
    line = ["sweep", target, "--seeds", "1", "--out", str(path)]
    call(*line)
    before = path.read_bytes()
    assert "this very sweep" in refused(capsys, *line, "--over", "fee=0.001")
    begun = tmp_path / "begun.csv.sweep"
    begun.write_text(json.dumps({"format": "forced-flow sweep 2", "sweep": "0" * 16}) + "\n")
    assert "this very sweep" in refused(capsys, *line[:-1], str(tmp_path / "begun.csv"))
    mine = tmp_path / "mine.csv"
    mine.write_text("my own table\n")
    assert "this very sweep" in refused(capsys, *line[:-1], str(mine))
    (tmp_path / "folder.csv.part").mkdir()
    assert "no folder" in refused(capsys, *line[:-1], str(tmp_path / "folder.csv"))
    other = tmp_path / "other.csv.sweep"
    other.write_text("something else")
    assert "this very sweep" in refused(capsys, *line[:-1], str(tmp_path / "other.csv"))
    assert path.read_bytes() == before and mine.read_text() == "my own table\n"
    assert other.read_text() == "something else"


@pytest.mark.parametrize(
    "line",
    [
        '{"task": TASK}', '{"task": ["a"], "rows": {}, "sum": 1}', "[1]", "{", "[" * 100_000,
        '{"task": TASK, "rows": [[1.0]], "sum": 1}', '{"task": TASK, "rows": [], "sum": null}',
    ],
)  # fmt: skip
def test_a_line_that_nobody_wrote_is_cut_off(tmp_path, line):
    """What was kept ends at the first line that is none of ours; the sweep goes on from there."""
    from engine.sweeps.store import header, journal

    plan, path = plans.make_plan(SMALL, None, 1), tmp_path / "kept"
    begun = json.dumps(header(plan)) + "\n"
    path.write_text(begun + line.replace("TASK", json.dumps(plan.tasks[0].key)) + "\n")
    with journal(plan, path) as kept:
        assert kept.found == {}
    assert path.read_text() == begun


def test_two_processes_do_not_write_one_file(target, tmp_path):
    from engine.sweeps.store import journal

    plan, path = plans.make_plan(SMALL, None, 1), tmp_path / "kept"
    with journal(plan, path), pytest.raises(engine.InputError, match="no other sweep is writing"):
        with journal(plan, path):
            pass


@pytest.mark.parametrize(
    "options, told",
    [
        (["--over", "book.depth"], "--over"),
        (["--over", "dept=1"], "--over"),
        (["--over", "depth=1e6", "--over", "depth=2e6"], "each name once"),
        (["--over", "depth=1e6,many"], "depth = 'many'"),
        (["--over", "mark.rule=lost"], "mark.rule"),
        (["--seeds", "-1"], "--seeds"),
        (["--seeds", "1e3"], "--seeds"),
        (["--threads", "many"], "--threads"),
        (["--threads="], "--threads"),
        (["--metrics="], "metrics"),
        (["--scheduler="], "scheduler"),
        (["--metrics", "gain"], "metrics"),
        (["--out", "table.txt"], "--out"),
        (["--out", "nowhere/table.csv"], "a file that can be written"),
        (["--out="], "--out"),
        (["--seeds=--"], "--seeds"),
    ],
)
def test_bad_input_is_one_line(target, tmp_path, capsys, monkeypatch, options, told):
    monkeypatch.chdir(tmp_path)
    assert told in refused(capsys, "sweep", target, "--out", "table.csv", *options)
    assert not (tmp_path / "table.csv").exists()
