"""One value against its declaration: type, range and a message that names them."""

import re
from typing import Any

from engine.scenario.errors import InputError

WHOLE = ("step", "symbol", "account")  # units of columns that hold whole numbers


def check_value(path: str, spec: Any, value: Any) -> None:
    """Raise InputError unless `value` has the declared type and lies in the declared range."""
    meta = spec.metadata
    if "options" in meta:
        if not isinstance(value, str) or value not in meta["options"]:
            raise InputError(path, value, "one of " + ", ".join(meta["options"]))
    elif "columns" in meta:
        _check_rows(path, meta, value)
    elif "name" in meta:
        if not (isinstance(value, str) and re.fullmatch(r"[0-9A-Za-z._-]{1,60}", value)):
            raise InputError(path, value, "the name of a rulebook: letters, digits and . _ -")
    elif "hash" in meta:
        hexa = isinstance(value, str) and all(c in "0123456789abcdef" for c in value)
        if not hexa or len(value) not in (0, 16):
            raise InputError(path, value, "empty, or 16 characters of a hash")
    else:
        _check_number(path, value, meta["lo"], meta["hi"], meta["unit"], spec.type is int)


def _check_number(path: str, value: Any, lo: float, hi: float, unit: str, whole: bool) -> None:
    kind = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not (kind and lo <= value <= hi):  # NaN fails too
        allowed = f"{'a whole number in ' if whole else ''}{lo:,} .. {hi:,} [{unit}]"
        raise InputError(path, value, allowed)


def _check_rows(path: str, meta: Any, value: Any) -> None:
    names = [column[0] for column in meta["columns"]]
    if not isinstance(value, tuple) or len(value) > meta["most"]:
        raise InputError(path, value, f"at most {meta['most']} rows of ({', '.join(names)})")
    for i, row in enumerate(value):
        if not isinstance(row, tuple) or len(row) != len(names):
            raise InputError(f"{path}[{i}]", row, f"a row of ({', '.join(names)})")
        for cell, (name, unit, lo, hi) in zip(row, meta["columns"], strict=True):
            _check_number(f"{path}[{i}].{name}", cell, lo, hi, unit, unit in WHOLE)


def check_reductions(rows: tuple, accounts: int) -> None:
    """Raise InputError where a scripted reduction names an account that is not there."""
    for j, (_, account, _) in enumerate(rows):
        if account >= accounts:
            allowed = f"an account below {accounts:,}"
            raise InputError(f"accounts.reductions[{j}].account", account, allowed)
