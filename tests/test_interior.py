"""Kernels that only kernels call get no machine code of their own, and nobody notices."""

import re
from pathlib import Path

import engine  # noqa: F401  isort:skip  (chooses numba's cache folder, so it comes before numba)
import numba
import numpy as np
import pytest

from engine.core import interior

ROOT = Path(__file__).resolve().parent.parent
only_here = pytest.mark.skipif(not interior.USED, reason="another numba, or no compiler")


def pair():
    """A kernel and the one that calls it; not kept on disk, so that each test compiles them."""

    def compiled(function):
        njit = numba.njit(error_model="numpy", nogil=True, **interior.options())
        return interior.tell_apart(njit(function))

    @compiled
    def inner(values, at):
        if at >= len(values):
            raise ValueError("past the end")
        return 3.0 * values[at] + 0.1

    @compiled
    def outer(values):
        return inner(values, values.size - 1) + inner(values, values.size)

    return inner, outer


VALUES = np.array([0.1, 0.7, 1.0 / 3.0])


def kinds(compiled):
    return [type(found.library).__name__ for found in compiled.overloads.values()]


@only_here
def test_only_the_kernel_that_python_calls_has_machine_code():
    inner, outer = pair()
    with pytest.raises(ValueError, match="past the end"):
        outer(VALUES)
    assert (kinds(inner), kinds(outer)) == (["Interior"], ["Entry"])
    assert len(inner.nopython_signatures) == 1


@only_here
def test_python_may_call_an_interior_kernel_at_any_time():
    inner, outer = pair()
    for _ in range(2):
        with pytest.raises(ValueError, match="past the end"):
            outer(VALUES)
        assert inner(VALUES, 2) == inner.py_func(VALUES, 2)
        with pytest.raises(ValueError, match="past the end"):
            inner(VALUES, 3)
    assert kinds(inner) == ["Entry"]


@only_here
def test_a_function_that_is_no_kernel_may_call_one():
    _, outer = pair()

    @numba.njit
    def plain(values):
        return outer(values)

    with pytest.raises(ValueError, match="past the end"):
        plain(VALUES)


def test_another_numba_compiles_the_ordinary_way(monkeypatch):
    monkeypatch.setattr(interior, "USED", False)
    inner, outer = pair()
    with pytest.raises(ValueError, match="past the end"):
        outer(VALUES)
    assert inner(VALUES, 2) == getattr(inner, "py_func", inner)(VALUES, 2)
    assert set(kinds(inner) + kinds(outer)) == {"JITCodeLibrary"}


def test_it_is_made_for_the_numba_that_is_installed_with_the_app():
    pinned = re.search(r"^numba==(\S+)", (ROOT / "constraints.txt").read_text(), re.M)
    assert pinned and pinned[1] == interior.KNOWN
