"""A sweep on a real scheduler and two workers of this machine, one of which is killed."""

import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

import engine
from engine.cli import main
from engine.sweeps import cluster
from engine.sweeps import plan as plans
from tests.shared import ROOT
from tests.test_sweeps import OVER, SMALL

pytest.importorskip("distributed", reason="Dask is not installed (requirements-dask.txt)")


def start(program, *options):
    """One process of Dask, alone with this package."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *options, "--no-dashboard"]
    paths = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, cwd=ROOT, env=paths, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """A scheduler on loopback with two workers: its address, and the processes."""
    import json

    from distributed import Client

    where = tmp_path_factory.mktemp("dask") / "scheduler.json"
    found = [
        start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(where))
    ]
    quiet = ("--no-nanny", "--nthreads", "1", "--host", "127.0.0.1", "--scheduler-file", str(where))
    found += [
        start("worker", *quiet, "--local-directory", str(where.with_name(f"worker{i}")))
        for i in range(2)
    ]
    try:
        until = time.monotonic() + 60.0
        while not where.exists() and time.monotonic() < until:
            time.sleep(0.05)
        address = json.loads(where.read_text())["address"]
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield address, found[1:]
    finally:
        for process in found:
            process.kill()
            process.wait()


def test_a_cluster_gives_the_same_bits_though_a_worker_is_killed(machines, monkeypatch):
    monkeypatch.setattr(plans, "TASK_MS", 8.0)
    address, workers = machines
    lost = []

    def progress(done, of):
        if done >= of // 4 and not lost:
            os.kill(workers[0].pid, signal.SIGKILL)
            lost.append(done)

    with engine.connected(address) as executor:
        found = engine.sweep(SMALL, OVER, seeds=24, executor=executor, progress=progress)
    assert lost and lost[0] < 96
    here = engine.sweep(SMALL, OVER, seeds=24, threads=1)
    pd.testing.assert_frame_equal(found, here, check_exact=True)


def test_the_command_line_uses_a_scheduler(machines, tmp_path, capsys):
    """After one worker is gone the other does the work; the file is the local one."""
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    line = ["sweep", "?v=3&s=fast-drop&c=accounts.count~60", "--seeds", "3", "--out"]
    assert main([*line, str(one), "--scheduler", machines[0]]) == 0
    assert main([*line, str(other)]) == 0
    assert one.read_bytes() == other.read_bytes()


def test_workers_with_another_engine_are_refused(machines, monkeypatch):
    here = os.getpid()
    version = lambda: "0.0.1-mine" if os.getpid() == here else "0.0.1-theirs"  # noqa: E731
    monkeypatch.setattr(cluster, "code_version", version)
    with pytest.raises(engine.InputError, match="worker"):
        with cluster.connected(machines[0]):
            pass


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://", "127.0.0.1:none"])
def test_a_scheduler_that_is_not_there_is_named(address, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.3)
    with pytest.raises(engine.InputError, match="a running Dask scheduler"):
        with cluster.connected(address):
            pass


@pytest.mark.parametrize(
    "address",
    ["", "x", "tcp://", "http://x:1", "x:99999", "x:0", "x:1\n", "ftp://a:b@c", None],
)
def test_no_client_is_made_for_what_is_no_address(address, monkeypatch):
    """One that could not be made fails once more, with a trace, when it is cleared away."""
    monkeypatch.setattr("distributed.Client", None)
    with pytest.raises(engine.InputError, match="scheduler = .*a running Dask scheduler"):
        with cluster.connected(address):
            pass
    for good in ("tcp://host:8786", "host:1", "[::1]:8786", "tls://10.0.0.1:65535"):
        cluster.check_address(good)
