"""An explanation in words and numbers a page adds to the engine's own. No Streamlit here."""

import re
from typing import Any

import pandas as pd

import engine

MOMENT = (
    "What is proved above keeps it away for the whole run. To get past this one moment, though "
    "perhaps not a later one, {which} is enough: {then}"
)
CHAIN = 6  # causes followed back, one by one
BANDS = 8  # rows of fills
WORTH_NAMING = 0.01  # least share of all parts [1] for an order to be named


def amount(value: float, unit: str) -> str:
    """A number with its unit: cents of a dollar, six digits of anything else."""
    return f"{value:z,.2f} {unit}" if unit == "USD" else f"{value:z,.6g} {unit}"


def number(value: float, unit: str) -> str:
    """A number inside a formula, exact enough for a result to the cent; brackets around a minus.

    Prices have twelve digits, as they are multiplied by many coins; dollars six decimals. Both
    without the zeros at their end, but with cents.
    """
    text = f"{value:z,.6f}" if unit == "USD" else f"{value:z,.12g}"
    if unit.startswith("USD") and "e" not in text:
        whole, _, parts = text.partition(".")
        text = f"{whole}.{parts.rstrip('0').ljust(2, '0')}"
    return f"({text})" if text.startswith("-") else text


def lead(told: Any) -> str:
    """Who, when, and the two numbers: the first two lines of the reading."""
    return "\n".join(told.text.splitlines()[:2])


def filled_in(told: Any) -> str:
    """The formula with its numbers in place of names; empty where it is more than arithmetic."""
    values = {name: number(value, unit) for name, value, unit in told.inputs}
    names = sorted(values, key=len, reverse=True)
    if not names:
        return ""
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b")
    if re.search("[A-Za-z]", re.sub(r"\b(min|max)\b", "", pattern.sub("", told.formula))):
        return ""
    return pattern.sub(lambda found: values[found[1]], told.formula).replace("*", "×")


def symbols(told: Any) -> dict[str, list[str]]:
    """The letters of the formula: what each is, its value in this event and its unit."""
    return {
        "Symbol": [letter for letter, *_ in told.symbols],
        "What it is": [what for _, what, _, _ in told.symbols],
        "Value": [number(value, unit).strip("()") for *_, value, unit in told.symbols],
        "Unit": [unit for *_, unit in told.symbols],
    }


def forced_flow(told: Any, frame: pd.DataFrame) -> str:
    """How the bars of forced flow add up to the amount of the reading; empty where there is one.

    frame : the bars, `tables.parts` of the same explanation
    """
    forced = [part.amount for part in told.parts if part.kind == "forced"]
    bars = frame[frame["cause"] == "forced"]
    alone = bars[bars["event"].notna()]
    if len(forced) < 2:
        return ""
    total, shown = round(sum(forced), 2), round(float(alone["amount"].sum()), 2)
    said = f"Forced flow of all steps until now: {total:+z,.2f} USD by {len(forced):,} orders"
    if len(bars) > len(alone):
        said += (
            f", of it {shown:+z,.2f} by the {len(alone):,} with a bar of their own and "
            f"{total - shown:+z,.2f} by the {len(forced) - len(alone):,} others"
        )
    return (
        f"{said}. Each is what the push of an order on the mark did to this account, not what it "
        "closed."
    )


def chain(table: pd.DataFrame, event: int) -> list[int]:
    """The causes behind an event, nearest first: of each the earlier event that weighed most."""
    found: list[int] = []
    while len(found) < CHAIN:
        cause = table["cause"].iloc[event]
        if pd.isna(cause) or not 0 <= cause < event:
            break
        event = int(cause)
        found.append(event)
    return found


def largest_order(told: Any) -> int | None:
    """The forced order that took most from the account, if it took 1 % of all parts or more."""
    least = WORTH_NAMING * sum(abs(part.amount) for part in told.parts)
    orders = (part for part in told.parts if part.kind == "forced" and part.event is not None)
    took = [part for part in orders if part.amount < 0.0 and -part.amount >= least]
    return int(min(took, key=lambda part: part.amount).event) if took else None


def named(table: pd.DataFrame, event: int) -> str:
    """An event as a button says it."""
    row = table.iloc[event]
    return f"Event {event:,}: {str(row['what']).lower()}, {row['who']}"


