"""Settings and their differences in words. No Streamlit here."""

from typing import Any

import engine

SECTIONS = {"book": "Order book", "mark": "Mark price"}  # where a section's name does not do
MANY = 6  # changes said one by one in a line


def section(name: str) -> str:
    """A section of the schema as a reader calls it."""
    return SECTIONS.get(name, name.capitalize())


def title(path: str) -> str:
    """A setting as a reader calls it."""
    return path.rpartition(".")[2].replace("_", " ").capitalize()


def full(path: str) -> str:
    """A setting with its section, for where both are needed."""
    place, _, name = path.rpartition(".")
    said = name.replace("_", " ")
    return f"{section(place)}: {said}" if place else said.capitalize()


def value(spec: Any, given: Any) -> str:
    """A setting's value as it is read: rows in brackets, numbers with separators."""
    if isinstance(given, tuple):
        return "; ".join("(" + ", ".join(number(x) for x in row) + ")" for row in given) or "none"
    if isinstance(given, str):
        return given.replace("_", " ") or "none"
    return number(given)


def number(given: float) -> str:
    """A number in full, with separators where it is large, so that it reads back exactly."""
    text = repr(given).removesuffix(".0")
    return f"{int(given):,}" if text.lstrip("-").isdigit() and abs(given) >= 10_000 else text


def sentence(change: Any) -> str:
    """One changed setting: before, after and unit."""
    unit = change.spec.metadata["unit"]
    unit = "" if unit in ("", "1") or isinstance(change.after, tuple) else f" {unit}"
    before, after = value(change.spec, change.before), value(change.spec, change.after)
    return f"{full(change.path)} {before} → {after}{unit}"


def line(scenario: Any, base: Any = None) -> str:
    """Which preset a scenario comes from and what was changed since, in one line."""
    preset, found = engine.nearest_preset(scenario)
    if base is not None:
        preset, found = base, engine.differences(base.scenario, scenario)
    if not found:
        return f"“{preset.title}”, unchanged"
    said = "; ".join(sentence(change) for change in found[:MANY])
    more = f"; and {len(found) - MANY} more" if len(found) > MANY else ""
    return f"“{preset.title}” with {said}{more}"


def table(first: Any, second: Any) -> dict[str, list[str]]:
    """Every setting in which two scenarios differ, with its unit."""
    found = engine.differences(first, second)
    return {
        "Setting": [_named(change) for change in found],
        "First": [value(change.spec, change.before) for change in found],
        "Second": [value(change.spec, change.after) for change in found],
    }


def _named(change: Any) -> str:
    unit = change.spec.metadata["unit"]
    return full(change.path) + (f" [{unit}]" if unit not in ("", "1") else "")
