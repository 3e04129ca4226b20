"""Charts of the note "Five basis points". No Streamlit here."""

from functools import cache
from typing import Any

import altair as alt
import pandas as pd

from pages.ui import colours
from pages.ui.amounts import seconds
from pages.ui.charts import Picture, named, plain
from pages.ui.charts_grid import ENDS, fields


@cache
def grid_spec(theme: str) -> dict[str, Any]:
    """Accounts that five basis points more bankrupt, over leverage and the speed of the move."""
    base = alt.Chart(named()).encode(
        x=alt.X("duration_title:O", sort=None, title="The move takes", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("leverage_title:O", sort=None, title="Highest leverage"),
        tooltip=[
            alt.Tooltip("leverage_title:N", title="highest leverage"),
            alt.Tooltip("duration_title:N", title="the move takes"),
            alt.Tooltip("before:Q", format=",.0f", title="bankrupt at 1 bp"),
            alt.Tooltip("after:Q", format=",.0f", title="bankrupt at 6 bp"),
            alt.Tooltip("liquidated:Q", format=",.0f", title="liquidated at 6 bp"),
        ],
    )
    return fields(base, theme, height=320)


def grid_picture(found: pd.DataFrame, theme: str, dt: float) -> Picture | None:
    """The picture of the note, from `engine.over_leverage` of the lanes as_is and five."""
    keys = ["leverage", "duration"]
    table = found.pivot(index=keys, columns="lane", values="bankrupt_accounts")
    hit = found[found["lane"] == "five"].set_index(keys)["liquidated_accounts"]
    if not len(hit) or hit.max() == 0:
        return None
    rows = pd.DataFrame(
        {"before": table["as_is"], "after": table["five"], "liquidated": hit}
    ).reset_index()
    rows = rows.sort_values(keys, ascending=[False, True])
    rows["more"] = rows["after"] - rows["before"]
    rows["leverage_title"] = [f"{x:g}×" for x in rows["leverage"]]
    rows["duration_title"] = [seconds(x * dt) for x in rows["duration"]]
    rows["label"] = [f"{x:+z.0f}".replace("-", "−") if x else "0" for x in rows["more"]]
    rows.loc[rows["liquidated"] == 0, "label"] = "–"
    most = max(float(rows["more"].max()), 1.0)
    rows["shade"] = (rows["more"].clip(lower=0.0) / most) ** 0.7
    key = [
        ("More accounts bankrupt at 5 bp more", ENDS[theme][1], "bar"),
        ("–: nobody is liquidated", colours.INK[theme], "text"),
    ]
    return Picture(rows, grid_spec(theme), key, grid_table(rows), finding(rows))


def finding(rows: pd.DataFrame) -> str:
    """Where five basis points more bankrupt most, and what they do at the lowest leverage."""
    worst = rows.loc[rows["more"].idxmax()]
    if worst["more"] <= 0.0:
        return "Five basis points more bankrupt nobody further here"
    low = rows[rows["leverage"] == rows["leverage"].min()]
    number = int(worst["more"])
    return (
        f"Five basis points more bankrupt up to {number} more account{'' if number == 1 else 's'}, "
        f"at {worst['leverage_title']} when the move takes {worst['duration_title']}; at "
        f"{low['leverage_title'].iloc[0]} at most {max(int(low['more'].max()), 0)}"
    )


def grid_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The same as words and numbers."""
    names = {
        "leverage_title": "Highest leverage",
        "duration_title": "The move takes",
        "before": "Bankrupt at 1 bp",
        "after": "Bankrupt at 6 bp",
        "more": "More",
        "liquidated": "Liquidated at 6 bp",
    }
    return rows[list(names)].rename(columns=names)


@cache
def steps_spec(theme: str) -> dict[str, Any]:
    """Margin steps that a cost takes, against leverage, one line a cost."""
    paint = colours.of_lanes(("as_is", "five", "ten"), theme)
    names = ["five", "ten"]
    base = alt.Chart(named()).encode(
        x=alt.X("leverage:Q", title="Leverage at entry [1]"),
        y=alt.Y("steps:Q", title="Margin steps taken [1]"),
        color=alt.Color(
            "lane:N",
            scale=alt.Scale(domain=names, range=[paint[name] for name in names]),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("cost:N"),
            alt.Tooltip("leverage:Q", format=".0f"),
            alt.Tooltip("steps:Q", format=".2f", title="margin steps"),
        ],
    )
    lines = base.mark_line(strokeWidth=2.5).encode(
        strokeDash=alt.StrokeDash(
            "lane:N", scale=alt.Scale(domain=names, range=[[7, 4], [2, 2]]), legend=None
        )
    )
    points = base.transform_filter("datum.label != ''").mark_point(filled=True, size=60)
    words = base.transform_filter("datum.label != ''").mark_text(
        align="right", dx=-8, dy=-8, fontSize=12, fontWeight="bold", color=colours.INK[theme]
    )
    words = words.encode(text="label:N", color=alt.value(colours.INK[theme]))
    return plain(alt.layer(lines, points, words).properties(height=260), theme)


def steps_rows(found: dict[str, pd.DataFrame], named_at: tuple[float, ...]) -> pd.DataFrame:
    """`engine.step_table` of several costs, with the number written at a few leverages."""
    titles = {"five": "0.05 %", "ten": "0.10 %"}
    parts = []
    for name, table in found.items():
        part = table.assign(lane=name, cost=titles[name], label="")
        if name == "five":
            shown = part["leverage"].isin(named_at)
            part.loc[shown, "label"] = [f"{x:.1f}" for x in part.loc[shown, "steps"]]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
