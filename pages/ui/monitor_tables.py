"""What the monitor did, as the tables and sentences of its page. No Streamlit here."""

from collections.abc import Callable
from typing import Any

import pandas as pd

import engine


def usd(value: float) -> str:
    """A sum in millions of dollars."""
    return f"${value / 1e6:.1f}M"


def finding(results: dict[str, Any], titles: dict[str, str]) -> str:
    """The title of the picture: what the warnings changed in this world."""
    closed = {name: result.metrics["liquidated_notional"] for name, result in results.items()}
    alerts = {name: int(result.metrics["alerts"]) for name, result in results.items()}
    false = alerts["sees"] - int(results["sees"].metrics["true_alerts"])
    if not closed["alone"] and not max(closed.values()):
        return f"Nothing is closed by force here, and {alerts['sees']} alerts are all false"
    least = min((n for n in closed if n != "alone"), key=lambda n: closed[n])
    if closed[least] >= closed["alone"]:
        return f"No warning lowers what is closed by force here: {usd(closed['alone'])}"
    return (
        f"Warnings cut what is closed by force from {usd(closed['alone'])} to "
        f"{usd(closed['sees'])} with {false} false alerts of {alerts['sees']}, and to "
        f"{usd(closed['decoys'])} when fooled; a blind monitor cuts nothing"
    )


def marks(rows: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    """The rows of the picture, the price aside."""
    found = rows[rows["what"] != "price"]
    what = found["what"].map(titles | {"first": "First forced trade"})
    return pd.DataFrame(
        {
            "Monitor": found["lane"],
            "What": what,
            "Time [s]": found["time_s"],
            "Reason": found["reason"],
        }
    )


def reason(parts: list[tuple[str, float, float]], streams: dict[str, str]) -> str:
    """Why a step ranks where it does, in words."""
    return "; ".join(f"{streams[s]}: z {z:+z.1f}, {c:.1f}× its limit" for s, c, z in parts[:3])


def followed(true: bool, late: bool) -> str:
    """What came after an alert."""
    return "yes" if true else "it had begun" if late else "no"


def alerts(table: pd.DataFrame, streams: dict[str, str]) -> dict[str, list[str]]:
    """The alerts with their reasons."""
    return {
        "Rank": [str(n) for n in range(1, len(table) + 1)],
        "Step": [f"{step:,}" for step in table["step"]],
        "Score": [f"{score:.2f}" for score in table["score"]],
        "Why": [reason(parts, streams) for parts in table["reasons"]],
        "Forced trade within the horizon": [
            followed(*pair) for pair in zip(table["true"], table["late"], strict=True)
        ],
    }


def accounts(table: pd.DataFrame) -> dict[str, list[str]]:
    """The accounts that came first, with both parts of the score."""
    return {
        "Account": [str(row) for row in table["account"]],
        "Score": [f"{x:.2f}" for x in table["score"]],
        "Side": table["side"].tolist(),
        "Notional [USD]": [f"{x:,.0f}" for x in table["notional_usd"]],
        "Moves the price by [%]": [f"{x:.2f}" for x in table["size"]],
        "Way to its limit [%]": [f"{x:.2f}" for x in table["distance"]],
        "Times the median score": [f"{x:,.0f}" for x in table["times_median"]],
    }


def drift(
    here: pd.DataFrame, drifted: pd.DataFrame, streams: dict[str, str]
) -> dict[str, list[str]]:
    """How far the streams have left what was learned, here and in a quiet world that drifts."""
    other = drifted.set_index("stream")
    return {
        "Stream": [streams[name] for name in here["stream"]],
        "Highest z before the first forced trade": [f"{x:+z.1f}" for x in here["highest"]],
        "Distance here [1]": [f"{x:.2f}" for x in here["distance"]],
        "Distance, drifting and quiet [1]": [
            f"{other.loc[name, 'distance']:.2f}" for name in here["stream"]
        ],
    }


def share(value: float) -> str:
    """A share in per cent; nothing where there is none."""
    return "–" if value != value else f"{value:.0%}"


def number(value: float, digits: int = 0) -> str:
    """A number; nothing where there is none."""
    return "–" if value != value else f"{value:,.{digits}f}"


def precision(row: Any) -> str:
    """Share of true alerts with its interval."""
    if not row.alerts:
        return "–"
    low, high = engine.wilson(int(row.true), int(row.alerts))
    return f"{row.precision:.0%} ({low:.0%} to {high:.0%})"


MEASURES: tuple[tuple[str, Callable[[Any], str]], ...] = (
    ("Warned in time", lambda row: share(row.found)),
    ("Lead, median [s]", lambda row: number(row.lead)),
    ("Alerts that were true", lambda row: precision(row)),
    ("The same by chance", lambda row: share(row.chance)),
    ("Of the 10 steps ranked first", lambda row: share(row.steps_right)),
    ("Accounts ranked first, liquidated later", lambda row: share(row.accounts_right)),
    ("All accounts, liquidated later", lambda row: share(row.accounts_all)),
    ("False alerts a day", lambda row: number(row.false_day)),
    ("False alerts a day, by theory", lambda row: number(row.allowed)),
)


def scores(table: pd.DataFrame, detectors: dict[str, str]) -> dict[str, list[str]]:
    """The score of each detector over many worlds, one column a detector."""
    found = {"Measure": [title for title, _ in MEASURES]}
    for row in table.itertuples():
        found[detectors[row.detector]] = [shown(row) for _, shown in MEASURES]
    return found


def said(table: pd.DataFrame, worlds: int, detector: str, detectors: dict[str, str]) -> str:
    """The sentence above the scores."""
    row = table[table["detector"] == detector].iloc[0]
    if row["false_day"] != row["false_day"] or not row["allowed"]:
        return f"{worlds} worlds."
    times = row["false_day"] / row["allowed"]
    return (
        f"In {worlds} worlds the {detectors[detector]} raises **{row['false_day']:,.0f} false "
        f"alerts a day, {times:.1f} times what run-length theory allows**."
    )


def run_lengths(table: pd.DataFrame) -> dict[str, list[str]]:
    """Published run lengths beside both computations."""
    return {
        "Two-sided chart": table["chart"].tolist(),
        "Shift [deviations]": [f"{x:g}" for x in table["shift"]],
        "Published [steps]": [f"{x:g}" for x in table["published"]],
        "Integral equation": [f"{x:.2f}" for x in table["equation"]],
        "Simulated": [
            f"{m:.2f} ± {e:.2f}" for m, e in zip(table["simulated"], table["error"], strict=True)
        ],
    }


def proof(table: pd.DataFrame, modes: dict[str, str]) -> dict[str, list[str]]:
    """Every mode on one world."""
    checked = zip(table["recomputed"], table["guardrails_operated"], strict=True)
    return {
        "Monitor": [modes[name] for name in table["mode"]],
        "Alerts": [number(x) for x in table["alerts"]],
        "Nobody acts: result": table["fingerprint"].tolist(),
        "Guardrail events": [str(x) for x in table["guardrails"]],
        "Operator: warnings": [str(x) for x in table["actions"]],
        "Guardrail events, recomputed": [f"{done} of {every}" for done, every in checked],
    }
