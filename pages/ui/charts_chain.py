"""Charts of "A chain of assumptions": the chain with what each link costs, and pairs of links."""

from functools import cache
from typing import Any

import altair as alt
import pandas as pd

import engine
from pages.ui import colours
from pages.ui.charts import Picture, named, plain
from pages.ui.charts_fair import short
from pages.ui.charts_grid import fields

STEP, HEAD, AXIS = 58, 16, 60  # px of a link, of its words above the bar, and below the last one
LEFT = 44  # px beside the bars, for the chain
# Outlines of a link in a square from -1 to 1: closed, and torn open.
CLOSED = "M-0.45,-0.5A0.45,0.45,0,0,1,0.45,-0.5L0.45,0.5A0.45,0.45,0,0,1,-0.45,0.5Z"
OPEN = (
    "M-0.45,-0.22L-0.45,-0.5A0.45,0.45,0,0,1,0.45,-0.5L0.45,-0.05"
    "M-0.45,0.05L-0.45,0.5A0.45,0.45,0,0,0,0.45,0.5L0.45,0.22"
)
HARMS = {
    "bad_debt": "Bad debt",
    "slippage": "Slippage",
    "bystanders": "Loss of bystanders",
    "deleveraged": "Winners reduced",
    "fund": "Loss of the fund",
}
STAGES = {"World": "outside", "Pipeline": "forced"}  # stage of a link -> whose colour it takes
ALIKE = 1.0  # USD below which nothing was lost
FULL = 0.6  # exponent of the shades: small sums stay visible


@cache
def chain_spec(theme: str, names: tuple[str, ...], title: str, whiskers: bool) -> dict[str, Any]:
    """The chain from top to bottom; beside each link a bar, what it costs when it is broken."""
    causes, ink = colours.palette(theme)["cause"], colours.INK[theme]
    rows = alt.Y("title:N", sort=list(names), axis=None)
    scale = alt.Scale(range=[LEFT, {"expr": "width"}], nice=True)
    x = alt.X("mean:Q", title=title, scale=scale, axis=alt.Axis(format="~s", tickCount=5))
    paint = alt.Color(
        "stage:N",
        scale=alt.Scale(domain=list(STAGES), range=[causes[cause] for cause in STAGES.values()]),
        legend=None,
    )
    told = [
        alt.Tooltip("title:N", title="broken"),
        alt.Tooltip("mean:Q", format="+,.0f", title="costs [USD]"),
        alt.Tooltip("breaks:N", title="how"),
    ]
    base = alt.Chart(named()).encode(y=rows, tooltip=told)
    bars = base.mark_bar(height=20, yOffset=HEAD / 2).encode(x=x, color=paint)
    words = base.mark_text(
        align="left", fontSize=13, fontWeight=600, dy=-HEAD / 2 - 6, color=ink
    ).encode(x=alt.value(LEFT), text="head:N")
    glyph = base.mark_point(size=4_400, strokeWidth=4, filled=False, opacity=1.0).encode(
        x=alt.value(LEFT / 2 - 4),
        shape=alt.Shape(
            "state:N", scale=alt.Scale(domain=["holds", "worst"], range=[CLOSED, OPEN]), legend=None
        ),
        stroke=alt.Stroke(paint.shorthand, scale=paint["scale"], legend=None),
    )
    layers = [bars, words, glyph]
    if whiskers:
        spread = base.mark_rule(size=2, yOffset=HEAD / 2, color=ink)
        layers.insert(1, spread.encode(x=alt.X("low:Q", scale=scale), x2="high:Q"))
    return plain(alt.layer(*layers).properties(height=STEP * len(names) + AXIS), theme)


def chain_rows(done: list[Any], harm: str) -> pd.DataFrame:
    """The links in the order of the chain with what each costs [USD], and the dearest marked."""
    known, found = engine.chain_links(), engine.link_costs(done, harm).set_index("link")
    rows = found.loc[[name for name in known if name in found.index]].reset_index()
    for word in ("title", "stage", "breaks"):
        rows[word] = [getattr(known[name], word) for name in rows["link"]]
    rows["head"] = [
        f"{title}: {signed(mean)}" for title, mean in zip(rows["title"], rows["mean"], strict=True)
    ]
    dearest = rows["mean"].max()
    worst = (rows["mean"] == dearest) & (dearest >= ALIKE)
    rows["state"] = worst.map({True: "worst", False: "holds"})
    return rows


def signed(usd: float) -> str:
    """A cost with its sign: +$1.2M, -$29k, nothing."""
    if abs(usd) < ALIKE:
        return "nothing"
    return short(usd) if usd < 0.0 else f"+{short(usd)}"


