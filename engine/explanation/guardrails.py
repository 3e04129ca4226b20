"""Add-ons and caps, computed again from the log: both sides, and the words for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.causes import attribution
from engine.changes.heat import Heat, heat_at
from engine.core.addons import next_notch, published_share
from engine.core.caps import opened_on
from engine.core.ledger import ticks_of
from engine.core.tiers import added_rate
from engine.log.addons import in_force
from engine.log.legs import is_several

if TYPE_CHECKING:
    from engine.explanation.sides import Inputs, Moment, Sides


def added(m: Moment, base: float) -> float:
    """Rate the add-ons in force at the event add for a position of its symbol."""
    inputs = m.result.compiled.inputs
    return float(added_rate(base, m.symbol, inputs, in_force(m.result, m.number)))


def volatility_sides(m: Moment) -> Sides:
    """The rate of the notch that realised volatility has reached, against the one before."""
    r, inputs, k = m.result, m.result.compiled.inputs, m.symbol
    now = in_force(r, m.number)[k]
    usual = r.params.sigma0 * float(inputs.calm[k])
    heat = float(r.sigma[m.step, k]) / usual
    since = m.step - int(now["risen"])
    level = next_notch(heat, int(now["level"]), since, r.params.volatility_hold, inputs.notches)
    rate = float(inputs.notches[level - 1, 1]) if level else 0.0
    shown: Inputs = [
        ("volatility a step", float(r.sigma[m.step, k]), "fraction"),
        ("usual volatility a step", usual, "fraction"),
        ("multiple", heat, ""),
        ("notch", float(level), ""),
        ("notch before", float(now["level"]), ""),
    ]
    for n, (multiple, notch) in enumerate(inputs.notches.tolist(), 1):
        shown += [(f"notch {n} from", multiple, ""), (f"notch {n} adds", notch, "fraction")]
    return rate, float(now["rate"]), shown + effect(m)


def depth_sides(m: Moment) -> Sides:
    """The share of the opening depth that is published, against the one before."""
    r, k = m.result, m.symbol
    before, notch = float(in_force(r, m.number)[k]["share"]), r.params.depth_notch
    full = float(r.compiled.inputs.depth[k])
    depth = attribution.book_path(r, k).depth[m.step]
    share = float(published_share(depth / full, before, notch))
    shown: Inputs = [
        ("depth now", m.coin(depth), "coin"),
        ("depth at the opening", m.coin(full), "coin"),
        ("share now", float(depth / full), "fraction"),
        ("notch", notch, "fraction"),
    ]
    for n, (large, rate) in enumerate(r.compiled.inputs.large.tolist(), 1):
        shown += [
            (f"add-on {n} from now on above", m.coin(large * share * full), "coin"),
            (f"add-on {n}", rate, "fraction"),
        ]
    return share, before, shown + effect(m)


def effect(m: Moment) -> Inputs:
    """What the change did at the same prices."""
    return [
        ("requirement moved by", m.usd(m.get("level")), "USD"),
        ("accounts due by it", m.get("net"), ""),
    ]


def cap_sides(m: Moment) -> Sides:
    """Notional asked, against what the cap lets the money behind it open."""
    cap = m.result.params.leverage_cap
    if m.event["detail"] == 0:
        value, money = opened_with(m)
        limit, beside = cap * max(money, 0.0), value - m.get("level") * m.get("price")
    else:
        money, beside = money_of(m)
        value, limit = beside + m.get("level") * m.get("price"), cap * max(money, 0.0)
    shown = [*asked(m), ("money behind it", m.usd(money), "USD"), ("largest leverage", cap, "1")]
    return value, limit, [*shown, ("other positions", m.usd(beside), "USD")]


def opened_with(m: Moment) -> tuple[float, float]:
    """Notional that an account asked for at the opening, all its legs, and its collateral."""
    inputs, legs = m.result.compiled.inputs, len(m.result.compiled.inputs.legs)
    single, symbols = len(inputs.symbol) - legs, m.result.mid.shape[1]
    if m.account < single:
        money = m.get("quote") + ticks_of(m.get("base"), m.get("price"))
        return m.get("level") * m.get("price"), float(money)
    row = m.account - single
    wanted = inputs.asked[single + row * symbols : single + (row + 1) * symbols]
    base = m.result.compiled.base[m.account]
    opened = getattr(opened_on, "py_func", opened_on)
    gross, money = opened(wanted, m.get("quote"), base, inputs.legs[row], m.result.params, inputs)
    return float(gross), float(money)


def exposure_sides(m: Moment) -> Sides:
    """Notional asked in a symbol, against the largest one."""
    return m.get("level") * m.get("price"), m.result.params.exposure_limit, asked(m)


def asked(m: Moment) -> Inputs:
    """What was asked, and what was opened."""
    return [
        ("asked", m.coin(m.get("level")), "coin"),
        ("allowed", m.coin(m.get("net")), "coin"),
        ("price", m.price(m.get("price")), "USD/coin"),
    ]


def money_of(m: Moment) -> tuple[float, float]:
    """Equity of a trader of the crowd at the mids, and the notional of its other positions."""
    r, row = m.result, m.account
    quote, base = float(r.compiled.quote[row]), r.compiled.base[row].copy()
    for move in attribution.movements(r, row, m.number):
        quote += move["received"] - move["fee"]
        base[move["symbol"]] += move["qty"]
    other = 0.0
    for j in range(r.mid.shape[1]):
        quote += base[j] * r.mid[m.step, j]
        if j != m.symbol:
            other += abs(base[j]) * r.mid[m.step, j]
    return float(quote), float(other)


def volatility_sentence(value: float, limit: float, m: Moment) -> str:
    """What is added now, why, and what it did at the same prices."""
    heat = heat_at(m.result, m.symbol, m.step)
    name = m.result.compiled.symbols[m.symbol]
    return (
        f"Every position in {name} needs {value:.3%} more than its tier from now on; before, it "
        f"was {limit:.3%} more. Realised volatility is {heat.ratio:.2f} times the usual one: "
        f"{heat_words(heat)}. {at_same_prices(m)}"
    )


def heat_words(heat: Heat) -> str:
    """Where the volatility came from."""
    told = (
        f"{heat.outside:.0%} of it is the outside move, {heat.own:.0%} the venue's own book, "
        f"{max(heat.past, 0.0):.0%} the estimate at the opening"
    )
    return told if heat.event < 0 else f"{told}; the order that added most is event {heat.event}"


def depth_sentence(value: float, limit: float, m: Moment) -> str:
    """Which depth is published now and what thinned the book."""
    inputs, name = m.result.compiled.inputs, m.result.compiled.symbols[m.symbol]
    burst = float(inputs.cut[m.step, 0]) if len(inputs.cut) > 1 else 1.0
    heat = heat_at(m.result, m.symbol, m.step)
    why = f"Volatility is {heat.ratio:.2f} times the usual one: {heat_words(heat)}."
    if burst < 1.0:
        why = f"A cancel burst leaves {burst:.0%} of the book. {why}"
    return (
        f"The depth of {name} that counts is published as {value:.0%} of the opening depth; "
        f"before, it was {limit:.0%}. {why} A position is large against a smaller book without "
        f"growing. {at_same_prices(m)}"
    )


def at_same_prices(m: Moment) -> str:
    """The risk a change created."""
    moved, due = m.usd(m.get("level")), int(m.get("net"))
    way = "more" if moved >= 0.0 else "less"
    told = f"At the same prices all accounts together need {abs(moved):,.2f} USD {way}"
    if due == 0:
        return told + "; nobody is due by that alone."
    return told + f"; by that alone {due} account{'s are' if due > 1 else ' is'} due."


def cap_sentence(value: float, limit: float, m: Moment) -> str:
    """What was asked, and how much of it was opened."""
    kind = "the leverage cap" if m.event["rule"] == 32 else "the exposure limit"
    legs = m.event["rule"] == 32 and m.event["detail"] == 0 and is_several(m.result, m.account)
    return (
        f"It asked for a notional of {value:,.2f} USD{' in all its coins' if legs else ''}; {kind} "
        f"allows {limit:,.2f} USD. "
        f"{m.coin(m.get('net')):,.6g} of {m.coin(m.get('level')):,.6g} coin are let open."
    )


def addon_words(m: Moment, base: float) -> str:
    """Which add-ons a position bears, and the events that set them."""
    rate = added(m, base)
    if rate == 0.0:
        return "No add-on."
    events = m.result.events[: m.number]
    mine = np.isin(events["rule"], (30, 31)) & (events["symbol"] == m.symbol)
    last = np.flatnonzero(mine)
    since = f", last changed by event {last[-1]}" if len(last) else ""
    volatility = float(in_force(m.result, m.number)[m.symbol]["rate"])
    return (
        f"Add-ons of {rate:.3%}{since}: {volatility:.3%} for volatility, "
        f"{rate - volatility:.3%} for its share of the book."
    )
