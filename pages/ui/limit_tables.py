"""Tables of the note "Why did my limit change?". No Streamlit here."""

from typing import Any

import pandas as pd

import engine

SHOWN = 12  # accounts of a change that are listed at once


def added(results: dict[str, Any], titles: dict[str, str]) -> pd.DataFrame:
    """What changes of limits asked for at unchanged prices, summed up over time, a lane a line."""
    rows = []
    for name, result in results.items():
        ledger, total = engine.limit_ledger(result), 0.0
        end = (len(result.mid) - 1) * result.scenario.world.dt / 60.0
        rows.append((titles[name], 0.0, 0.0, 0, ""))
        for row in ledger.itertuples():
            total += row.moved_usd
            rows.append((titles[name], row.time_s / 60.0, total / 1e6, row.due, row.limit))
        rows.append((titles[name], end, total / 1e6, 0, ""))
    return pd.DataFrame(rows, columns=["lane", "minutes", "added", "due", "limit"])


def finding(ledgers: dict[str, pd.DataFrame]) -> str:
    """The title of the picture: the venue whose limits asked for most at unchanged prices."""
    raised = {
        title: float(one["moved_usd"].clip(lower=0.0).sum()) for title, one in ledgers.items()
    }
    title = max(raised, key=lambda name: raised[name])
    if raised[title] <= 0.0:
        return "No limit asks for more at unchanged prices here: prices alone decide"
    due = int(ledgers[title]["due"].sum())
    told = f"{title}: limits asked for {millions(raised[title])} more while prices stood still"
    if due == 0:
        return told + ", and nobody was due by that alone"
    return f"{told}; {due} account{'s were' if due > 1 else ' was'} due by that alone"


def millions(usd: float) -> str:
    """An amount in a title."""
    return f"{usd / 1e6:,.1f} million USD" if usd >= 1e5 else f"{usd:,.0f} USD"


STATES = {"trading": ("halted", "open"), "liquidation engine": ("standing still", "running")}


def value(number: float, unit: str) -> str:
    """An old or a new value, in its unit."""
    if unit in STATES:
        return STATES[unit][int(number)]
    if unit == "worst price of the order":
        return f"{number:,.6g} USD"
    if unit in ("rate added", "maintenance rate"):
        return f"{number:.2%}"
    return f"{number:.0%}" if unit.startswith("share") else f"{number:+z.2f}"


def choice(row: Any) -> str:
    """One change on one line of a menu."""
    way = f"{value(row.old, row.unit)} → {value(row.new, row.unit)}"
    due = f", {row.due} due" if row.due else ""
    due += f", {row.held} held up" if row.held else ""
    return f"Step {row.step}: {row.limit}, {row.symbol}, {way}{due}"


def first(ledger: pd.DataFrame) -> int:
    """The change to open with: the one that made most accounts due, moved most, held up most."""
    by = ["due", "moved_usd", "held_notional_usd"]
    order = ledger.sort_values(by, ascending=False, kind="stable")
    return int(order.index[0])


def told(row: Any) -> str:
    """A change as sentences: event, cause, number, and the risk it created."""
    cause = f"event {row.cause_event}" if row.cause_event >= 0 else "the outside world"
    way = "more" if row.moved_usd >= 0.0 else "less"
    risk = (
        f"{row.due} of them were due by it alone, with \\${row.due_notional_usd:,.0f} of positions."
        if row.due
        else "Nobody was due by it alone."
    )
    moved = (
        f"**At the same prices** {row.accounts} accounts need "
        f"\\${abs(row.moved_usd):,.0f} {way}. {risk}"
        if row.accounts
        else "**At the same prices** no requirement moved."
    )
    if row.held:
        many = "s" if row.held > 1 else ""
        moved = (
            f"**What it holds up:** the forced order or margin check of {row.held} account{many}. "
            f"Positions of \\${row.held_notional_usd:,.0f} that were to be closed stay open; no "
            "requirement moved."
        )
    return (
        f"**Event {row.event}, {row.limit}, {row.scope}:** {row.unit} from "
        f"{value(row.old, row.unit)} to {value(row.new, row.unit)}.\n\n"
        f"**Cause: {cause}.** {row.cause[:1].upper()}{row.cause[1:]}.\n\n"
        f"{moved}"
    )


