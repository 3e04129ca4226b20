"""Detectors: how unusual a number is, judged by what came before it.

All of them read standardised values z (0: as usual, 1: one usual deviation above). A chart starts
at rest and starts again from rest after each alarm.

Sources: E. S. Page, "Continuous inspection schemes" (1954), for CUSUM; Lucas and Crosier (1982);
Lucas and Saccucci (1990), for EWMA, as quoted by the manual of the R package spc; Iglewicz and
Hoaglin (1993) for the robust z; Liu, Ting and Zhou, "Isolation Forest" (2008).
"""

from math import log
from typing import Any

import numpy as np

from engine.core.jit import kernel

DETECTORS = ("robust_z", "ewma", "cusum")  # charts, whose bits are the engine's own
FOREST = "forest"
NORMAL_MAD = 0.6745  # median of |z| of a standard normal law, rounded as the source has it
K = 0.5  # allowance of the CUSUM [usual deviations]
WEIGHT = 0.1  # of the newest value in the EWMA
TREES, SAMPLES = 100, 256  # of the isolation forest
EULER = 0.5772156649015329


def robust_z(values: np.ndarray, of: np.ndarray, least: float = 0.0) -> np.ndarray:
    """0.6745 (x - median) / MAD, median and MAD of the numbers `of`; MAD at least `least`.

    MAD is the median of |x - median|; 0.6745 makes it one standard deviation of a normal law.
    """
    middle = float(np.median(of))
    spread = max(float(np.median(np.abs(of - middle))), least)
    return NORMAL_MAD * (values - middle) / spread


@kernel
def cusum_path(z, k, h, out):
    """Upper CUSUM C = max(0, C + z - k); after a C above h it starts again from 0.

    h : limit [usual deviations], infinite for the plain path. Writes C (T,) before the new start.
    """
    c = 0.0
    for t in range(len(z)):
        c = max(0.0, c + z[t] - k)
        out[t] = c
        if c > h:
            c = 0.0


@kernel
def ewma_path(z, weight, limit, out):
    """EWMA Z = weight z + (1 - weight) Z in units of its own long-run deviation, upper side.

    The deviation is sqrt(weight / (2 - weight)). After a Z above `limit` it starts again from 0.
    """
    scale = np.sqrt(weight / (2.0 - weight))
    now = 0.0
    for t in range(len(z)):
        now = weight * z[t] + (1.0 - weight) * now
        out[t] = now / scale
        if out[t] > limit:
            now = 0.0


def chart(detector: str, z: np.ndarray, limit: float) -> np.ndarray:
    """What one of DETECTORS shows at each step (T,); above `limit` it alarms."""
    out = np.empty(len(z))
    if detector == "cusum":
        cusum_path(z, K, limit, out)
    elif detector == "ewma":
        ewma_path(z, WEIGHT, limit, out)
    else:
        out[:] = z
    return out


def usual_path(size: int) -> float:
    """Mean depth at which a random tree of `size` points isolates one: c(n) of the source.

    c(n) = 2 H(n - 1) - 2 (n - 1) / n, with H(i) = ln i + 0.5772.
    """
    return 2.0 * (log(size - 1) + EULER) - 2.0 * (size - 1) / size


def isolation_score(depth: float, size: int) -> float:
    """Score of a point isolated at a mean `depth`: 2 ** (-depth / c(n)); 0.5 is usual, 1 alone."""
    return float(2.0 ** (-depth / usual_path(size)))


def train_forest(usual: np.ndarray) -> Any:
    """An isolation forest of scikit-learn that has seen the rows `usual` (N, S).

    Its random state is fixed, but its bits are the library's: no run of the engine depends on it.
    """
    from sklearn.ensemble import IsolationForest

    size = min(SAMPLES, len(usual))
    return IsolationForest(n_estimators=TREES, max_samples=size, random_state=1).fit(usual)


def forest_scores(forest: Any, rows: np.ndarray) -> np.ndarray:
    """Score of each row (N,): near 0.5 as usual, towards 1 alone."""
    return -np.asarray(forest.score_samples(rows), np.float64)
