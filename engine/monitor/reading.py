"""What a reader is shown of a finished run: alerts with reasons and whether they were true."""

from typing import Any

import numpy as np
import pandas as pd

from engine.asked import check_result, count_of, symbol_of
from engine.monitor.pipeline import (
    Watch,
    alert_rows,
    alerts,
    drift_scores,
    learned,
    limit_of,
    watch,
)
from engine.monitor.run_length import (
    alarms_a_day,
    cusum_run_length,
    ewma_run_length,
    run_length,
    simulated_cusum,
    simulated_ewma,
    two_sided,
)
from engine.monitor.scoring import first_forced
from engine.monitor.streams import STREAMS, watched
from engine.record import Record

NEAR_LIMIT = 0.5  # of its limit: below, a chart is no reason


def first_trade(result: Record, symbol: int = 0) -> int | None:
    """Step of the first forced trade of a symbol; None if there is none."""
    step = first_forced(result, symbol_of(result, symbol))
    return step if step < len(result.mid) else None


def reasons(seen: Watch, step: int) -> list[tuple[str, float, float]]:
    """(stream, chart over its limit, z) of every chart near its limit, furthest first."""
    charts = seen.charts[step]
    order = np.argsort(-charts, kind="stable")
    return [
        (STREAMS[s], float(charts[s]), float(seen.z[step, s]))
        for s in order
        if charts[s] >= NEAR_LIMIT
    ]


def alert_ranking(result: Record, most: int | None = None) -> pd.DataFrame:
    """The alerts of a run, the most unusual first, with their reasons and what followed.

    step, time_s [s], symbol, stream, score, z as in `alerts`; reasons, a list of (stream, chart
    over its limit, z); true, whether the first forced trade of the symbol came within the horizon;
    late, whether it had already come.
    """
    most = None if most is None else count_of("most", most, 0)
    frame, dt = alerts(result), result.scenario.world.dt
    seen = [watch(result, k) for k in range(result.mid.shape[1])]
    first = [first_trade(result, k) for k in range(result.mid.shape[1])]
    within = max(int(result.scenario.monitor.horizon / dt), 1)
    told: list[tuple[Any, bool, bool]] = []
    for step, symbol, *_ in alert_rows(result):
        at = first[symbol]
        true = at is not None and at - within <= step < at
        told.append((reasons(seen[symbol], step), true, at is not None and step >= at))
    frame["reasons"] = [row[0] for row in told]
    frame["true"] = [row[1] for row in told]
    frame["late"] = [row[2] for row in told]
    frame = frame.sort_values(["score", "step"], ascending=[False, True], kind="stable")
    return frame.reset_index(drop=True).head(most if most is not None else len(frame))


def stream_table(result: Record, symbol: int = 0) -> pd.DataFrame:
    """One row a stream: how far from usual it was before the first forced trade, and its drift.

    stream; highest [usual deviations] between learning and the first forced trade; distance [1]
    and middle [usual deviations] as in `drift_scores`.
    """
    symbol = symbol_of(result, symbol)
    seen, learn = watch(result, symbol), learned(result)
    end = max(first_forced(result, symbol), min(learn + 1, len(seen.z)))
    drift = drift_scores(result, symbol).set_index("stream")
    rows = []
    for s in np.flatnonzero(watched(result)):
        name = STREAMS[s]
        highest = float(seen.z[learn:end, s].max()) if end > learn else 0.0
        moved = drift.loc[name].tolist() if name in drift.index else [0.0, 0.0]
        rows.append((name, highest, *moved))
    return pd.DataFrame(rows, columns=["stream", "highest", "distance", "middle"])


def theory(result: Record) -> dict[str, float]:
    """What run-length theory says of the charts of a run.

    limit [usual deviations] of each chart, length [steps] its mean run length on independent
    normal values, charts how many there are, allowed [1/day] false alarms a day of all of them.
    """
    check_result(result)
    monitor, dt = result.scenario.monitor, result.scenario.world.dt
    charts, limit = int(watched(result).sum()) * result.mid.shape[1], limit_of(result)
    length = run_length(monitor.detector, limit)
    return {
        "limit": limit,
        "length": length,
        "charts": float(charts),
        "allowed": alarms_a_day(length, charts, dt),
    }


# Two-sided charts of the literature: name, chart, shift, what was published.
PUBLISHED = (
    ("CUSUM, k 0.5, h 4", "cusum", (0.5, 4.0), 0.0, 168.0),
    ("CUSUM, k 0.5, h 4", "cusum", (0.5, 4.0), 1.0, 8.38),
    ("EWMA, weight 0.5, L 3.071", "ewma", (0.5, 3.071), 0.0, 500.0),
    ("EWMA, weight 0.5, L 3.071", "ewma", (0.5, 3.071), 1.0, 17.5),
    ("EWMA, weight 0.03, L 2.437", "ewma", (0.03, 2.437), 0.0, 500.0),
    ("EWMA, weight 0.03, L 2.437", "ewma", (0.03, 2.437), 1.0, 12.6),
)


def run_length_table(runs: int = 1_000) -> pd.DataFrame:
    """Published run lengths beside the integral equation and a simulation of `runs` runs.

    chart; shift [deviations]; published, equation, simulated [steps]; error, the standard error of
    the simulated mean.
    """
    runs = count_of("runs", runs, 2)
    rows = []
    for name, kind, chart, shift, published in PUBLISHED:
        if kind == "cusum":
            exact = two_sided(*(cusum_run_length(*chart, s) for s in (shift, -shift)))
            mean, error = simulated_cusum(*chart, shift, runs)
        else:
            exact = ewma_run_length(*chart, shift)
            mean, error = simulated_ewma(*chart, shift, runs)
        rows.append((name, shift, published, exact, mean, error))
    return pd.DataFrame(
        rows, columns=["chart", "shift", "published", "equation", "simulated", "error"]
    )
