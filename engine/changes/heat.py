"""Where realised volatility came from: the outside world, the venue's own book, or long ago.

The estimate of step t is an EWMA of squared log returns r_s of the mid up to the step before,

    var = keep^t * usual^2 + (1 - keep) * sum_s keep^(t-1-s) * r_s^2,   r_s = outside_s + own_s

with outside_s the log return of the fundamental price and own_s that of 1 + displacement. Each r^2
is split as r * outside + r * own, so the three parts add up to the estimate.
"""

from dataclasses import dataclass

import numpy as np

from engine.causes.attribution import book_path
from engine.record import Record


@dataclass(frozen=True)
class Heat:
    """Shares [1] of the variance at a step; `event` is the forced order that gave it most."""

    outside: float
    own: float
    past: float  # what is left of the estimate the run opened with
    ratio: float  # volatility over the usual one
    event: int  # -1 if no order moved it


def heat_at(result: Record, k: int, step: int) -> Heat:
    """The parts of the variance of symbol k that the venue uses in `step`."""
    p, inputs = result.params, result.compiled.inputs
    usual = p.sigma0 * float(inputs.calm[k])
    mid, f = result.mid[:step, k], inputs.f[:step, k]
    r = np.diff(np.log(mid))
    outside = np.diff(np.log(f))
    weight = (1.0 - p.keep) * p.keep ** np.arange(len(r))[::-1]
    old = usual * usual * p.keep ** len(r)
    parts = weight * r
    total = old + float((parts * r).sum())
    own = r - outside
    event = _most(result, k, step, parts)
    return Heat(
        outside=float((parts * outside).sum()) / total,
        own=float((parts * own).sum()) / total,
        past=old / total,
        ratio=float(np.sqrt(total)) / usual,
        event=event,
    )


def _most(result: Record, k: int, step: int, parts: np.ndarray) -> int:
    """The order whose own push, a step later, added most to the variance; -1 if none added."""
    events = result.events
    early = int(np.searchsorted(events["step"], step - 1))
    dx = book_path(result, k).dx[:early]
    mine = np.flatnonzero((dx != 0.0) & (events["symbol"][:early] == k))
    if not len(mine):
        return -1
    added = parts[events["step"][mine]] * dx[mine]
    best = int(added.argmax())
    return int(mine[best]) if added[best] > 0.0 else -1
