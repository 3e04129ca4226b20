"""Charts of the note "Who pays". No Streamlit here."""

from functools import cache
from typing import Any

import altair as alt
import pandas as pd

import engine
from pages.ui import colours
from pages.ui.charts import DASHES, LINES, Picture, named, plain

HEIGHT, HEAD = 32, 24  # px of a bar, and of its name above it
FOOT = 60  # px below the bars, for the axis
AXIS = alt.Axis(format="~s", tickCount=6, grid=False)
ROOM = 0.095  # share of the axis that an amount needs to be written on its part
POINTS = 100  # of one Lorenz curve
LARGEST = 15  # single losses that are listed
SAME = 0.01  # two sums are told to be the same within this share


@cache
def owners_spec(theme: str, titles: tuple[str, ...]) -> dict[str, Any]:
    """One bar a lane: who paid which part of the loss, what liquidators earned left of zero."""
    paint = colours.palette(theme)["owner"]
    base = alt.Chart(named()).encode(
        y=alt.Y("title:N", sort=list(titles), title=None, axis=None),
        tooltip=[
            alt.Tooltip("title:N", title="way out"),
            alt.Tooltip("name:N", title="paid by"),
            alt.Tooltip("usd:Q", format=",.0f", title="USD"),
        ],
    )
    bars = base.mark_bar(
        height=HEIGHT, yOffset=HEAD / 2, stroke=colours.PAPER[theme], strokeWidth=1
    ).encode(
        x=alt.X("start:Q", title="Paid of the forced loss [USD]", axis=AXIS),
        x2="stop:Q",
        color=_paint(list(paint.values()), paint),
    )
    amounts = base.mark_text(fontSize=11.5, fontWeight=600, dy=HEAD / 2).encode(
        x="middle:Q", text="label:N", color=_paint(colours.on_owners(theme), paint)
    )
    heads = base.mark_text(
        fontSize=13, fontWeight=600, align="left", dy=-HEAD / 2 - 3, color=colours.INK[theme]
    ).encode(x=alt.value(0), text="head:N")
    chart = alt.layer(bars, amounts, heads).resolve_scale(color="independent")
    return plain(chart.properties(height=(HEIGHT + HEAD + 8) * len(titles) + FOOT), theme)


def _paint(values: list[str], owners: dict[str, str]) -> Any:
    return alt.Color("owner:N", scale=alt.Scale(domain=list(owners), range=values), legend=None)


