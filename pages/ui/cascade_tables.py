"""The rows of "The cascade is a graph": its tree, its loop by price, its facts. No Streamlit."""

from typing import Any

import pandas as pd

import engine
from pages.ui import charts_cascade

POINTS = 400  # of each line of the tree
EDGES = 600  # drawn; the heaviest by USD
CALM = "alone"  # the lane in which no order moves the price


def tree(results: dict[str, Any], lane: str) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Rows of the tree, its table, and its finding."""
    result = results[lane]
    nodes = engine.wave_frame(result)
    if not len(nodes):
        return pd.DataFrame(), pd.DataFrame(), ""
    edges = engine.edge_frame(result)
    near = window(nodes)
    rows = pd.concat([_circles(nodes), _edges(nodes, edges), _lines(result, near)])
    inside = rows["time"].between(*near) & ~(rows["time_to"] > near[1])
    return rows[inside], _table(nodes, edges), finding(results, lane)


def finding(results: dict[str, Any], lane: str) -> str:
    """What the tree shows, as a sentence."""
    seen = results[lane].metrics
    number, hurt = int(seen["liquidated_accounts"]), int(seen["bystanders"])
    went, alone = furthest(results[lane]), furthest(results[CALM])
    who = f"{hurt:,} of {number:,} liquidated accounts are bystanders"
    if seen["branching_ratio"] < 0.01:
        return f"The outside price alone reached every limit: {who}"
    if abs(went) - abs(alone) < 0.002:
        return f"Forced orders pushed {seen['branching_ratio']:.0%} of what was closed: {who}"
    word = "fall" if alone < 0.0 else "rise"
    return f"Forced orders made a {word} of {abs(alone):.1%} one of {abs(went):.1%}: {who}"


def furthest(result: Any) -> float:
    """How far the mark went from its start, as a share of it."""
    start = result.scenario.world.price
    return engine.furthest_from(result.series_frame()["mark"].to_numpy(), start) / start - 1.0


def _circles(nodes: pd.DataFrame) -> pd.DataFrame:
    """One circle a wave."""
    frame = nodes.rename(columns={"time_s": "time", "closed": "usd"})
    kept = ["time", "price", "symbol", "usd", "triggers", "forced", "generation"]
    band = [_band(g) for g in nodes["generation"]]
    shape = charts_cascade.shapes(nodes["symbol"])
    return frame[kept].assign(kind="wave", band=band, level=100.0 * nodes["level"], shape=shape)


def _band(generation: float) -> str:
    """The colour group of a generation."""
    return max(name for name, (least, _) in charts_cascade.BANDS.items() if generation >= least)


def _edges(nodes: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """One line an edge between waves; those from the outside world are the falling price itself."""
    some = edges[edges["kind"] != "outside"].head(EDGES)
    parent, child = nodes.iloc[some["parent"]], nodes.iloc[some["child"]]
    return pd.DataFrame(
        {
            "kind": "edge",
            "time": parent["time_s"].to_numpy(),
            "level": 100.0 * parent["level"].to_numpy(),
            "time_to": child["time_s"].to_numpy(),
            "level_to": 100.0 * child["level"].to_numpy(),
            "share": some["share"].to_numpy(),
        }
    )


def window(nodes: pd.DataFrame) -> tuple[float, float]:
    """The seconds in which the cascade lies: from 2 % of what was closed to all, with room."""
    done = nodes["closed"].cumsum() / max(float(nodes["closed"].sum()), 1e-9)
    start = float(nodes["time_s"][(done >= 0.02).to_numpy()].min())
    stop = float(nodes["time_s"].iloc[-1])
    room = max(0.2 * (stop - start), 3.0)
    return start - room, stop + 0.4 * room


def _lines(result: Any, window: tuple[float, float]) -> pd.DataFrame:
    """Mark and outside price of each symbol in these seconds, in percent of the opening."""
    names, parts = result.compiled.symbols, []
    for place, symbol in enumerate(names):
        series = result.series_frame(place)
        start = float(series["fundamental"].iloc[0])
        near = series[series["time_s"].between(*window)]
        near = engine.thin(near, ["mark", "fundamental"], POINTS // len(names))
        for name, column in (("mark", "mark"), ("outside", "fundamental")):
            level = 100.0 * near[column] / start
            rows = {"kind": "line", "line": name, "symbol": symbol, "time": near["time_s"]}
            parts.append(pd.DataFrame(rows | {"level": level}))
    return pd.concat(parts)


def _table(nodes: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """The tree in words: one row a circle, with the parents that carry most of it."""
    pushed = edges[edges["kind"] == "forced"].groupby("child", sort=False)
    best = {
        child: ", ".join(
            f"{nodes['time_s'].iloc[row.parent]:g} s ({row.share:.0%})"
            for row in some.head(3).itertuples()
        )
        for child, some in pushed
    }
    return pd.DataFrame(
        {
            "Time [s]": nodes["time_s"],
            "Limits at [USD]": nodes["price"].round(0),
            "Accounts": nodes["triggers"],
            "Coin": nodes["symbol"],
            "Side": nodes["side"],
            "Closed [USD]": nodes["closed"].round(0),
            "Pushed by forced orders": [f"{x:.0%}" for x in nodes["forced"]],
            "Generation": nodes["generation"].round(2),
            "Pushed most by the orders of": [best.get(n, "") for n in nodes["wave"]],
        }
    )


# Verify


def loop(results: dict[str, Any]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The loop by price with each lane's furthest mark, and what the opening state says."""
    first = next(iter(results.values()))
    curve = engine.opening_graph(first)[["price", "loop"]].assign(kind="loop")
    start = first.scenario.world.price
    ends = {
        name: engine.furthest_from(result.series_frame()["mark"].to_numpy(), start)
        for name, result in results.items()
    }
    low, high = sorted((start, float(curve["price"].iloc[-1])))
    reach = [price for price in ends.values() if low <= price <= high]
    far = max((abs(price - start) for price in reach), default=0.0) * 1.25
    shown = curve[(curve["price"] - start).abs() <= max(far, 0.05 * start)]
    marks = pd.DataFrame({"kind": "end", "lane": list(ends), "price": list(ends.values())})
    limit = pd.DataFrame({"kind": ["one"], "loop": [1.0]})
    return pd.concat([shown, marks, limit]), engine.cascade_beforehand(first)


