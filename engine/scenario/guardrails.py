"""Settings of the guardrails: limits that look at prices, positions and clocks only."""

from dataclasses import dataclass
from typing import Any

from engine.scenario.declare import choice, param, rows
from engine.scenario.errors import InputError

MOST_ADDED = 0.2  # largest rate of one add-on: with both, and the top tier, below one


@dataclass(frozen=True, kw_only=True)
class Guardrails:
    """What a venue adds to its margin tiers, and what it does not let anybody open."""

    volatility_addon: tuple = rows(
        "Maintenance rate added while realised volatility, over the usual one, is at least a "
        "multiple: published notches, rising.",
        (("multiple", "1", 1.01, 1_000.0), ("rate", "fraction", 0.0, MOST_ADDED)),
        8,
    )
    volatility_hold: int = param(
        0, "step", "Steps for which a volatility add-on may not fall after it rose.", 0, 100_000
    )
    concentration_addon: tuple = rows(
        "Maintenance rate added to a position that is at least this share of the book's published "
        "depth (coins that move the price by 1 %): notches, rising.",
        (("share", "1", 0.001, 10_000.0), ("rate", "fraction", 0.0, MOST_ADDED)),
        8,
    )
    depth_notch: float = param(
        0.25, "fraction", "Step in which the depth is published, as a share of the first one.",
        0.01, 1.0,
    )  # fmt: skip
    leverage_cap: float = param(
        0.0, "1", "Largest leverage of a position that is opened (0: that of the tier).", 0.0, 200.0
    )
    exposure_limit: float = param(
        0.0, "USD", "Largest notional one account opens in a symbol (0: none).", 0.0, 1e12
    )
    band: float = param(
        0.0, "fraction", "Price band: nothing fills further from its reference (0: no band). What "
        "does not fit waits for the next step.", 0.0, 0.5,
    )  # fmt: skip
    band_around: str = choice(
        "index", ("index", "mark"), "The band's reference: the outside price, or the mark in force."
    )
    breaker_move: float = param(
        0.0, "fraction", "Circuit breaker: a move of the price within the window that halts a "
        "symbol (0: no breaker).", 0.0, 1.0,
    )  # fmt: skip
    breaker_window: float = param(300.0, "s", "Window of the circuit breaker.", 0.01, 1e6)
    breaker_halt: float = param(120.0, "s", "Time for which trading then halts.", 0.01, 1e6)
    breaker_price: str = choice(
        "mid", ("mid", "mark"), "The price the breaker looks at: of the book, or the mark in force."
    )
    halt_checks: str = choice(
        "go_on", ("go_on", "stop"),
        "Margin checks in a halt: they go on and orders wait, or they stop as well.",
    )  # fmt: skip

    @property
    def on(self) -> bool:
        """Whether any of them can do anything."""
        return self.addons or self.leverage_cap > 0.0 or self.exposure_limit > 0.0

    @property
    def addons(self) -> bool:
        """Whether the maintenance rate can change with volatility or depth."""
        return bool(self.volatility_addon or self.concentration_addon)

    @property
    def holds_orders(self) -> bool:
        """Whether a price band or a circuit breaker can make an order wait."""
        return self.band > 0.0 or self.breaker_move > 0.0


def scripted_outages() -> Any:
    """The setting of the venue's outages."""
    return rows(
        "Outages of the liquidation engine: no margin check and no forced order for some steps.",
        (("step", "step", 0, 200_000), ("duration", "step", 1, 200_000)),
    )


def check_guardrails(scenario: Any) -> None:
    """Rules that join several of these settings. Raises InputError."""
    rails = scenario.guardrails
    _check_rising("volatility_addon", "multiple", rails.volatility_addon)
    _check_rising("concentration_addon", "share", rails.concentration_addon)
    if 0.0 < rails.band <= scenario.book.half_spread:
        allowed = f"more than book.half_spread = {scenario.book.half_spread}, or nothing ever fills"
        raise InputError("guardrails.band", rails.band, allowed)
    last = 0
    for i, (step, duration) in enumerate(scenario.venue.outages):
        if step < last:
            raise InputError(f"venue.outages[{i}].step", step, f"at least {last}: one at a time")
        last = step + duration


def _check_rising(name: str, first: str, notches: tuple) -> None:
    """Each notch starts later than the one before it and asks for more."""
    for i in range(1, len(notches)):
        for place, column in enumerate((first, "rate")):
            if notches[i][place] <= notches[i - 1][place]:
                path = f"guardrails.{name}[{i}].{column}"
                raise InputError(path, notches[i][place], "above that of the row before")
