"""Fewer points for the eye, with no extreme lost.

A screen is about 1,500 pixels wide; a run may have 100,000 steps. `extreme_rows` keeps, for each
bucket of steps and each line, the rows that hold the smallest and the largest value (Jugel et al.,
"M4", VLDB 2014, without the first and last of a bucket), so every spike that the full line would
show is still there.
"""

import base64
from itertools import pairwise

import numpy as np
import pandas as pd


def extreme_rows(lines: list[np.ndarray], most: int) -> np.ndarray:
    """At most `most` row numbers that hold each bucket's minimum and maximum of each line.

    lines : arrays of one length (T,). All rows are returned when T <= most.
    The first and the last row are always kept.
    """
    length = len(lines[0])
    if length <= most:
        return np.arange(length)
    buckets = max(1, (most - 2) // (2 * len(lines)))
    edges = np.linspace(0, length, buckets + 1).astype(np.int64)
    keep = {0, length - 1}
    for line in lines:
        for start, stop in pairwise(edges):
            part = line[start:stop]
            keep.add(int(start + part.argmin()))
            keep.add(int(start + part.argmax()))
    return np.array(sorted(keep), dtype=np.int64)


def thin(frame: pd.DataFrame, columns: list[str], most: int) -> pd.DataFrame:
    """Rows of `frame` that hold every bucket's extremes of `columns`; at most `most` rows."""
    return frame.iloc[extreme_rows([frame[name].to_numpy() for name in columns], most)]


def histogram(
    frame: pd.DataFrame, column: str, weight: str, low: float, high: float, bins: int
) -> pd.DataFrame:
    """Sum of `weight` in each of `bins` equal bins of `column`, by side: start, stop, usd, side."""
    parts = []
    for side, rows in frame.groupby("side", sort=True):
        values = rows[column].to_numpy(dtype=float)
        inside = np.isfinite(values)
        weights = np.abs(rows[weight].to_numpy(dtype=float))[inside]
        sums, edges = np.histogram(values[inside], bins=bins, range=(low, high), weights=weights)
        kept = sums > 0
        parts.append(
            pd.DataFrame(
                {
                    "start": edges[:-1][kept],
                    "stop": edges[1:][kept],
                    "usd": sums[kept],
                    "side": str(side),
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def furthest_from(values: np.ndarray, start: float) -> float:
    """The value furthest from `start`, above or below."""
    return float(values[np.abs(values - start).argmax()])


def pack(values: np.ndarray) -> dict:
    """A line as 16-bit steps between its own smallest and largest value, in base64.

    A value comes back within (high - low) / 131,070: less than a hundredth of a pixel. A line of
    one value has no data.
    """
    values = np.asarray(values, dtype=np.float64)
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    if high == low:
        return {"low": low, "unit": 0.0, "length": len(values), "data": ""}
    unit = (high - low) / 65_535
    steps = np.rint((values - low) / unit).astype("<u2")
    return {
        "low": low,
        "unit": unit,
        "length": len(values),
        "data": base64.b64encode(steps.tobytes()).decode(),
    }


def whole(values: np.ndarray) -> str:
    """Whole numbers below 2**32, in base64."""
    return base64.b64encode(np.asarray(values).astype("<u4").tobytes()).decode()


def shares(values: np.ndarray) -> str:
    """Shares between 0 and 1 as 8-bit steps, in base64; one comes back within 1/510."""
    steps = np.rint(np.clip(np.asarray(values, dtype=np.float64), 0.0, 1.0) * 255)
    return base64.b64encode(steps.astype(np.uint8).tobytes()).decode()
