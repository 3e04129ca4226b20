"""Why a limit changed: the event that caused it, and the number in a sentence."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.causes.attribution import book_path
from engine.causes.halts import halt_causes
from engine.changes.heat import Heat, heat_at
from engine.core.credit import credit_at
from engine.core.state import Rule
from engine.record import Record


@dataclass(frozen=True)
class Cause:
    """`event` is the earlier event behind a change, -1 for the outside world."""

    event: int
    words: str


def cause_of(result: Record, number: int) -> Cause:
    """What changed a limit; `number` is an event that changed one."""
    return CAUSES[Rule(int(result.events[number]["rule"]))](result, number)


def _place(result: Record, number: int) -> tuple[int, int]:
    event = result.events[number]
    return int(event["symbol"]), int(event["step"])


def heat_words(heat: Heat) -> str:
    """How high volatility is, and where it came from."""
    return (
        f"volatility at {heat.ratio:.2f} times the usual one: {heat.outside:.0%} outside move, "
        f"{heat.own:.0%} the venue's own book, {heat.past:.0%} from before"
    )


def _volatility(result: Record, number: int) -> Cause:
    heat = heat_at(result, *_place(result, number))
    return Cause(heat.event if heat.own > heat.outside else -1, heat_words(heat))


def _depth(result: Record, number: int) -> Cause:
    k, step = _place(result, number)
    inputs = result.compiled.inputs
    share = book_path(result, k).depth[step] / float(inputs.depth[k])
    burst = float(inputs.cut[step, 0]) if len(inputs.cut) > 1 else 1.0
    now = f"the book is at {share:.0%} of its opening depth"
    if burst < 1.0:
        return Cause(-1, f"{now}: a cancel burst leaves {burst:.0%} of it")
    heat = heat_at(result, k, step)
    return Cause(heat.event if heat.own > heat.outside else -1, f"{now}: {heat_words(heat)}")


def _tier(result: Record, number: int) -> Cause:
    event, units = result.events[number], result.compiled.units
    notional = abs(float(event["base"])) * float(event["mark"]) * units.tick
    parent = int(event["parent"])
    if parent >= 0:
        return Cause(parent, f"a fill left a notional of {notional:,.0f} USD (event {parent})")
    mark = float(event["mark"]) / units.price
    return Cause(-1, f"the mark went to {mark:,.6g}, its notional to {notional:,.0f} USD")


def _correlation(result: Record, number: int) -> Cause:
    k, step = _place(result, number)
    j, inputs, p = int(result.events[number]["detail"]), result.compiled.inputs, result.params
    if len(inputs.rho) > 1:
        return Cause(-1, "set by the scenario")
    found = credit_at(step, result.raw, inputs.rho, p.sigma0, inputs.calm, p.rho_keep, p.notch)[2]
    last = result.raw[max(step - 1, 0)]
    moves = [f"{float(result.raw[step, s] / last[s] - 1.0):+z.2%}" for s in (k, j)]
    return Cause(
        -1, f"the venue's estimate is {float(found[k, j]):.2f} after moves of {' and '.join(moves)}"
    )


def _halt(result: Record, number: int) -> Cause:
    event = result.events[number]
    value, limit = float(event["value"]), float(event["limit"])
    kept = result.__dict__.get("_halt_causes")
    if kept is None:
        kept = result.__dict__["_halt_causes"] = np.full(len(result.events), -1, np.int64)
        halt_causes(result, kept)
    return Cause(
        int(kept[number]), f"the price moved {value:.2%} within the window; {limit:.2%} is allowed"
    )


def _resumption(result: Record, number: int) -> Cause:
    event = result.events[number]
    return Cause(int(event["parent"]), f"{float(event['value']):g} steps after the halt")


def _outage(result: Record, number: int) -> Cause:
    length = int(result.events[number]["detail"])
    return Cause(-1, f"set by the scenario, for {length:,} step{'s' * (length != 1)}")


def _outage_end(result: Record, number: int) -> Cause:
    event = result.events[number]
    return Cause(int(event["parent"]), f"{float(event['value']):g} steps after it began")


def _band(result: Record, number: int) -> Cause:
    event, units = result.events[number], result.compiled.units
    lots, price = abs(float(event["qty"])) * units.lot, float(event["price"]) / units.price
    around = "mark" if result.params.band_on_mark else "outside price"
    return Cause(
        int(event["parent"]),
        f"the forced order of event {event['parent']} is larger than the book within "
        f"{result.params.band:.2%} of the {around} of {price:,.6g}: {lots:,.6g} coin of it wait",
    )


CAUSES: dict[Rule, Callable[[Record, int], Cause]] = {
    Rule.VOLATILITY_ADDON: _volatility,
    Rule.DEPTH_PUBLISHED: _depth,
    Rule.LIMIT_CHANGE: _tier,
    Rule.CORRELATION_CHANGE: _correlation,
    Rule.HALT: _halt,
    Rule.RESUMPTION: _resumption,
    Rule.OUTAGE: _outage,
    Rule.OUTAGE_END: _outage_end,
    Rule.BAND: _band,
}
