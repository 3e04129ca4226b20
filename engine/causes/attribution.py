"""Where the loss of an account came from: parts that each have a formula of their own and add up.

Equity changed since the entry of the position by

    before the run      (opening mark - entry) * base
    outside move        the fundamental price
    mark lag            what the mark has not yet seen of it (or still remembers)
    forced flow         each earlier forced order, by event
    crowd flow          each earlier order of the crowd, by event
    book thinning       depth that went away under a displaced price
    mark rule           what the clamp of index_ema kept out
    fees, slippage      of the account's own earlier fills
    haircut             coins that were sold for more than they counted as collateral
    fund, socialised    what the insurance fund paid in, what others' losses took
    funding             what it paid or got at each settlement, index * lots
    rounding            of recorded movements, half a tick each at most

No part is the remainder, so the sum is a check that can fail.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from engine.core import attribution as core
from engine.core.book import displacement
from engine.core.mark import lagged
from engine.core.slices import slice_toxicity_threshold
from engine.core.state import Row, Rule
from engine.log.legs import first_several, trigger_positions
from engine.log.settlements import funding_movements
from engine.record import Record

FILLS = (
    Rule.SLICE,
    Rule.AUCTION_TAKE,
    Rule.BACKSTOP_TAKE,
    Rule.ADL_FILL,
    Rule.UNWIND,
    Rule.CROWD,
    Rule.REDUCTION,
    Rule.COLLATERAL_SALE,
)


WILLED = {Rule.CROWD: "crowd", Rule.REDUCTION: "reducing"}  # orders nobody was forced to


class Disagreement(AssertionError):
    """The log and the explanation differ: nothing is told rather than something false."""


@dataclass(frozen=True, eq=False)
class Path:
    """The book of one symbol, walked again from the log."""

    dx: np.ndarray  # (E,) displacement each order added
    thin: np.ndarray  # (T,) displacement a change of depth added
    depth: np.ndarray  # (T,) [lot per 1 %]
    volume: np.ndarray  # (T,) [lot] consumed before the orders of the step


def book_path(result: Record, symbol: int) -> Path:
    """Walk the book of one symbol again; the mid must come out bit for bit."""
    kept = result.__dict__.setdefault("_paths", {})
    if symbol in kept:
        return kept[symbol]
    steps = len(result.mid)
    path = Path(np.zeros(len(result.events)), np.zeros(steps), np.zeros(steps), np.zeros(steps))
    compiled = result.compiled
    reached = core.book_path(
        symbol, result.events, result.sigma, result.mid, result.params, compiled.inputs,
        path.dx, path.thin, path.depth, path.volume,
    )  # fmt: skip
    if reached != steps:
        raise Disagreement(f"step {reached}: the log does not lead to the recorded mid")
    kept[symbol] = path
    return path


def causes(result: Record) -> np.ndarray:
    """For each event the earlier event that contributed most to it, -1 for the outside world.

    For a margin trigger that is the forced order that moved the mark most against the account,
    if it moved it further than the outside world did; for all others the event they belong to.
    Accounts with several legs are left at -1: see `engine.causes.contributions`.
    """
    out = np.full(len(result.events), -1, np.int64)
    weights = np.zeros(len(result.mid))
    first = first_several(result)
    for k in range(result.mid.shape[1]):
        path = book_path(result, k)
        core.causes(
            k, result.events, path.dx, result.params, result.compiled.inputs,
            result.mid, result.raw, weights, first, out,
        )  # fmt: skip
    return out


def pushed(result: Record, number: int) -> np.ndarray:
    """Later margin triggers that an event, or an order that belongs to it, tipped over.

    Without what those orders did to the mark, all else equal, the account would still have been
    above its maintenance margin at that step.
    """
    events, k = result.events, int(result.events[number]["symbol"])
    path = book_path(result, k)
    family = np.zeros(len(events), bool)
    family[number] = True
    for n in np.flatnonzero(events["parent"] >= number):
        family[n] = family[n] or family[events[n]["parent"]]
    family &= path.dx != 0.0
    out = np.zeros(len(events), bool)
    if family.any():
        weights = np.zeros(len(result.mid))
        core.mark_pushed(
            k, family, events, path.dx, result.params, result.compiled.inputs,
            result.mid, result.raw, trigger_positions(result, k), weights, out,
        )  # fmt: skip
    return np.flatnonzero(out)


def movements(result: Record, row: int, before: int) -> list[dict]:
    """What moved the balances of a row in the events before number `before`, in log order.

    Each is {event, step, symbol, qty [lot], price, received [tick], fee [tick], rule}.
    """
    e = result.events[:before]
    rule = e["rule"]
    filled = np.isin(rule, FILLS)
    paid = np.isin(rule, (Rule.FUND_PAYMENT, Rule.SOCIALISED_LOSS))
    own = np.flatnonzero((e["account"] == row) & (filled | paid))
    other = np.flatnonzero((e["counter"] == row) & (e["account"] != row) & (filled | paid))
    rows = [_movement(e[n], int(n), 1.0, float(e[n]["fee"])) for n in own]
    rows += [_movement(e[n], int(n), -1.0, 0.0) for n in other]
    settled = np.flatnonzero((rule == Rule.FUNDING) & (row != result.accounts + Row.BOOK))
    if len(settled):
        rows += funding_movements(result, row, e[settled], settled, rows)
    return sorted(rows, key=lambda m: m["event"])


def _movement(event: np.void, number: int, sign: float, fee: float) -> dict:
    return {
        "event": number,
        "step": int(event["step"]),
        "symbol": int(event["symbol"]),
        "qty": sign * float(event["qty"]),
        "price": float(event["price"]),
        "received": sign * float(event["amount"]),
        "fee": fee,
        "rule": Rule(int(event["rule"])),
    }


@dataclass(frozen=True)
class Part:
    """One part of a change of equity; `event` names the forced order it came from."""

    name: str
    kind: str
    amount: float  # USD
    event: int | None = None
    symbol: str = ""  # of the leg, where an account has several


def check_step(result: Record, number: int) -> int:
    """The step whose mark the event was tested at: late by the mark's lag and the risk check's."""
    event = result.events[number]
    rule = Rule(int(event["rule"]))
    checked = rule in (Rule.MAINTENANCE, Rule.REQUIREMENT_CHANGE) or (
        event["rule"] == Rule.LIMIT_CHANGE and event["parent"] < 0
    )  # found by the margin check, not after a fill
    lag = result.params.check_lag if checked else result.params.lag
    return max(int(event["step"]) - lag, 0)


def loss_parts(result: Record, number: int) -> tuple[list[Part], float]:
    """Parts of the change of equity [USD] since entry, and the change itself.

    Raises Disagreement if the balances of the log do not recompute, or the parts do not add up
    to within 1e-9 of the sum of their sizes.
    """
    event = result.events[number]
    i, k = int(event["account"]), int(event["symbol"])
    if i >= result.accounts:
        return [], 0.0
    split = Split(result, k)
    opening = result.compiled
    quote, base = float(opening.quote[i]), float(opening.base[i, k])
    mark0, entry = float(result.raw[0, k]), float(opening.inputs.entry[i])
    start = Fraction(quote) + Fraction(base) * Fraction(entry)
    split.single["before"] = (mark0 - entry) * base
    for m in movements(result, i, number):
        quote, base = split.move(m, quote, base)
    same("cash", number, quote, event["quote"])
    same("position", number, base, event["base"])
    step = check_step(result, number)
    same("mark", number, result.raw[step, k], event["mark"])
    split.hold(int(event["step"]), step, base)
    total = float(Fraction(quote) + Fraction(base) * Fraction(float(event["mark"])) - start)
    tick = opening.units.tick
    parts = split.parts(tick)
    off = abs(sum(part.amount for part in parts) - total * tick)
    if off > 1e-9 * max(sum(abs(part.amount) for part in parts), tick):
        raise Disagreement(f"event {number}: the parts of the loss miss the total by {off:g} USD")
    return parts, total * tick


def same(what: str, number: int, told: float, logged: float) -> None:
    if told != logged:
        raise Disagreement(f"event {number}: {what} is {told!r} by replay, {logged!r} in the log")


class Split:
    """Collects the parts of one account's change of equity, in ticks."""

    def __init__(self, result: Record, symbol: int):
        self.result, self.k = result, symbol
        self.path = book_path(result, symbol)
        self.flow = np.zeros(len(result.events))
        names = ("before", "outside", "lag", "thinning", "rule", "funding", "slippage", "fees")
        self.single = dict.fromkeys((*names, "fund", "socialised", "haircut", "rounding"), 0.0)

    def hold(self, step: int, seen: int, lots: float) -> None:
        """Add what `lots` gained from the opening mark to the mark of step `seen`."""
        r, k = self.result, self.k
        market = (seen, k, r.params, r.compiled.inputs, r.mid, r.raw)
        f = r.compiled.inputs.f
        weights = np.zeros(seen + 1)
        core.impulse_weights(*market, weights)
        core.add_contributions(seen, k, lots, r.events, self.path.dx, weights, self.flow)
        self.single["outside"] += lots * (f[step, k] - f[0, k])
        self.single["lag"] += lots * (core.outside_at(*market) - f[step, k])
        self.single["thinning"] += lots * core.thinning_at(*market, weights, self.path.thin)
        self.single["rule"] += lots * core.residual_at(*market)

    def move(self, m: dict, quote: float, base: float) -> tuple[float, float]:
        """Book one movement; returns the balances after it."""
        quote += m["received"] - m["fee"]
        if m["rule"] == Rule.FUND_PAYMENT:
            self.single["fund"] += m["received"]
            return quote, base
        if m["rule"] == Rule.SOCIALISED_LOSS:
            self.single["socialised"] += m["received"]
            return quote, base
        if m["rule"] == Rule.FUNDING:
            self.single["funding"] += m["received"]
            return quote, base
        seen = max(m["step"] - self.result.params.lag, 0)
        mark = float(lagged(self.result.raw, m["step"], self.result.params.lag, self.k))
        self.hold(m["step"], seen, -m["qty"])
        self.single["slippage"] += m["qty"] * (mark - m["price"])
        self.single["fees"] -= m["fee"]
        self.single["rounding"] += m["received"] + m["qty"] * m["price"]
        return quote, base + m["qty"]

    def sell(self, m: dict, quote: float, coins: float, counted: float) -> tuple[float, float]:
        """Book a sale of coins of which a share `counted` of the mark was credited."""
        mark = float(lagged(self.result.raw, m["step"], self.result.params.lag, self.k))
        seen = max(m["step"] - self.result.params.lag, 0)
        self.hold(m["step"], seen, -m["qty"] * counted)
        self.single["slippage"] += m["qty"] * (mark - m["price"])
        self.single["haircut"] -= m["qty"] * mark * (1.0 - counted)
        self.single["fees"] -= m["fee"]
        self.single["rounding"] += m["received"] + m["qty"] * m["price"]
        return quote + (m["received"] - m["fee"]), coins + m["qty"]

    def parts(self, tick: float, symbol: str = "") -> list[Part]:
        """All parts that are not zero, in USD; with its symbol where there are several legs."""
        of = f", {symbol}" if symbol else ""
        words = {
            "before": "From its entry to the start",
            "outside": "Outside move",
            "lag": "Mark lag",
            "thinning": "Book thinning",
            "rule": "Clamp of the mark rule",
            "funding": "Funding",
            "slippage": "Slippage of own fills",
            "fees": "Fees",
            "fund": "Paid by the insurance fund",
            "socialised": "Socialised loss",
            "haircut": "Haircut set free",
            "rounding": "Rounding",
        }
        found = [
            Part(words[kind] + of, kind, float(amount) * tick, symbol=symbol)
            for kind, amount in self.single.items()
            if amount != 0.0
        ]
        for n in np.flatnonzero(self.flow):
            event = self.result.events[n]
            row = self.result.row_name(int(event["account"]))
            kind = WILLED.get(event["rule"], "forced")
            name = f"{kind.capitalize()} flow: {row}{of}"
            found.append(Part(name, kind, float(self.flow[n]) * tick, int(n), symbol))
        return found


