"""Why this much was cut, how it filled, and what would have prevented it, in numbers."""

from dataclasses import dataclass

from engine.causes.attribution import book_path, movements
from engine.core.book import average_displacement, displacement, volume_at_end
from engine.core.cut import Why, plan_cut
from engine.core.margin import collateral_to_hold, leverage_to_hold, maintenance, size_to_hold
from engine.core.state import Rule
from engine.explanation.leg_cuts import Remedy, leg_cut_lines, leg_remedies
from engine.explanation.sides import Moment

BAND = 0.0001  # displacement covered by one band of fills: 1 bp
# Orders that meet the book.
IN_BOOK = (Rule.SLICE, Rule.UNWIND, Rule.COLLATERAL_SALE, Rule.CROWD, Rule.REDUCTION)


@dataclass(frozen=True)
class Fill:
    """Part of an order that filled within one basis point of displacement."""

    band_bp: float  # displacement at the end of the band
    quantity: float  # coin
    price: float  # USD per coin


REASONS = {
    Why.MARKET: "The policy closes the whole position at once.",
    Why.NEGATIVE: "Equity is below zero, so the whole position is closed.",
    Why.SMALL: "The position is smaller than the least slice, so all of it is closed.",
    Why.LAST_TIER: "There is no lower tier, so the whole position is closed.",
    Why.HOPELESS: "No cut restores the buffer: closing costs more than the requirement it frees. "
    "The whole position is closed.",
    Why.FRACTION: "The policy closes a fixed share of the position.",
    Why.TIER: "The cut brings the position into the next lower tier.",
    Why.BUFFER: "This is the least cut that restores the buffer after expected cost.",
    Why.CAPPED_FRACTION: "The cut is capped at the largest share of a position closed at once.",
    Why.CAPPED_DEPTH: "The cut is capped at a share of the book's depth.",
}


def planned(m: Moment) -> tuple[float, Why]:
    """The cut a trigger asks for [lot], by the kernel's own sizing rule."""
    p, inputs = m.result.params, m.result.compiled.inputs
    value, _ = m.margin(m.get("quote"), m.get("base"))
    depth = book_path(m.result, m.symbol).depth[m.step]
    lots, why = plan_cut(
        p.policy, p.variant, p.fraction, p.buffer, p.depth_share, p.min_slice, p.cost_rate,
        value, m.get("base"), m.get("mark"), m.tier(m.get("base")), depth,
        inputs.floors, m.rates(m.get("base")), inputs.deductions,
    )  # fmt: skip
    return float(lots), Why(int(why))


def cut_lines(m: Moment) -> tuple[str, ...]:
    """The arithmetic of a cut, one line a step of it."""
    rule = Rule(int(m.event["rule"]))
    if rule == Rule.MAINTENANCE:
        return _trigger_lines(m)
    if rule == Rule.SLICE:
        return _slice_lines(m)
    if rule == Rule.AUCTION_TAKE:
        left = m.coin(abs(m.get("base") + m.get("qty")))
        if left == 0.0:
            return ("It took all that was on offer.",)
        return (f"The liquidator took what its capital allows; {left:,.6g} coin stay on offer.",)
    return ()


def _trigger_lines(m: Moment) -> tuple[str, ...]:
    plan, p = m.result.scenario.liquidation, m.result.params
    if m.several:
        return leg_cut_lines(m, REASONS)
    lots, why = planned(m)
    held = abs(m.get("base"))
    if m.result.policy == "auction":
        return (
            "The policy offers the whole position at auction.",
            f"On offer: {m.coin(lots):,.6g} of {m.coin(held):,.6g} coin.",
        )
    lines = [REASONS[why]]
    if why in (Why.BUFFER, Why.CAPPED_FRACTION, Why.CAPPED_DEPTH) and plan.variant == "buffer":
        value, need = m.margin(m.get("quote"), m.get("base"))
        target = (1.0 + p.buffer) * need
        rate = m.rates(m.get("base"))[m.tier(m.get("base"))]
        freed = (1.0 + p.buffer) * rate - p.cost_rate
        lines.append(
            f"Target: {1.0 + p.buffer:g} x maintenance = {m.usd(target):,.2f} USD; "
            f"missing {m.usd(target - value):,.2f} USD."
        )
        lines.append(
            f"Each USD closed frees {1.0 + p.buffer:g} x {rate:.4g} - {p.cost_rate:.4g} (cost) "
            f"= {freed:.4g} USD."
        )
    if why == Why.CAPPED_FRACTION or why == Why.FRACTION:
        lines.append(f"Cap: {p.fraction:.4g} of {m.coin(held):,.6g} coin.")
    if why == Why.CAPPED_DEPTH:
        depth = book_path(m.result, m.symbol).depth[m.step]
        lines.append(f"Cap: {p.depth_share:g} x depth {m.coin(depth):,.6g} coin per 1 %.")
    lines.append(f"Cut: {m.coin(lots):,.6g} of {m.coin(held):,.6g} coin.")
    return tuple(lines)