def bands(told: Any) -> dict[str, list[float]]:
    """Fills by band of displacement; neighbouring bands together where there are many."""
    size = max(1, -(-len(told.fills) // BANDS))
    groups = [told.fills[i : i + size] for i in range(0, len(told.fills), size)]
    coins = [sum(fill.quantity for fill in group) for group in groups]
    paid = [sum(fill.quantity * fill.price for fill in group) for group in groups]
    return {
        "Up to [bp]": [group[-1].band_bp for group in groups],
        "Coin": coins,
        "USD per coin": [
            usd / coin if coin else group[-1].price
            for usd, coin, group in zip(paid, coins, groups, strict=True)
        ],
    }


def toxic(told: Any) -> str:
    """Why a slice is toxic: its cost against the margin ratio before it, both of notional."""
    given = {name: value for name, value, _ in told.inputs}
    held, mark = given["position"], given["mark"]
    before = (given["cash"] + held * mark) / abs(held * mark)
    side = 1.0 if held > 0.0 else -1.0
    cost = side * (mark - given["price"]) / mark
    cost += given["fees"] / abs(given["bought"] * mark)
    why = "That is more than the ratio" if cost > before else "With the fall of the mark it causes"
    return (
        f"Its margin ratio was {before:.2%}, and closing cost {cost:.2%} of what was closed, fees "
        f"included. {why}: the order lowered the ratio it should raise."
    )


def remedies(found: list[Any]) -> dict[str, list[str]]:
    """What would have prevented an event, as a table: axis, value now, value that avoids it."""
    return {
        "Change": [remedy.title for remedy in found],
        "It was": [engine.prevention_amount(remedy.now, remedy.unit) for remedy in found],
        "Avoids it": [_avoids(remedy) for remedy in found],
        "Proved by": [_proved(remedy) for remedy in found],
    }


def _proved(remedy: Any) -> str:
    """By what, and whether the event comes and goes along the axis."""
    if not remedy.monotone:
        needed = engine.prevention_amount(remedy.needed, remedy.unit)
        return f"2 runs at {needed}; ⇅ it comes and goes"
    return "formula + 2 runs" if remedy.how == "closed form" else "2 runs"


def _avoids(remedy: Any) -> str:
    """The value that avoids it; of a choice, and where it comes and goes, all of them."""
    if remedy.how == "choice":
        return " or ".join(engine.prevention_amount(low, "") for low, _ in remedy.spans)
    if not remedy.monotone:
        return str(engine.prevention_values(remedy))
    if remedy.axis == "source" and remedy.needed == 0.0:
        return "none at all"
    said = engine.prevention_amount(remedy.needed, remedy.unit)
    if remedy.axis == "collateral":
        said += f" (+{remedy.needed - remedy.now:,.2f})"
    return said


def plain(text: str) -> str:
    """Text of the engine between markdown: no sign of it is one of markdown's."""
    return re.sub(r"([\\`*_$~\[\]<>|])", r"\\\1", text)


FOUND = {
    "closed form": "By formula on the prices of the run without the account",
    "search": "By search over {tried} values",
    "choice": "Each other choice was tried",
}


def proof(remedy: Any) -> str:
    """How one answer was found, and the two runs behind it."""
    good, bad = remedy.proofs
    how = FOUND[remedy.how].format(tried=remedy.tried)
    avoids, happens = (engine.prevention_amount(x.value, remedy.unit) for x in (good, bad))
    return (
        f"{remedy.sentence} {how}; at {avoids} it does not happen (run {good.fingerprint[:12]}), "
        f"at {happens} it does (run {bad.fingerprint[:12]})."
    )


def moment(told: Any) -> str:
    """What would have been enough at the moment of the event alone; empty where nothing is."""
    which = "this" if len(told.prevented) == 1 else "any one of these"
    then = " ".join(remedy.sentence for remedy in told.prevented)
    return MOMENT.format(which=which, then=then) if told.prevented else ""


def blame_title(blamed: Any) -> str:
    """What the shares are of."""
    if blamed.by == "cause":
        return (
            f"**Which cause took it to its limit** · {blamed.whole:+z,.2f} USD of distance to the "
            f"limit at that step, shared by running all {blamed.runs} combinations"
        )
    said = f"**Whose forced orders took it there** · {blamed.whole:+z,.2f} USD"
    if blamed.bystander:
        return f"{said} · a **bystander**: with nobody else forced it keeps its position"
    when = ", at another step" if blamed.without > 0.0 else ""
    return f"{said} · no bystander: it meets its limit with nobody else forced{when}"


def shares(blamed: Any) -> dict[str, list[str]]:
    """Each player: its share, what leaving out it alone changes, whether that is enough."""
    rows = blamed.shares
    alone = [
        f"{signed(-share.alone)} USD, {'avoided' if share.enough else 'still happens'}"
        for share in rows
    ]
    return {
        "Cause" if blamed.by == "cause" else "Whose": [*(share.title for share in rows), "Sum"],
        "Share [USD]": [signed(x) for x in (*(share.amount for share in rows), blamed.whole)],
        "Without it alone": [*alone, ""],
    }


def signed(amount: float) -> str:
    """USD with a sign, and no minus before zero."""
    return f"{amount:+z,.2f}"


def enough(blamed: Any) -> str:
    """The smallest sets that would have been enough."""
    return str(engine.enough_line(blamed))
