"""Latency as a parameter of the edges: how long from a forced order to the trigger it causes.

An order that fills in step u is in the book from the next step on. The mark is `mark.lag` steps
late, the margin check another `venue.risk_latency`, and the order of whoever it pushes over travels
`venue.order_latency`:

    soonest trigger    1 + mark lag + risk latency      after the fill
    soonest next fill  the same + order latency

What the mark shows of the order d steps after its fill, the outside price at rest, is w(d) of its
displacement: q^d for `last`; alpha q (q^d - r^d) / (q - r) for moving averages, r = 1 - alpha;
nothing for `index`. q = exp(-dt / (recovery * shape)) is the share that a step of refilling leaves.
"""

from dataclasses import dataclass

import numpy as np

from engine.core.attribution import recovery
from engine.core.maths import log, power
from engine.core.state import MarkRule, Params, Rule
from engine.graph.cascade import graph
from engine.record import Record

AVERAGES = (MarkRule.LAST_EMA, MarkRule.INDEX_EMA, MarkRule.MEDIAN)


@dataclass(frozen=True, kw_only=True)
class EdgeTimes:
    """Steps along one edge of the graph, from the settings alone."""

    trigger: int  # from a fill to the first trigger it can cause
    fill: int  # from a trigger to the fill of its order (an auction: to its opening)
    peak: float  # from a fill to where the mark shows most of it; infinite if it never does
    mean: float  # from a fill to a trigger, if triggers come evenly for ever; infinite likewise

    @property
    def generation(self) -> int:
        """From one fill to the next, at the soonest."""
        return self.trigger + self.fill


def edge_times(p: Params) -> EdgeTimes:
    """Closed forms of the module. The median is told like the moving average it falls back on.

    peak : check lag + ln(ln r / ln q) / ln(q / r) for averages, + 1 for `last`
    mean : check lag + 1 / (1 - q), + r / (1 - r) for averages
    """
    q, r = float(recovery(p)), 1.0 - p.alpha
    if p.rule == MarkRule.INDEX:
        peak = mean = float("inf")
    elif p.rule in AVERAGES and r > 0.0 and q < 1.0:
        peak, mean = p.check_lag + _highest(q, r), p.check_lag + 1.0 / (1.0 - q) + r / (1.0 - r)
    else:
        peak, mean = p.check_lag + 1.0, p.check_lag + 1.0 / (1.0 - q)
    return EdgeTimes(trigger=1 + int(p.check_lag), fill=int(p.order_lag), peak=peak, mean=mean)


def _highest(q: float, r: float) -> float:
    """Where alpha q (q^d - r^d) / (q - r) is largest, at the least one step."""
    lq, lr = float(log(q)), float(log(r))
    if abs(lq - lr) < 1e-12:
        return max(-1.0 / lq, 1.0)
    return max(float(log(lr / lq)) / (lq - lr), 1.0)


def response(p: Params, steps: int) -> np.ndarray:
    """w(d) for d = 1 .. steps: share of an order's displacement in the raw mark; see the module."""
    q, r = float(recovery(p)), 1.0 - p.alpha
    if p.rule == MarkRule.INDEX:
        return np.zeros(steps)
    left = np.array([float(power(q, float(d))) for d in range(1, steps + 1)])
    if p.rule not in AVERAGES:
        return left
    if abs(q - r) < 1e-12:
        return p.alpha * np.arange(1, steps + 1) * left
    faded = np.array([float(power(r, float(d))) if r > 0.0 else 0.0 for d in range(1, steps + 1)])
    return p.alpha * q * (left - faded) / (q - r)


def seen_times(result: Record) -> dict[str, float]:
    """The same times as the log has them [step]; zero where there is none.

    mean : from the forced orders that pushed a trigger to the trigger, by share and USD
    fill : from a trigger to the first fill of its order, mean over triggers with one
    """
    found, events = graph(result), result.events
    weight = found.closed * found.forced
    mean = float(weight @ found.since) / float(weight.sum()) if weight.sum() > 0.0 else 0.0
    fills = np.flatnonzero((events["rule"] == Rule.SLICE) & (found.root >= 0))
    owner = found.root[fills]
    _, first = np.unique(owner, return_index=True)
    wait = events["step"][fills[first]] - events["step"][found.event[owner[first]]]
    return {"mean": mean, "fill": float(wait.mean()) if len(wait) else 0.0}
