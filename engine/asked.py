"""What a caller hands to the library, checked before anything runs.

Each function raises InputError naming the argument, its value and what is allowed.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from itertools import islice
from operator import index
from typing import Any

import numpy as np

from engine.record import Record
from engine.scenario.errors import InputError
from engine.scenario.schema import Scenario

MOST_NAMES = 1_000  # of a list of names
MOST = 1_000_000  # of things to be counted


def check_scenario(given: Any) -> None:
    """A scenario, not its name or its link."""
    if not isinstance(given, Scenario):
        raise InputError("scenario", given, "an engine.Scenario, such as that of a preset")


def check_result(given: Any) -> None:
    """The result of a run."""
    if not isinstance(given, Record):
        raise InputError("result", given, "a result of engine.run or engine.compare")


def number_below(name: str, given: Any, count: int, of: str) -> int:
    """A whole number from 0 that is less than `count`; numpy's are as good as Python's.

    of : what is numbered, where there is none of it
    """
    found = whole(given)
    if found is None or not 0 <= found < count:
        allowed = f"a whole number in 0 .. {count - 1:,}" if count else f"none: the run has no {of}"
        raise InputError(name, given, allowed)
    return found


def event_of(result: Any, given: Any) -> int:
    """The number of an event of a result."""
    check_result(result)
    return number_below("event", given, len(result.events), "events")


def symbol_of(result: Any, given: Any) -> int:
    """The number of a symbol of a result."""
    check_result(result)
    return number_below("symbol", given, result.mid.shape[1], "symbols")


def step_of(result: Any, given: Any, name: str = "step") -> int:
    """A step of a result."""
    check_result(result)
    return number_below(name, given, len(result.mid), "steps")


def count_of(name: str, given: Any, least: int) -> int:
    """A whole number of things, from `least` to MOST."""
    found = whole(given)
    if found is None or not least <= found <= MOST:
        raise InputError(name, given, f"a whole number in {least} .. {MOST:,}")
    return found


def whole(given: Any) -> int | None:
    """A whole number as Python's own; None for anything else, true and false among it."""
    if isinstance(given, bool | np.bool_):
        return None
    try:
        return index(given)
    except TypeError:
        return None


def plain(given: Any) -> Any:
    """A value as Python writes it: numpy's numbers and words are those of Python."""
    return given.item() if isinstance(given, np.generic) else given


def listed(name: str, given: Any, allowed: str, most: int) -> tuple[Any, ...]:
    """The values of a list, at most one more than `most` of them, however long it is."""
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise InputError(name, given, allowed)
    try:
        return tuple(map(plain, islice(given, most + 1)))
    except TypeError:  # such as an array without a dimension
        raise InputError(name, given, allowed) from None


def names_of(field: str, given: Any, known: Collection[str]) -> tuple[str, ...]:
    """Some names out of `known`; a bare word would be read letter by letter."""
    allowed = "a list with some of " + ", ".join(known)
    found = listed(field, given, allowed, MOST_NAMES)
    unknown = [name for name in found if not isinstance(name, str) or name not in known]
    if unknown or not found:
        raise InputError(field, unknown or given, allowed)
    return found


def check_lanes(given: Any) -> None:
    """Lanes by name, each with the settings that it changes."""
    allowed = 'by name the settings that a lane changes, such as {"late": {"mark.lag": 5}}'
    if not isinstance(given, Mapping):
        raise InputError("lanes", given, allowed)
    for name, changes in given.items():
        if not isinstance(name, str):
            raise InputError("lanes", name, "the name of a lane")
        if not (isinstance(changes, Mapping) and all(isinstance(path, str) for path in changes)):
            raise InputError(f"lanes, {name}", changes, allowed)


def check_call(name: str, given: Callable[..., Any] | None) -> None:
    """Nothing, or something that can be called."""
    if given is not None and not callable(given):
        raise InputError(name, given, "a function, or None")


def check_executor(name: str, given: Executor | None) -> None:
    """Nothing, or an executor."""
    if given is not None and not isinstance(given, Executor):
        raise InputError(name, given, "a concurrent.futures.Executor, or None")


def check_pool(given: Executor) -> None:
    """Threads that take work: what re-runs hand to them cannot go to other processes."""
    if not isinstance(given, Executor) or isinstance(given, ProcessPoolExecutor):
        raise InputError("pool", given, "threads, such as a ThreadPoolExecutor, or None")
    try:
        given.submit(int)
    except RuntimeError as error:
        raise refusing("pool", given, error) from None


def refusing(name: str, given: Executor, error: Exception) -> InputError:
    """An executor that takes no more work."""
    return InputError(name, given, f"an executor that takes work ({error})")