def mark_reach(p: Any) -> float:
    """Share of a displacement of the book that reaches the mark at once, under the rule in force.

    All of it for `last`, alpha for moving averages and the median, nothing for `index`.
    """
    return {0: 1.0, 1: p.alpha, 2: 0.0, 3: p.alpha, 4: p.alpha}[p.rule]


def toxic(result: Record) -> np.ndarray:
    """For each event: a slice that lowered the margin ratio it was meant to raise.

    Of accounts with one position; a cut leg has other effects on its account than its own.

    The frontier is the one of model of slices (`engine.core.slices`), with the slice's own cost
    and the fall it causes in the mark under the rule in force (`mark_reach`).
    """
    events, p = result.events, result.params
    out = np.zeros(len(events), bool)
    reach = mark_reach(p)
    for n in np.flatnonzero((events["rule"] == Rule.SLICE) & (events["qty"] != 0.0)):
        e = events[n]
        share = abs(float(e["qty"] / e["base"]))
        if share >= 1.0 or e["base"] == 0.0 or e["account"] >= first_several(result):
            continue
        k, step = int(e["symbol"]), int(e["step"])
        side = 1.0 if e["base"] > 0.0 else -1.0
        depth = book_path(result, k).depth[step]
        x0 = displacement(float(e["level"]), depth, p.shape)
        x1 = displacement(float(e["level"] + e["net"]), depth, p.shape)
        theta = max(-side * (x1 - x0) * reach, 0.0)
        traded = abs(float(e["amount"]))
        cost = side * (float(e["mark"]) - float(e["price"])) / float(e["mark"])
        cost += float(e["fee"]) / traded if traded > 0.0 else 0.0
        notional = abs(float(e["base"])) * float(e["mark"])
        ratio = (float(e["quote"]) + float(e["base"]) * float(e["mark"])) / notional
        out[n] = ratio <= slice_toxicity_threshold(cost, share, theta, side=side)
    return out
