"""A phase map as rows of a chart, as a table and as sentences. No Streamlit here."""

from collections import Counter
from typing import Any

import engine
from pages.ui.amounts import usd

LETTERS = {"market": "M", "incremental": "I", "auction": "A"}
WORDS = {"market": "Market", "incremental": "Incremental", "auction": "Auction"}
STATES = {"clear": "clear", "open": "not decided", "alike": "no difference"}


def value(name: str, x: float) -> str:
    """A value of an axis as it is read aloud."""
    if name == "depth":
        return usd(float(f"{x:.3g}"))
    if name == "speed":
        return f"{x:.3g} s"
    if name in ("crowding", "fee"):
        return f"{100 * x:.3g} %"
    if name == "latency":
        return f"{x:.0f} steps" if x != 1 else "1 step"
    return f"{x:.3g}×" if name == "leverage" else f"{x:.3g}"


def place(chosen: Any, cell: tuple[int, int]) -> str:
    """Where a cell is, by the values of its axes."""
    x, y = value(chosen.x, chosen.columns[cell[0]]), value(chosen.y, chosen.rows[cell[1]])
    return f"The cell {x} across, {y} upwards"


def amount(harm: str, x: float) -> str:
    """A harm as it is read aloud."""
    if harm == "bystanders":
        return f"{x:,.1f} accounts"
    return f"{x:.3f}" if harm == "unfairness" else f"${x:,.0f}"


def interval(harm: str, low: float, high: float) -> str:
    """Both ends of an interval of a harm."""
    return f"{amount(harm, low)} to {amount(harm, high)}"


def cells(
    chosen: Any, found: dict[Any, Any], harm: str, opened: tuple[int, int]
) -> list[dict[str, Any]]:
    """One row a cell of the chart; what is not run yet shows the coarse cell it stands in."""
    rows = []
    for j, y in enumerate(chosen.rows):
        for i, x in enumerate(chosen.columns):
            here = {"i": i, "j": j, "x": value(chosen.x, x), "y": value(chosen.y, y)}
            found_out = _shown(engine.standing_for(i, j, found), found, harm)
            rows.append(here | {"opened": (i, j) == opened} | found_out)
    return rows


def _shown(place: Any, found: dict[Any, Any], harm: str) -> dict[str, str]:
    """What a cell shows of a verdict, its own or that of the coarse cell it stands in."""
    if place is None:
        known = {"winner": "none", "state": "empty", "sign": "", "said": "Not run yet"}
        return known | dict.fromkeys(WORDS.values(), "")
    told, own = found[place[0]], place[1]
    state = told.state if own else "coarse"
    return {
        "winner": "alike" if told.state == "alike" else told.winner,
        "state": state,
        "sign": {"clear": LETTERS[told.winner], "open": "?", "alike": "="}.get(state, ""),
        "said": said(told) if own else "Not run yet: shows the coarser cell",
    } | {WORDS[name]: amount(harm, x) for name, x in told.harm.items()}


def said(told: Any) -> str:
    """A verdict in a few words."""
    if told.state == "alike":
        return "No difference"
    if told.state == "clear":
        return f"{WORDS[told.winner]}, in {told.share:.0%} of resamples"
    return f"Not decided: {WORDS[told.winner]} in {told.share:.0%} of resamples"


def finding(found: dict[Any, Any]) -> str:
    """What the map shows so far, in one sentence."""
    count = Counter(told.winner for told in found.values() if told.state == "clear")
    parts = [f"{WORDS[name]} in {number}" for name, number in count.most_common()]
    rest = [
        f"{words} in {number}"
        for words, number in (
            ("not decided", sum(told.state == "open" for told in found.values())),
            ("no difference", sum(told.state == "alike" for told in found.values())),
        )
        if number
    ]
    if not parts:
        return f"No policy is clearly least harmful in any of {len(found)} cells"
    return f"Least harm, of {len(found)} cells: {', '.join([*parts, *rest])}"


def table(chosen: Any, found: dict[Any, Any], harm: str, titles: dict[str, str]) -> dict[str, Any]:
    """The map as a table, one row a finished cell."""
    columns: dict[str, list[Any]] = {titles[chosen.x]: [], titles[chosen.y]: [], "Least harm": []}
    columns |= {"Verdict": [], "Share of resamples": []} | {WORDS[name]: [] for name in WORDS}
    for i, j in sorted(found, key=lambda cell: (cell[1], cell[0])):
        told = found[i, j]
        columns[titles[chosen.x]].append(value(chosen.x, chosen.columns[i]))
        columns[titles[chosen.y]].append(value(chosen.y, chosen.rows[j]))
        columns["Least harm"].append(WORDS[told.winner] if told.state != "alike" else "")
        columns["Verdict"].append(STATES[told.state])
        columns["Share of resamples"].append(f"{told.share:.0%}")
        for name, x in told.harm.items():
            columns[WORDS[name]].append(amount(harm, x))
    return columns
