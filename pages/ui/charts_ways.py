"""The picture of "Three ways out": how dear forced fills were, the dearest ones first."""

from functools import cache
from typing import Any

import altair as alt
import pandas as pd

import engine
from pages.ui import colours
from pages.ui.charts import DASHES, LINES, Picture, named, plain

TAIL = 0.1  # the dearest tenth
DRAWN = 300  # points of a line


@cache
def tail_spec(theme: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Share of what was closed that cost at least so much, one falling line a policy."""
    paint = colours.of_lanes(names, theme)
    lines = (
        alt.Chart(named())
        .mark_line(strokeWidth=2.5, interpolate="step-after")
        .encode(
            x=alt.X(
                "cost_bp:Q", title="Cost of the fill against the mark at its trigger [bp]",
                axis=alt.Axis(tickCount=6),
            ),
            y=alt.Y(
                "worse:Q", title="Closed at this cost or more [%]",
                scale=alt.Scale(domain=[0, 100]),
            ),
            color=alt.Color(
                "lane:N",
                scale=alt.Scale(domain=list(names), range=list(paint.values())), legend=None,
            ),
            strokeDash=alt.StrokeDash(
                "lane:N",
                scale=alt.Scale(domain=list(names), range=[DASHES[x] for x in LINES[: len(names)]]),
                legend=None,
            ),
            order="worse:Q",
            tooltip=[
                alt.Tooltip("title:N", title="path"),
                alt.Tooltip("cost_bp:Q", format=",.0f", title="cost [bp]"),
                alt.Tooltip("worse:Q", format=".0f", title="this or more [%]"),
            ],
        )
    )  # fmt: skip
    tenth = (
        alt.Chart(named())
        .mark_rule(color=colours.INK[theme], strokeDash=[2, 3], opacity=0.7)
        .encode(y=alt.datum(100.0 * TAIL))
    )
    return plain(alt.layer(lines, tenth).properties(height=320), theme)


def tail_rows(costs: dict[str, pd.DataFrame], titles: dict[str, str]) -> pd.DataFrame:
    """The points of each line, from the dearest fill on; a hundred percent at the cheapest."""
    parts = []
    for lane, frame in costs.items():
        if not len(frame):
            continue
        step = max(1, len(frame) // DRAWN)
        kept = frame.iloc[[*range(0, len(frame) - 1, step), len(frame) - 1]]
        line = pd.DataFrame({"cost_bp": kept["cost_bp"], "worse": 100.0 * kept["worse"]})
        first = pd.DataFrame({"cost_bp": [frame["cost_bp"].iloc[0]], "worse": [0.0]})
        parts.append(pd.concat([first, line]).assign(lane=lane, title=titles[lane]))
    columns = ["cost_bp", "worse", "lane", "title"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def finding(costs: dict[str, pd.DataFrame], titles: dict[str, str]) -> str:
    """Where the tail is dearest and where it is cheapest."""
    tails = {lane: engine.dearest(frame, TAIL) for lane, frame in costs.items() if len(frame)}
    if not tails:
        return ""
    worst, best = max(tails, key=tails.__getitem__), min(tails, key=tails.__getitem__)
    if worst == best or tails[worst] - tails[best] < 1.0:
        return f"The dearest tenth of fills costs {tails[worst]:,.0f} bp or more on each path"
    return (
        f"The dearest tenth of fills costs {tails[worst]:,.0f} bp or more under "
        f"“{titles[worst]}”, and {tails[best]:,.0f} bp under “{titles[best]}”"
    )


def tail_table(results: dict[str, Any], costs: dict[str, pd.DataFrame], titles: dict) -> Any:
    """One row a policy: the mean, the tail, the dearest fill and what stayed unpaid."""
    return pd.DataFrame(
        [
            {
                "Policy": titles[lane],
                "Fills": f"{len(frame):,}",
                "Mean cost [bp]": f"{results[lane].metrics['slippage_bp']:,.0f}",
                "Dearest tenth, from [bp]": _bp(engine.dearest(frame, TAIL)),
                "Dearest fill [bp]": _bp(engine.dearest(frame, 0.0)),
                "Bad debt [USD]": f"{results[lane].metrics['bad_debt']:,.0f}",
            }
            for lane, frame in costs.items()
        ]
    )


def _bp(value: float) -> str:
    return "none" if value != value else f"{value:,.0f}"


def picture(results: dict[str, Any], titles: dict[str, str], theme: str) -> Picture | None:
    """The picture of the note; None where nothing was closed by force."""
    costs = {lane: engine.fill_costs(result) for lane, result in results.items()}
    rows = tail_rows(costs, titles)
    if not len(rows):
        return None
    paint = colours.of_lanes(tuple(titles), theme)
    key = [(t, paint[n], line) for (n, t), line in zip(titles.items(), LINES, strict=False)]
    key.append(("One tenth", colours.INK[theme], "dotted"))
    spec = tail_spec(theme, tuple(titles))
    return Picture(rows, spec, key, tail_table(results, costs, titles), finding(costs, titles))
