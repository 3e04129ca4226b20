"""A running server and a Chromium for journeys."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

import engine

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("FORCED_FLOW_CHROMIUM") or shutil.which("chromium")


class Server:
    """The app in a process of its own, on a free port."""

    def __init__(self, script: str = "deploy/serve.py"):
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless=true"]
        command += [f"--server.port={self.port}", "--server.address=127.0.0.1"]
        command += ["--server.fileWatcherType=none"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.url = f"http://127.0.0.1:{self.port}"

    def wait(self):
        """Until it answers, half a minute at most."""
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).read()
                return self
            except OSError:
                time.sleep(0.25)
        raise RuntimeError("the server did not start")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture(scope="session")
def compiled():
    """Kernels compiled and on disk, so that no journey waits a minute for its first picture."""
    results = engine.compare(engine.presets()[0].scenario)
    engine.trace(results)
    engine.explain(results["incremental"], 0)


@pytest.fixture(scope="session")
def server(compiled):
    running = Server().wait()
    yield running
    running.stop()


@pytest.fixture(params=["deploy/serve.py", "app.py"])
def fresh_server(compiled, request):
    """A server that nobody has visited yet, started in either way."""
    running = Server(request.param).wait()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine; set FORCED_FLOW_CHROMIUM to its path")
    with api.sync_playwright() as play:
        chromium = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium
        chromium.close()
