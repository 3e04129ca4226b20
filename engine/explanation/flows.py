"""Funding and the crowd, computed again from the log: both sides, and the words for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.causes import attribution
from engine.core import crowd, funding, price_band
from engine.core.caps import within_caps
from engine.core.state import Row, Rule

if TYPE_CHECKING:
    from engine.explanation.sides import Inputs, Moment, Sides


def funding_sides(m: Moment) -> Sides:
    """The rate before its cap from the premiums the run recorded, against the cap."""
    r, p, inputs = m.result, m.result.params, m.result.compiled.inputs
    place = int(np.searchsorted(inputs.settle, m.step))
    depth = attribution.book_path(r, m.symbol).depth[m.step]
    rate, premium = funding.rate_at(place, m.symbol, depth, p, inputs, r.mid)
    index = np.rint(funding.capped(rate, p.funding_cap) * m.get("mark"))
    if (premium, index) != (m.get("net"), m.get("price")):
        raise attribution.Disagreement(f"event {m.number}: the funding index does not recompute")
    scripted = not np.isnan(inputs.script[place, m.symbol])
    shown: Inputs = [
        ("average premium", float(premium), "fraction"),
        ("interest", p.funding_interest, "fraction"),
        ("clamp", p.funding_clamp, "fraction"),
        ("part of the rate", p.funding_share, "fraction"),
        ("scripted", float(scripted), ""),
        ("price", m.price(m.get("mark")), "USD/coin"),
        ("index", m.usd(m.get("price")) / m.coin(1.0), "USD/coin"),
        ("coins of all longs", m.coin(m.get("level")), "coin"),
        ("positions", float(m.event["detail"]), ""),
    ]
    return rate, p.funding_cap, shown


def crowd_sides(m: Moment) -> Sides:
    """What the trader saw at the start of its turn, put through its own rule again."""
    r, p, k = m.result, m.result.params, m.symbol
    who = m.account - r.accounts - Row.LIQUIDATOR - p.liquidators
    turn, usual = first_of_turn(m), p.sigma0 * r.compiled.inputs.calm
    quote, base = balances_before(m, turn)
    average, rate = average_at(m), last_rate(m, turn)
    qty, why, value, limit = crowd.plan(
        who, k, r.mid[m.step], r.sigma[m.step], usual, average, rate, quote, base, p
    )
    depth = attribution.book_path(r, k).depth[m.step]
    if p.leverage_cap > 0.0 or p.exposure_limit > 0.0:
        money, held = balances_before(m, m.number)
        qty = within_caps(k, qty, money, held, r.mid[m.step], p)
    qty = crowd.within_book(qty, m.get("level"), depth, p)
    if p.band > 0.0:
        reference = price_band.reference_at(m.step, k, p, r.compiled.inputs, r.raw)
        f = r.compiled.inputs.f[m.step, k]
        qty = price_band.within_band(qty, f, m.get("level"), depth, reference, p)
    if (qty, why) != (m.get("qty"), int(m.event["detail"])):
        raise attribution.Disagreement(f"event {m.number}: the order does not recompute")
    worth, gross = crowd.worth_of(quote, base, r.mid[m.step])
    sigma = float(r.sigma[m.step, k])
    shown: Inputs = [
        ("cash", m.usd(quote), "USD"),
        ("position", m.coin(base[k]), "coin"),
        ("mid", m.price(m.get("mark")), "USD/coin"),
        ("equity", m.usd(worth), "USD"),
        ("gross notional", m.usd(gross), "USD"),
        ("average of mid", m.price(average), "USD/coin"),
        ("last funding rate", rate, "fraction"),
        ("volatility over the usual", sigma / usual[k], ""),
        ("appetite", float(crowd.appetite(sigma, usual[k], p)), "fraction"),
        ("traded", m.coin(m.get("qty")), "coin"),
    ]
    return value, limit, shown


def first_of_turn(m: Moment) -> int:
    """The first order of the crowd in this step: all decided before it."""
    events = m.result.events
    start = int(np.searchsorted(events["step"], m.step))
    return start + int(np.argmax(events["rule"][start:] == Rule.CROWD))


def balances_before(m: Moment, turn: int) -> tuple[float, np.ndarray]:
    """Cash [tick] and positions (K,) [lot] of the trader just before an event."""
    opening = m.result.compiled
    quote, base = float(opening.quote[m.account]), opening.base[m.account].copy()
    for move in attribution.movements(m.result, m.account, turn):
        quote += move["received"] - move["fee"]
        base[move["symbol"]] += move["qty"]
    return quote, base


def average_at(m: Moment) -> float:
    """The trend followers' average, with the mid of this turn in it."""
    p, average = m.result.params, float(m.result.compiled.inputs.f[0, m.symbol])
    for t in range(p.crowd_every, m.step + 1, p.crowd_every):
        average = crowd.next_average(average, float(m.result.mid[t, m.symbol]), p)
    return float(average)


def last_rate(m: Moment, turn: int) -> float:
    """The rate of the last settlement before the turn; zero before the first."""
    events = m.result.events[:turn]
    mine = np.flatnonzero((events["rule"] == Rule.FUNDING) & (events["symbol"] == m.symbol))
    if not len(mine):
        return 0.0
    return float(funding.capped(float(events["value"][mine[-1]]), m.result.params.funding_cap))


def funding_sentence(rate: float, cap: float, m: Moment) -> str:
    """Who paid whom, at which rate, and how much."""
    paid = funding.capped(rate, cap)
    price, longs = m.get("price"), m.get("level")
    total = m.usd(abs(price) * longs)
    if price == 0.0:
        return f"Funding was settled at {paid:.4%}: too small for a whole tick a lot, nobody paid."
    payer, payee = ("Longs", "shorts") if price > 0.0 else ("Shorts", "longs")
    held = f", held by the cap of {cap:.4%}" if abs(rate) > cap else ""
    return (
        f"{payer} paid {payee} {abs(paid):.4%} of notional{held}: {total:,.2f} USD in all, over "
        f"{int(m.event['detail']):,} positions. The average premium was {m.get('net'):+z.4%}."
    )


def crowd_sentence(value: float, limit: float, m: Moment) -> str:
    """Why a trader of the crowd traded, and how much."""
    why = int(m.event["detail"])
    done = "bought" if m.get("qty") > 0 else "sold"
    reason = {
        crowd.TREND: f"the price is {value:+z.3%} from its average (full size at {limit:.3%})",
        crowd.CARRY: f"funding is {value:+z.4%} (threshold {limit:.4%})",
        crowd.LEAVE: f"volatility is {value:.2f} times the usual one (it leaves at {limit:g})",
        crowd.TARGET: f"its leverage is {value:.3f} (target {limit:.3f})",
        crowd.BROKE: "it has no equity left",
    }[why]
    return (
        f"It {done} {m.coin(abs(m.get('qty'))):,.6g} coin at {m.price(m.get('price')):,.6g}, as "
        f"{reason}."
    )
