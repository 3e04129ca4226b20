"""The kernel without its queue: every account is tested at every step, in order of rows.

Run as `python -m tests.plain_scan` where compiling is switched off, it prints the fingerprints of
`cases`. Only the search for due accounts is replaced; the rest is the kernel, in plain Python.
"""

import json

import numpy as np
from numba import config

from engine.core import loop
from engine.core.margin import equity, maintenance, tier_of
from engine.core.mark import lagged
from engine.core.queue import remove
from engine.core.state import Status
from engine.core.tiers import added_rate
from engine.scenario.schema import Scenario
from engine.simulation import run
from tests.random_runs import random_scenario

SEEDS = (3, 8, 17, 21, 34, 55)


def cases() -> list[Scenario]:
    """Random scenarios at 500 accounts and up to 80 steps; every policy occurs."""
    found = []
    for n, seed in enumerate(SEEDS):
        values = {
            "accounts.count": 500,
            "world.steps": 80,
            "world.shocks": ((15, -0.05 if n % 2 else 0.06, 40),),
            "liquidation.policy": ("market", "incremental", "auction")[n % 3],
        }
        found.append(random_scenario(seed).with_values(**values))
    return found


def is_due(i: int, k: int, mark: float, inputs, state) -> bool:
    """Whether account `i` is watched in symbol `k` and at or below its maintenance margin."""
    base = state.base[i, k]
    if inputs.symbol[i] != k or base == 0.0 or state.watch[i]["status"] != Status.ACTIVE:
        return False
    notional = abs(base) * mark
    tier = tier_of(notional, inputs.floors)
    rates = inputs.rates
    if inputs.scheme == 2:
        rates = rates + added_rate(base, k, inputs, state.addon[0])
    limit = maintenance(notional, tier, rates, inputs.deductions)
    return bool(equity(state.quote[i], base, mark) <= limit)


def scan(t, k, p, inputs, state):
    """`check_margin` as a plain scan."""
    mark = lagged(state.raw, t, p.check_lag, k)
    for i in range(len(state.watch)):
        if is_due(i, k, mark, inputs, state):
            remove(state, i, k, state.base[i, k] > 0.0)
            loop.check_account(t, i, k, mark, p, inputs, state)


def main() -> None:
    """Print one fingerprint a case."""
    assert config.DISABLE_JIT, "set NUMBA_DISABLE_JIT=1"
    loop.check_margin = scan
    loop.next_stop = lambda t, p, steps, inputs, state: t + 1
    with np.errstate(all="ignore"):  # compiled code divides by zero in silence
        print(json.dumps([run(scenario).fingerprint for scenario in cases()]))


if __name__ == "__main__":
    main()
