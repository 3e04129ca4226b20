"""Beforehand, scored: what the tables and sentences of the page say. No Streamlit here."""

from typing import Any

import pandas as pd

import engine

POLICIES = {"all": "All", "market": "Market", "incremental": "Incremental", "auction": "Auction"}


def of_policy(frame: Any, policy: str) -> Any:
    """The cases of one policy, or all."""
    return frame if policy == "all" else frame[frame["policy"] == policy]


def word(rho: float) -> str:
    """How well an order was foretold, in words."""
    for least, said in ((0.8, "well"), (0.5, "roughly"), (0.2, "poorly")):
        if rho >= least:
            return said
    return "not at all"


def summary(frame: Any, meta: dict[str, Any]) -> dict[str, list[Any]]:
    """One row a number: its rank correlation with what happened, and the word for it."""
    table: dict[str, list[Any]] = {"Number": [], "Rank correlation": [], "Orders the cases": []}
    for name in engine.SCORED:
        rho, low, high = engine.rank_correlation(frame, name)
        table["Number"].append(meta[name]["title"])
        table["Rank correlation"].append(f"{rho:.2f} ({low:.2f} to {high:.2f})")
        table["Orders the cases"].append(word(rho))
    return table


def finding(frame: Any, name: str, title: str) -> str:
    """What the chart shows, in one sentence."""
    rho, low, high = engine.rank_correlation(frame, name)
    return (
        f"{title} orders {len(frame):,} cases {word(rho)}: "
        f"rank correlation {rho:.2f} ({low:.2f} to {high:.2f})"
    )


def calibration_table(bins: Any, meta: dict[str, str]) -> Any:
    """The chart's rows as a reader wants them."""
    return pd.DataFrame(
        {
            meta["before"]: _from_to(bins.low, bins.high),
            meta["after"]: [_short(x) for x in bins.after],
            "95 % interval": _from_to(bins.after_low, bins.after_high),
            "Cases": bins.cases,
        }
    )


def _short(x: float) -> str:
    return f"{x:,.0f}" if abs(x) >= 100.0 else f"{x:.3g}"


def _from_to(low: Any, high: Any) -> list[str]:
    return [f"{_short(a)} to {_short(b)}" for a, b in zip(low, high, strict=True)]


def misled(row: Any, name: str) -> str:
    """One case that came otherwise than foretold, in words."""
    pair = engine.SCORED[name]
    way = "worse" if row["gap"] > 0.0 else "better"
    return (
        f"{way} than foretold: foretold {_short(row[pair.before])}, "
        f"happened {_short(row[pair.after])} "
        f"({POLICIES[row['policy']].lower()}, depth \\${row['depth'] / 1e6:.3g}M, move in "
        f"{row['speed']:.3g} s, leverage up to {row['leverage']:.3g}, "
        f"{row['crowding']:.0%} on the losing side, fund \\${row['fund'] / 1e6:.3g}M)"
    )
