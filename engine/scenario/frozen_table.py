"""Settings as text, and the frozen tables that give a link its meaning.

`frozen/v1.json` holds every setting of every preset, and of the schema's defaults, as they were
when link version 1 was made. `freeze.py` writes such a table, and says when to write the next.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.scenario.checks import WHOLE
from engine.scenario.errors import InputError
from engine.scenario.schema import Scenario, settings

FROZEN = Path(__file__).parent / "frozen"
SPECS: dict[str, Field] = {path: spec for path, spec, _ in settings(Scenario())}
WORD = re.compile(r"[0-9A-Za-z._-]{1,60}")
_INT = re.compile(r"-?[0-9]{1,16}")
_FLOAT = re.compile(r"-?[0-9]{1,25}(\.[0-9]{1,25})?(e-?[0-9]{1,3})?")


@dataclass(frozen=True)
class Frozen:
    """The table of one link version: every setting of every preset, and of the defaults."""

    presets: dict[str, dict[str, Any]]  # opening preset first, "defaults" last
    texts: dict[str, dict[str, str]]  # the same values as a link writes them
    neutral: dict[str, Any]  # for settings that are new in this version


@lru_cache
def versions() -> tuple[int, ...]:
    """The link versions that can be read, oldest first."""
    return tuple(sorted(int(path.stem[1:]) for path in FROZEN.glob("v*.json")))


@lru_cache
def frozen(version: int) -> Frozen:
    """The frozen table of a version."""
    table = json.loads((FROZEN / f"v{version}.json").read_text(encoding="utf-8"))
    presets = {
        name: {path: plain(value) for path, value in values.items()}
        for name, values in {**table["presets"], "defaults": table["defaults"]}.items()
    }
    texts = {
        name: {path: write(SPECS[path], value) for path, value in values.items() if path in SPECS}
        for name, values in presets.items()
    }
    return Frozen(presets, texts, {p: plain(v) for p, v in table["neutral"].items()})


def plain(value: Any) -> Any:
    """Lists of JSON or TOML as the tuples that a scenario holds."""
    return tuple(plain(item) for item in value) if isinstance(value, list) else value


def build(values: Mapping[str, Any]) -> Scenario:
    """A scenario from dotted settings; what is not given takes the schema's default."""
    top: dict[str, Any] = {}
    for spec in fields(Scenario):
        if is_dataclass(spec.type):
            names = [inner.name for inner in fields(spec.type)]
            given = {n: values[f"{spec.name}.{n}"] for n in names if f"{spec.name}.{n}" in values}
            section: Any = spec.type
            top[spec.name] = section(**given)
        elif spec.name in values:
            top[spec.name] = values[spec.name]
    return Scenario(**top)


def write(spec: Field, value: Any) -> str:
    """The text of a setting's value in a link."""
    meta = spec.metadata
    if "columns" in meta:
        whole = [unit in WHOLE for _, unit, _, _ in meta["columns"]]
        rows = ("_".join(map(_number, row, whole)) for row in value)
        return "__".join(rows) or "none"
    if isinstance(value, str):
        if value and not WORD.fullmatch(value):
            raise InputError(spec.name, value, "letters, digits and - . _ in a link")
        return value or "none"
    return _number(value, spec.type is int)


def _number(value: float, whole: bool) -> str:
    if whole:
        return str(int(value))
    return repr(float(value)).removesuffix(".0").replace("e+", "e")


def read(spec: Field, text: str) -> Any:
    """The value that a text stands for; a text that fits nothing is left for the check."""
    meta = spec.metadata
    if "columns" in meta:
        if text == "none":
            return ()
        whole = [unit in WHOLE for _, unit, _, _ in meta["columns"]]
        return tuple(_read_row(row.split("_"), whole) for row in text.split("__"))
    if "hash" in meta and text == "none":
        return ""
    return read_number(text, spec.type is int) if spec.type in (int, float) else text


def _read_row(cells: list[str], whole: list[bool]) -> tuple:
    if len(cells) != len(whole):
        return tuple(cells)
    return tuple(map(read_number, cells, whole))


def read_number(text: str, whole: bool) -> Any:
    if whole:
        return int(text) if _INT.fullmatch(text) else text
    return float(text) if _FLOAT.fullmatch(text) else text
