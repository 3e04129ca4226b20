"""Two scenarios and their outcomes, side by side, as tables. No Streamlit here."""

from typing import Any

# Metrics by name, in the order of a reader's questions, with their format.
OUTCOMES = {
    "liquidated_accounts": ("Accounts liquidated", ",.0f"),
    "liquidated_notional": ("Closed by force [USD]", ",.0f"),
    "slippage_bp": ("Slippage [bp]", ",.1f"),
    "bad_debt": ("Bad debt [USD]", ",.0f"),
    "adl_haircut": ("Given up by winners, ADL [USD]", ",.0f"),
    "socialised_loss": ("Loss shared by all [USD]", ",.0f"),
}


def outcomes(results: dict[str, Any]) -> dict[str, list[str]]:
    """Metrics of both runs and by how much the second is above the first, in bold if at all."""
    first, second = results.values()
    rows = [("Lowest mark [USD]", ",.2f", _lowest(first), _lowest(second))]
    for name, (title, form) in OUTCOMES.items():
        rows.append((title, form, float(first.metrics[name]), float(second.metrics[name])))
    return {
        "Outcome": [title for title, *_ in rows],
        "First": [format(a, form) for _, form, a, _ in rows],
        "Second": [format(b, form) for _, form, _, b in rows],
        "Second less first": [_difference(form, a, b) for _, form, a, b in rows],
    }


def _lowest(result: Any) -> float:
    return float(result.series_frame()["mark"].min())


def _difference(form: str, first: float, second: float) -> str:
    text = format(second - first, "+" + form)
    return "the same" if first == second else f"**{text}**"
