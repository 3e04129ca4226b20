"""Cross margin over 8 symbols: safety radii against a scan of every account in every step."""

from time import process_time
from types import SimpleNamespace

import numpy as np

import engine  # noqa: F401  isort:skip  (chooses numba's cache folder)
from engine.core.loop import simulate
from engine.core.radii import WAY
from engine.core.state import Rule, State
from engine.core.workspace import workspace
from engine.scenario.compile import Compiled, compile_scenario
from engine.scenario.params import kernel_params
from engine.scenario.portfolios import Portfolios
from engine.scenario.schema import Scenario

ACCOUNTS, SYMBOLS, ROUNDS = 10_000, 8, 5
MOST_EVENTS = 100_000
SETTINGS = {
    "accounts.count": 1,
    "accounts.open_interest": 1e4,
    "world.source": "replay",
    "world.dt": 60.0,
    "margin.mode": "cross",
    "book.depth": 2e7,
    "book.thinning": 0.0,
    "venue.insurance_fund": 1e9,
    "liquidation.policy": "incremental",
}


def made(steps: int) -> Compiled:
    """10,000 accounts of one to eight legs, leverage log-uniform in 2..50, moves of 0.1 % a step.

    Returns of the symbols have a correlation of 0.6.
    """
    rng = np.random.default_rng(1)
    start = np.exp(rng.uniform(np.log(500.0), np.log(20_000.0), SYMBOLS))
    held = rng.random((ACCOUNTS, SYMBOLS)) < 2.5 / SYMBOLS
    held[np.arange(ACCOUNTS), rng.integers(0, SYMBOLS, ACCOUNTS)] = True
    worth = np.exp(rng.normal(9.0, 1.0, held.shape)) * rng.choice([-1.0, 1.0], held.shape) * held
    gross = np.abs(worth).sum(axis=1)
    leverage = np.exp(rng.uniform(np.log(2.0), np.log(50.0), ACCOUNTS))
    entry = np.broadcast_to(start, held.shape).copy()
    given = Portfolios(worth / start, entry, gross / leverage, np.zeros(held.shape))
    shocks = np.linalg.cholesky(0.6 + 0.4 * np.eye(SYMBOLS)) @ rng.normal(size=(SYMBOLS, steps - 1))
    moves = np.hstack([np.zeros((SYMBOLS, 1)), np.cumsum(1e-3 * shocks, axis=1)])
    names = tuple(f"COIN{k}" for k in range(SYMBOLS))
    prices = np.ascontiguousarray((start[:, None] * np.exp(moves)).T)
    world = SimpleNamespace(prices=prices, symbols=names, notes=(), data="", dt=60.0)
    scenario = Scenario().with_values(**SETTINGS, **{"world.steps": steps})
    return compile_scenario(scenario, world=world, portfolios=given)


class Kernel:
    """The kernel on a workload, with its radii or as a plain scan."""

    def __init__(self, case: Compiled, radii: bool) -> None:
        self.case = case
        self.p = kernel_params(case.scenario, case.units)
        self.state: State = workspace(self.p, case.inputs, case.quote, case.base, MOST_EVENTS)
        self.state.gauge[WAY] = 0.0 if radii else np.inf
        self.events = 0

    def __call__(self, times: int) -> None:
        """Run it so many times from the same balances."""
        for _ in range(times):
            self.state.quote[:] = self.case.quote
            self.state.base[:] = self.case.base
            self.events = simulate(self.p, self.case.inputs, self.state, MOST_EVENTS, 10**12)

    def bits(self) -> list[bytes]:
        """All that the run left: balances, prices and its log."""
        state = self.state
        parts = (state.quote, state.base, state.mid, state.raw, self.log())
        return [part.tobytes() for part in parts]

    def log(self) -> np.ndarray:
        """Events of the last run."""
        return self.state.log[: self.events]

    def liquidated(self) -> int:
        """Accounts that reached their limit."""
        log = self.log()
        return len(np.unique(log["account"][log["rule"] == Rule.MAINTENANCE]))


def against_the_scan(steps: int) -> tuple[float, float, int]:
    """Scan over radii (best times), ms of a run with radii, and accounts liquidated.

    Processor time: a run of seconds is interrupted by others, one of milliseconds is not.
    """
    case = made(steps)
    radii, scan = Kernel(case, True), Kernel(case, False)
    times: dict[Kernel, list[float]] = {radii: [], scan: []}
    for _ in range(ROUNDS):
        for one, found in times.items():
            start = process_time()
            one(1)
            found.append(process_time() - start)
    assert radii.bits() == scan.bits(), "radii and scan differ"
    return min(times[scan]) / min(times[radii]), 1e3 * min(times[radii]), radii.liquidated()
