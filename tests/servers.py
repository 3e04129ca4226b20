"""The app in a process of its own, for journeys and for load."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class Server:
    """The app on a free port of this machine; `settings` are environment variables."""

    def __init__(self, script: str = "deploy/serve.py", **settings: str):
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.script, self.settings = script, settings
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        """Once more on the same port, after `kill` or `stop`."""
        command = [sys.executable, "-m", "streamlit", "run", self.script, "--server.headless=true"]
        command += [f"--server.port={self.port}", "--server.address=127.0.0.1"]
        command += ["--server.fileWatcherType=none"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **self.settings},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def wait(self):
        """Until it answers, two minutes at most."""
        for _ in range(480):
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).read()
                return self
            except OSError:
                time.sleep(0.25)
        raise RuntimeError("the server did not start")

    def ready(self):
        """Until its kernels are compiled, ten minutes at most: the first start takes a while."""
        for _ in range(1_200):
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).read()
                return self
            except OSError:  # 503 while it gets ready
                time.sleep(0.5)
        raise RuntimeError("the server did not get ready")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)

    def kill(self):
        """kill -9: nothing is written or closed on the way out."""
        self.process.kill()
        self.process.wait(timeout=20)

    def memory(self) -> float:
        """Resident memory [MB]."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0

    def cpu(self) -> float:
        """Processor time used so far [s]."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
