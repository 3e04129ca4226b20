"""The links of a venue's chain of assumptions, and the settings that break each of them.

They are data: content/chain.toml holds one table a link, with the settings of a venue where it
holds, those where it is broken, and the reason why it breaks.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.scenario.errors import InputError
from engine.scenario.frozen_table import SPECS
from engine.scenario.load import from_toml
from engine.scenario.schema import check_value

FILE = Path(__file__).parents[2] / "content" / "chain.toml"


@dataclass(frozen=True)
class Link:
    """One assumption: what it says, what holds it, and what breaks it."""

    name: str
    title: str
    short: str  # one word
    stage: str  # the part of the pipeline, or the world
    holds: str  # the assumption, as a sentence
    breaks: str  # what is different where it is broken, and why that happens
    notes: tuple[str, ...]  # pages that look at it
    stable: dict[str, Any]  # settings of a venue where it holds
    broken: dict[str, Any]  # the same settings where it does not


@cache
def links() -> dict[str, Link]:
    """Every link by name, in the order of the pipeline. Raises InputError where a file is wrong."""
    found = {}
    for name, row in tomllib.loads(FILE.read_text("utf-8")).items():
        words = {key: row[key] for key in ("title", "short", "stage", "holds", "breaks")}
        stable, broken = (_values(name, row[key]) for key in ("stable", "broken"))
        if set(stable) != set(broken):
            raise InputError(f"{name}.broken", sorted(broken), f"the settings {sorted(stable)}")
        found[name] = Link(name, **words, notes=(*row["notes"],), stable=stable, broken=broken)
    return found


def broken(names: Iterable[str]) -> dict[str, Any]:
    """The settings that break these links together.

    Raises InputError for an unknown link, one named twice, and two that decide the same setting.
    """
    known, changes = links(), dict[str, Any]()
    asked = list(names)
    for name in asked:
        if name not in known:
            raise InputError("link", name, "one of " + ", ".join(known))
        if asked.count(name) > 1:
            raise InputError("link", name, "each link once: it has no interaction with itself")
        for path, value in known[name].broken.items():
            if path in changes:
                raise InputError("link", name, f"links that leave {path} alone")
            changes[path] = value
    return changes


def _values(name: str, row: dict[str, Any]) -> dict[str, Any]:
    values = {}
    for path, value in row.items():
        if path not in SPECS:
            raise InputError(f"link {name}", path, "settings by name, such as mark.rule")
        values[path] = from_toml(path, SPECS[path], value)
        check_value(path, SPECS[path], values[path])
    return values
