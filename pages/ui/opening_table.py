"""What was known at the opening beside what then happened, as a table. No Streamlit here."""

from collections.abc import Callable
from typing import Any

import engine
from pages.ui.tables import usd


def opening(
    known: dict[str, Any], results: dict[str, Any], titles: dict[str, str]
) -> dict[str, list[str]]:
    """Each number known at the opening, beside what then happened under each path."""
    then = {name: engine.happened(r) for name, r in results.items()}
    rows: list[tuple[str, str, Callable[[dict[str, Any]], str]]] = [
        (
            "First limit at a mark of",
            f"{_price(known['first_below'])} below, {_price(known['first_above'])} above",
            lambda x: _price(x["first_mark"]),
        ),
        (
            "A move of 5 % reaches, in positions",
            f"{usd(known['reached_below'])} below, {usd(known['reached_above'])} above",
            lambda x: f"{usd(x['closed'])} closed",
        ),
        (
            "Cascade multiplier, at most (above 1 it feeds itself)",
            f"{_at_most(known['falling'])} in a fall, {_at_most(known['rising'])} in a rise",
            lambda x: f"mid {x['furthest']:+z.1%} from outside",
        ),
        (
            "Toxicity frontier (below it a forced order makes the account worse)",
            f"margin ratio {known['frontier_alone']:.2%} for one order, "
            f"{known['frontier_crowd']:.2%} in a crowd; limits trigger at {known['rate']:.2%}",
            _toxic,
        ),
        (
            "Bad debt if the fullest 1 % of prices is closed at once",
            usd(known["band_debt"]),
            lambda x: f"{usd(x['unpaid'])} of bad debt",
        ),
        ("The fund covers of that bad debt", _coverage(known), _covered),
    ]
    return {
        "Known at the opening": [f"**{row[0]}**: {row[1]}" for row in rows],
        "What then happened": [
            "; ".join(f"{title} {row[2](then[name])}" for name, title in titles.items())
            for row in rows
        ],
    }


def _toxic(then: dict[str, Any]) -> str:
    """How many orders were toxic; of none, what that means."""
    if not then["slices"]:
        return "no forced order, so none could be toxic"
    told = f"{then['toxic']:,} of {then['slices']:,} orders toxic"
    return told if then["toxic"] else f"{told}: no account went on with a lower ratio after one"


def _at_most(peak: tuple[float, float]) -> str:
    """The largest multiplier on one side and its price; of no price where there is none."""
    largest, at = peak
    return f"{largest:.1f} at {_price(at)}" if largest > 0.0 else "0"


def _coverage(known: dict[str, Any]) -> str:
    share = known["coverage"]
    if share is None:
        return f"no such debt; the fund holds {usd(known['fund'])}"
    told = f"{share:.0%}" if share < 10 else f"{share:,.0f} times as much"
    return f"{told}; it holds {usd(known['fund'])}"


def _covered(then: dict[str, Any]) -> str:
    """Who paid the debt: whole dollars that add up to it; what winners gave up is no part of it."""
    gave = then["winners"]
    besides = f"; besides, winners gave up {_dollars(gave)} (ADL)" if gave > 0.0 else ""
    if not then["unpaid"]:
        return f"nothing to pay{besides}"
    whole, everybody, owed = (round(then[name]) for name in ("unpaid", "everybody", "owed"))
    own = whole - everybody - owed
    share = f"{then['fund_paid'] / then['unpaid']:.0%}"
    parts = [f"the fund paid {_dollars(own)} ({share}) from its opening balance and fees"]
    if everybody:
        parts.append(f"everybody with equity {_dollars(everybody)} (socialised loss)")
    if owed:
        parts.append(f"{_dollars(owed)} was paid by nobody")
    return f"of {_dollars(whole)}, {', '.join(parts)}{besides}"


def _dollars(value: float) -> str:
    """Whole dollars: numbers that are to be added up."""
    return f"\\${value:,.0f}"


def _price(value: float | None) -> str:
    return "none" if value is None else f"{value:,.6g}"
