"""One account with several legs, as rows of a chart and of tables. No Streamlit here."""

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

import engine

POINTS = 150  # of a line
STEP, TIME, EQUITY, NEEDED, OPENING = "Step", "Time [min]", "Equity", "It must hold", "At opening"


@dataclass(frozen=True)
class Path:
    """An account in one lane."""

    rows: Any  # long: minutes, usd, line
    table: Any
    met: dict[str, float] | None  # the step at which it first met its limit
    least: float  # smallest equity over requirement, less one, while it had a position
    correlations: dict[str, float]  # published low and high; drawn with, first and last


def account(results: dict[str, Any], lane: str) -> Path | None:
    """The path of the account to look at, in one lane; None where there is none."""
    result = results[lane]
    row = _row(results, lane)
    if row < 0:
        return None
    steps = result.scenario.world.steps
    found = engine.first_trigger(result, row)
    met = int(result.events["step"][found]) if found >= 0 else None
    chosen = {*range(0, steps, max(steps // POINTS, 1)), steps - 1}
    if met is not None:
        chosen |= {max(met - 1, 0), met}
    frame = engine.account_path(result, row, sorted(chosen))
    frame["minutes"] = frame["time_s"] / 60.0
    live = frame if met is None else frame[frame["step"] < met]
    live = live[live["requirement"] > 0.0]
    shown = frame[frame["step"] <= (met if met is not None else steps)]
    limit = _met(live, result, found) if met is not None else None
    return Path(
        rows=_long(live) + ([] if limit is None else _long(_at(limit))),
        table=_table(shown, result.compiled.symbols),
        met=limit,
        least=float((live["equity"] / live["requirement"] - 1.0).min()) if len(live) else 0.0,
        correlations=_correlations(frame),
    )


def promises(results: dict[str, Any], lane: str) -> Any:
    """What the same account's legs promise at the opening; None where there is none."""
    row = _row(results, lane)
    return None if row < 0 else engine.promises(results[lane], row)


def _row(results: dict[str, Any], lane: str) -> int:
    row = engine.watched(results.values())
    return row if row < results[lane].accounts else engine.watched([results[lane]])


def _long(frame: Any) -> list[dict[str, Any]]:
    lines = (("equity", EQUITY), ("requirement", NEEDED), ("at_opening", OPENING))
    return [
        {"minutes": row["minutes"], "usd": row[name], "line": title}
        for name, title in lines
        for row in frame.to_dict("records")
    ]


def _at(limit: dict[str, float]) -> Any:
    """The moment of the limit as one more row, where the lines meet."""
    return pd.DataFrame([limit | {"minutes": limit["time_s"] / 60.0}])


def measured(results: dict[str, Any], titles: dict[str, str]) -> list[dict[str, Any]]:
    """Correlation of the first two coins before and after it changed in any lane, lane by lane.

    Measured in the mids, and corrected for the rise of the first one's variance. Empty where no
    lane has a change.
    """
    helds = [result.compiled.held for result in results.values()]
    if any(one is None or one.matrices.shape[1] < 2 for one in helds):
        return []
    changes = [(one.which[1:] != one.which[:-1]).nonzero()[0] for one in helds]
    at = min((int(each[0]) + 1 for each in changes if len(each)), default=0)
    if at < 2:
        return []
    out = []
    for name, result in results.items():
        mids = result.mid[:, 0], result.mid[:, 1]
        found = engine.comovement(*mids, slice(0, at), slice(at, None))
        out.append(
            {"lane": titles[name], "minutes": at * result.scenario.world.dt / 60.0, **asdict(found)}
        )
    return out


def _met(live: Any, result: Any, found: int) -> dict[str, float]:
    """Both sides of the first limit, as the event has them, and the last opening-based one."""
    event, tick = result.events[found], result.compiled.units.tick
    last = live.iloc[-1] if len(live) else None
    return {
        "time_s": float(event["step"]) * result.scenario.world.dt,
        "equity": float(event["value"]) * tick,
        "requirement": float(event["limit"]) * tick,
        "at_opening": float(last["at_opening"]) if last is not None else float("nan"),
    }


def _correlations(frame: Any) -> dict[str, float]:
    return {
        "low": float(frame["published"].min()),
        "high": float(frame["published"].max()),
        "first": float(frame["held"].iloc[0]),
        "last": float(frame["held"].iloc[-1]),
    }


def _table(frame: Any, symbols: tuple[str, ...]) -> Any:
    """At most 40 rows: what a reader wants to check."""
    some = frame.iloc[:: max(len(frame) // 40, 1)]
    kept = {
        "step": STEP,
        "equity": f"{EQUITY} [USD]",
        "requirement": f"{NEEDED} [USD]",
        "at_opening": "At the opening correlation [USD]",
        "published": "Correlation published",
        "held": "Correlation of the world",
        **{f"gain_{k}": f"Gain of {name} [USD]" for k, name in enumerate(symbols)},
    }
    return some[list(kept)].round(2).rename(columns=kept)
