"""Explain one event: recompute it, then tell it. Nothing is told that does not recompute."""

import numpy as np

from engine.asked import event_of
from engine.causes.attribution import Disagreement, book_path
from engine.causes.contributions import account_before, loss_parts, pushed
from engine.core.bearable import order_price
from engine.core.state import MarginMode, Rule
from engine.explanation import settled, several
from engine.explanation.arithmetic import IN_BOOK, cut_lines, fills, remedies
from engine.explanation.catalogue import CATALOGUE, RuleText, several_legs
from engine.explanation.guardrails import addon_words
from engine.explanation.sides import Inputs, Moment, sides
from engine.explanation.told import Explanation
from engine.explanation.wording import tell
from engine.log.addons import CHANGES
from engine.simulation import Result

# Rules whose limit is a maintenance rate: the tier in force explains it, and no other.
TIERED = {
    Rule.MAINTENANCE,
    Rule.LIMIT_CHANGE,
    Rule.SLICE,
    Rule.REDUCTION,
    Rule.REQUIREMENT_CHANGE,
}
LIKE_PRICE = {Rule.AUCTION_OPEN, Rule.BAND}
LIKE_COIN = {Rule.ADL_FILL, Rule.UNWIND}
PLAIN = {
    Rule.LIMIT_CHANGE,
    Rule.AUCTION_TAKE,
    Rule.AUCTION_EXPIRE,
    Rule.CORRELATION_CHANGE,
    Rule.FUNDING,
    Rule.CROWD,
    Rule.HALT,
    Rule.RESUMPTION,
    Rule.OUTAGE,
    Rule.OUTAGE_END,
    Rule.VOLATILITY_ADDON,
    Rule.DEPTH_PUBLISHED,
}


def explain(result: Result, number: int) -> Explanation:
    """Why event `number` of a run happened, from its log alone.

    Raises InputError if there is no such event, and Disagreement if any number of the log does
    not recompute: then nothing is told.
    """
    m = Moment(result, event_of(result, number))
    rule = Rule(int(m.event["rule"]))
    words = words_of(m, rule)
    value, limit, shown = sides(m)
    check_fill(m)
    parts, total = loss_parts(result, m.number)
    parts = sorted(parts, key=lambda part: -abs(part.amount))
    convert = m.price if rule in LIKE_PRICE else m.coin if rule in LIKE_COIN else m.usd
    told = (float(value), float(limit)) if rule in PLAIN else (convert(value), convert(limit))
    found = Explanation(
        event=m.number,
        step=m.step,
        account=m.account,
        rule=rule.name.lower(),
        title=words.title,
        formula=words.formula,
        formula_latex=words.latex,
        source=words.source,
        inputs=tuple(shown),
        value=told[0],
        limit=told[1],
        unit=words.unit,
        parts=tuple(parts),
        total=total,
        cut=cut_lines(m),
        fills=fills(m),
        pushed=tuple(int(n) for n in pushed(result, m.number)),
        prevented=remedies(m),
        threshold=threshold(m),
        text="",
        changed=limit_changed(m),
        split="move of the price" if rule == Rule.HALT else "change of equity",
        symbols=symbols(words, shown),
    )
    return Explanation(**{**vars(found), "text": tell(m, found)})


def words_of(m: Moment, rule: Rule) -> RuleText:
    """The words of a rule; the limit of several legs has the formula of its margin mode."""
    if rule == Rule.ADL_FILL:
        return settled.adl_words(m)
    if rule != Rule.MAINTENANCE or not m.several:
        return CATALOGUE[rule]
    coins = m.result.compiled.base[m.account, m.result.mid.shape[1] :]
    return several_legs(MarginMode(m.result.params.margin_mode), bool(coins.any()))


def symbols(words: RuleText, shown: Inputs) -> tuple[tuple[str, str, float, str], ...]:
    """The letters of a formula with what they stand for in this event."""
    known = {name: (value, unit) for name, value, unit in shown}
    return tuple((letter, what, *known[name]) for letter, name, what in words.symbols)


def limit_changed(m: Moment) -> int | None:
    """The earlier event that last changed the limit: a tier, an add-on or a correlation."""
    if m.account >= m.result.accounts:
        return None
    if m.several:
        return several.limit_changed(m, account_before(m.result, m.number))
    events = m.result.events[: m.number]
    mine = (events["account"] == m.account) & (events["rule"] == Rule.LIMIT_CHANGE)
    mine |= (events["symbol"] == m.symbol) & np.isin(events["rule"], CHANGES)
    return int(np.flatnonzero(mine)[-1]) if mine.any() else None


def check_fill(m: Moment) -> None:
    """The price of an order of the book, and the ticks it moved, must recompute."""
    e, p = m.event, m.result.params
    rule = Rule(int(e["rule"]))
    if rule not in IN_BOOK or e["qty"] == 0.0:
        return
    if np.rint(e["qty"] * e["price"]) != -e["amount"]:
        raise Disagreement(f"event {m.number}: quantity x price is not the amount moved")
    if rule == Rule.SLICE and e["detail"] < 0:
        return
    depth = book_path(m.result, m.symbol).depth[m.step]
    f = float(m.result.compiled.inputs.f[m.step, m.symbol])
    price = order_price(f, m.get("level"), m.get("net"), depth, m.get("qty"), p)
    if price != e["price"]:
        raise Disagreement(f"event {m.number}: price recomputes to {price!r}, not {e['price']!r}")


def threshold(m: Moment) -> str:
    """Where the limit comes from: the tier in force and the event that last changed it."""
    if m.rule == Rule.ADL_FILL:
        return f"The limit is rounded down to whole lots of {m.coin(1.0):g} coin."
    if m.account >= m.result.accounts or m.rule not in TIERED:
        return ""
    if m.several:
        return several.rule_line(m, account_before(m.result, m.number))
    name = m.result.scenario.venue.rulebook
    base = m.get("base")
    if base == 0.0:
        return ""
    tier = m.tier(base)
    rate = float(m.result.compiled.inputs.rates[tier])
    events = m.result.events[: m.number + 1]
    changed = np.flatnonzero((events["account"] == m.account) & (events["rule"] == 2))
    since = f"since event {changed[-1]}" if len(changed) else "since the opening"
    notional = m.usd(abs(base) * m.get("mark"))
    return (
        f"Tier {tier + 1} of rulebook {name}, {since}: {rate:.4g} of a notional of "
        f"{notional:,.0f} USD. {addon_words(m, base)}"
    )
