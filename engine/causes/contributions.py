"""Where the loss of an account with several legs came from, leg by leg, and what it followed from.

Every part of `engine.causes.attribution` is taken for each leg. Coins held as collateral count less
their haircut, so their gains do too, and a sale of theirs sets the haircut free: a part of its own.
"""

from fractions import Fraction

import numpy as np

from engine.causes import attribution
from engine.causes.attribution import Disagreement, Part
from engine.causes.halts import halt_causes, halt_parts
from engine.core.attribution import impulse_weights
from engine.core.attribution import outside_at as outside_of_mark
from engine.core.state import Rule
from engine.log.addons import in_force
from engine.log.legs import (
    Account,
    column_of,
    correlations,
    first_several,
    holdings,
    is_several,
)
from engine.record import Record


def account_before(result: Record, number: int, step: int | None = None) -> Account:
    """The account of an event just before it, at the marks the event was tested at."""
    row, symbols = int(result.events[number]["account"]), result.mid.shape[1]
    quote, base = float(result.compiled.quote[row]), result.compiled.base[row].copy()
    for m in attribution.movements(result, row, number):
        quote += m["received"] - m["fee"]
        base[column_of(m, symbols)] += m["qty"]
    marks = result.raw[attribution.check_step(result, number)].copy()
    rho, addon = correlations(result, number, step), in_force(result, number)
    return Account(result, row, quote, base, marks, rho, addon)


def loss_parts(result: Record, number: int) -> tuple[list[Part], float]:
    """Parts of the change of equity [USD] since entry, and the change itself.

    Of a halt: of the move of the price [USD/coin] that it answers to.
    """
    if result.events[number]["rule"] == Rule.HALT:
        return halt_parts(result, number)
    if is_several(result, int(result.events[number]["account"])):
        return several_parts(result, number)
    return attribution.loss_parts(result, number)


def causes(result: Record) -> np.ndarray:
    """For each event the earlier event that contributed most to it, -1 for the outside world."""
    out = attribution.causes(result)
    several_causes(result, out)
    halt_causes(result, out)
    return out


def pushed(result: Record, number: int) -> np.ndarray:
    """Later margin triggers that an event tipped over; see `engine.causes.attribution.pushed`."""
    if result.events[number]["rule"] in (Rule.CORRELATION_CHANGE, Rule.REQUIREMENT_CHANGE):
        return tipped_by_credit(result, number)
    return attribution.pushed(result, number)


def several_parts(result: Record, number: int) -> tuple[list[Part], float]:
    """Parts of the change of equity [USD] since entry over all legs, and the change itself."""
    event, symbols, opening = result.events[number], result.mid.shape[1], result.compiled
    row, counted = int(event["account"]), 1.0 - result.params.haircut
    entries = opening.inputs.legs[row - first_several(result)]
    quote, base = float(opening.quote[row]), opening.base[row].copy()
    splits = [attribution.Split(result, k) for k in range(symbols)]
    for k in range(symbols):
        splits[k].single["before"] = (result.raw[0, k] - entries[k]) * base[k]
    before = np.append(entries, result.raw[0])[: len(base)]
    start = exact_worth(quote, base, before, symbols, counted)
    for m in attribution.movements(result, row, number):
        split, column = splits[m["symbol"]], m["symbol"]
        if m["rule"] == Rule.COLLATERAL_SALE:
            column += symbols
            quote, base[column] = split.sell(m, quote, base[column], counted)
        else:
            quote, base[column] = split.move(m, quote, base[column])
    attribution.same("cash", number, quote, event["quote"])
    attribution.same("position", number, base[column_of(event, symbols)], event["base"])
    step = attribution.check_step(result, number)
    attribution.same("mark", number, result.raw[step, int(event["symbol"])], event["mark"])
    for k in range(len(base)):
        lots = base[k] if k < symbols else base[k] * counted
        splits[k % symbols].hold(int(event["step"]), step, lots)
    now = np.append(result.raw[step], result.raw[step])[: len(base)]
    total = float(exact_worth(quote, base, now, symbols, counted) - start)
    tick = opening.units.tick
    parts = [part for split in splits for part in split.parts(tick, opening.symbols[split.k])]
    off = abs(sum(part.amount for part in parts) - total * tick)
    if off > 1e-9 * max(sum(abs(part.amount) for part in parts), tick):
        raise Disagreement(f"event {number}: the parts of the loss miss the total by {off:g} USD")
    return parts, total * tick


