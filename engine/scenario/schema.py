"""Every setting of a run, each declared once with unit, range and help.

A `Scenario` is frozen and complete: a run is a pure function of it. Validation, sliders, the
command line and the glossary read the same declarations.
"""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from functools import cache
from typing import Any

from engine.scenario.checks import check_reductions, check_value
from engine.scenario.declare import choice, param, rows, stamp
from engine.scenario.errors import InputError
from engine.scenario.flows import Crowd, Funding, check_flows
from engine.scenario.guardrails import Guardrails, check_guardrails, scripted_outages
from engine.scenario.margining import (
    MOST_LEGS,
    PORTFOLIOS,
    Margin,
    check_margin,
    check_symbols,
)
from engine.scenario.monitoring import Monitor
from engine.scenario.world import World, check_world

MAX_WORK = 4_000_000_000  # accounts x steps x symbols a library call may ask for
MAX_LEG_WORK = 300_000_000  # accounts x symbols x steps of accounts with several legs: 5 s at most
MAX_AUCTION_WORK = 2_000_000_000  # accounts x deadline x liquidators


@dataclass(frozen=True, kw_only=True)
class Book:
    """This venue's own order book."""

    depth: float = param(
        4_000_000.0, "USD per 1 %", "Orders that move the price by 1 % at the start.", 1e2, 1e12
    )
    shape: int = param(1, "1", "1: flat book (linear impact). 2: thin at the touch.", 1, 2)
    recovery: float = param(
        60.0, "s", "Time in which 63 % of the consumed volume refills.", 0.01, 1e7
    )
    half_spread: float = param(
        0.0001, "fraction", "Half the quoted spread, paid by each order.", 0.0, 0.05
    )
    thinning: float = param(
        0.0, "1", "How fast depth shrinks as volatility rises (0: not at all).", 0.0, 4.0
    )
    memory: float = param(60.0, "s", "Memory of the realised-volatility estimate.", 1.0, 1e6)
    cancels: tuple = rows(
        "Cancel bursts: the share of the depth that stays, for some steps.",
        (
            ("step", "step", 0, 200_000),
            ("duration", "step", 1, 200_000),
            ("stays", "fraction", 0.01, 1.0),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Mark:
    """The price that margin is computed from."""

    rule: str = choice(
        "last_ema",
        ("last", "last_ema", "index", "index_ema", "median"),
        "Which price margin is computed from.",
    )
    smoothing: float = param(5.0, "s", "Time constant of the moving average.", 0.01, 1e6)
    lag: int = param(0, "step", "Steps by which the mark is late.", 0, 10_000)
    clamp: float = param(0.05, "fraction", "Largest basis that index_ema lets in.", 0.0001, 1.0)


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """Who holds positions at the start."""

    count: int = param(2_000, "account", "Number of accounts drawn.", 1, 1_000_000)
    long_share: float = param(0.5, "fraction", "Share of accounts that are long.", 0.0, 1.0)
    open_interest: float = param(
        200_000_000.0, "USD", "Long plus short notional of all accounts.", 1e3, 1e12
    )
    size_spread: float = param(1.2, "1", "Spread of position sizes (log-normal).", 0.0, 3.0)
    leverage_low: float = param(2.0, "1", "Lowest leverage at entry.", 1.0, 200.0)
    leverage_high: float = param(50.0, "1", "Highest leverage at entry.", 1.0, 200.0)
    entry_spread: float = param(0.01, "fraction", "Spread of entry prices.", 0.0, 0.5)
    isolated_share: float = param(0.8, "fraction", "Share of isolated positions.", 0.0, 1.0)
    wallet: float = param(
        0.5, "fraction", "Free cash of a cross account, as a share of its margin.", 0.0, 20.0
    )
    headroom: float = param(
        0.003, "fraction", "Least distance to the limit at the start, of notional.", 0.0, 0.5
    )
    data: str = stamp("Hash of a table of accounts.")
    reductions: tuple = rows(
        "Part of a position that an account closes by itself at a step, before the margin check.",
        (
            ("step", "step", 0, 200_000),
            ("account", "account", 0, 999_999),
            ("share", "fraction", 0.01, 0.99),
        ),
    )
    portfolios: tuple = rows(
        "Accounts with legs in several symbols: how many, their gross notional together, leverage, "
        "and the weight of each symbol (negative: short).",
        PORTFOLIOS,
    )
    coin_share: float = param(
        0.0, "fraction", "Share of the collateral of portfolios held in a coin.", 0.0, 1.0
    )
    coin: int = param(0, "symbol", "Which symbol's coin that is, from 0.", 0, 3)


@dataclass(frozen=True, kw_only=True)
class Venue:
    """Rules, fees and buffers of the venue."""

    rulebook: str = field(
        default="plain", metadata={"unit": "", "about": "Margin tiers.", "name": True}
    )
    tiers: str = stamp("Hash of a reader's own margin tiers.")
    taker_fee: float = param(0.0005, "fraction", "Fee of a forced order, to the venue.", 0.0, 0.05)
    liquidation_fee: float = param(
        0.001, "fraction", "Fee of a liquidation, to the insurance fund.", 0.0, 0.1
    )
    insurance_fund: float = param(500_000.0, "USD", "Insurance fund at the start.", 0.0, 1e12)
    backstop_capital: float = param(0.0, "USD", "Capital of the backstop vault.", 0.0, 1e12)
    backstop_discount: float = param(
        0.01, "fraction", "Discount to mark at which the vault buys.", 0.0, 0.5
    )
    risk_latency: int = param(0, "step", "Checks run on a mark this old.", 0, 10_000)
    order_latency: int = param(0, "step", "Forced orders reach the book this late.", 0, 10_000)
    execution: str = choice(
        "netted", ("netted", "sequential"), "One price for all orders of a step, or one by one."
    )
    adl: str = choice("queue", ("queue", "pro_rata"), "How winners are chosen.")
    outages: tuple = scripted_outages()


@dataclass(frozen=True, kw_only=True)
class Liquidation:
    """How a failing position is closed. All policies share one trigger."""

    policy: str = choice(
        "incremental", ("market", "incremental", "auction"), "Liquidation path in force."
    )
    variant: str = choice(
        "buffer", ("fraction", "tiers", "buffer"), "How an incremental cut is sized."
    )
    fraction: float = param(
        0.25, "fraction", "Largest share of a position closed in one cut.", 0.01, 1.0
    )
    buffer: float = param(0.5, "fraction", "Cut until equity is this far above maintenance.", 0, 10)
    cooldown: int = param(10, "step", "Steps between two cuts of one account.", 0, 10_000)
    depth_share: float = param(
        1.0, "fraction", "Largest cut as a share of the depth (coins per 1 %).", 0.001, 100.0
    )
    min_slice: float = param(2_000.0, "USD", "Smaller positions are closed whole.", 0.0, 1e9)
    expected_slippage: float = param(
        0.0005, "fraction", "Slippage the venue plans with when it sizes a cut.", 0.0, 0.2
    )
    curve: str = choice("linear", ("linear", "stairstep"), "How the auction's discount grows.")
    start_discount: float = param(0.001, "fraction", "Discount at the opening.", 0.0, 0.5)
    growth: float = param(
        0.0005, "fraction", "Discount added a step (linear) or a stair (stairstep).", 1e-6, 0.5
    )
    stair: int = param(5, "step", "Length of a stair.", 1, 10_000)
    deadline: int = param(60, "step", "Steps until the fall-back.", 1, 10_000)
    fallback: str = choice("market", ("market", "backstop"), "When no liquidator takes the lot.")
    liquidators: int = param(4, "account", "Number of liquidators.", 1, 32)
    liquidator_capital: float = param(2_000_000.0, "USD", "Capital of each.", 0.0, 1e12)
    liquidator_leverage: float = param(3.0, "1", "Inventory they may carry on it.", 0.1, 50.0)
    liquidator_discount: float = param(
        0.002, "fraction", "Discount the keenest liquidator asks in calm.", 0.0, 0.5
    )
    liquidator_spread: float = param(
        0.001, "fraction", "Extra discount of each further liquidator.", 0.0, 0.5
    )
    risk_aversion: float = param(
        1.0, "1", "Discount asked per unit of volatility over the unwind.", 0.0, 20.0
    )
    inventory_pressure: float = param(
        0.01, "fraction", "Discount added when capital is used up.", 0.0, 0.5
    )
    unwind: int = param(120, "step", "Steps over which a liquidator sells what it took.", 1, 10_000)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One complete, reproducible experiment."""

    seed: int = param(1, "1", "Chooses the random draws, one stream per purpose.", 0, 2**31 - 1)
    world: World = field(default_factory=World)
    book: Book = field(default_factory=Book)
    mark: Mark = field(default_factory=Mark)
    accounts: Accounts = field(default_factory=Accounts)
    venue: Venue = field(default_factory=Venue)
    liquidation: Liquidation = field(default_factory=Liquidation)
    funding: Funding = field(default_factory=Funding)
    crowd: Crowd = field(default_factory=Crowd)
    margin: Margin = field(default_factory=Margin)
    guardrails: Guardrails = field(default_factory=Guardrails)
    monitor: Monitor = field(default_factory=Monitor)

    def __post_init__(self) -> None:
        for path, spec, value in settings(self):
            check_value(path, spec, value)
        check_together(self)

    def with_values(self, **changes: Any) -> "Scenario":
        """A copy with dotted settings changed, e.g. `with_values(**{"book.depth": 1e6})`."""
        return change(self, changes)


def settings(scenario: Any, prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every setting as (dotted path, its dataclass field, its value), in declared order."""
    for spec in fields(scenario):
        value = getattr(scenario, spec.name)
        if is_dataclass(value):
            yield from settings(value, f"{prefix}{spec.name}.")
        else:
            yield f"{prefix}{spec.name}", spec, value


def change(scenario: Scenario, changes: dict[str, Any]) -> Scenario:
    """A copy of `scenario` with settings changed, validated once as a whole."""
    known, nested = declared(), dict[str, dict[str, Any]]()
    for path, value in changes.items():
        if path not in known:
            near = get_close_matches(path, sorted(known), 3, 0.0)
            raise InputError("setting", path, f"a setting's name, such as {', '.join(near)}")
        section, _, name = path.rpartition(".")
        nested.setdefault(section, {})[name] = value
    for path, spec in known.items():
        if path in changes:  # the others were checked when they were set
            check_value(path, spec, changes[path])
    other = copy(scenario)
    for section, values in nested.items():
        new = {section: replace(getattr(scenario, section), **values)} if section else values
        vars(other).update(new)
    check_together(other)
    return other


@cache
def declared() -> dict[str, Any]:
    """Every setting's field by its dotted path, in declared order."""
    return {path: spec for path, spec, _ in settings(Scenario())}


def reseeded(scenario: Scenario, seed: int | None) -> Scenario:
    """The scenario in the world of another seed; None: as it is.

    No rule joins the seed with another setting, so the seed alone is checked.
    """
    if seed is None or seed == scenario.seed:
        return scenario
    check_value("seed", declared()["seed"], seed)
    other = object.__new__(Scenario)
    vars(other).update(vars(scenario), seed=seed)
    return other


def account_steps(s: Scenario) -> tuple[str, int]:
    """What the work of a run grows with, in words and as a number."""
    work = s.accounts.count * s.world.steps * (1 + s.monitor.actions)
    if s.monitor.operated:  # each action runs the world once more
        name = "accounts.count x world.steps x symbols x (1 + monitor.actions)"
        return name, work * (s.world.symbols if s.world.source == "generated" else 1)
    if s.world.source == "replay" or s.world.symbols == 1:
        return "accounts.count x world.steps", work
    return "accounts.count x world.steps x symbols", work * s.world.symbols


def leg_steps(s: Scenario) -> tuple[str, int]:
    """What the work of accounts with several legs grows with, in words and as a number."""
    symbols = s.world.symbols if s.world.source == "generated" else MOST_LEGS
    work = sum(row[0] for row in s.accounts.portfolios) * symbols * s.world.steps
    return "accounts.portfolios: count x symbols x world.steps", work


def check_together(s: Scenario) -> None:
    """Rules that join several settings, the bounds on total work among them."""
    low, high = s.accounts.leverage_low, s.accounts.leverage_high
    if low > high:
        raise InputError("accounts.leverage_low", low, f"at most accounts.leverage_high = {high}")
    check_reductions(s.accounts.reductions, s.accounts.count)
    check_margin(s.margin, s.accounts.portfolios)
    if s.world.source == "generated":
        check_symbols(s.margin, s.accounts, s.world.symbols)
    name, work = leg_steps(s)
    if work > MAX_LEG_WORK:
        raise InputError(name, work, f"at most {MAX_LEG_WORK:,}, as every leg may be near a limit")
    name, work = account_steps(s)
    if work > MAX_WORK:
        raise InputError(name, work, f"at most {MAX_WORK:,} account-steps in all")
    auction = s.accounts.count * s.liquidation.deadline * s.liquidation.liquidators
    if s.liquidation.policy == "auction" and auction > MAX_AUCTION_WORK:
        raise InputError(
            "accounts.count x liquidation.deadline x liquidation.liquidators",
            auction,
            f"at most {MAX_AUCTION_WORK:,}",
        )
    check_world(s.world)
    check_flows(s)
    check_guardrails(s)
