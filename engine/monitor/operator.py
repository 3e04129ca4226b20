"""Somebody who acts on the ranking: an alert, some time, and a warning to the accounts at its top.

Each warned account closes a share of its own position, an ordinary order that the log shows as any
own reduction. The operator is causal. The world is run; the first alert he can handle is taken; at
the step after his reaction he acts; the world is run again with the action in it, which changes
nothing before that step; and so on, a bounded number of times. The charts are the engine's own, so
a run with an operator has the same bits everywhere; the learned detector may rank, never act.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.monitor.accounts import first_accounts
from engine.monitor.pipeline import alert_rows
from engine.monitor.streams import STREAMS

Rows = list[tuple[float, float, float]]  # step, account, share


def operate(run: Callable[[np.ndarray], Any], scripted: np.ndarray) -> tuple[Any, np.ndarray]:
    """The final run, and its actions (J, 3): step, account, share.

    run : runs the world with these own reductions; scripted : those of the scenario
    """
    result = run(scripted)
    monitor, dt = result.scenario.monitor, result.scenario.world.dt
    wait = max(int(round(monitor.reaction / dt)), 1)
    pause = max(int(np.ceil(3_600.0 / monitor.handled / dt)), 1)
    steps, free = len(result.mid), 0
    actions: Rows = []
    for _ in range(monitor.actions):
        alert = next((row for row in alert_rows(result) if row[0] >= free), None)
        if alert is None or alert[0] + wait >= steps:
            break
        step, symbol, free = alert[0], alert[1], alert[0] + pause
        chosen = first_accounts(result, symbol, step, monitor.warned)
        actions += [(step + wait, float(i), monitor.share) for i in chosen]
        result = run(np.concatenate([scripted, np.array(actions).reshape(-1, 3)]))
    return result, np.array(actions, np.float64).reshape(-1, 3)


def warning(result: Any, step: int, account: int) -> tuple[int, str] | None:
    """The alert that an own reduction answers: its step and its stream; None if nobody warned."""
    actions = result.actions
    if not ((actions[:, 0] == step) & (actions[:, 1] == account)).any():
        return None
    monitor, dt = result.scenario.monitor, result.scenario.world.dt
    at = step - max(int(round(monitor.reaction / dt)), 1)
    found = next(row for row in alert_rows(result) if row[0] == at)
    return at, STREAMS[found[2]]