def finding(rows: pd.DataFrame, harm: str, of: str = "in this world") -> str:
    """What the chain shows, as a sentence."""
    order = rows.sort_values("mean", ascending=False, kind="stable")
    first, second = order.iloc[0], order.iloc[1]
    what = HARMS[harm].lower()
    if first["mean"] < ALIKE:
        return f"Breaking any one link adds nothing {of} to this sum: {what}"
    ratio = first["mean"] / second["mean"] if second["mean"] >= ALIKE else 0.0
    rest = f", {ratio:.1f} times the next link" if ratio >= 1.05 else ""
    return f"{first['title']}: broken alone it adds most {of}, \\{short(first['mean'])}{rest}"


def chain_table(rows: pd.DataFrame, harm: str) -> pd.DataFrame:
    """One row a link, dearest first."""
    order = rows.sort_values("mean", ascending=False, kind="stable")
    table = {
        "Link": order["title"],
        "Part of": order["stage"],
        f"{HARMS[harm]}, added [USD]": [f"{x:,.0f}" for x in order["mean"]],
    }
    if rows["low"].notna().all():
        pairs = zip(order["low"], order["high"], strict=True)
        table["95 % interval"] = [f"{low:,.0f} to {high:,.0f}" for low, high in pairs]
        table["Worst in worlds"] = [f"{x} of {n}" for x, n in order[["worst", "worlds"]].to_numpy()]
    return pd.DataFrame(table | {"How it breaks": order["breaks"]}).reset_index(drop=True)


def chain_picture(done: list[Any], harm: str, theme: str, of: str = "in this world") -> Picture:
    """The chain with its finding as the title."""
    rows, causes = chain_rows(done, harm), colours.palette(theme)["cause"]
    key = [(f"{stage} link", causes[cause], "bar") for stage, cause in STAGES.items()]
    spec = chain_spec(
        theme, tuple(rows["title"]), f"{HARMS[harm]}, added [USD]", bool(rows["low"].notna().all())
    )
    return Picture(rows, spec, key, chain_table(rows, harm), finding(rows, harm, of))


@cache
def pairs_spec(theme: str, names: tuple[str, ...]) -> dict[str, Any]:
    """A triangle of pairs, the cost of one link alone on its diagonal."""
    base = alt.Chart(named()).encode(
        x=alt.X("one:O", sort=list(names), title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("two:O", sort=list(names), title=None),
        tooltip=[
            alt.Tooltip("pair:N", title="broken"),
            alt.Tooltip("together:Q", format="+,.0f", title="cost at once [USD]"),
            alt.Tooltip("mean:Q", format="+,.0f", title="beyond the sum [USD]"),
            alt.Tooltip("sure:N", title="95 % interval"),
        ],
    )
    return fields(base, theme, height=46 * len(names) + 20)


def pairs_rows(done: list[Any], harm: str) -> pd.DataFrame:
    """One row a square: two links and their interaction, or one and its cost [USD]."""
    known = engine.chain_links()
    alone = engine.link_costs(done, harm).rename(columns={"link": "first"})
    alone["second"], alone["together"] = alone["first"], alone["mean"]
    pairs = engine.link_interactions(done, harm)
    rows = pd.concat([alone, pairs], ignore_index=True)
    rows["one"] = [known[name].short for name in rows["first"]]
    rows["two"] = [known[name].short for name in rows["second"]]
    same = rows["first"] == rows["second"]
    rows["pair"] = rows["one"].where(same, rows["one"] + " and " + rows["two"])
    rows["label"] = [short(x) if abs(x) >= ALIKE else "0" for x in rows["mean"]]
    top = max(float(rows["mean"].max()), ALIKE)
    rows["shade"] = (rows["mean"].clip(lower=0.0) / top) ** FULL
    rows["sure"] = [
        "one world" if low != low else f"{low:,.0f} to {high:,.0f}"
        for low, high in zip(rows["low"], rows["high"], strict=True)
    ]
    return rows


def pairs_finding(done: list[Any], harm: str) -> str:
    """Which pair is worse than the sum of its two, and by how much."""
    found = engine.link_interactions(done, harm)
    first = found.iloc[0]
    if first["mean"] < ALIKE:
        return "No two links cost more together than one by one"
    known = engine.chain_links()
    one, two = (known[first[name]].title.lower() for name in ("first", "second"))
    apart = first["together"] - first["mean"]
    return (
        f"Together, {one} and {two} cost \\{short(first['together'])}; "
        f"one by one they add up to \\{short(apart)}"
    ).replace("\\-", "-\\")


def pairs_table(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a pair, largest interaction first."""
    pairs = rows[rows["first"] != rows["second"]].sort_values("mean", ascending=False)
    return pd.DataFrame(
        {
            "Broken": pairs["pair"],
            "Cost at once [USD]": [f"{x:,.0f}" for x in pairs["together"]],
            "Beyond the sum [USD]": [f"{x:,.0f}" for x in pairs["mean"]],
            "95 % interval": pairs["sure"],
        }
    ).reset_index(drop=True)
