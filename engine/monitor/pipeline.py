"""From streams to alerts. All of it is causal: an alert at a step depends on nothing after it.

1. Each stream is standardised by median and MAD of the first `monitor.learn` steps.
2. The mode of the monitor changes what it is shown (`shown`).
3. One chart a stream, of `monitor.detector`; its limit is the one at which all charts of a symbol
   together would raise `monitor.alarms` false alarms a day on independent normal values.
4. Alarms of one symbol within QUIET seconds are one alert. Its reason is the stream furthest
   beyond its limit.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.asked import check_result, symbol_of
from engine.monitor.detectors import chart, robust_z
from engine.monitor.run_length import DAY, limit_for
from engine.monitor.streams import LEAST, LONGEST, SIGNS, STREAMS, Disguise, measured, watched
from engine.record import Record

QUIET = 60.0  # s
MOST_Z = 1_000.0  # further than this counts as this far


def learned(result: Record) -> int:
    """Steps in which the monitor learns and says nothing."""
    return min(result.scenario.monitor.learn, len(result.mid))


def disguise_of(result: Record) -> Disguise | None:
    """What mode adversarial does: decoy bursts at even times, and nothing shown of true ones.

    He knows that the monitor counts cancels and reads the depth that is shown. A decoy withdraws
    all his orders for LONGEST steps and posts them again; his true withdrawals are spread below
    any limit, behind orders that he does not mean. What a sale costs he cannot hide.
    """
    monitor, dt = result.scenario.monitor, result.scenario.world.dt
    if monitor.mode != "adversarial":
        return None
    decoys = np.empty(0, np.int64)
    if monitor.decoys > 0.0:
        every = max(int(3_600.0 / monitor.decoys / dt), LONGEST + 1)
        decoys = np.arange(learned(result), len(result.mid), every)
    return Disguise(decoys, True)


def standardised(values: np.ndarray, learn: int) -> np.ndarray:
    """Robust z (T, S) of each stream by its first `learn` steps, a danger counted upwards."""
    columns = [
        robust_z(values[:, s], values[:learn, s], LEAST[s]) * SIGNS[s]
        for s in range(values.shape[1])
    ]
    return np.clip(np.column_stack(columns), -MOST_Z, MOST_Z)


def shown(result: Record, symbol: int = 0) -> np.ndarray:
    """Standardised streams (T, S) as the monitor sees them in its mode.

    blind: as usual at every step, whatever happens; late: `monitor.delay` seconds late; drifted:
    every level moves by `monitor.drift` usual deviations an hour from the end of learning on;
    adversarial: see `disguise_of`. A stream that does not exist is as usual.
    """
    monitor, dt, learn = result.scenario.monitor, result.scenario.world.dt, learned(result)
    z = standardised(measured(result, symbol, disguise_of(result)), learn)
    z[:, ~watched(result)] = 0.0
    if monitor.mode == "blind":
        z[:] = 0.0
    if monitor.mode == "drifted":
        hours = np.maximum(np.arange(len(z)) - learn, 0) * dt / 3_600.0
        z[:, watched(result)] += (monitor.drift * hours)[:, None]
    if monitor.mode == "late":
        z = delayed(z, int(round(monitor.delay / dt)))
    return z


def delayed(z: np.ndarray, steps: int) -> np.ndarray:
    """The same, so many steps later; as usual before."""
    out = np.zeros_like(z)
    if steps < len(z):
        out[steps:] = z[: len(z) - steps]
    return out


def limit_of(result: Record) -> float:
    """The limit of each chart [usual deviations]; see point 3."""
    monitor, dt = result.scenario.monitor, result.scenario.world.dt
    charts = int(watched(result).sum()) * result.mid.shape[1]
    return limit_for(monitor.detector, charts * DAY / dt / monitor.alarms)


@dataclass(frozen=True)
class Watch:
    """What the monitor made of one symbol."""

    z: np.ndarray  # (T, S) streams as shown
    charts: np.ndarray  # (T, S) charts over their limit: above 1 they alarm; 0 while learning

    @property
    def score(self) -> np.ndarray:
        """How unusual each step is (T,): the chart furthest towards its limit, or beyond."""
        return self.charts.max(axis=1)


def charts_of(result: Record, z: np.ndarray) -> np.ndarray:
    """The run's own chart of each stream (T, S) over its limit; 0 while learning."""
    limit, learn, detector = limit_of(result), learned(result), result.scenario.monitor.detector
    charts = np.zeros(z.shape)
    for s in np.flatnonzero(watched(result)):
        charts[learn:, s] = chart(detector, np.ascontiguousarray(z[learn:, s]), limit) / limit
    return charts


def watch(result: Record, symbol: int = 0) -> Watch:
    """Streams and charts of one symbol."""
    z = shown(result, symbol)
    return Watch(z, charts_of(result, z))


def quiet_steps(result: Record) -> int:
    """Steps between two alerts of one symbol, at least."""
    return max(int(QUIET / result.scenario.world.dt), 1)


COLUMNS = ("step", "symbol", "stream", "score", "z")


def alert_rows(result: Record) -> list[tuple[int, int, int, float, float]]:
    """Alerts in order of time: step, symbol, stream that gave the reason, its chart, its z."""
    quiet = quiet_steps(result)
    rows = []
    for symbol in range(result.mid.shape[1]):
        seen = watch(result, symbol)
        last = -quiet
        for t in np.flatnonzero(seen.score > 1.0).tolist():
            if t - last >= quiet:
                stream = int(seen.charts[t].argmax())
                found = float(seen.charts[t, stream]), float(seen.z[t, stream])
                rows.append((t, symbol, stream, *found))
                last = t
    return sorted(rows)


def alerts(result: Record) -> pd.DataFrame:
    """One row an alert, in order of time.

    step, time_s [s]; symbol; stream whose chart was furthest beyond its limit; score, that chart
    over its limit [1]; z [usual deviations] of the stream at that step.
    """
    check_result(result)
    frame = pd.DataFrame(alert_rows(result), columns=list(COLUMNS))
    frame.insert(1, "time_s", frame["step"] * result.scenario.world.dt)
    frame["symbol"] = [result.compiled.symbols[k] for k in frame["symbol"]]
    frame["stream"] = [STREAMS[s] for s in frame["stream"]]
    return frame


def drift_scores(result: Record, symbol: int = 0) -> pd.DataFrame:
    """How far each stream has left what the monitor learned: Kolmogorov-Smirnov distance.

    One row a stream: stream; distance [1], the largest gap between the distributions of the
    streams in the steps of learning and in as many steps at the end of the run; middle [usual
    deviations], by how much the median has moved.
    """
    symbol = symbol_of(result, symbol)
    z, learn = shown(result, symbol), learned(result)
    size = min(learn, len(z) - learn)
    rows = []
    for s in np.flatnonzero(watched(result)) if size > 0 else ():
        before, after = z[:learn, s], z[len(z) - size :, s]
        rows.append((STREAMS[s], distance(before, after), float(np.median(after))))
    return pd.DataFrame(rows, columns=["stream", "distance", "middle"])


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Largest gap between two empirical distributions [1], 0 alike to 1 apart."""
    points = np.sort(np.concatenate([one, other]))
    shares = [np.searchsorted(np.sort(a), points, "right") / len(a) for a in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())
