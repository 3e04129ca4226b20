"""Halts, outages and the price band, computed again from the log: both sides, and the words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.causes.attribution import Disagreement, book_path
from engine.core import breaker, price_band
from engine.core.state import Rule

if TYPE_CHECKING:
    from engine.explanation.sides import Inputs, Moment, Sides
    from engine.explanation.told import Explanation


def watched(m: Moment, step: int) -> float:
    """The price the breaker looked at in a step [tick/lot]."""
    r = m.result
    return float(breaker.watched_price(step, m.symbol, r.params, r.mid, r.raw))


def window(m: Moment) -> range:
    """Steps a halt looked back to: the window, but not before the last resumption."""
    events = m.result.events[: m.number]
    mine = (events["rule"] == Rule.RESUMPTION) & (events["symbol"] == m.symbol)
    last = int(events["step"][mine][-1]) if mine.any() else 0
    return range(max(m.step - m.result.params.breaker_window, last), m.step + 1)


def halt_sides(m: Moment) -> Sides:
    """The move within the window, found by looking at each of its prices again."""
    steps = window(m)
    prices = np.array([watched(m, step) for step in steps])
    price, high, low = float(prices[-1]), float(prices.max()), float(prices.min())
    fell = 1.0 - price / high >= price / low - 1.0
    reference = high if fell else low
    at = steps[int(np.flatnonzero(prices == reference)[-1])]
    if (at, reference) != (int(m.event["detail"]), m.get("price")):
        raise Disagreement(f"event {m.number}: the reference of the halt does not recompute")
    shown: Inputs = [
        ("price", m.price(price), "USD/coin"),
        ("highest", m.price(high), "USD/coin"),
        ("lowest", m.price(low), "USD/coin"),
        ("step of the reference", float(at), "step"),
        ("window", float(m.result.params.breaker_window), "step"),
    ]
    return breaker.moved(price, high, low), m.result.params.breaker_move, shown


def resumption_sides(m: Moment) -> Sides:
    """Steps since the halt, against its length."""
    halt = m.result.events[int(m.event["parent"])]
    since = float(m.step - halt["step"])
    shown: Inputs = [
        ("halted since", float(halt["step"]), "step"),
        ("price at the halt", m.price(watched(m, int(halt["step"]))), "USD/coin"),
        ("price", m.price(watched(m, m.step)), "USD/coin"),
    ]
    return since, float(m.result.params.breaker_halt), shown


def outage_sides(m: Moment) -> Sides:
    """The step, against the one that is scripted."""
    rows = m.result.compiled.inputs.outages
    length = int(m.event["detail"])
    if not ((rows[:, 0] == m.step) & (rows[:, 1] == length)).any():
        raise Disagreement(f"event {m.number}: no such outage is scripted")
    return float(m.step), float(m.step), [("duration", float(length), "step")]


def outage_end_sides(m: Moment) -> Sides:
    """Steps since the outage began, against its length."""
    start = m.result.events[int(m.event["parent"])]
    since = float(m.step - start["step"])
    return since, float(start["detail"]), [("down since", float(start["step"]), "step")]


def band_sides(m: Moment) -> Sides:
    """The worst price on the order's way through the book, against the edge of the band."""
    r, p, k = m.result, m.result.params, m.symbol
    inputs, sign = r.compiled.inputs, 1.0 if m.get("qty") > 0.0 else -1.0
    depth, f = book_path(r, k).depth[m.step], float(inputs.f[m.step, k])
    reference = price_band.reference_at(m.step, k, p, inputs, r.raw)
    if reference != m.get("price"):
        raise Disagreement(f"event {m.number}: the reference of the band does not recompute")
    value = price_band.worst_price(f, m.get("level"), m.get("net"), depth, sign, p)
    shown: Inputs = [
        *m.state(),
        ("reference", m.price(reference), "USD/coin"),
        ("band", p.band, "fraction"),
        ("side", sign, ""),
        ("held back", m.coin(abs(m.get("qty"))), "coin"),
        ("half the spread", p.half_spread, "fraction"),
    ]
    return value, price_band.band_edge(reference, sign, p), shown


def _seconds(m: Moment, steps: float) -> str:
    return f"{steps * m.result.scenario.world.dt:g} s"


def _gap(m: Moment, start: int, prices: np.ndarray) -> float:
    return float(prices[m.step, m.symbol] / prices[start, m.symbol] - 1.0)