def ledger(found: pd.DataFrame) -> pd.DataFrame:
    """The whole ledger, ready to read."""
    return pd.DataFrame(
        {
            "Event": found["event"],
            "Time [s]": found["time_s"],
            "Limit": found["limit"],
            "Scope": found["scope"],
            "Old": [value(r.old, r.unit) for r in found.itertuples()],
            "New": [value(r.new, r.unit) for r in found.itertuples()],
            "More to hold [USD]": found["moved_usd"].round(),
            "Due by it": found["due"],
            "Held up": found["held"],
            "Held up [USD]": found["held_notional_usd"].round(),
            "Cause": found["cause"],
        }
    )


def accounts(frame: pd.DataFrame) -> pd.DataFrame:
    """Whom a change moved: those it made due first, then by what is left."""
    order = frame.sort_values(["due", "room_after_usd"], ascending=[False, True], kind="stable")
    return pd.DataFrame(
        {
            "Account": order["account"],
            "Position [USD]": order["notional_usd"].round(),
            "Needed before [USD]": order["before_usd"].round(),
            "Needs now [USD]": order["after_usd"].round(),
            "Equity [USD]": order["equity_usd"].round(),
            "Left [USD]": order["room_after_usd"].round(),
            "Due by it": order["due"].map({True: "due", False: ""}),
        }
    )


def notches(frame: pd.DataFrame) -> dict[str, list[str]]:
    """The next notches of the opening, and what each would do."""
    unit = {"volatility add-on": "× usual volatility", "concentration add-on": "of the book"}
    rows = list(frame.itertuples())
    of = [
        f"{r.at:g} {unit[r.limit]}" if r.limit.startswith("vol") else f"{r.at:.0%} {unit[r.limit]}"
        for r in rows
    ]
    now = [f"{r.observed:.2f}" if r.limit.startswith("vol") else f"{r.observed:.0%}" for r in rows]
    return {
        "Limit": [r.limit.capitalize() for r in rows],
        "Symbol": [r.symbol for r in rows],
        "Next notch at": of,
        "Now": now,
        "More to hold [USD]": [f"{r.moved_usd:,.0f}" for r in rows],
        "Due by it alone": [f"{r.due}" for r in rows],
        "They hold [USD]": [f"{r.due_notional_usd:,.0f}" for r in rows],
    }


def in_force(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Limits in force, ready to read."""
    rows = list(frame.itertuples())
    return {
        "Limit": [r.limit.capitalize() for r in rows],
        "Scope": [r.scope for r in rows],
        "Observed": [measured(r.observed, r.unit) for r in rows],
        "Threshold": [measured(r.threshold, r.unit) for r in rows],
        "Rule": [r.rule for r in rows],
        "Set by": [f"event {r.set_by}" if r.set_by >= 0 else "the opening" for r in rows],
    }


def measured(x: float, unit: str) -> str:
    """A side of a limit in its unit; infinite: there is no further notch, or no further outage."""
    if x == float("inf"):
        return "none ahead" if unit == "step" else "none above"
    if unit == "fraction":
        return f"{x:.2%}"
    if unit.startswith("of "):
        return f"{x:.0%} {unit}"
    return f"step {x:,.0f}" if unit == "step" else f"{number(x)} {unit}".strip()


def number(x: float) -> str:
    """A number of any size."""
    return f"{x:,.0f}" if abs(x) >= 1_000 else f"{x:.3g}"


def room(frame: pd.DataFrame) -> pd.DataFrame:
    """How far each account is, now and after the next notches."""
    return pd.DataFrame(
        {
            "Account": frame["account"],
            "Symbol": frame["symbol"],
            "Position [USD]": frame["notional_usd"].round(),
            "Left to the limit [USD]": frame["room_usd"].round(),
            "Left after the next volatility notch [USD]": frame["room_volatility_usd"].round(),
            "Left after the next depth notch [USD]": frame["room_depth_usd"].round(),
        }
    )
