"""What a monitor sees of a venue, step by step; nothing of it was unknown at its step.

| stream   | value                                                                               |
|----------|-------------------------------------------------------------------------------------|
| cancels  | log of the share of resting orders that were cancelled in the step                  |
| depth    | log of the depth that is shown [lot per 1 %]                                        |
| fill     | log of the cost of selling SIZE against the mid [1]                                 |
| lag      | log of the distance of the mark from the mid [bp], at least LEAST_LAG               |
| leverage | change of log(positions / equity) of all accounts since the step before             |
| funding  | the rate that stands [1], without sign; off without funding                         |
| interest | change of log(open interest) since the step before; a fall is the danger            |
| cluster  | coins that a move of 1 % would liquidate, over the coins that move the price by 1 % |

Each is measured with an error of its own (NOISE), drawn from the seed's monitor stream: the same
in every policy and mode. The monitor never sees the script of cancel bursts. Cancels are a noisy
process: usually 2 % a step, with harmless bursts in which orders are withdrawn and posted again, so
that cancels jump and depth does not.
"""

from dataclasses import dataclass

import numpy as np

from engine.core.jit import kernel
from engine.core.maths import exp, log
from engine.core.random import Stream, fill_normal, fill_uniform
from engine.log.series import book_series
from engine.monitor.positions import walked
from engine.record import Record
from engine.studies.funding import standing_rate
from engine.studies.stress import sale_cost
from engine.totals import marks

STREAMS = (
    "cancels", "depth", "fill", "lag", "leverage", "funding", "interest", "cluster",
)  # fmt: skip
SIGNS = np.array([1.0, -1.0, 1.0, 1.0, 1.0, 1.0, -1.0, 1.0])  # which direction is a danger
# Error of one measurement, and the least MAD with which a stream is ever judged.
NOISE = np.array([0.5, 0.05, 0.05, 0.1, 5e-5, 1e-6, 5e-5, 0.01])
LEAST = np.array([0.15, 0.015, 0.015, 0.03, 1.5e-5, 3e-7, 1.5e-5, 0.1])
SIZE = 1_000_000.0  # USD
LEAST_LAG = 0.2  # bp
USUAL_CANCELS = 0.02  # of the resting orders, a step
BURST = 0.4  # share of the resting orders that a harmless burst or a decoy withdraws
LONGEST = 3  # steps of a harmless burst
DRAWS = 2**32  # draws kept for one stream


@dataclass(frozen=True)
class Disguise:
    """What somebody who knows the detector does: see `engine.monitor.modes`."""

    decoys: np.ndarray  # steps
    hides: bool


def noise(seed: int, symbol: int, place: int, steps: int, even: bool = False) -> np.ndarray:
    """Draws (T,) of one stream of one symbol: standard normal, or even in (0, 1)."""
    out = np.empty(steps)
    first = (16 * symbol + place) * DRAWS
    (fill_uniform if even else fill_normal)(out, seed, int(Stream.MONITOR), first)
    return out


@kernel
def harmless(u, size, chance, out):
    """Share of the orders withdrawn by harmless bursts (T,): each lasts 1 to LONGEST steps."""
    for t in range(len(u)):
        if u[t] < chance:
            length = 1 + int(u[t] / chance * LONGEST)
            for j in range(t, min(t + length, len(u))):
                out[j] = max(out[j], BURST * exp(0.3 * size[t]))


@kernel
def log_each(values, out):
    """`log` of every value, into `out`."""
    for i in range(len(values)):
        out[i] = log(values[i])


@kernel
def changes(values, out):
    """log(values[t] / values[t - 1]) (T,); 0 at the opening and where one is not above 0."""
    for t in range(len(values)):
        past = values[max(t - 1, 0)]
        out[t] = log(values[t] / past) if values[t] > 0.0 and past > 0.0 else 0.0


def logs(values: np.ndarray) -> np.ndarray:
    """Natural logarithm, the same on every processor."""
    out = np.empty(len(values))
    log_each(values, out)
    return out


def moved(values: np.ndarray) -> np.ndarray:
    """Change of the logarithm since the step before (T,)."""
    out = np.empty(len(values))
    changes(values, out)
    return out


def cancels(
    result: Record, symbol: int, depth: np.ndarray, disguise: Disguise | None
) -> np.ndarray:
    """Share of the resting orders cancelled in each step, as it is measured (T,)."""
    steps, world = len(depth), result.scenario.world
    seed, rate = result.scenario.seed, result.scenario.monitor.bursts
    usual = logs(np.full(1, USUAL_CANCELS))[0] + NOISE[0] * noise(seed, symbol, 0, steps)
    bursts = np.zeros(steps)
    chance = min(rate * world.dt / 3_600.0, 1.0)
    if chance > 0.0:
        harmless(
            noise(seed, symbol, 9, steps, True), noise(seed, symbol, 10, steps), chance, bursts
        )
    shown = np.append(depth[:1], depth)
    withdrawn = np.maximum(1.0 - shown[1:] / shown[:-1], 0.0)
    if disguise is not None:
        for step in disguise.decoys:
            bursts[step : step + LONGEST] = 1.0
        if disguise.hides:
            withdrawn = np.zeros(steps)
    total = np.empty(steps)
    add_up(usual, np.maximum(bursts, withdrawn), total)
    return total


@kernel
def add_up(usual, extra, out):
    """log(exp(usual) + extra), element by element."""
    for t in range(len(out)):
        out[t] = log(exp(usual[t]) + extra[t])


def measured(result: Record, symbol: int = 0, disguise: Disguise | None = None) -> np.ndarray:
    """The streams (T, S) of one symbol, measurement error included, as the table above has them."""
    units, p = result.compiled.units, result.params
    f, mid = result.compiled.inputs.f[:, symbol].copy(), result.mid[:, symbol].copy()
    depth, volume, _ = book_series(result, symbol)
    mark = marks(result)[:, symbol] * units.price
    gross, net, cash, near = walked(result, symbol).T.copy()
    cost = sale_cost(f, mid, depth, volume, SIZE / mid / units.tick, p.half_spread, p.shape)
    shown = np.full(len(depth), depth[0]) if disguise is not None and disguise.hides else depth
    equity = cash + net * mid
    held = np.where(equity > 0.0, gross * mid / np.where(equity > 0.0, equity, 1.0), 0.0)
    columns = [
        cancels(result, symbol, depth, disguise),
        logs(shown),
        logs(np.maximum(cost, 1e-9)),
        logs(np.maximum(np.abs(1e4 * (mark / mid - 1.0)), LEAST_LAG)),
        moved(held),
        standing_rate(result, symbol),
        moved(gross),
        near / shown,
    ]
    out = np.column_stack(columns)
    for place in range(1, len(STREAMS)):
        if place != STREAMS.index("funding") or result.scenario.funding.on:
            error = noise(result.scenario.seed, symbol, place, len(out))
            out[:, place] += NOISE[place] * error
    out[:, STREAMS.index("funding")] = np.abs(out[:, STREAMS.index("funding")])
    return out


def watched(result: Record) -> np.ndarray:
    """Which streams exist in this run (S,)."""
    on = np.ones(len(STREAMS), bool)
    on[STREAMS.index("funding")] = result.scenario.funding.on
    return on