def facts(
    known: dict[str, Any], results: dict[str, Any], titles: dict[str, str]
) -> dict[str, list[str]]:
    """What the opening state says, beside what then happened in each lane."""

    def each(tell: Any) -> str:
        return "; ".join(f"{titles[name]} {tell(result)}" for name, result in results.items())

    rows = [
        (_multiplier(known), each(lambda r: f"mark {furthest(r):+z.1%}")),
        (
            "**Branching ratio**: not known beforehand",
            each(lambda r: f"{r.metrics['branching_ratio']:.0%}"),
        ),
        (
            "**Bystanders**: not known beforehand; accounts of one coin are judged",
            each(lambda r: f"{r.metrics['bystanders']:,.0f}"),
        ),
        (
            _edge(known),
            "mean from push to limit: " + each(lambda r: f"{engine.seen_times(r)['mean']:.0f} s"),
        ),
        (
            _settled(known),
            "bad debt: " + each(lambda r: f"\\${r.metrics['bad_debt'] / 1e3:,.0f}k"),
        ),
    ]
    if len(known["pushes"]) > 1:
        rows.insert(1, (_coins(known), each(_each_coin)))
    return {
        "Known at the opening": [row[0] for row in rows],
        "What then happened": [row[1] for row in rows],
    }


def _multiplier(known: dict[str, Any]) -> str:
    above = "nowhere 1 or more"
    if known["from"] is not None:
        above = f"first 1 or more at {known['from']:,.0f}, last at {known['to']:,.0f}"
    way = "fall" if known["falls"] else "rise"
    most = f"{known['loop']:.2f} at most, at {known['loop_price']:,.0f}"
    return f"**Cascade multiplier** in a {way}: {most}; {above}"


def _edge(known: dict[str, Any]) -> str:
    peak = "never" if known["peak_s"] is None else f"{known['peak_s']:,.3g} s"
    return (
        f"**Fastest edge** as it is: {known['edge_s']:g} s from a fill to the limit it "
        f"triggers, {known['generation_s']:g} s to the next fill; the mark shows most of an "
        f"order after: {peak}"
    )


def _settled(known: dict[str, Any]) -> str:
    paid = ", ".join(f"{share:.0%} after {move:+z.0%}" for move, share in known["paid"].items())
    return f"**If all settled at once**, winners could be paid of their profit: {paid}"


def _coins(known: dict[str, Any]) -> str:
    told = ", ".join(f"{a} pushes {b} {x:.2f} %" for (a, b), x in known["pushes"].items())
    way = "fall" if known["falls"] else "rise"
    return f"**The graph of coins** there: a {way} of 1 % of {told}"


def _each_coin(result: Any) -> str:
    """How far the mark of each coin went."""
    went = []
    for place, symbol in enumerate(result.compiled.symbols):
        mark = result.series_frame(place)["mark"].to_numpy()
        went.append(f"{symbol} {engine.furthest_from(mark, mark[0]) / mark[0] - 1.0:+z.1%}")
    return ", ".join(went)


def by_price(result: Any) -> dict[str, list[str]]:
    """The multiplier and the cascade of one lane, for each 1 % of price."""
    frame = engine.cascade_by_price(result)
    if not len(frame):
        return {"Price [USD]": [], "Multiplier": []}
    return {
        "Price [USD]": [
            f"{a:,.0f} to {b:,.0f}"
            for a, b in zip(frame["price_from"], frame["price_to"], strict=True)
        ],
        "Multiplier beforehand": [f"{x:.2f}" for x in frame["loop"]],
        "Closed [USD]": [f"{x:,.0f}" for x in frame["closed"]],
        "Pushed by forced orders": [f"{x:.0%}" for x in frame["forced"]],
        "Generation": [f"{x:.2f}" for x in frame["generation"]],
    }
