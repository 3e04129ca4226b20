"""A sweep on other machines: Dask's scheduler as one more executor.

Dask is optional (requirements-dask.txt). Its workers need this package at the same version, which
each task checks, and compile the kernels once. A worker that is lost costs its tasks of the moment,
which others repeat.
"""

import re
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from engine.scenario.errors import InputError
from engine.sweeps.plan import code_version

RETRIES = 3  # of a task by the scheduler itself
PATIENCE = 10  # s until a scheduler that does not answer is given up
NEEDED = "the address of a running Dask scheduler, such as tcp://host:8786"


# Dask's client is not asked about anything else: it fails once more when it is cleared away.
ADDRESS = re.compile(r"(?:(?:tcp|tls|ws|wss|ucx)://)?[^\s/@]+:([0-9]{1,5})|inproc://\S+", re.ASCII)


@contextmanager
def connected(address: str) -> Iterator[Executor]:
    """An executor that runs on the workers of the scheduler at this address."""
    try:
        from distributed import Client
    except ImportError:
        allowed = "left out, or Dask installed (pip install -r requirements-dask.txt)"
        raise InputError("scheduler", address, allowed) from None
    check_address(address)
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).split("\n")[0][:80] or type(error).__name__
        raise InputError("scheduler", address, f"{NEEDED} ({reason})") from None
    with client:
        check_workers(client, address)
        yield client.get_executor(retries=RETRIES, pure=False)


def check_address(address: Any) -> None:
    """Raise InputError unless it can be the address of a scheduler."""
    found = ADDRESS.fullmatch(address) if isinstance(address, str) else None
    if found is None or int(found[1] or 1) not in range(1, 2**16):
        raise InputError("scheduler", address, NEEDED)


def check_workers(client: Any, address: str) -> None:
    """Raise InputError unless there is a worker, and each has the engine that is here."""
    if not client.scheduler_info()["workers"]:
        raise InputError("scheduler", address, "a scheduler with at least one worker")
    for worker, version in client.run(code_version, on_error="return").items():
        if version != code_version():
            told = f"the engine {code_version()} on every worker"
            raise InputError(f"worker {worker}", str(version), told)
