"""What two scenarios differ in, setting by setting, and which preset one comes from."""

from dataclasses import Field, dataclass
from typing import Any

from engine.scenario.load import Preset, presets
from engine.scenario.schema import Scenario, settings


@dataclass(frozen=True)
class Change:
    """One setting that differs: its dotted path, its declaration and both values."""

    path: str
    spec: Field
    before: Any
    after: Any


def differences(first: Scenario, second: Scenario) -> tuple[Change, ...]:
    """Every setting in which `second` differs from `first`, in declared order."""
    then = {path: value for path, _, value in settings(first)}
    return tuple(
        Change(path, spec, then[path], value)
        for path, spec, value in settings(second)
        if value != then[path]
    )


def nearest_preset(scenario: Scenario) -> tuple[Preset, tuple[Change, ...]]:
    """The preset that differs in the fewest settings, the first of equals, and what differs."""
    found = [(preset, differences(preset.scenario, scenario)) for preset in presets()]
    return min(found, key=lambda pair: len(pair[1]))
