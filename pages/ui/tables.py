"""Engine frames as the tables and bars a page shows. No Streamlit here."""

from collections.abc import Callable
from typing import Any

import pandas as pd

import engine
from pages.ui import whose

RULES = {
    "maintenance": "Maintenance limit",
    "slice": "Forced order",
    "auction_open": "Auction opens",
    "auction_take": "Auction: taken",
    "auction_expire": "Auction: no taker",
    "backstop_take": "Backstop takes",
    "bankruptcy": "Bankruptcy",
    "fund_payment": "Fund pays",
    "adl_fill": "Winner reduced (ADL)",
    "socialised_loss": "Loss shared by all",
    "limit_change": "Limit changes",
    "unwind": "Liquidator unwinds",
    "correlation_change": "Correlation changes",
    "requirement_change": "Requirement moves",
    "collateral_sale": "Collateral sold",
    "funding": "Funding settled",
    "reduction": "Account reduces",
    "crowd": "Crowd trades",
    "halt": "Trading halts",
    "resumption": "Trading resumes",
    "outage": "Engine down",
    "outage_end": "Engine up again",
    "band": "Held by price band",
    "volatility_addon": "Volatility add-on changes",
    "depth_published": "Depth published anew",
    "leverage_cap": "Leverage cap",
    "exposure_limit": "Exposure limit",
}
WILLED = ("crowd", "reducing")  # orders of others that nobody was forced to
BARS = 5  # parts of a loss shown one by one
COSTS = ("fee", "slippage", "cost", "funding")


def event_table(result: Any) -> pd.DataFrame:
    """All events in log order; the columns a reader chooses by."""
    frame = result.event_frame()
    return pd.DataFrame(
        {
            "event": frame["event"],
            "step": frame["step"],
            "time_s": frame["time_s"],
            "what": frame["rule"].map(RULES).fillna(frame["rule"]),
            "account": frame["account"],
            "who": whose.who(result, frame),
            "mark": frame["mark"],
            "quantity": frame["quantity"],
            "price": frame["price"],
            "cause": frame["cause"].where(frame["cause"] >= 0),
            "toxic": frame["toxic"].map({True: "toxic", False: ""}),
        }
    )


MEASURES = {
    "Closed by force [USD]": "liquidated_notional",
    "Accounts liquidated": "liquidated_accounts",
    "Slippage [bp]": "slippage_bp",
    "Bad debt [USD]": "bad_debt",
    "Insurance fund left [USD]": "final_fund",
    "Winners reduced, ADL [USD]": "adl_notional",
}


def outcome(results: dict[str, Any], titles: dict[str, str], noun: str) -> dict[str, list[str]]:
    """One row a lane, one column a measure, ready to read."""
    table: dict[str, list[str]] = {noun: [titles[name] for name in results]}
    for title, key in MEASURES.items():
        digits = 1 if "bp" in title else 0
        table[title] = [f"{float(r.metrics[key]):,.{digits}f}" for r in results.values()]
    return table


def nearest(found: pd.DataFrame, table: pd.DataFrame, step: int | None) -> int:
    """The event to explain when none was chosen: the last limit up to `step`, else the first."""
    rows = found if len(found) else table
    earlier = rows if step is None else rows[rows["step"] <= step]
    first = step is None or not len(earlier)
    return int((rows.iloc[0] if first else earlier.iloc[-1])["event"])


def cause(kind: str, name: str) -> str:
    """The colour group of a part of a loss."""
    text = f"{kind} {name}".lower()
    if "forced" in text:
        return "forced"
    if "outside" in text or "fundamental" in text:
        return "outside"
    if kind in WILLED:
        return "willed"
    return "cost" if any(word in text for word in COSTS) else "other"


def parts(explanation: Any) -> pd.DataFrame:
    """The parts of a loss as a waterfall: each starts where the one before ended [USD]."""
    frame = pd.DataFrame(
        {
            "part": [part.name for part in explanation.parts],
            "cause": [cause(part.kind, part.name) for part in explanation.parts],
            "amount": [float(part.amount) for part in explanation.parts],
            "event": [part.event for part in explanation.parts],
        }
    )
    frame = _fold_small(frame)
    frame["label"] = [f"{row.part}  {row.amount:+z,.0f}" for row in frame.itertuples()]
    frame["stop"] = frame["amount"].cumsum()
    frame["start"] = frame["stop"] - frame["amount"]
    return frame


def _fold_small(frame: pd.DataFrame) -> pd.DataFrame:
    """The largest parts one by one, the rest of each cause together, to fit a phone."""
    rank = frame["amount"].abs().rank(ascending=False, method="first")
    small = frame[rank > BARS]
    if len(small) < 2:
        return frame
    rest = small.groupby("cause", as_index=False, sort=False).agg(
        amount=("amount", "sum"), number=("amount", "size")
    )
    names = {"willed": "not forced"}
    rest["part"] = [
        f"{row.number} more, {names.get(row.cause, row.cause)}" for row in rest.itertuples()
    ]
    return pd.concat([frame[rank <= BARS], rest.drop(columns="number")], ignore_index=True)


