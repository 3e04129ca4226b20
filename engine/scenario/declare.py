"""How a setting is declared: default, unit, range and help in one place."""

from dataclasses import field
from typing import Any


def param(default: Any, unit: str, about: str, lo: Any = None, hi: Any = None) -> Any:
    """A bounded number; `lo` and `hi` are both allowed. `about` is shown beside the control."""
    return field(default=default, metadata={"unit": unit, "about": about, "lo": lo, "hi": hi})


def choice(default: str, options: tuple[str, ...], about: str) -> Any:
    """One of a few named options."""
    return field(default=default, metadata={"unit": "", "about": about, "options": options})


def stamp(about: str) -> Any:
    """The hash of a file that the reader gives; empty where there is none."""
    return field(default="", metadata={"unit": "", "about": about, "hash": True})


def rows(about: str, columns: tuple[tuple[str, str, float, float], ...], most: int = 16) -> Any:
    """A short list of rows; each column is (name, unit, lo, hi)."""
    return field(
        default=(), metadata={"unit": "", "about": about, "columns": columns, "most": most}
    )
