"""cascade-1: one workload that several engines run, with the same random numbers for all.

One perpetual, N accounts (the first half long), T steps. Each step the fundamental price moves by
a given factor, the book's displacement keeps 98 % of itself, price = F (1 - U / D) with D four
times all open lots, mark += 0.3 (price - mark). Every account past its limit closes a quarter of
its position (incremental) or all of it (market); one with negative equity closes all. The orders
of a step fill at one mean price. A fee of 0.5 % of the notional goes to the insurance fund.
"""

from dataclasses import dataclass

import engine  # noqa: F401  isort:skip  (chooses numba's cache folder, so it comes before numba)
import numba
import numpy as np

from engine.core.jit import OPTIONS
from engine.core.loop import simulate
from engine.core.state import Count, Inputs, Params
from engine.core.unfold import full_log, unfold
from engine.core.workspace import workspace

SIZES = ((1_000, 1_000), (1_000, 10_000), (10_000, 1_000), (10_000, 10_000))
SIZES += ((100_000, 1_000), (100_000, 10_000))
MODES = ("incremental", "market")
DIFFERENCES = (
    "depth enters as lots per 1 %, not as one over the depth: prices differ in their last digits",
    "the fund is a thousand times larger, so that no order has to be cut for lack of it",
    "cascade-1 lets the fund pay for closed accounts and logs nothing; here payments are events",
    "the price series of the outside world is an input here; the rivals multiply it as they go",
    "24 bytes are written for each limit, and 40 for each step in which some trigger: what the"
    " two events of a limit are made of. The two are written out after the run, which the last"
    " column shows apart",
)


@dataclass
class Cascade:
    """The data of one workload, the same for every engine."""

    NL: int  # accounts [0, NL) are long, the rest short
    p: np.ndarray  # [lot] signed position
    k: np.ndarray  # [tick] cash; equity = k + p * price
    g: np.ndarray  # gross return of the outside world by step
    params: tuple  # F0, mmr, decay, 1 / depth, alpha, fraction, fee, fund


def make(accounts: int, steps: int, mode: str) -> Cascade:
    """Entry prices lognormal (1 %), leverage log-uniform in 2..50, sizes lognormal."""
    rng = np.random.default_rng(1)
    start, mmr = 6_000.0, 0.005
    entry = start * np.exp(rng.normal(0.0, 0.01, accounts))
    leverage = np.exp(rng.uniform(np.log(2.0), np.log(50.0), accounts))
    lots = np.floor(np.exp(rng.normal(4.0, 1.0, accounts))) + 1.0
    p = np.where(np.arange(accounts) < accounts // 2, 1.0, -1.0) * lots
    k = np.rint(lots * entry / leverage - p * entry)
    k += np.maximum(np.ceil((mmr + 0.003) * lots * start) - (k + p * start), 0.0)
    g = np.exp(1e-3 * rng.standard_normal(steps) - 0.5e-6)
    fraction = 0.25 if mode == "incremental" else 1.0
    total = lots.sum()
    fund = np.rint(0.0005 * total * start)
    params = (start, mmr, 0.98, 0.25 / total, 0.3, fraction, 0.005, fund)
    return Cascade(accounts // 2, p, k, g, params)


def settings(case: Cascade) -> Params:
    """The workload as settings of the production kernel; what it lacks is switched off."""
    off = {name: kind(0) for name, kind in Params.__annotations__.items()}
    _, _, decay, _, alpha, fraction, fee, _ = case.params
    return Params(**off)._replace(
        decay=decay,
        shape=1,
        sigma0=1e-3,
        keep=0.9,
        rule=1,
        alpha=alpha,
        clamp=0.1,
        liquidation_fee=fee,
        policy=int(fraction < 1.0),
        fraction=fraction,
        depth_share=1e9,
        stair=1,
        deadline=1,
        unwind=1,
        brief=1,
        leverage=1.0,
    )


@numba.njit(cache=True, _nrt=False, **OPTIONS)
def repeat(p, inputs, state, quote, base, times):
    """Run the kernel several times from the same balances; calls from Python are not timed."""
    count = 0
    for _ in range(times):
        for i in range(len(quote)):
            state.quote[i] = quote[i]
            state.base[i, 0] = base[i, 0]
        count = simulate(p, inputs, state, 10**12, 10**12)
    return count


class Ours:
    """The production kernel on a workload, its memory made ready once as for the rivals."""

    def __init__(self, case: Cascade, log: bool = True, quiet: bool = False) -> None:
        start, mmr, _, inverse_depth, _, _, _, fund = case.params
        accounts = len(case.p)
        self.p = settings(case)
        if quiet:
            self.p = self.p._replace(alpha=0.0)  # the mark never moves, so nobody is due
        self.inputs = Inputs(
            f=(start * np.cumprod(case.g)).reshape(-1, 1),
            depth=np.array([0.01 / inverse_depth]),
            calm=np.ones(1),
            cut=np.ones((1, 1)),
            floors=np.zeros(1),
            rates=np.array([mmr]),
            deductions=np.zeros(1),
            symbol=np.zeros(accounts, np.int32),
            entry=np.full(accounts, start),
            settle=np.empty(0, np.int64),
            reductions=np.empty((0, 3)),
            scheme=0,
            notches=np.empty((0, 2)),
            large=np.empty((0, 2)),
            asked=np.empty(0),
            outages=np.empty((0, 2), np.int64),
            script=np.empty((0, 1)),
            legs=np.empty((0, 1)),
            rho=np.zeros(1),
            scans=np.empty((0, 1)),
        )
        self.quote, self.base = np.zeros(accounts + 4), np.zeros((accounts + 4, 1))
        self.quote[:accounts], self.base[:accounts, 0] = case.k, case.p
        self.quote[accounts + 1] = 1_000.0 * fund
        events = 8 * accounts + 1_000 if log else 1
        self.state = workspace(self.p, self.inputs, self.quote, self.base, events)
        self.events = self(1)
        assert not log or self.events <= events
        if log:
            self.log = full_log(self.p, self.inputs, self.state)

    def __call__(self, times: int) -> int:
        return repeat(self.p, self.inputs, self.state, self.quote, self.base, times)

    def unfolding(self, times: int) -> None:
        """Write out all events of the last run, as often as asked."""
        for _ in range(times):
            unfold(self.log, self.p, self.inputs, self.state)

    def limits(self) -> int:
        """Margin limits that triggered in the last run."""
        return int(self.state.count[Count.LIMITS])
