"""Axes of the guardrails: limits that look at prices, positions and clocks only.

    cap        largest leverage of a position that is opened: every account's, this one's too
    exposure   largest notional one account opens in a symbol
    band       how far from its reference a forced order may fill
    breaker    move of the price that halts trading

A guardrail that is off is the loosest value. A band or a halt may put an event off beyond the end
of the run; what becomes of the account says no more than that.
"""

from typing import Any

from engine.record import Record
from engine.remedies.axes import Axis, digits
from engine.remedies.told import Change
from engine.scenario.schema import Scenario

CAPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 125)
EXPOSURES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.85, 0.95)
PERCENT = (1, 2, 3, 4, 6, 10, 16, 25, 40, 60, 100, 200)  # twentieths of a per cent
OFF = "none"


def guard_axes(result: Record) -> list[Axis]:
    """Every guardrail that the engine can put in force in this run."""
    s = result.scenario
    found = [percent_axis(s, "band", "Price band"), percent_axis(s, "breaker_move", "Breaker at")]
    if s.world.source == "generated" and hasattr(s.guardrails, "band"):
        found += [cap_axis(s, result), exposure_axis(s, result)]
    return [axis for axis in found if axis is not None]


def percent_axis(s: Scenario, field: str, title: str) -> Axis | None:
    """A share of the price [%], 0 for none."""
    if not hasattr(s.guardrails, field):
        return None
    step, here = 0.05, 100.0 * float(getattr(s.guardrails, field))
    now = round(here / step) if here else PERCENT[-1] + 1

    def change(k: int) -> Change:
        return Change(((f"guardrails.{field}", round(k * step / 100.0, 9)),))

    name = field.partition("_")[0]
    shown = here if here else OFF
    grid = tuple(k for k in PERCENT if k != now)
    return Axis(name, title, "%", now, shown, step, grid, change, ratio=False)


def cap_axis(s: Scenario, result: Record) -> Axis | None:
    """Leverage cap at the opening, below the largest leverage there is."""
    here = s.guardrails.leverage_cap
    now = round(here) if here else int(result.compiled.population.leverage.max()) + 1
    grid = tuple(k for k in CAPS if k < now)

    def change(k: int) -> Change:
        return Change((("guardrails.leverage_cap", float(k)),))

    shown: Any = here if here else OFF
    return Axis("cap", "Leverage cap", "x", now, shown, 1.0, grid, change) if grid else None


def exposure_axis(s: Scenario, result: Record) -> Axis | None:
    """Exposure limit [USD], below the largest notional there is."""
    people, here = result.compiled.population, s.guardrails.exposure_limit
    largest = here or float((people.size_coin * people.entry).max())
    if largest <= 0.0:
        return None
    step = digits(largest, 3)
    now = round(largest / step) + (0 if here else 1)

    def change(k: int) -> Change:
        return Change((("guardrails.exposure_limit", round(k * step, 6)),))

    grid = tuple(sorted({max(round(now * x), 1) for x in EXPOSURES} - {now}))
    shown: Any = here if here else OFF
    return Axis("exposure", "Exposure limit", "USD", now, shown, step, grid, change)