def trial_points(done: list[engine.Trial]) -> pd.DataFrame:
    """One row a seed and lane, for the picture of all worlds."""
    rows = [
        {"seed": t.seed, "lane": name, "slippage": t.slippage[name], "debt": t.bad_debt[name]}
        for t in done
        for name in t.slippage
    ]
    return pd.DataFrame(rows)


def verdict(done: list[engine.Trial], titles: dict[str, str]) -> dict[str, Any]:
    """How often the claim held, with its interval; who was hardest; where it failed."""
    held = sum(t.holds for t in done)
    low, high = engine.wilson(held, len(done))
    rows = []
    for name, title in titles.items():
        hardest = sum(t.hardest == name for t in done)
        dearest = sum(t.dearest == name for t in done)
        least, most = engine.wilson(hardest, len(done))
        rows.append(
            {
                "Policy": title,
                "Most bad debt in": f"{hardest} of {len(done)} ({least:.0%} to {most:.0%})",
                "Largest slippage in": f"{dearest} of {len(done)}",
            }
        )
    return {
        "held": held,
        "number": len(done),
        "low": low,
        "high": high,
        "failing": [t.seed for t in done if not t.holds],
        "table": pd.DataFrame(rows),
    }


def ladder(results: dict[str, Any], bins: int = 60) -> pd.DataFrame:
    """The opening crowd by liquidation price and side, and each lane's furthest mark."""
    first = next(iter(results.values()))
    accounts = first.account_frame()
    marks = {name: result.series_frame()["mark"] for name, result in results.items()}
    low = min(float(mark.min()) for mark in marks.values())
    high = max(float(mark.max()) for mark in marks.values())
    room = 0.25 * (high - low)
    rows = engine.histogram(
        accounts, "liquidation_price", "notional_usd", low - room, high + room, bins
    )
    rows["kind"] = "crowd"
    start = first.scenario.world.price
    furthest = pd.DataFrame(
        {
            "kind": "mark",
            "lane": list(marks),
            "start": [engine.furthest_from(mark.to_numpy(), start) for mark in marks.values()],
        }
    )
    return pd.concat([rows, furthest], ignore_index=True)


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
            f"{_usd(known['reached_below'])} below, {_usd(known['reached_above'])} above",
            lambda x: f"{_usd(x['closed'])} closed",
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
            lambda x: f"{x['toxic']:,} of {x['slices']:,} orders toxic",
        ),
        (
            "Bad debt if the fullest 1 % of prices is closed at once",
            _usd(known["band_debt"]),
            lambda x: f"{_usd(x['unpaid'])} of bad debt",
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


def _at_most(peak: tuple[float, float]) -> str:
    """The largest multiplier on one side and its price; of no price where there is none."""
    largest, at = peak
    return f"{largest:.1f} at {_price(at)}" if largest > 0.0 else "0"


def _coverage(known: dict[str, Any]) -> str:
    share = known["coverage"]
    if share is None:
        return f"no such debt; the fund holds {_usd(known['fund'])}"
    told = f"{share:.0%}" if share < 10 else f"{share:,.0f} times as much"
    return f"{told}; it holds {_usd(known['fund'])}"


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


def _usd(value: float) -> str:
    return f"\\${value / 1e6:,.2f}M" if abs(value) >= 1e6 else f"\\${value:,.0f}"


def rulebook_bands(found: pd.DataFrame) -> dict[str, list[str]]:
    """The band beforehand under each rulebook: distances from the opening price."""
    return {
        "Rulebook": list(found["rulebook"]),
        "In reach of the move": [_usd(x) for x in found["notional_usd"]],
        "Limit, mean distance": [_share(x) for x in found["trigger"]],
        "Far end": [_share(x) for x in found["far"]],
        "Bankruptcy price": [_share(x) for x in found["bankruptcy"]],
        "Longest wait": ["" if pd.isna(x) else f"{x:,.0f} s" for x in found["latest_s"]],
    }


def one_order(found: pd.DataFrame) -> dict[str, list[str]]:
    """Either halving for one position alone, ready to read."""
    return {
        "One position, alone in the book": list(found["change"]),
        "Cost of closing it": [f"{x:,.1f} bp" for x in found["cost_bp"]],
        "Share of its margin": [_share(x) for x in found["of_margin"]],
        "Margin steps taken": [f"{x:,.2f}" if x < 1e6 else "all" for x in found["steps"]],
        "Fall to its limit, cost put aside": [_share(x) for x in found["room"]],
    }


def margin_steps(found: pd.DataFrame) -> pd.DataFrame:
    """What 0.05 % takes from a margin, ready to read."""
    return pd.DataFrame(
        {
            "Leverage": [f"{x:g}×" for x in found["leverage"]],
            "After a cost of 0.05 %": [f"{x:,.2f}×" for x in found["effective"]],
            "Margin steps taken": [f"{x:,.2f}" for x in found["steps"]],
            "Share of the way to 0.5 % maintenance": [_share(x) for x in found["of_room"]],
        }
    )


def _share(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.1%}"
