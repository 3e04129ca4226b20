"""The proof that guardrails lean on no model: what was run, and what was recomputed.

Guardrails look at prices, positions and clocks. Without an operator the monitor's mode can change
nothing at all. With one, prices may differ; each guardrail event is then computed again from the
log, and must have the same two sides, bit for bit.
"""

from typing import Any

import numpy as np
import pandas as pd

from engine.asked import check_scenario
from engine.core.state import Rule
from engine.record import Record
from engine.scenario.schema import Scenario

MODES = ("normal", "blind", "late", "drifted", "adversarial")
_NAMES = (
    "VOLATILITY_ADDON", "DEPTH_PUBLISHED", "LEVERAGE_CAP", "EXPOSURE_LIMIT", "HALT", "RESUMPTION",
    "BAND",
)  # fmt: skip
GUARDRAILS = tuple(rule for rule in Rule if rule.name in _NAMES)


def guardrail_events(result: Record) -> np.ndarray:
    """The events of guardrails, in log order."""
    return result.events[np.isin(result.events["rule"], GUARDRAILS)]


def recomputed(result: Any) -> int:
    """How many guardrail events have both sides computed again. Raises where one differs."""
    from engine.explanation.sides import Moment, sides

    numbers = np.flatnonzero(np.isin(result.events["rule"], GUARDRAILS))
    for number in numbers.tolist():
        sides(Moment(result, number))
    return len(numbers)


def by_mode(scenario: Scenario) -> pd.DataFrame:
    """One row a mode, nobody acting and with the operator of the scenario, all on one world.

    mode; alerts; guardrails and fingerprint without an operator; actions of the operator,
    guardrails_operated, and recomputed, those of them whose two sides came out the same again.
    """
    from engine.simulation import compare

    check_scenario(scenario)
    acts = max(scenario.monitor.actions, 2)
    lanes = {
        f"{mode} {n}": {"monitor.mode": mode, "monitor.actions": n}
        for mode in MODES
        for n in (0, acts)
    }
    results = compare(scenario, lanes)
    rows = []
    for mode in MODES:
        off, on = results[f"{mode} 0"], results[f"{mode} {acts}"]
        rows.append(
            {
                "mode": mode,
                "alerts": off.metrics["alerts"],
                "fingerprint": off.fingerprint[:12],
                "guardrails": len(guardrail_events(off)),
                "actions": len(np.unique(on.actions[:, 0])),
                "guardrails_operated": len(guardrail_events(on)),
                "recomputed": recomputed(on),
            }
        )
    return pd.DataFrame(rows)