def halt_sentence(m: Moment, e: Explanation) -> str:
    """How far the price moved, what moved it, and what the halt stops."""
    p, r = m.result.params, m.result
    price = "mark" if p.breaker_on_mark else "mid"
    forced = [part.amount for part in e.parts if part.kind == "forced"]
    share = f"{sum(forced):+z,.6g} USD a coin" if forced else "nothing"
    checks = "go on, and what they order waits" if p.halt_checks else "stop as well"
    return (
        f"The {price} of {r.compiled.symbols[m.symbol]} moved by {e.value:.3%} within "
        f"{_seconds(m, m.step - int(m.event['detail']))}; at {e.limit:.3%} within "
        f"{_seconds(m, p.breaker_window)} trading halts for {_seconds(m, p.breaker_halt)}. Of "
        f"{e.total:+z,.6g} USD a coin, {len(forced)} forced orders moved {share}. Margin checks "
        f"{checks}."
    )


def resumption_sentence(m: Moment, e: Explanation) -> str:
    """How far prices went meanwhile, and how many orders waited."""
    start = int(m.result.events[int(m.event["parent"])]["step"])
    outside = _gap(m, start, m.result.compiled.inputs.f)
    count = len(waited_for(m))
    orders = f"{count} forced order{'s' * (count != 1)} of before"
    return (
        f"Trading goes on after {_seconds(m, e.value)}. Meanwhile the outside price moved by "
        f"{outside:+z.3%} and the mid by {_gap(m, start, m.result.mid):+z.3%}. In this step "
        f"{orders} met the book."
    )


def outage_sentence(m: Moment, e: Explanation) -> str:
    """What stands still, and for how long."""
    return (
        f"The liquidation engine stands still for {_seconds(m, float(m.event['detail']))}: no "
        "margin is checked, no forced order is sent or filled. Everybody else goes on trading. The "
        "scenario sets it."
    )


def outage_end_sentence(m: Moment, e: Explanation) -> str:
    """How far the outside price went meanwhile."""
    start = int(m.result.events[int(m.event["parent"])]["step"])
    moved = _gap(m, start, m.result.compiled.inputs.f)
    return (
        f"The liquidation engine runs again after {_seconds(m, e.value)}. Meanwhile the outside "
        f"price moved by {moved:+z.3%}."
    )


def band_sentence(m: Moment, e: Explanation) -> str:
    """How far the order would have gone, and how much of it waits."""
    around = "mark" if m.result.params.band_on_mark else "outside price"
    side = "lower" if m.get("qty") < 0.0 else "upper"
    return (
        f"At once its order would fill at prices down to {e.value:,.6g}"
        if side == "lower"
        else f"At once its order would fill at prices up to {e.value:,.6g}"
    ) + (
        f"; the {side} edge of the price band is {e.limit:,.6g}, {m.result.params.band:.3%} from "
        f"the {around}. {m.coin(abs(m.get('qty'))):,.6g} coin wait for the next step."
    )


def waited_for(m: Moment) -> np.ndarray:
    """Fills of this step and symbol whose orders should have met the book before."""
    events, lag = m.result.events, m.result.params.order_lag
    here = (events["step"] == m.step) & (events["symbol"] == m.symbol)
    fills = np.flatnonzero(here & (events["rule"] == Rule.SLICE))
    return fills[events["step"][events["parent"][fills]] + lag < m.step]


def waited_line(m: Moment) -> str:
    """Why a forced order was filled later than its order latency; empty where it was not."""
    events, p = m.result.events, m.result.params
    if p.guarded == 0 or m.event["parent"] < 0 or m.number not in waited_for(m):
        return ""
    start = int(events[int(m.event["parent"])]["step"])
    before = events[: m.number]
    mine = (before["symbol"] == m.symbol) & (before["step"] >= start)
    held = np.flatnonzero(mine & (before["rule"] == Rule.BAND) & (before["account"] == m.account))
    stopped = np.flatnonzero(before["rule"] == Rule.OUTAGE)
    halted = np.flatnonzero((before["rule"] == Rule.HALT) & (before["symbol"] == m.symbol))
    told = f"It waited {_seconds(m, m.step - start - p.order_lag)}"
    if len(held):
        return f"{told}, as the price band had no room (event {held[-1]})."
    for kind, found, length in (
        ("a halt", halted, p.breaker_halt),
        ("an outage", stopped, None),
    ):
        if len(found):
            last = before[found[-1]]
            end = int(last["step"]) + (int(last["detail"]) if length is None else length)
            if start < end <= m.step:
                return f"{told}, for the end of {kind} (event {found[-1]})."
    return f"{told}."
