"""The band as tables in coins, USD and seconds, and the cascade multiplier price by price."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from engine.band import bounds as core
from engine.band.bounds import Move, largest_move, lasting_reach
from engine.core.state import Params
from engine.record import Record
from engine.scenario.compile import compile_scenario
from engine.scenario.params import kernel_params
from engine.scenario.rulebooks import load
from engine.scenario.schema import Scenario
from engine.totals import in_usd

ONE_PERCENT = 0.01


def band_frame(result: Record, move: Move | None = None) -> pd.DataFrame:
    """The band of each account, beforehand and as it happened; one row an account.

    account, side, notional_usd at the opening; trigger, bankruptcy, near, far [USD/coin];
    reached : by the assumed move; breach_s, soonest_s, expected_s, latest_s [s] as in
    `engine.band.bounds.known_band`;
    reduced : by force in the run; seen_step and seen_mark of its first breach; best, worst
    [USD/coin] of its forced fills; filled_usd; first_s, last_s [s] from the breach to them;
    inside_price, inside_time, inside; width_known, width [fraction of the trigger].
    What did not happen is nan.
    """
    found = core.band(result, move)
    units, dt = result.compiled.units, result.scenario.world.dt
    rows, symbol = np.arange(result.accounts), np.asarray(result.compiled.inputs.symbol)
    lots = np.abs(result.compiled.base[rows, symbol])
    frame = pd.DataFrame({"account": rows, "side": np.where(found["long"], "long", "short")})
    frame["notional_usd"] = in_usd(lots * result.compiled.inputs.f[0, symbol], units.tick)
    for name in ("trigger", "bankruptcy", "near", "far"):
        frame[name] = found[name] / units.price
    for name in ("breach", "soonest", "expected", "latest"):
        frame[f"{name}_s"] = found[name] * dt
    done = found["reduced"]
    frame["reached"], frame["reduced"] = found["reached"], done
    seen = {
        "seen_step": found["step"], "seen_mark": found["mark"] / units.price,
        "best": found["best"] / units.price, "worst": found["worst"] / units.price,
        "filled_usd": in_usd(found["filled"], units.tick), "first_s": found["first"] * dt,
        "last_s": found["last"] * dt, "width": found["width"],
    }  # fmt: skip
    for name, values in seen.items():
        frame[name] = np.where(done, values, np.nan)
    for name in ("inside_price", "inside_time", "inside", "width_known"):
        frame[name] = found[name]
    return frame


def band_by_rulebook(scenario: Scenario, names: Iterable[str]) -> pd.DataFrame:
    """The band beforehand under each rulebook, for the accounts that a scenario draws under it.

    rulebook (its title); notional_usd : of accounts that the largest move reaches; trigger, far,
    bankruptcy [fraction] : distances from the opening price, means weighted by notional over those;
    latest_s [s] : likewise. Nan where nobody is reached. A rulebook caps leverage by size, so the
    accounts of the same seed differ where it binds.
    """
    rows = []
    for name in names:
        changed = scenario.with_values(**{"venue.rulebook": name})
        compiled = compile_scenario(changed)
        p = kernel_params(changed, compiled.units)
        found = core.known_band(compiled, p, largest_move(changed))
        mine = found["reached"]
        place, symbol = np.arange(len(mine)), np.asarray(compiled.inputs.symbol)
        start = compiled.inputs.f[0, symbol]
        usd = in_usd(np.abs(compiled.base[place, symbol]) * start, compiled.units.tick)
        row = {"rulebook": load(name).title, "notional_usd": float(usd[mine].sum())}
        for key in ("trigger", "far", "bankruptcy"):
            away = np.abs(found[key] / start - 1.0)[mine]
            row[key] = float(np.average(away, weights=usd[mine])) if mine.any() else np.nan
        late = found["latest"][mine] * changed.world.dt
        row["latest_s"] = float(np.average(late, weights=usd[mine])) if mine.any() else np.nan
        rows.append(row)
    return pd.DataFrame(rows)


def fresh_share(pace: float, recovery: float) -> float:
    """Share of orders that the book has not recovered from while a move crosses 1 % of price.

    (1 - e^-z) / z, z = (0.01 / pace) / recovery: the mean of e^(-age / recovery) over ages from 0
    to the time the crossing takes. pace [fraction/step], recovery [step]. 1 for a gap.
    """
    z = ONE_PERCENT / max(pace, 1e-12) / recovery
    return float(-np.expm1(-z) / z) if z > 1e-9 else 1.0


def multiplier(notional: Any, depth: float, reach: float, fresh: float) -> Any:
    """Cascade multiplier R = notional within 1 % of the move / depth * reach * fresh.

    notional [USD], depth [USD per 1 %], reach: share of a displacement that marks take over, fresh:
    `fresh_share`. A first order of I then closes I / (1 - R) in all while R is below 1; from 1 on
    the cascade feeds itself.
    Source: mean size of a branching process; compare Caccioli, Shrestha, Moore and Farmer,
    "Stability analysis of financial contagion due to overlapping portfolios" (arXiv 1210.5987).
    """
    return notional / depth * reach * fresh


def cascade_size(first: float, ratio: float) -> float:
    """All that is closed once `first` is: first / (1 - ratio); infinite from a ratio of 1 on."""
    return first / (1.0 - ratio) if ratio < 1.0 else float("inf")


def cascade_curve(
    frame: pd.DataFrame, scenario: Scenario, p: Params, prices: np.ndarray, move: Move | None = None
) -> np.ndarray:
    """`multiplier` at each of `prices` [USD/coin] on the way of the assumed move.

    frame : a `band_frame`, of which side, trigger and notional_usd are used
    """
    move = largest_move(scenario) if move is None else move
    mine = frame[(frame["side"] == ("short" if move.size > 0.0 else "long"))]
    mine = mine[mine["trigger"] > 0.0].sort_values("trigger")
    trigger = mine["trigger"].to_numpy()
    usd = np.concatenate(([0.0], np.cumsum(mine["notional_usd"].to_numpy())))
    beyond = prices * (1.0 + (ONE_PERCENT if move.size > 0.0 else -ONE_PERCENT))
    low, high = np.minimum(prices, beyond), np.maximum(prices, beyond)
    within = usd[np.searchsorted(trigger, high, "right")] - usd[np.searchsorted(trigger, low)]
    fresh = fresh_share(move.pace, scenario.book.recovery / scenario.world.dt)
    return multiplier(within, scenario.book.depth, lasting_reach(p), fresh)
