"""Why a leg was cut by that much, and what would have spared an account with several legs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from engine.causes.attribution import Disagreement
from engine.causes.contributions import account_before
from engine.core.cut import Why
from engine.core.margin import tier_of
from engine.core.state import MarginMode, Policy
from engine.core.tiers import added_rate
from engine.log.addons import opening_addons
from engine.log.legs import Account

if TYPE_CHECKING:
    from engine.explanation.sides import Moment

ORDERS = {
    "largest_margin": "the largest margin",
    "largest_loss": "the largest loss since entry",
    "most_liquid": "the smallest share of its book's depth",
    "declared": "the first place in the list of symbols",
}


@dataclass(frozen=True)
class Remedy:
    """The smallest change of one thing that would have avoided the event, all else equal."""

    name: str
    needed: float
    unit: str
    sentence: str


def leg_cut_lines(m: Moment, reasons: Mapping[Why, str]) -> tuple[str, ...]:
    """Which leg, how much of it, and the arithmetic of a cut that restores the buffer."""
    name, p = m.result.compiled.symbols[m.symbol], m.result.params
    lots, held, why = abs(m.get("qty")), abs(m.get("base")), Why(int(m.get("net")))
    account = account_before(m.result, m.number)
    if p.policy == Policy.AUCTION:
        first = "The policy offers every leg at auction."
    elif why in (Why.MARKET, Why.NEGATIVE):
        first = "Every leg is closed: " + reasons[why][0].lower() + reasons[why][1:]
    else:
        first = f"The {name} leg is cut first: it has {ORDERS[m.result.scenario.margin.order]}."
    lines = [first]
    if why not in (Why.MARKET, Why.NEGATIVE):
        lines.append(reasons[why].replace("whole position", "whole leg"))
    if why == Why.BUFFER:
        lines += buffer_lines(m, account, lots)
    if why in (Why.FRACTION, Why.CAPPED_FRACTION):
        lines.append(f"Cap: {p.fraction:.4g} of {m.coin(held):,.6g} coin.")
    word = "On offer" if p.policy == Policy.AUCTION else "Cut"
    return (*lines, f"{word}: {m.coin(lots):,.6g} of {m.coin(held):,.6g} {name}.")


def needed_after(m: Moment, account: Account, cut: float) -> float:
    """Requirement [tick] with one leg `cut` lots smaller, as the venue takes it to size the cut.

    Where margins add, the leg keeps the concentration add-on that it had before the cut.
    """
    inputs, k = m.result.compiled.inputs, m.symbol
    if m.result.params.margin_mode != MarginMode.CROSS or inputs.scheme < 2:
        return account.needed(k, cut)
    base = float(account.base[k])
    addon = opening_addons(inputs) if account.addon is None else account.addon
    rest = (abs(base) - cut) * float(account.marks[k])
    tier = int(tier_of(rest, inputs.floors))
    rate = inputs.rates[tier] + added_rate(base, k, inputs, addon)
    others = account.needed() - abs(float(account.margins()[k]))
    return others + rest * float(rate) - float(inputs.deductions[tier])


def buffer_lines(m: Moment, account: Account, lots: float) -> list[str]:
    """Equity after expected cost against the buffered requirement, with this cut and a lot less."""
    p, mark = m.result.params, m.get("mark")

    def both(cut: float) -> tuple[float, float]:
        cost = p.cost_rate * (cut * mark)
        return account.worth() - cost, (1.0 + p.buffer) * needed_after(m, account, cut)

    after, target = both(lots)
    short, less = both(lots - 1.0)
    slack = 1e-9 * max(abs(after), target)  # the closed form of added margins is rounded elsewhere
    if after < target - slack or (lots > 1.0 and short > less + slack):
        raise Disagreement(f"event {m.number}: the cut is not the least that restores the buffer")
    return [
        f"With it the equity after expected cost is {m.usd(after):,.2f} USD, "
        f"{1.0 + p.buffer:g} x the requirement of the legs left is {m.usd(target):,.2f} USD."
    ]


def leg_remedies(m: Moment) -> tuple[Remedy, ...]:
    """What would have avoided a first trigger, at the same prices; each is put back into the test.

    collateral  the requirement less the equity
    size        all legs smaller by one share
    correlation the one of a pair at which the requirement equals the equity
    """
    account = account_before(m.result, m.number)
    value, limit = account.worth(), account.needed()
    missing = m.usd(limit - value)
    found = [
        Remedy(
            "collateral", missing, "USD", f"More than {missing:,.2f} USD of extra collateral."
        )
    ]  # fmt: skip
    found += smaller(m, account, value)
    found += other_correlation(m, account, value)
    return tuple(found)


def smaller(m: Moment, account: Account, value: float) -> list[Remedy]:
    """All legs at one share s of their size: the largest with own + s * gain > requirement(s).

    The requirement is convex in s (tiers rise with the notional), so s is found by halving.
    """
    base, symbols = account.base, account.symbols
    gain = float(((account.marks - account.entries) * base[:symbols]).sum())
    own, low, high = value - gain, 0.0, 1.0
    if own <= 0.0:
        return []

    def holds(share: float) -> bool:
        less = base.copy()
        less[:symbols] *= share
        kept = replace(account, quote=0.0, base=less)
        return own + share * gain > kept.needed()

    while high - low > 1e-12:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return [Remedy("size", low, "x", f"All legs below {low:.2%} of their size.")] if low else []


def other_correlation(m: Moment, account: Account, value: float) -> list[Remedy]:
    """For two legs: M1^2 + M2^2 + 2 rho M1 M2 = equity^2."""
    p, held = m.result.params, account.held
    if p.margin_mode != MarginMode.PORTFOLIO or len(held) != 2 or value <= 0.0:
        return []
    margins = account.margins()
    ((k, j),) = combinations(held, 2)
    product = 2.0 * margins[k] * margins[j]
    rho = (value * value - margins[k] ** 2 - margins[j] ** 2) / product
    gross = float(np.abs(margins).sum())
    if not -1.0 <= rho <= 1.0 or p.floor * gross >= value:
        return []
    word = "below" if product > 0.0 else "above"
    now = float(account.rho[k, j])
    return [
        Remedy(
            "correlation", float(rho), "",
            f"A published correlation {word} {rho:.4f} instead of {now:.4f}.",
        )
    ]  # fmt: skip