def owners_rows(results: dict[str, Any], titles: dict[str, str]) -> pd.DataFrame:
    """Each part of each bar with its ends [USD]; parts of nothing are left out."""
    rows = []
    for lane, result in results.items():
        up = down = 0.0
        for owner, name in engine.OWNERS.items():
            usd = float(result.metrics[f"paid_{owner}"])
            if abs(usd) < 0.5:
                continue
            start = up if usd > 0.0 else down
            stop = start + usd
            up, down = (stop, down) if usd > 0.0 else (up, stop)
            rows.append((titles[lane], owner, name, usd, start, stop))
    columns = ["title", "owner", "name", "usd", "start", "stop"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["middle"] = (frame["start"] + frame["stop"]) / 2.0
    wide = ROOM * (frame["stop"].max() - min(frame["stop"].min(), 0.0)) if len(frame) else 0.0
    frame["head"] = frame["title"].where(~frame["title"].duplicated(), "")
    frame["label"] = [short(x) if abs(x) >= wide else "" for x in frame["usd"]]
    return frame


def short(usd: float) -> str:
    """A sum in three digits: $184k, $1.2M."""
    sign, size = ("-" if usd <= -0.5 else ""), abs(usd)
    if size >= 999_500.0:  # below it is less than 1,000k
        return f"{sign}${size / 1e6:.3g}M"
    return f"{sign}${size / 1e3:.0f}k" if size >= 999.5 else f"{sign}${size:.0f}"


def owners_picture(results: dict[str, Any], titles: dict[str, str], theme: str) -> Picture | None:
    """The picture of the note; None where no loss was forced on anybody."""
    rows = owners_rows(results, titles)
    if not len(rows):
        return None
    paint, seen = colours.palette(theme)["owner"], set(rows["owner"])
    key = [(name, paint[owner], "bar") for owner, name in engine.OWNERS.items() if owner in seen]
    spec = owners_spec(theme, tuple(titles.values()))
    return Picture(rows, spec, key, owners_table(results, titles), finding(results, titles))


def finding(results: dict[str, Any], titles: dict[str, str]) -> str:
    """What the picture shows, as a sentence; empty where others paid the same everywhere."""
    others = {lane: float(result.metrics["paid_others"]) for lane, result in results.items()}
    least, most = min(others, key=others.__getitem__), max(others, key=others.__getitem__)
    if others[most] - others[least] < 1.0:
        return ""
    return (
        f"Others pay \\{short(others[least])} of the loss under “{titles[least]}”, and "
        f"\\{short(others[most])} under “{titles[most]}”"
    ).replace("\\-", "-\\") + same_sum(results)


def same_sum(results: dict[str, Any]) -> str:
    """That queue and pro rata take the same from winners, where they do; else empty."""
    queue, pro_rata = (results[lane].metrics["paid_winners"] for lane in ("queue", "pro_rata"))
    if queue <= 0.0 or abs(queue - pro_rata) > SAME * queue:
        return ""
    return ". Queue and pro rata take the same sum from winners"


def owners_table(results: dict[str, Any], titles: dict[str, str]) -> pd.DataFrame:
    """One row a lane: the loss and what each owner paid of it [USD]."""
    rows = [
        {
            "Way out": titles[lane],
            "Loss [USD]": f"{result.metrics['forced_loss']:,.0f}",
            **{
                f"{name} [USD]": f"{result.metrics[f'paid_{owner}']:,.0f}"
                for owner, name in engine.OWNERS.items()
            },
        }
        for lane, result in results.items()
    ]
    return pd.DataFrame(rows)


@cache
def lorenz_spec(theme: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Lorenz curves of the fractions of positions taken, and the line of equality."""
    paint = colours.of_lanes(names, theme)
    lines = (
        alt.Chart(named())
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X(
                "winners:Q",
                title="Winners, least reduced first [%]",
                scale=alt.Scale(domain=[0, 100]),
            ),
            y=alt.Y("share:Q", title="Share of all haircuts [%]", scale=alt.Scale(domain=[0, 100])),
            color=alt.Color(
                "lane:N",
                scale=alt.Scale(domain=list(names), range=list(paint.values())),
                legend=None,
            ),
            strokeDash=alt.StrokeDash(
                "lane:N",
                scale=alt.Scale(domain=list(names), range=[DASHES[x] for x in LINES[: len(names)]]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("title:N", title="way out"),
                alt.Tooltip("winners:Q", format=".0f", title="winners [%]"),
                alt.Tooltip("share:Q", format=".0f", title="of all haircuts [%]"),
            ],
        )
    )
    even = (
        alt.Chart(named())
        .transform_filter("datum.lane == 'even'")
        .mark_line(color=colours.INK[theme], strokeWidth=1, opacity=0.6)
        .encode(x="winners:Q", y="share:Q")
    )
    drawn = lines.transform_filter("datum.lane != 'even'")
    return plain(alt.layer(even, drawn).properties(height=320), theme)


def lorenz_rows(results: dict[str, Any], titles: dict[str, str]) -> pd.DataFrame:
    """Points of each lane's curve [%], none for lanes without deleveraging; `even` is equality."""
    rows = [("even", "equality", 0.0, 0.0), ("even", "equality", 100.0, 100.0)]
    for lane, result in results.items():
        taken = engine.haircuts(result)["position"]
        if not len(taken):
            continue
        curve = engine.lorenz(taken)
        n = len(curve)
        places = sorted({round(j * (n - 1) / POINTS) for j in range(POINTS + 1)})
        rows.append((lane, titles[lane], 0.0, 0.0))
        rows += [(lane, titles[lane], 100.0 * (j + 1) / n, 100.0 * float(curve[j])) for j in places]
    return pd.DataFrame(rows, columns=["lane", "title", "winners", "share"])


def lorenz_finding(results: dict[str, Any]) -> str:
    """What the curves show, where queue and pro rata both deleveraged; else empty."""
    queue, pro_rata = (engine.adl_fairness(results[lane]) for lane in ("queue", "pro_rata"))
    if not queue["winners"] or not pro_rata["winners"]:
        return ""
    if queue["touched"] == queue["winners"]:
        return f"All {int(queue['winners'])} winners are reduced: the rule no longer matters"
    return (
        f"The queue reduces {int(queue['touched'])} of {int(queue['winners'])} winners, pro rata "
        f"{int(pro_rata['touched'])} of {int(pro_rata['winners'])}"
    )


MEASURES = {
    "Closed by force [USD]": ("liquidated_notional", None),
    "Beyond the least cut [USD]": ("over_liquidated", None),
    "Bystanders closed": ("bystanders", 0),
    "Lost by bystanders [USD]": ("bystander_loss", None),
    "Closed, could have stayed": ("spared_accounts", 0),
    "Cost per dollar: Gini": ("cost_gini", 2),
    "Winners reduced": ("adl_accounts", 0),
    "Haircuts: Gini": ("adl_gini", 2),
    "Haircuts: Jain": ("adl_jain", 2),
}


def treated(results: dict[str, Any], titles: dict[str, str]) -> dict[str, list[str]]:
    """One row a measure, one column a lane, ready to read; sums in three digits."""
    table: dict[str, list[str]] = {"Measure": list(MEASURES)}
    for lane, result in results.items():
        table[titles[lane]] = [
            short(result.metrics[key]).replace("$", "")
            if digits is None
            else f"{result.metrics[key] + 0.0:,.{digits}f}"
            for key, digits in MEASURES.values()
        ]
    return table


ORDERS = {
    "netted": "One price for a step",
    "netted, reversed": "One price, list turned round",
    "sequential": "One by one, by risk",
    "sequential, reversed": "One by one, list turned round",
}


def ordered(effects: tuple[Any, ...]) -> dict[str, list[str]]:
    """What a change of order did, ready to read; the first row is what others are held against."""
    return {
        "Execution": [ORDERS[effect.name] for effect in effects],
        "Accounts with another end": [f"{effect.changed:,}" for effect in effects],
        "Difference in all [USD]": [f"{effect.moved:,.0f}" for effect in effects],
        "Filled apart [bp]": [f"{e.unequal_bp:,.1f}" for e in effects],
    }


def accounts_table(result: Any) -> dict[str, list[str]]:
    """The largest single losses and who paid them, ready to read [USD]."""
    frame, tick = engine.by_account(result), engine.who_paid(result).tick
    largest = frame.sort_values(["loss", "account"], ascending=[False, True]).head(LARGEST)
    names = {"loss": "Loss [USD]", "own": "It paid", "fund": "Fund, all", "winners": "Winners"}
    table = {"Account": [str(row) for row in largest["account"]]}
    for name, title in names.items():
        table[title] = [f"{ticks * tick + 0.0:,.0f}" for ticks in largest[name]]
    return table
