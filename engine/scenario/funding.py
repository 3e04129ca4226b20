"""When funding is settled in a run, and which of its rates are scripted."""

from typing import Any

import numpy as np

from engine.scenario.errors import InputError
from engine.scenario.schema import Scenario
from engine.scenario.units import Units


def settlements(scenario: Scenario, world: Any, symbols: int) -> tuple[np.ndarray, np.ndarray]:
    """Steps (N,) of the settlements and their scripted rates (N, K).

    Without a file a settlement takes place each `funding.interval`, in whole steps, first after one
    interval; a rate is nan where the formula decides. With a file (`World.funding`) the settlements
    are those of the file, and a symbol that has none at a step has inf there.
    """
    if scenario.funding.data:
        settle, script = replayed_rates(scenario, world)
        return settle, script
    if not scenario.funding.on:
        return np.empty(0, np.int64), np.empty((0, symbols))
    every = interval_steps(scenario)
    settle = np.arange(every, scenario.world.steps, every, dtype=np.int64)
    script = np.full((len(settle), symbols), np.nan)
    for step, rate in scenario.funding.rates:
        script[settle >= step] = rate
    return settle, script


def interval_steps(scenario: Scenario) -> int:
    """Whole steps between two settlements, at least one."""
    return max(round(scenario.funding.interval / scenario.world.dt), 1)


def replayed_rates(scenario: Scenario, world: Any) -> tuple[np.ndarray, np.ndarray]:
    """Settlements of real funding files, checked against the scenario that asks for them."""
    asked, given = scenario.funding.data, getattr(world, "funding", None)
    if scenario.world.source != "replay":
        raise InputError("funding.data", asked, "empty unless world.source is replay")
    if given is None:
        raise InputError("funding.data", asked, "given together with its funding files")
    if asked != given.data:
        raise InputError("funding.data", asked, f"{given.data}, the hash of these rates")
    inside = given.steps < scenario.world.steps
    return given.steps[inside].astype(np.int64), np.ascontiguousarray(given.rates[inside])


def rounding_note(scenario: Scenario, units: Units, price: float) -> tuple[str, ...]:
    """Said where whole ticks a lot round a rate by more than a hundredth of a basis point."""
    finest = 1.0 / (price * units.price)
    if not scenario.funding.on or finest <= 2e-6:
        return ()
    return (f"Funding is paid in whole ticks a lot: a rate is rounded to {finest:.2g}.",)
