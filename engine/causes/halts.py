"""What moved the price of a symbol to the point where its circuit breaker halted trading."""

from dataclasses import replace

import numpy as np

from engine.causes.attribution import Disagreement, Part, Split
from engine.core.state import Rule
from engine.record import Record


def _split(result: Record, number: int) -> tuple[Split, float]:
    """Parts [tick/lot] of the move from the reference of a halt to the price it saw, and the move.

    As for the loss of an account, of one lot held from the one step to the other. A breaker that
    looks at the mid sees a mark of the rule `last`.
    """
    event, p = result.events[number], result.params
    step, start, k = int(event["step"]), int(event["detail"]), int(event["symbol"])
    seen = result
    if not p.breaker_on_mark:
        seen = replace(result, params=p._replace(rule=0, lag=0), raw=result.mid)
        seen.__dict__["_paths"] = result.__dict__.setdefault("_paths", {})
    now, then = max(step - seen.params.lag, 0), max(start - seen.params.lag, 0)
    split = Split(seen, k)
    split.hold(step, now, 1.0)
    split.hold(start, then, -1.0)
    return split, float(seen.raw[now, k]) - float(seen.raw[then, k])


def halt_parts(result: Record, number: int) -> tuple[list[Part], float]:
    """Parts of the move of the price [USD/coin] that halted trading, and the move itself."""
    split, move = _split(result, number)
    scale = 1.0 / result.compiled.units.price
    parts = split.parts(scale)
    off = abs(sum(part.amount for part in parts) - move * scale)
    # A move that is itself the rounding of two prices has no more digits than they have.
    noise = 1e-12 * float(result.raw[int(result.events[number]["step"])].max()) * scale
    if off > max(1e-9 * max(sum(abs(part.amount) for part in parts), scale), noise):
        raise Disagreement(f"event {number}: the parts of the move miss it by {off:g} USD a coin")
    return parts, move * scale


def halt_causes(result: Record, out: np.ndarray) -> None:
    """Fill `out` (E,) for halts: the order that moved the price furthest that way.

    The outside world (-1) where it moved the price further than any single order.
    """
    for number in np.flatnonzero(result.events["rule"] == Rule.HALT):
        split, move = _split(result, int(number))
        side = 1.0 if move > 0.0 else -1.0
        outside = side * (split.single["outside"] + split.single["lag"])
        pushes = side * split.flow
        largest = int(pushes.argmax())
        out[number] = largest if pushes[largest] > max(outside, 0.0) else -1