def exact_worth(
    quote: float, base: np.ndarray, prices: np.ndarray, symbols: int, counted: float
) -> Fraction:
    """Equity [tick] without any rounding: legs that offset each other would lose its digits."""
    worth = Fraction(quote)
    for k, (lots, price) in enumerate(zip(base.tolist(), prices.tolist(), strict=True)):
        weight = Fraction(counted) if k >= symbols else Fraction(1)
        worth += weight * Fraction(lots) * Fraction(price)
    return worth


def several_causes(result: Record, out: np.ndarray) -> None:
    """Fill `out` (E,) for the margin triggers of accounts with several legs.

    The largest of: one forced order's push on all legs, the outside move of all legs, and what
    changes of correlation added to the requirement, then told by the largest of them.
    """
    events, first = result.events, first_several(result)
    triggers = np.flatnonzero((events["rule"] == Rule.MAINTENANCE) & (events["account"] >= first))
    if not len(triggers):
        return
    lead = triggers[events["parent"][triggers] < 0]
    rest = triggers[events["parent"][triggers] >= 0]
    out[rest] = events["parent"][rest]
    moved = np.flatnonzero(events["rule"] == Rule.REQUIREMENT_CHANGE)
    pushes = _Pushes(result)
    for number, base in zip(lead, holdings(result, lead), strict=True):
        row, step = int(events[number]["account"]), attribution.check_step(result, int(number))
        flow, outside = pushes.at(step, base)
        cause, least = -1, min(outside, 0.0)
        if len(flow) and flow.min() < least:
            cause = int(flow.argmin())
            least = float(flow[cause])
        own = moved[(events["account"][moved] == row) & (moved < number)]
        raised = events["value"][own] - events["limit"][own]
        if len(own) and -raised.sum() < least:
            cause = int(own[raised.argmax()])
        out[number] = cause


class _Pushes:
    """What forced orders and the outside world did to the marks of a step, kept for that step."""

    def __init__(self, result: Record):
        self.result, self.step = result, -1
        self.flow: list[np.ndarray] = []
        self.outside: list[float] = []

    def at(self, step: int, base: np.ndarray) -> tuple[np.ndarray, float]:
        """Change of equity [tick] of positions `base` by each event, and by the outside world."""
        r, symbols = self.result, self.result.mid.shape[1]
        if step != self.step:
            self.step, self.flow, self.outside = step, [], []
            early = int(np.searchsorted(r.events["step"], step))
            for k in range(symbols):
                market = (step, k, r.params, r.compiled.inputs, r.mid, r.raw)
                weights = np.zeros(step + 1)
                impulse_weights(*market, weights)
                events = r.events[:early]
                mine = np.where(events["symbol"] == k, attribution.book_path(r, k).dx[:early], 0.0)
                self.flow.append(mine * weights[events["step"]])
                outside = outside_of_mark(*market) - r.compiled.inputs.f[0, k]
                self.outside.append(float(outside))
        flow = sum((base[k] * self.flow[k] for k in range(symbols)), np.zeros(len(self.flow[0])))
        return flow, sum(base[k] * self.outside[k] for k in range(symbols))


def tipped_by_credit(result: Record, number: int) -> np.ndarray:
    """Margin triggers of the same step that a change of correlation tipped over.

    At the requirement of before the change the account would still have been above it.
    """
    events, event = result.events, result.events[number]
    same = np.flatnonzero(events["step"] == event["step"])
    changed = same[events["rule"][same] == Rule.REQUIREMENT_CHANGE]
    if event["rule"] == Rule.REQUIREMENT_CHANGE:
        changed = changed[changed == number]
    before = {int(events[n]["account"]): float(events[n]["limit"]) for n in changed}
    triggers = same[(events["rule"][same] == Rule.MAINTENANCE) & (events["parent"][same] < 0)]
    return np.array(
        [n for n in triggers if events[n]["value"] > before.get(int(events[n]["account"]), np.inf)],
        np.int64,
    )
