"""Databases for the tests of rooms: SQLite in a file, and a PostgreSQL server of the tests' own."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def programs() -> Path | None:
    """The folder with the server's programs: where Debian puts them, or one on the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders += [Path(name) for name in os.environ.get("PATH", "").split(os.pathsep)]
    needed = ("initdb", "postgres", "createdb", "pg_isready")
    return next((f for f in folders if all((f / name).is_file() for name in needed)), None)


class Postgres:
    """A server in a temporary folder, on a free port of this machine, for one test session.

    initdb refuses to be root; root then lends the folder to another user.
    """

    def __init__(self, bin_folder: Path):
        self.bin = bin_folder
        self.folder = Path(tempfile.mkdtemp(prefix="rooms-"))
        self.user = None
        if os.getuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            self.user = "postgres" if "postgres" in names else "nobody"
            shutil.chown(self.folder, self.user)
        self.data, self.port = self.folder / "data", free_port()
        self._run(
            "initdb", "-D", self.data, "-U", "rooms", "-A", "trust", "-E", "UTF8", "--no-sync"
        ).wait(60)
        self.start()

    def _run(self, program, *arguments):
        command = [str(self.bin / program), *map(str, arguments)]
        own = {"PATH": os.environ["PATH"], "LC_ALL": "C"}  # inherited settings would change it
        return subprocess.Popen(
            command, user=self.user, cwd=self.folder, env=own,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self):
        flags = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={self.port}", "-c", "fsync=off"]
        self.process = self._run(
            "postgres", "-D", self.data, "-k", self.folder, *flags, "-c", "max_connections=50"
        )
        for _ in range(200):
            with closing(socket.socket()) as probe:
                ready = self._run("pg_isready", "-h", "127.0.0.1", "-p", self.port)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0 and ready.wait(10) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("PostgreSQL did not start")

    def stop(self):
        self.process.send_signal(signal.SIGINT)  # ends its clients as well
        self.process.wait(20)

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new(self, name: str) -> str:
        """The address of a new, empty database."""
        args = ["-h", "127.0.0.1", "-p", self.port, "-U", "rooms", name]
        assert self._run("createdb", *args).wait(30) == 0
        return f"postgresql+psycopg://rooms@127.0.0.1:{self.port}/{name}"
