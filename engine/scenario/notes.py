"""What the engine reads of a field note: the lanes that its page compares.

A note is a file of content/notes: TOML between two lines `+++`, then its text. Each [[lanes]] table
has a name, a title and the settings it changes, or the links of the chain of assumptions that it
breaks (`pipeline`); all lanes of a note run on the same world.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.scenario.errors import InputError
from engine.scenario.frozen_table import SPECS
from engine.scenario.load import from_toml
from engine.scenario.pipeline import broken
from engine.scenario.schema import check_value

CONTENT = Path(__file__).parents[2] / "content" / "notes"
FEWEST, MOST = 2, 7  # lanes that can be looked at side by side
_NAME = re.compile(r"[a-z][a-z0-9_]{1,19}")


@dataclass(frozen=True)
class Lane:
    """One variant of a scenario: what it is called, and the settings that make it."""

    name: str
    title: str
    changes: dict[str, Any]


@cache
def lanes(page: str) -> tuple[Lane, ...]:
    """The lanes of the note content/notes/<page>.md. Raises InputError naming what is wrong."""
    path = CONTENT / f"{page}.md"
    if not re.fullmatch(r"[a-z0-9-]+", page) or not path.is_file():
        raise InputError("page", page, "the name of a note in content/notes")
    parts = path.read_text("utf-8").split("+++\n", 2)
    if len(parts) < 3:
        raise InputError(path.name, parts[0][:40], "TOML between two lines +++, then text")
    found = tuple(_lane(row) for row in tomllib.loads(parts[1]).get("lanes", ()))
    names = [lane.name for lane in found]
    if not FEWEST <= len(names) <= MOST or len(set(names)) < len(names):
        raise InputError(f"lanes of {page}", names, f"{FEWEST} to {MOST} different names")
    return found


def _lane(row: dict[str, Any]) -> Lane:
    ways = ({"name", "title", "changes"}, {"name", "title", "breaks"})
    if {*row} not in ways or not _NAME.fullmatch(str(row["name"])):
        raise InputError("lanes", row, "name (a-z, 0-9 and _), title, and changes or breaks")
    if "breaks" in row:
        return Lane(row["name"], row["title"], broken(row["breaks"]))
    changes = {}
    for path, value in row["changes"].items():
        if path not in SPECS:
            raise InputError(f"lane {row['name']}", path, "settings by name, such as mark.rule")
        changes[path] = from_toml(path, SPECS[path], value)
        check_value(path, SPECS[path], changes[path])
    return Lane(row["name"], row["title"], changes)
