"""Both sides of each comparison, computed again with the kernel's own functions.

Every function takes a `Moment` and returns the two sides in raw units with the inputs a reader
needs to recompute them by hand, in USD and coins.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from engine.causes import attribution
from engine.core.auction import asked_discount, discount_at
from engine.core.legs import worst_price
from engine.core.margin import equity, maintenance, tier_of
from engine.core.state import Row, Rule
from engine.core.waterfall import vault_lots
from engine.explanation import guardrails, guards, settled, several
from engine.explanation.flows import crowd_sides, funding_sides
from engine.log import before
from engine.log.legs import is_several
from engine.simulation import Result

Inputs = list[tuple[str, float, str]]


@dataclass(frozen=True)
class Moment:
    """One event of a run, with the conversions a reader needs."""

    result: Result
    number: int

    @cached_property
    def event(self) -> Any:
        """The record of the event."""
        return self.result.events[self.number]

    def get(self, name: str) -> float:
        """A field of the record."""
        return float(self.event[name])

    @property
    def rule(self) -> Rule:
        """The rule that acted."""
        return Rule(int(self.event["rule"]))

    @property
    def account(self) -> int:
        """Row the event is about."""
        return int(self.event["account"])

    @property
    def symbol(self) -> int:
        """Symbol of the event."""
        return int(self.event["symbol"])

    @property
    def step(self) -> int:
        """Step of the event."""
        return int(self.event["step"])

    @property
    def side(self) -> float:
        """+1 if the row was long, -1 if it was short."""
        return 1.0 if self.event["base"] > 0.0 else -1.0

    def usd(self, ticks: float) -> float:
        """Ticks of quote in USD."""
        return float(ticks) * self.result.compiled.units.tick

    def coin(self, lots: float) -> float:
        """Lots in coins."""
        return float(lots) * self.result.compiled.units.lot

    def price(self, raw: float) -> float:
        """Ticks per lot in USD per coin."""
        return float(raw) / self.result.compiled.units.price

    def state(self) -> Inputs:
        """Cash, position and mark before the event."""
        return [
            ("cash", self.usd(self.get("quote")), "USD"),
            ("position", self.coin(self.get("base")), "coin"),
            ("mark", self.price(self.get("mark")), "USD/coin"),
        ]

    @cached_property
    def several(self) -> bool:
        """Whether the row is an account with several legs."""
        return is_several(self.result, self.account)

    @cached_property
    def cash(self) -> float:
        """Cash of the account; with several legs, what stands behind the one of the event."""
        return several.cash_behind(self) if self.several else self.get("quote")

    def tier(self, base: float) -> int:
        """Margin tier of a position at the mark of the event."""
        return int(tier_of(abs(base) * self.get("mark"), self.result.compiled.inputs.floors))

    def tier_inputs(self, base: float) -> Inputs:
        """Rate and deduction of the tier of a position."""
        inputs, tier = self.result.compiled.inputs, self.tier(base)
        shown = [
            ("rate", float(inputs.rates[tier]), "fraction"),
            ("deduction", self.usd(inputs.deductions[tier]), "USD"),
        ]
        if inputs.scheme == 2:
            shown.append(("added by add-ons", guardrails.added(self, base), "fraction"))
        return shown

    def rates(self, base: float) -> np.ndarray:
        """Maintenance rates (G,) of a position, add-ons in force included."""
        inputs = self.result.compiled.inputs
        return inputs.rates + guardrails.added(self, base) if inputs.scheme == 2 else inputs.rates

    def margin(self, quote: float, base: float) -> tuple[float, float]:
        """Equity and maintenance margin [tick] at the mark of the event."""
        inputs, mark = self.result.compiled.inputs, self.get("mark")
        notional = abs(base) * mark
        need = maintenance(notional, self.tier(base), self.rates(base), inputs.deductions)
        return equity(quote, base, mark), need


Sides = tuple[float, float, Inputs]


def _maintenance(m: Moment) -> Sides:
    if m.several:
        return several.maintenance_sides(m)
    value, limit = m.margin(m.get("quote"), m.get("base"))
    return value, limit, m.state() + m.tier_inputs(m.get("base"))


def tier_before(m: Moment) -> int:
    """The tier in force before a limit change: of the change before it, or of the opening."""
    events = m.result.events[: m.number]
    mine = (events["account"] == m.account) & (events["symbol"] == m.symbol)
    earlier = np.flatnonzero(mine & (events["rule"] == 2))
    if len(earlier):
        return int(events[earlier[-1]]["detail"])
    inputs = m.result.compiled.inputs
    base = m.result.compiled.base[m.account, m.symbol]
    return int(tier_of(abs(base) * inputs.f[0, m.symbol], inputs.floors))


def _limit_change(m: Moment) -> Sides:
    inputs = m.result.compiled.inputs
    new, old = m.tier(m.get("base")), tier_before(m)
    shown = m.state() + [
        ("tier", float(new), ""),
        ("tier before", float(old), ""),
        ("tier floor", m.usd(inputs.floors[new]), "USD"),
        ("rate of the tier", float(inputs.rates[new]), "fraction"),
        ("rate before", float(inputs.rates[old]), "fraction"),
    ]
    return inputs.rates[new], inputs.rates[old], shown


def _slice(m: Moment) -> Sides:
    if m.several:
        return several.slice_sides(m)
    quote = m.get("quote") + m.get("amount") - m.get("fee")
    base = m.get("base") + m.get("qty")
    value, limit = m.margin(quote, base)
    shown = m.state() + [
        ("bought", m.coin(m.get("qty")), "coin"),
        ("price", m.price(m.get("price")), "USD/coin"),
        ("received", m.usd(m.get("amount")), "USD"),
        ("fees", m.usd(m.get("fee")), "USD"),
    ]
    return value, limit, shown + m.tier_inputs(base)


def _auction_open(m: Moment) -> Sides:
    start = m.result.params.start_discount
    shown = [*m.state(), ("start discount", start, "fraction"), ("side", m.side, "")]
    price = m.get("mark") * (1.0 - m.side * start)
    return price, worst_price(m.cash, m.get("base")), shown


def _auction_take(m: Moment) -> Sides:
    p, r = m.result.params, m.result
    age, row = int(m.event["detail"]), int(m.event["counter"])
    offered = discount_at(age, p.curve, p.start_discount, p.growth, p.stair)
    worth, held = before.carried_before(r, row, m.number)
    capacity = max(worth, 0.0) * p.leverage
    room = capacity - held
    sigma = float(r.sigma[m.step, m.symbol])
    used = 1.0 - room / capacity
    asked = asked_discount(row - r.accounts - Row.LIQUIDATOR, used, sigma, p)
    shown = m.state() + [
        ("age", float(age), "step"),
        ("stair", float(p.stair if p.curve else 1), "step"),
        ("start discount", p.start_discount, "fraction"),
        ("growth", p.growth, "fraction"),
        ("volatility a step", sigma, "fraction"),
        ("unwind", float(p.unwind), "step"),
        ("capacity", m.usd(capacity), "USD"),
        ("capacity used", used, "fraction"),
        ("base discount", p.asked + p.asked_step * (row - r.accounts - 4), "fraction"),
        ("risk aversion", p.risk_aversion, ""),
        ("inventory pressure", p.pressure, "fraction"),
    ]
    return offered, asked, shown


def _auction_expire(m: Moment) -> Sides:
    opened = m.result.events[int(m.event["parent"])]
    age = float(m.step - opened["step"])
    deadline = float(m.result.params.deadline)
    return age, deadline, [("age", age, "step"), ("deadline", deadline, "step")]


def _backstop(m: Moment) -> Sides:
    row, mark = int(m.event["counter"]), m.get("mark")
    worth, held = before.carried_before(m.result, row, m.number)
    room = vault_lots(worth, held, m.side, mark, m.get("price")) * mark
    shown = m.state() + [
        ("taken", m.coin(abs(m.get("qty"))), "coin"),
        ("lot", m.coin(1.0), "coin"),
        ("vault is worth", m.usd(worth), "USD"),
        ("vault holds", m.usd(held), "USD"),
        ("price", m.price(m.get("price")), "USD/coin"),
    ]
    return abs(m.get("qty")) * mark, room, shown


def _fund_payment(m: Moment) -> Sides:
    fund = before.fund_before(m.result, m.number)
    owed = -m.get("quote")
    return owed, fund, [("shortfall", m.usd(owed), "USD"), ("fund", m.usd(fund), "USD")]


def _socialised(m: Moment) -> Sides:
    mark = m.get("mark")
    if max(m.result.compiled.inputs.symbol[m.account], 0) != m.symbol:
        raise attribution.Disagreement(f"event {m.number}: wrong symbol")
    worth = max(np.floor(equity(m.cash, m.get("base"), mark)), 0.0)
    return -m.get("amount"), worth, [*m.state(), ("share", m.usd(-m.get("amount")), "USD")]


def _unwind(m: Moment) -> Sides:
    shown = [("closed", m.coin(abs(m.get("qty"))), "coin")]
    return abs(m.get("qty")), abs(m.get("base")), m.state() + shown


SIDES: dict[Rule, Callable[[Moment], Sides]] = {
    Rule.MAINTENANCE: _maintenance,
    Rule.LIMIT_CHANGE: _limit_change,
    Rule.SLICE: _slice,
    Rule.AUCTION_OPEN: _auction_open,
    Rule.AUCTION_TAKE: _auction_take,
    Rule.AUCTION_EXPIRE: _auction_expire,
    Rule.BACKSTOP_TAKE: _backstop,
    Rule.BANKRUPTCY: settled.bankruptcy_sides,
    Rule.FUND_PAYMENT: _fund_payment,
    Rule.ADL_FILL: settled.adl_sides,
    Rule.SOCIALISED_LOSS: _socialised,
    Rule.UNWIND: _unwind,
    Rule.CORRELATION_CHANGE: several.correlation_sides,
    Rule.REQUIREMENT_CHANGE: several.requirement_sides,
    Rule.COLLATERAL_SALE: several.sale_sides,
    Rule.FUNDING: funding_sides,
    Rule.CROWD: crowd_sides,
    Rule.REDUCTION: _slice,
    Rule.HALT: guards.halt_sides,
    Rule.RESUMPTION: guards.resumption_sides,
    Rule.OUTAGE: guards.outage_sides,
    Rule.OUTAGE_END: guards.outage_end_sides,
    Rule.BAND: guards.band_sides,
    Rule.VOLATILITY_ADDON: guardrails.volatility_sides,
    Rule.DEPTH_PUBLISHED: guardrails.depth_sides,
    Rule.LEVERAGE_CAP: guardrails.cap_sides,
    Rule.EXPOSURE_LIMIT: guardrails.exposure_sides,
}


def sides(m: Moment) -> Sides:
    """Both sides in raw units; raises Disagreement unless they are the logged ones, bit for bit."""
    value, limit, shown = SIDES[Rule(int(m.event["rule"]))](m)
    if value != m.event["value"] or limit != m.event["limit"]:
        logged = f"{m.get('value')!r} and {m.get('limit')!r}"
        raise attribution.Disagreement(
            f"event {m.number}: both sides recompute to {value!r} and {limit!r}, logged {logged}"
        )
    return value, limit, shown
