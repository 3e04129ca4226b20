"""The band of one run or several as pictures: by lane, over prices and over time."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from engine.band.bounds import largest_move
from engine.band.tables import band_frame, cascade_curve
from engine.simulation import Result


def quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """The value below which this share of the weight lies, values in order; nan of nothing."""
    if not len(values):
        return float("nan")
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    place = int(np.searchsorted(total, share * total[-1]))
    return float(values[order][min(place, len(values) - 1)])


def band_picture(results: Mapping[str, Result]) -> pd.DataFrame:
    """One row a lane: how far below its own trigger an account may be filled, and how far it was.

    lane; known [%] : mean far end of the band, computed at the opening; low, middle, high [%] : of
    what was filled by force, a tenth, half and nine tenths of the USD lay within that distance of
    the trigger; known_s, expected_s, seconds [s] : longest wait computed, the one expected,
    the mean one seen; inside [%] of reduced accounts; accounts : how many were reduced. Distances
    count against the account.
    """
    rows = []
    for name, result in results.items():
        frame = band_frame(result)
        done = frame[frame["reduced"]]
        width, usd = done["width"].to_numpy() * 100.0, done["filled_usd"].to_numpy()
        rows.append(
            {
                "lane": name, "known": average(done["width_known"], usd) * 100.0,
                "low": quantile(width, usd, 0.1), "middle": quantile(width, usd, 0.5),
                "high": quantile(width, usd, 0.9), "known_s": average(done["latest_s"], usd),
                "expected_s": average(done["expected_s"], usd),
                "seconds": average(done["last_s"], usd),
                "inside": float(done["inside"].mean() * 100.0),
                "accounts": len(done),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def average(values: pd.Series, weights: np.ndarray) -> float:
    """Weighted mean; nan of nothing."""
    return float(np.average(values.to_numpy(), weights=weights)) if len(values) else float("nan")


def band_prices(result: Result, bins: int = 40) -> pd.DataFrame:
    """The band over prices: from what triggers where to what is filled where, beforehand and seen.

    start, stop [USD/coin] of a bin; triggers, far [USD] : notional of accounts that the assumed
    move reaches, by their trigger and by the far end of their band; breaches, fills [USD] : of
    accounts reduced in the run, by the mark of the breach and by their worst fill; multiplier [1] :
    cascade multiplier at the edge of the bin that the move meets first.
    """
    frame = band_frame(result)
    known, seen = frame[frame["reached"]], frame[frame["reduced"]]
    columns = {
        "triggers": (known["trigger"], known["notional_usd"]),
        "far": (known["far"], known["notional_usd"]),
        "breaches": (seen["seen_mark"], seen["filled_usd"]),
        "fills": (seen["worst"], seen["filled_usd"]),
    }
    values = np.concatenate([price.to_numpy() for price, _ in columns.values()])
    start = result.scenario.world.price
    low, high = (values.min(), values.max()) if len(values) else (0.98 * start, 1.02 * start)
    edges = np.linspace(min(low, 0.999 * start), max(high, 1.001 * start), bins + 1)
    table = pd.DataFrame({"start": edges[:-1], "stop": edges[1:]})
    for name, (price, usd) in columns.items():
        table[name] = np.histogram(price, edges, weights=usd)[0]
    met = edges[:-1] if largest_move(result.scenario).size > 0.0 else edges[1:]
    table["multiplier"] = cascade_curve(frame, result.scenario, result.params, met)
    return table


def band_waits(result: Result, bins: int = 200) -> pd.DataFrame:
    """The band over time: how long after their breach accounts are reduced, at most and in fact.

    start, stop [s]; known, expected : USD of reduced accounts by the longest and by the expected
    wait, both computed beforehand; seen : by the wait until their last forced fill.
    """
    frame = band_frame(result)
    done = frame[frame["reduced"]]
    longest = [float(done[name].max()) for name in ("latest_s", "last_s") if len(done)]
    most = max([1.0, *longest])
    edges = np.linspace(0.0, most * 1.0001, bins + 1)
    table = pd.DataFrame({"start": edges[:-1], "stop": edges[1:]})
    for name, column in (("known", "latest_s"), ("expected", "expected_s"), ("seen", "last_s")):
        table[name] = np.histogram(done[column], edges, weights=done["filled_usd"])[0]
    return table
