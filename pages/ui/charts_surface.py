"""Grids of the note "Size before leverage": cost of an order, and which halving saves more."""

from functools import cache
from typing import Any

import altair as alt
import pandas as pd

from pages.ui.amounts import usd
from pages.ui.charts import named
from pages.ui.charts_grid import ENDS, fields


@cache
def surface_spec(theme: str) -> dict[str, Any]:
    """Cost of one order over its size and the depth of the book; the number is in each field."""
    base = alt.Chart(named()).encode(
        x=alt.X(
            "depth_title:O", sort=None, title="Depth [USD per 1 %]", axis=alt.Axis(labelAngle=0)
        ),
        y=alt.Y("size_title:O", sort=None, title="Size of the order [USD]"),
        tooltip=[
            alt.Tooltip("size_title:N", title="size"),
            alt.Tooltip("depth_title:N", title="depth"),
            alt.Tooltip("cost_bp:Q", format=",.1f", title="cost [bp]"),
            alt.Tooltip("of_margin:Q", format=".1%", title="of the margin"),
            alt.Tooltip("steps_title:N", title="margin steps"),
        ],
    )  # fmt: skip
    return fields(base, theme)


def surface_rows(found: pd.DataFrame) -> pd.DataFrame:
    """`engine.surface` of one leverage, with words and shades: darker where more margin goes."""
    rows = found.sort_values(["size", "depth"], ascending=[False, True]).copy()
    rows["size_title"], rows["depth_title"] = rows["size"].map(usd), rows["depth"].map(usd)
    rows["steps_title"] = [f"{x:.2g}" if x < 1e6 else "all" for x in rows["steps"]]
    rows["label"] = [f"{x:.1%}" if x < 0.0995 else f"{x:.0%}" for x in rows["of_margin"]]
    rows.loc[rows["of_margin"] >= 1.0, "label"] = "all"
    rows["shade"] = rows["of_margin"].clip(upper=1.0) ** 0.4
    return rows


def surface_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The surface as a table: sizes down, depths across, share of the margin."""
    table = rows.pivot(index="size", columns="depth", values="label").sort_index(ascending=False)
    table.columns = [f"Depth {usd(depth)}" for depth in table.columns]
    table.insert(0, "Order", [usd(size) for size in table.index])
    return table.reset_index(drop=True)


@cache
def region_spec(theme: str) -> dict[str, Any]:
    """Where half the size saves more slippage, and where half the leverage does."""
    base = alt.Chart(named()).encode(
        x=alt.X(
            "depth_title:O", sort=None, title="Depth [USD per 1 %]", axis=alt.Axis(labelAngle=0)
        ),
        y=alt.Y("fall_title:O", sort=None, title="Outside fall"),
        tooltip=[
            alt.Tooltip("fall_title:N", title="fall"),
            alt.Tooltip("depth_title:N", title="depth"),
            alt.Tooltip("half_size:Q", format=",.1f", title="half the size [bp]"),
            alt.Tooltip("half_leverage:Q", format=",.1f", title="half the leverage [bp]"),
        ],
    )
    return fields(base, theme)


def region_key(theme: str) -> list[tuple[str, str, str]]:
    """The key of the region."""
    pale, full = ENDS[theme]
    return [
        ("S: half the size saves more", full, "bar"),
        ("L: half the leverage saves more", pale, "bar"),
        ("=: within a tenth of each other", pale, "text"),
    ]


def region_rows(found: pd.DataFrame) -> pd.DataFrame:
    """`engine.halving` with words: dark where size, pale where leverage saves more."""
    rows = found.sort_values(["fall", "depth"]).copy()
    rows["depth_title"] = rows["depth"].map(usd)
    rows["fall_title"] = [f"{100 * x:g} %" for x in rows["fall"]]
    rows["label"] = rows["ahead"].map({"size": "S", "leverage": "L", "neither": "="})
    rows["shade"] = rows["ahead"].map({"size": 1.0, "leverage": 0.0, "neither": 0.35})
    return rows


def region_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The region as a table: falls down, depths across."""
    table = rows.pivot(index="fall", columns="depth", values="ahead")
    table.columns = [f"Depth {usd(depth)}" for depth in table.columns]
    table.insert(0, "Fall", [f"{100 * x:g} %" for x in table.index])
    return table.reset_index(drop=True)