def _slice_lines(m: Moment) -> tuple[str, ...]:
    if m.event["detail"] < 0:
        return ("No winner had profit left to give: the rest was forced into the book.",)
    asked = m.result.events[int(m.event["parent"])]
    wanted = abs(float(asked["qty"])) if asked["rule"] == Rule.MAINTENANCE else abs(m.get("base"))
    done = abs(m.get("qty"))
    if done >= wanted:
        return (f"The whole order of {m.coin(wanted):,.6g} coin was filled.",)
    return (
        f"{m.coin(done):,.6g} of {m.coin(wanted):,.6g} coin were filled: more would have cost the "
        "account more than its own money and the insurance fund hold, or the book ended.",
    )


def fills(m: Moment) -> tuple[Fill, ...]:
    """How an order was filled, in bands of 1 bp of displacement.

    Orders of one step share one price, so each gets the same share of every band.
    """
    rule = Rule(int(m.event["rule"]))
    if rule not in IN_BOOK or m.get("qty") == 0.0 or m.event["detail"] < 0:
        return ()
    p, level, net = m.result.params, m.get("level"), m.get("net")
    depth = book_path(m.result, m.symbol).depth[m.step]
    f = float(m.result.compiled.inputs.f[m.step, m.symbol])
    spread = p.half_spread * f * (-1.0 if m.get("qty") < 0.0 else 1.0)
    out, here, x = [], level, displacement(level, depth, p.shape)
    last = displacement(level + net, depth, p.shape)
    if net == 0.0 or x == last:
        return (Fill(x * 1e4, m.coin(m.get("qty")), m.price(f * (1.0 + x) + spread)),)
    way = 1.0 if net > 0.0 else -1.0
    while here != level + net:
        x += way * BAND
        there = level + net if (last - x) * way <= 1e-12 else volume_at(x, depth, p.shape)
        mean = average_displacement(here, there - here, depth, p.shape)
        quantity = m.coin(m.get("qty") * ((there - here) / net))
        shown = displacement(there, depth, p.shape) * 1e4
        out.append(Fill(float(shown), quantity, m.price(f * (1.0 + mean) + spread)))
        here = there
    return tuple(out)


def volume_at(x: float, depth: float, shape: int) -> float:
    """Consumed volume [lot] at a displacement, the inverse of `displacement`."""
    end = volume_at_end(depth, shape)
    size = abs(x) / 0.01 * depth if shape == 1 else (abs(x) / 0.01) ** 2 * depth
    return min(size, end) * (1.0 if x >= 0.0 else -1.0)


def remedies(m: Moment) -> tuple[Remedy, ...]:
    """What would have avoided a first margin trigger, by closed form, with the path as it was.

    An account that has not traded yet has not moved the price, so changing its own collateral,
    size or leverage leaves the path alone and the closed form is exact; of one that paid funding
    that is true of its collateral. Each answer is put back into the margin test before it is told.
    """
    moved = {move["rule"] for move in movements(m.result, m.account, m.number)}
    if m.event["rule"] != Rule.MAINTENANCE or moved - {Rule.FUNDING}:
        return ()
    if m.several:
        return leg_remedies(m) if m.event["parent"] < 0 and not moved else ()
    inputs = m.result.compiled.inputs
    quote, base, mark = m.get("quote"), m.get("base"), m.get("mark")
    entry, tier = float(inputs.entry[m.account]), m.tier(m.get("base"))
    rates = m.rates(base)
    rate, deduction = float(rates[tier]), float(inputs.deductions[tier])
    collateral = quote + base * entry
    missing = collateral_to_hold(quote, base, mark, m.margin(quote, base)[1])
    found = [
        Remedy(
            "collateral", m.usd(missing), "USD",
            f"More than {m.usd(missing):,.2f} USD of extra collateral.",
        )
    ]  # fmt: skip
    if moved:  # a payment grows with the size, so the forms below are not exact
        return tuple(found)
    size = size_to_hold(collateral + deduction, m.side, entry, mark, rate)
    need = maintenance(size * mark, tier, rates, inputs.deductions)
    holds = collateral - size * m.side * (entry - mark) >= need - 1.0
    if 0.0 < size < abs(base) and holds and m.tier(size) == tier:
        found.append(
            Remedy(
                "size", m.coin(size), "coin",
                f"A position below {m.coin(size):,.6g} coin instead of {m.coin(abs(base)):,.6g}.",
            )
        )  # fmt: skip
        if deduction == 0.0:
            most = leverage_to_hold(m.side, entry, mark, rate)
            was = abs(base) * entry / collateral
            found.append(
                Remedy("leverage", most, "x", f"Leverage below {most:.4g} instead of {was:.4g}.")
            )
    return tuple(found)
