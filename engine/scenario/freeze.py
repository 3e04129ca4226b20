"""Write the frozen table of a link version: `python -m engine.scenario.freeze VERSION`.

The table holds every setting of every preset, and of the schema's defaults, as they are now. Once
an app with version N has been published, `vN.json` must never change: links that people keep lean
on it. When presets, defaults or settings change after that, freeze version N + 1. Old links then go
on reading their own table.

A setting that is new since the version before must be given its neutral value, with which a run is
what it was before the setting existed: `freeze 2 --neutral venue.halt=0`. Links of older versions
take that value. With `--off-by-default` the schema's default is the neutral value of all others. A
setting is never removed or renamed while a published table has it.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from engine.scenario.errors import InputError
from engine.scenario.frozen_table import FROZEN, SPECS, frozen, read, versions
from engine.scenario.load import presets
from engine.scenario.schema import Scenario, check_value, settings


def freeze(version: int, neutral: dict[str, Any] | None = None, folder: Path = FROZEN) -> Path:
    """Write `v<version>.json` from the presets and the schema as they are now."""
    neutral = neutral or {}
    older = [v for v in versions() if v < version]
    known = set(frozen(older[-1]).presets["defaults"]) if older else set(SPECS)
    if missing := sorted(set(SPECS) - known - set(neutral)):
        raise InputError("neutral", missing, "a neutral value for each setting that is new")
    if gone := sorted(known - set(SPECS)):
        raise InputError("settings", gone, "still in the schema, as published links name them")
    for path, value in neutral.items():
        check_value(path, SPECS[path], value)
    table = {
        "version": version,
        "neutral": neutral,
        "presets": {preset.name: _values(preset.scenario) for preset in presets()},
        "defaults": _values(Scenario()),
    }
    file = folder / f"v{version}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    for cached in (versions, frozen):
        cached.cache_clear()
    return file


def _values(scenario: Scenario) -> dict[str, Any]:
    """Every setting, a float wherever the schema has one: 1 and 1.0 are written alike."""
    return {
        path: float(value) if spec.type is float else value
        for path, spec, value in settings(scenario)
    }


def _new_defaults(version: int) -> dict[str, Any]:
    """The defaults of settings that no older table has."""
    older = [v for v in versions() if v < version]
    known = set(frozen(older[-1]).presets["defaults"]) if older else set(SPECS)
    return {path: value for path, value in _values(Scenario()).items() if path not in known}


def main(arguments: list[str] | None = None) -> int:
    """Refuses to touch a table that exists, unless `--again` says it is not published yet."""
    parser = argparse.ArgumentParser(prog="engine.scenario.freeze", description=__doc__)
    parser.add_argument("version", type=int)
    parser.add_argument("--neutral", action="append", default=[], metavar="SETTING=VALUE")
    parser.add_argument("--off-by-default", action="store_true", help="new settings are neutral")
    parser.add_argument("--again", action="store_true", help="replace an unpublished table")
    given = parser.parse_args(arguments)
    try:
        if given.version in versions() and not given.again:
            allowed = "a new version; --again replaces one that was never published"
            raise InputError("version", given.version, allowed)
        neutral = _new_defaults(given.version) if given.off_by_default else {}
        for item in given.neutral:
            path, _, text = item.partition("=")
            if path not in SPECS:
                raise InputError("neutral", path, "the name of a setting")
            neutral[path] = read(SPECS[path], text)
        print(freeze(given.version, neutral))
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
