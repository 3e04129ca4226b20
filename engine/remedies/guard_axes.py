"""Axes of the guardrails: limits that look at prices, positions and clocks only.

    cap             largest leverage of a position that is opened: every account's, this one's too
    exposure        largest notional one account opens in a symbol
    volatility      maintenance rate added while volatility is high
    concentration   maintenance rate added to positions that are large against the book
    band            how far from its reference a forced order may fill
    breaker         move of the price that halts trading

A guardrail that is off is the loosest value. A band or a halt may put an event off beyond the end
of the run; what becomes of the account says no more than that. An add-on asks for more of the same
accounts: it can only help this one by closing others earlier, or by being taken away.
"""

from typing import Any

from engine.record import Record
from engine.remedies.axes import Axis, digits
from engine.remedies.told import Change
from engine.scenario.guardrails import MOST_ADDED
from engine.scenario.schema import Scenario

CAPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 125)
EXPOSURES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.85, 0.95)
PERCENT = (1, 2, 3, 4, 6, 10, 16, 25, 40, 60, 100, 200)  # twentieths of a per cent
ADDED = (0, 5, 10, 20, 40, 80, 160)  # tenths of a per cent; 0 is no add-on
FIRST = {"volatility": (2.0, 0.01), "concentration": (0.1, 0.01)}  # the notch of one that is off
OFF = "none"


def guard_axes(result: Record) -> list[Axis]:
    """Every guardrail, as it could be in this run."""
    s = result.scenario
    found = [
        cap_axis(s, result), exposure_axis(s, result), addon_axis(s, "volatility"),
        addon_axis(s, "concentration"), percent_axis(s, "band", "Price band"),
        percent_axis(s, "breaker_move", "Breaker at"),
    ]  # fmt: skip
    return [axis for axis in found if axis is not None]


def addon_axis(s: Scenario, name: str) -> Axis:
    """Rate of the highest notch of an add-on [%]; the other notches keep their ratio to it.

    One that is off starts at twice the usual volatility, or at a tenth of the book's depth.
    """
    path, step = f"{name}_addon", 0.1
    rows = getattr(s.guardrails, path)
    off = not any(rate for _, rate in rows)
    rows = (FIRST[name],) if off else rows
    start, rate = rows[0][0], rows[-1][1]
    here = 100.0 * rate

    def change(k: int) -> Change:
        factor = k * step / (100.0 * rate)
        scaled = tuple((at, round(each * factor, 9)) for at, each in rows)
        return Change(((f"guardrails.{path}", scaled if k else ()),))

    now = 0 if off else max(round(here / step), 1)
    title = f"{name.capitalize()} add-on from {start:g}x"
    title += " usual volatility" if name == "volatility" else " the depth of the book"
    grid = tuple(k for k in ADDED if k != now and k * step / 100.0 <= MOST_ADDED)
    return Axis(
        name, title, "%", now, OFF if off else here, step, grid, change, ratio=False
    )  # fmt: skip


def percent_axis(s: Scenario, field: str, title: str) -> Axis:
    """A share of the price [%], 0 for none."""
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
