"""Settings of funding and of the crowd, and the rules that join several of them."""

from dataclasses import dataclass, field
from typing import Any

from engine.scenario.declare import choice, param, rows
from engine.scenario.errors import InputError

EIGHT_HOURS = 28_800.0  # s


@dataclass(frozen=True, kw_only=True)
class Funding:
    """What longs and shorts pay each other to hold the price at the index."""

    interval: float = param(0.0, "s", "Time between two payments (0: no funding).", 0.0, 1e7)
    rule: str = choice(
        "interval",
        ("interval", "eight_hours"),
        "The rate is paid whole each interval on the mark, or is one for 8 hours, of which each "
        "interval pays its part on the index.",
    )
    interest: float = param(
        0.0001, "fraction", "Interest: the rate while the premium is small.", -0.05, 0.05
    )
    clamp: float = param(
        0.0005, "fraction", "How far interest pulls the rate away from the premium.", 0.0, 0.05
    )
    cap: float = param(0.003, "fraction", "Largest rate of one interval.", 0.0, 0.2)
    impact_notional: float = param(
        0.0, "USD", "Premium of the prices this notional would get (0: of the mid).", 0.0, 1e10
    )
    rates: tuple = rows(
        "Scripted rates in place of the formula: each from its step on, until the next row.",
        (("step", "step", 0, 200_000), ("rate", "fraction", -0.2, 0.2)),
    )
    data: str = field(
        default="",
        metadata={"unit": "", "about": "Hash of the funding rates of a replay.", "hash": True},
    )

    @property
    def on(self) -> bool:
        """Whether anything is ever paid."""
        return self.interval > 0.0 or bool(self.data)


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """Traders who act by plain rules through the same book as everybody."""

    interval: int = param(0, "step", "Steps between two turns of the crowd (0: none).", 0, 100_000)
    leverage: float = param(2.0, "1", "Leverage of trend followers and carry.", 0.1, 20.0)
    aversion: float = param(
        1.0, "1", "How fast appetite shrinks as volatility rises (0: not at all).", 0.0, 4.0
    )
    depth_share: float = param(
        0.2, "fraction", "Largest order as a share of the depth (coins per 1 %).", 0.001, 100.0
    )
    trend_capital: float = param(0.0, "USD", "Capital of the trend followers.", 0.0, 1e12)
    trend_memory: float = param(
        3_600.0, "s", "Memory of the average they hold the price against.", 0.01, 1e8
    )
    trend_scale: float = param(
        0.01, "fraction", "Distance from the average at which they are fully invested.", 1e-6, 1.0
    )
    carry_capital: float = param(0.0, "USD", "Capital of the carry traders.", 0.0, 1e12)
    carry_threshold: float = param(
        0.0002, "fraction", "Least funding rate for which they take the side that is paid.", 0, 0.2
    )
    carry_exit: float = param(
        3.0, "1", "Volatility, as a multiple of the usual one, at which they leave.", 0.1, 100.0
    )
    fund_capital: float = param(
        0.0, "USD", "Capital of a fund that holds its leverage constant.", 0.0, 1e12
    )
    fund_leverage: float = param(3.0, "1", "Leverage the fund goes back to.", 0.1, 50.0)
    fund_band: float = param(
        0.0, "fraction", "Distance from that leverage it leaves alone.", 0.0, 10.0
    )

    @property
    def on(self) -> bool:
        """Whether the three rows exist."""
        return self.interval > 0

    @property
    def most(self) -> float:
        """Notional [USD] the crowd holds at most, on its opening capital."""
        if not self.on:
            return 0.0
        traders = self.leverage * (self.trend_capital + self.carry_capital)
        return traders + self.fund_leverage * self.fund_capital


def check_flows(scenario: Any) -> None:
    """Rules that join several of these settings. Raises InputError."""
    funding, last = scenario.funding, -1
    for i, (step, rate) in enumerate(funding.rates):
        if step <= last:
            raise InputError(f"funding.rates[{i}].step", step, "later than the row before")
        if abs(rate) > funding.cap:
            allowed = f"within +-funding.cap = {funding.cap}"
            raise InputError(f"funding.rates[{i}].rate", rate, allowed)
        last = step
