"""Tables of the note "Crowded funding". No Streamlit here."""

from typing import Any

import pandas as pd

import engine


def by_lane(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Frames of several lanes as one, with the lane in a column."""
    return pd.concat([one.assign(lane=name) for name, one in frames.items()], ignore_index=True)


def bleed(results: dict[str, Any], scenario: Any, rate: float) -> dict[str, Any]:
    """Payments before the first scripted move: the ways they leave, and what the runs then paid."""
    step, move, _ = scenario.world.shocks[0]
    result = next(one for one in results.values() if one.scenario.funding.on)
    count = int(step * scenario.world.dt // scenario.funding.interval)
    found = engine.funding_bleed(result, rate, count, abs(move))
    now, then = found["reached_now"].iloc[0], found["reached_then"].iloc[0]
    paid = {name: engine.bled(one, step) for name, one in results.items()}
    most = max(paid.values(), key=lambda pair: pair[1])
    closed = {name: one.metrics["liquidated_notional"] for name, one in results.items()}
    return {
        "payments": count,
        "table": {
            "Leverage of a long": [f"{x:g}×" for x in found["leverage"]],
            "Fall to its limit now": [f"{x:.2%}" for x in found["way_now"]],
            "After the payments": [f"{x:.2%}" for x in found["way_then"]],
            "Payments that liquidate it alone": [f"{x:,.0f}" for x in found["payments"]],
            "In days": [f"{x:,.1f}" for x in found["days"]],
        },
        "told": (
            f"Longs whose limit lies within {abs(move):.0%} below the opening price: "
            f"**{now / 1e6:,.1f} million USD** now, **{then / 1e6:,.1f} million** after the "
            f"payments. In the runs a long of the opening had paid up to {most[1]:.2%} in "
            f"{most[0]} payments before the move, and {min(closed.values()) / 1e6:,.1f} to "
            f"{max(closed.values()) / 1e6:,.1f} million USD were closed by force."
        ),
    }
