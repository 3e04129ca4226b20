"""The signs of stress as rows, tables and sentences. No Streamlit here."""

from typing import Any

import pandas as pd

import engine

YEAR = 365 * 24 * 3_600.0  # s
NAMES = ["lag", "cost", "volatility"]


def stress(frame: pd.DataFrame, limits: pd.DataFrame, sign: Any, dt: float, most: int) -> Any:
    """The signs of one lane as rows of a chart: what, time_s, bp; a limit has no bp."""
    bp_a_minute = 1e4 * frame["volatility"] * (60.0 / YEAR) ** 0.5
    wide = pd.DataFrame(
        {
            "time_s": frame["time_s"],
            "lag": frame["lag_bp"].abs(),
            "cost": frame["cost_bp"],
            "volatility": bp_a_minute,
        }
    )
    low, high = _window(float(wide["time_s"].iloc[-1]), limits["step"] * dt, sign, dt)
    wide = engine.thin(wide[wide["time_s"].between(low, high)], NAMES, most)
    rows = wide.melt("time_s", var_name="what", value_name="bp")
    times = (limits["step"] * dt).drop_duplicates()
    moments = [pd.DataFrame({"time_s": times[times.between(low, high)], "what": "limit"})]
    highest = pd.DataFrame({"time_s": [high], "what": ["room"], "bp": [1.4 * rows["bp"].max()]})
    moments.append(highest)
    if sign is not None and low <= sign.step * dt <= high:
        moments.append(pd.DataFrame({"time_s": [sign.step * dt], "what": ["sign"]}))
    return pd.concat([rows, *moments], ignore_index=True).round(3)


def _window(whole: float, limits: pd.Series, sign: Any, dt: float) -> tuple[float, float]:
    """The time worth drawing [s]: from before the first sign or limit to after nearly all."""
    times = [*limits, *([] if sign is None else [sign.step * dt])]
    if not times:
        return 0.0, whole
    first, last = min(times), float(pd.Series(times).quantile(0.9))
    room = max(last - first, 0.1 * whole)
    return max(first - 0.5 * room, 0.0), min(last + room, whole)


def stress_table(frame: pd.DataFrame) -> pd.DataFrame:
    """The signs as a reader wants them in a table: one row for each tenth second of the run."""
    every = max(len(frame) // 90, 1)
    some = frame.iloc[::every]
    return pd.DataFrame(
        {
            "Time [s]": some["time_s"],
            "Volatility [% a year]": (100 * some["volatility"]).round(0),
            "Mark from mid [bp]": some["lag_bp"].round(1),
            "Steps behind": some["lag_steps"],
            "Mark from outside [bp]": some["index_bp"].round(1),
            "Selling $1M [bp]": some["cost_bp"].round(1),
        }
    )


def finding(title: str, frame: pd.DataFrame, limits: pd.DataFrame, sign: Any) -> str:
    """What the picture shows, in one sentence with the numbers of this run."""
    lag, cost = frame["lag_bp"].abs(), frame["cost_bp"]
    far = f"was up to {lag.max():,.0f} bp off the mid" if lag.max() >= 1.0 else "kept up"
    told = (
        f"{title}: the mark {far}, and selling \\$1M came to cost {cost.max():,.0f} bp, "
        f"{cost.max() / cost.iloc[0]:,.1f} times the opening"
    )
    if sign is None or not len(limits):
        return told
    after = float((limits["step"] > sign.step).mean())
    return f"{told}; {after:.0%} of the limits triggered after the first sign"


def lateness(scenario: Any, results: dict[str, Any], known: Any) -> dict[str, list[str]]:
    """How late each mark was expected to be and was, and likewise the cost of a fill."""
    behind, cost = (
        "Mark off the mid, expected → measured",
        "Selling $1M, opening → expected → worst",
    )
    table: dict[str, list[str]] = {known.noun: [], behind: [], cost: []}
    for name, result in results.items():
        lane, found = result.scenario, result.metrics
        peak = float(engine.signals(result)["volatility"].max())
        dear = [engine.expected_cost(lane, 0.0), engine.expected_cost(lane, peak)]
        table[known.noun].append(known.titles[name])
        table[behind].append(f"{engine.expected_lag(lane):,.0f} → {found['mark_lag_bp']:,.0f} bp")
        table[cost].append(f"{dear[0]:,.1f} → {dear[1]:,.1f} → {found['fill_cost_bp']:,.1f} bp")
    return table


def acting(title: str, sign: Any, frame: Any, dt: float) -> str:
    """What acting on the first sign changed, in words; what it cost is said as well."""
    if sign is None:
        return (
            f"**{title}**: neither sign appears in this run, so there is nothing to act on. "
            "Limits may trigger all the same: a slow fall gives no such warning."
        )
    why = "the mark was off by" if sign.why == "lag" else "selling \\$1M cost"
    number, total = len(frame), float(frame["saved"].sum())
    before, after = int(frame["liquidated"].sum()), int(frame["liquidated_acted"].sum())
    hurt = int((frame["saved"] < 0.0).sum())
    verb = "saved" if total >= 0.0 else "cost"
    return (
        f"**{title}**: the first sign came at {sign.step * dt:,.0f} s, when {why} "
        f"{sign.value:,.0f} bp. Of {number} {sign.side}s run again one by one, **{before} were "
        f"liquidated without acting and {after} with it**. Acting {verb} them "
        f"**\\${abs(total):,.0f}** together by the end; {hurt} of them would have done better "
        "to wait."
    )


def acted(frame: pd.DataFrame) -> pd.DataFrame:
    """The accounts that were run again, as a table."""
    yes = {True: "yes", False: ""}
    return pd.DataFrame(
        {
            "Account": frame["account"],
            "Leverage": frame["leverage"].round(1),
            "Position [USD]": frame["notional_usd"].round(0),
            "Equity at the end [USD]": frame["equity"].round(0),
            "Having acted [USD]": frame["equity_acted"].round(0),
            "Saved [USD]": frame["saved"].round(0),
            "Liquidated": frame["liquidated"].map(yes),
            "Having acted, liquidated": frame["liquidated_acted"].map(yes),
        }
    )
