"""The engine works where folders cannot be written: it keeps compiled code elsewhere, or nowhere.

Root may write everywhere and would prove nothing, so the tested process gives up that right.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

OBEY = """
import ctypes, os
if os.getuid() == 0:  # no capabilities: permissions hold for root too
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert ctypes.CDLL(None, use_errno=True).capset(header, none) == 0
assert not os.access(".", os.W_OK)
"""
SMALL = """
import engine
from engine.core.maths import exp
print(exp(0.0), os.environ.get("NUMBA_CACHE_DIR"))
"""


@pytest.fixture
def place():
    """A copy of the package that nobody may write, a home like it, and one writable folder."""
    if not sys.platform.startswith("linux"):
        pytest.skip("rights are given up in the way of Linux")
    top = Path(tempfile.mkdtemp())
    try:
        for name in ("engine", "content"):
            shutil.copytree(ROOT / name, top / name, ignore=shutil.ignore_patterns("__pycache__"))
        (top / "home").mkdir()
        (top / "open").mkdir()
        for path in [top, *top.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        (top / "open").chmod(0o777)
        yield top
    finally:
        for path in [top, *top.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(top)


def run(place: Path, program: str, **variables: str) -> subprocess.CompletedProcess:
    """Run a program in a fresh process that sees only the folders of `place`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "XDG_"))}
    environment |= {"HOME": str(place / "home"), "PYTHONDONTWRITEBYTECODE": "1", **variables}
    command = [sys.executable, "-c", OBEY + program]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True)


def test_a_named_folder_is_used(place):
    """With NUMBA_CACHE_DIR writable the package may be read-only; the compiled code is kept."""
    folder = place / "open"
    done = run(place, SMALL, NUMBA_CACHE_DIR=str(folder))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1.0")
    assert list(folder.rglob("*.nbi"))


def test_a_full_but_read_only_folder_is_passed_over(place):
    """A cache that can be read and not written is no reason to fail: another one is found."""
    folder = place / "open"
    assert run(place, SMALL, NUMBA_CACHE_DIR=str(folder)).returncode == 0
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    done = run(place, SMALL, NUMBA_CACHE_DIR=str(folder))
    assert done.returncode == 0, done.stderr


def test_without_any_writable_folder_kernels_are_compiled_afresh(place):
    """Nothing can be written, the temporary folder neither: the engine starts all the same."""
    no_temporary_folder = """
import tempfile
def refuse():
    raise FileNotFoundError("No usable temporary directory found")
tempfile.gettempdir = refuse
"""
    done = run(place, no_temporary_folder + SMALL)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["1.0", "None"]
