"""Steps in which the margin check runs: neither an outage nor, where it stops checks, a halt."""

import numpy as np

from engine.core.state import Rule
from engine.record import Record


def checked_steps(result: Record) -> np.ndarray:
    """Whether margin is checked, by step and symbol (T, K)."""
    out, p = np.ones(result.mid.shape, bool), result.params
    for start, length in result.compiled.inputs.outages.tolist():
        out[start : start + length] = False
    if p.guarded and not p.halt_checks:
        for event in result.events[result.events["rule"] == Rule.HALT]:
            start = int(event["step"])
            out[start : start + p.breaker_halt, event["symbol"]] = False
    return out


def checked_account(result: Record, base: np.ndarray) -> np.ndarray:
    """Whether an account with positions `base` is checked, by step (T,): in all its symbols."""
    held = np.flatnonzero(base[: result.mid.shape[1]] != 0.0)
    return np.logical_and.reduce(checked_steps(result)[:, held], axis=1)
