"""A bankruptcy and a winner's forced close: both sides, and how one number leads to another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.core.winners import entry_of, profit_cap
from engine.explanation.catalogue import CATALOGUE, RuleText

if TYPE_CHECKING:
    from engine.explanation.sides import Inputs, Moment, Sides
    from engine.explanation.told import Explanation


def bankruptcy_sides(m: Moment) -> Sides:
    """What is left of an account that holds nothing any more, against zero."""
    return m.get("quote"), 0.0, [("cash", m.usd(m.get("quote")), "USD")]


def adl_sides(m: Moment) -> Sides:
    """Coins taken from a winner, against what its position and its profit allow."""
    mark, price, base = m.get("mark"), m.get("price"), m.get("base")
    entry = entry_of(m.account, m.symbol, m.result.compiled.inputs)
    cap = profit_cap(m.cash, base, entry, -m.side, price, mark)
    shown: Inputs = [
        ("cash", m.usd(m.cash), "USD"),
        *m.state()[1:],
        ("taken", m.coin(abs(m.get("qty"))), "coin"),
        ("lot", m.coin(1.0), "coin"),
        ("entry", m.price(entry), "USD/coin"),
        ("price", m.price(price), "USD/coin"),
        ("cost against the mark", adl_cost(m), "USD"),
        ("place in the queue", float(m.event["detail"]) + 1.0, ""),
    ]
    return abs(m.get("qty")), cap, shown


def adl_cost(m: Moment) -> float:
    """What a winner lost by the forced close against the mark [USD]: qty * (price - mark)."""
    return m.usd(-m.get("amount") - m.get("qty") * m.get("mark"))


def adl_words(m: Moment) -> RuleText:
    """The words of a forced close; at a price no worse than the mark profit sets no limit."""
    words = CATALOGUE[m.rule]
    if -m.side * (m.get("price") - m.get("mark")) > 0.0:
        return words
    few = tuple(one for one in words.symbols if one[0] in ("c", "b"))
    return replace(words, formula="taken <= |position|", latex=r"c \;\le\; |b|", symbols=few)


def adl_line(m: Moment) -> str:
    """What the winner lost or gained by it, and of which profit."""
    cost, coins = adl_cost(m), m.coin(abs(m.get("qty")))
    apart = abs(m.price(m.get("price")) - m.price(m.get("mark")))
    entry = entry_of(m.account, m.symbol, m.result.compiled.inputs)
    profit = m.usd(-m.get("qty") * (m.get("mark") - entry))
    sum_ = f"({coins:,.8g} coin x {apart:,.10g} USD/coin)"
    if round(cost, 2) == 0.0:
        told = "Against the mark it lost nothing by that."
    elif cost > 0.0:
        told = f"Against the mark it lost {cost:,.2f} USD by that {sum_}."
    else:
        told = f"Against the mark it gained {-cost:,.2f} USD by that {sum_}."
    return (
        f"{told} Of a profit of {profit:,.2f} USD since entry on these coins it keeps "
        f"{profit - cost:,.2f} USD. What an order of its own in the book would have got is not in "
        "the log."
    )


def missing_line(m: Moment, e: Explanation) -> str:
    """How the collateral became what is missing: whole cents that add up."""
    if not e.parts:
        return ""
    kinds = {
        "fees": "fees",
        "funding": "funding",
        "fund": "the fund, before",
        "socialised": "socialised loss",
    }
    collateral, left = round(e.value - e.total, 2), round(e.value, 2)
    amounts = {
        words: round(sum(part.amount for part in e.parts if part.kind == kind), 2)
        for kind, words in kinds.items()
    }
    gain = left - collateral - sum(amounts.values())
    amounts = {"position, slippage included": gain} | amounts
    items = [
        f"{'+' if amount > 0.0 else '-'} {abs(amount):,.2f} ({words})"
        for words, amount in amounts.items()
        if round(amount, 2)
    ]
    return f"Collateral of {collateral:,.2f} {' '.join(items)} = {left:,.2f} USD."
