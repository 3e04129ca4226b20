"""Limits on trading as rows of the table of limits: circuit breaker, price band, outage."""

from collections.abc import Iterator

import numpy as np

from engine.changes.standing import Standing
from engine.core.breaker import moved, watched_price
from engine.core.price_band import reference_at
from engine.core.state import Rule


def trading_rows(here: Standing) -> Iterator[tuple]:
    """limit, scope, observed, threshold, unit, rule in words, event that last set it."""
    p = here.result.params
    for k, name in enumerate(here.result.compiled.symbols):
        if p.breaker_move > 0.0:
            yield breaker_row(here, k, name)
        if p.band > 0.0:
            yield band_row(here, k, name)
    if len(here.result.compiled.inputs.outages):
        yield outage_row(here)


def breaker_row(here: Standing, k: int, name: str) -> tuple:
    """The move within the window; in a halt the one that began it."""
    r, p, t = here.result, here.result.params, here.step
    numbers = _last(here, (Rule.HALT, Rule.RESUMPTION), k)
    last = r.events[numbers] if numbers >= 0 else None
    if last is not None and last["rule"] == Rule.HALT:
        until = int(last["step"]) + p.breaker_halt
        rule = f"trading is halted, until step {until:,}"
        return (
            "circuit breaker",
            name,
            float(last["value"]),
            p.breaker_move,
            "fraction",
            rule,
            numbers,
        )
    first = max(t - p.breaker_window, 0 if last is None else int(last["step"]))
    seen = [watched_price(s, k, p, r.mid, r.raw) for s in range(first, t + 1)]
    value = float(moved(seen[-1], max(seen), min(seen)))
    rule = f"trading is open; a larger move within {p.breaker_window:,} steps halts it"
    return "circuit breaker", name, value, p.breaker_move, "fraction", rule, numbers


def band_row(here: Standing, k: int, name: str) -> tuple:
    """How far the mid is from the reference, whichever way."""
    r, p, t = here.result, here.result.params, here.step
    reference = reference_at(t, k, p, r.compiled.inputs, r.raw)
    off = abs(float(r.mid[t, k]) / float(reference) - 1.0)
    rule = f"no order fills further from the {'mark' if p.band_on_mark else 'outside price'}"
    return "price band", name, off, p.band, "fraction", rule, _last(here, (Rule.BAND,), k)


def outage_row(here: Standing) -> tuple:
    """The step, against the next one at which the liquidation engine stops, or runs again."""
    rows, t = here.result.compiled.inputs.outages, here.step
    ends = rows.sum(axis=1)
    down = (rows[:, 0] <= t) & (t < ends)
    last = _last(here, (Rule.OUTAGE, Rule.OUTAGE_END), 0)
    if down.any():
        rule, following = "the liquidation engine stands still until then", ends[down].max()
    else:
        ahead = rows[rows[:, 0] > t, 0]
        rule, following = "the liquidation engine runs until then", ahead.min(initial=NEVER)
    at = np.inf if following == NEVER else float(following)
    return "outage", "the whole venue", float(t), at, "step", rule, last


NEVER = np.iinfo(np.int64).max


def _last(here: Standing, rules: tuple[Rule, ...], k: int) -> int:
    """The last event of these kinds in a symbol so far, -1 if there is none."""
    events = here.result.events[: here.number]
    mine = np.flatnonzero(np.isin(events["rule"], rules) & (events["symbol"] == k))
    return int(mine[-1]) if len(mine) else -1
