"""Engine frames as the tables and bars a page shows. No Streamlit here."""

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
CENT = 0.01  # USD
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
    "Positions of winners closed, ADL [USD]": "adl_notional",
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
    frame["label"] = [
        f"{row.part}  {row.amount:+z,.{0 if abs(row.amount) >= 0.5 else 2}f}"
        for row in frame.itertuples()
    ]
    frame["stop"] = frame["amount"].cumsum()
    frame["start"] = frame["stop"] - frame["amount"]
    seen = frame["amount"].abs() >= CENT / 2.0  # a bar of nothing says nothing
    return frame[seen].reset_index(drop=True) if seen.any() else frame


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


def usd(value: float) -> str:
    return f"\\${value / 1e6:,.2f}M" if abs(value) >= 1e6 else f"\\${value:,.0f}"


def rulebook_bands(found: pd.DataFrame) -> dict[str, list[str]]:
    """The band beforehand under each rulebook: distances from the opening price."""
    return {
        "Rulebook": list(found["rulebook"]),
        "In reach of the move": [usd(x) for x in found["notional_usd"]],
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
