"""Two signs of stress that anybody can watch: how late the mark is, and what a fill costs.

Both are read from a finished run, step by step, and use nothing that was not known at the step.

    mark lag    (mark - mid) / mid, and how many steps ago the mid stood where the mark stands now
    fill cost   (mid - mean price of a sale of a given size) / mid, half the spread included

`acted` re-runs the same world with one account that reduces at the first sign, one account at a
time: what it saved is measured, not estimated.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from engine.core.book import average_displacement
from engine.core.jit import kernel
from engine.core.state import Rule
from engine.log.series import book_series
from engine.record import Record
from engine.scenario.errors import InputError
from engine.scenario.paths import YEAR
from engine.totals import marks

BP = 1e4
SIZE = 1_000_000.0  # USD of the order whose cost is followed


@kernel
def steps_behind(mark, mid):
    """For each step how many steps ago the mid last stood at the mark or beyond it (T,).

    Beyond means above it while the mark is above the mid, below it while it is below. Where the
    mid never stood there, the number of steps since the start.
    """
    out = np.zeros(len(mark), np.int64)
    for t in range(len(mark)):
        h = 0
        while h < t and (
            (mark[t] > mid[t] and mid[t - h] < mark[t])
            or (mark[t] < mid[t] and mid[t - h] > mark[t])
        ):
            h += 1
        out[t] = h
    return out


@kernel
def sale_cost(f, mid, depth, volume, lots, half_spread, shape):
    """(mid - mean price) / mid of a sale of lots[t] at each step, half the spread included (T,)."""
    out = np.empty(len(f))
    for t in range(len(f)):
        price = f[t] * (1.0 + average_displacement(volume[t], -lots[t], depth[t], shape))
        out[t] = (mid[t] - price + half_spread * f[t]) / mid[t]
    return out


def signals(result: Record, symbol: int = 0, usd: float = SIZE) -> pd.DataFrame:
    """One row a step: the signs of stress of one symbol.

    step, time_s [s]; volatility [1/sqrt(year)] realised, of the mid; lag_bp [bp] of the mark over
    the mid, negative if it is below; lag_steps [step] how long ago the mid stood there; index_bp
    [bp] of the mark over the outside price; cost_bp [bp] of a sale of `usd` against the mid.
    """
    mid, mark, cost, sigma = _watched(result, symbol, usd)
    steps, dt = np.arange(len(mid)), result.scenario.world.dt
    return pd.DataFrame(
        {
            "step": steps,
            "time_s": steps * dt,
            "volatility": sigma / np.sqrt(dt / YEAR),
            "lag_bp": BP * (mark / mid - 1.0),
            "lag_steps": steps_behind(mark, mid),
            "index_bp": BP * (mark / result.compiled.fundamental[:, symbol] - 1.0),
            "cost_bp": BP * cost,
        }
    )


def _watched(result: Record, symbol: int, usd: float) -> tuple[np.ndarray, ...]:
    """Mid and mark [USD/coin], cost of a sale [fraction] and volatility a step, each (T,)."""
    units, p = result.compiled.units, result.params
    depth, volume, sigma = book_series(result, symbol)
    f, raw = result.compiled.inputs.f[:, symbol].copy(), result.mid[:, symbol].copy()
    mid = raw / units.price
    cost = sale_cost(f, raw, depth, volume, usd / mid / units.lot, p.half_spread, p.shape)
    return mid, marks(result)[:, symbol], cost, sigma


def stress(result: Record) -> dict[str, float]:
    """The worst of both signs in the first symbol.

    mark_lag_bp    largest |mark / mid - 1| of any step [bp]
    fill_cost_bp   largest cost of a sale of SIZE against the mid [bp]
    """
    mid, mark, cost, _ = _watched(result, 0, SIZE)
    return {
        "mark_lag_bp": float(BP * np.abs(mark / mid - 1.0).max()),
        "fill_cost_bp": float(BP * cost.max()),
    }


def expected_lag(scenario: Any) -> float:
    """How late the mark will be after the scripted move of the outside world, beforehand [bp].

    The first move of `move` over d steps is taken as a straight line, and the book as untouched.
    An average that keeps q = exp(-dt / smoothing) a step is then behind by |move| / d * q / (1 - q)
    * (1 - q**d): the fall of about `smoothing` seconds. Each step of lag adds its part of the move,
    up to the whole of it. Marks that follow the index (and the median, while two of its three
    inputs do) are not behind at all.
    """
    world, mark = scenario.world, scenario.mark
    if not world.shocks:
        return 0.0
    _, move, duration = world.shocks[0]
    kept = np.exp(-world.dt / mark.smoothing)
    behind = kept / (1.0 - kept) * (1.0 - kept**duration) / duration
    behind = behind if mark.rule == "last_ema" else 0.0
    return float(BP * abs(move) * min(behind + mark.lag / duration, 1.0))


def expected_cost(scenario: Any, volatility: float, usd: float = SIZE) -> float:
    """What a sale of `usd` costs against the mid at a realised `volatility`, beforehand [bp].

    A flat book of which nothing is consumed: usd / depth * 1 % / 2 + half the spread, the depth
    thinned by (usual volatility / volatility) ** thinning where it is above the usual one.
    """
    book, usual = scenario.book, scenario.world.volatility
    thin = min(1.0, (usual / volatility) ** book.thinning) if volatility > 0.0 else 1.0
    return BP * (usd / (book.depth * thin) * 0.01 / 2.0 + book.half_spread)


@dataclass(frozen=True)
class Sign:
    """The first step at which a reader's rule said: reduce."""

    step: int
    why: str  # "lag" or "cost", whichever was reached (lag if both)
    side: str  # "long" or "short": whom the price has moved against since the opening
    value: float  # bp


def first_sign(
    result: Record, lag_bp: float, cost_bp: float, symbol: int = 0, usd: float = SIZE
) -> Sign | None:
    """When |mark lag| first reached `lag_bp`, or the cost of a sale `cost_bp`; None if never.

    Raises InputError for a threshold that is not above zero.
    """
    for name, value in (("lag_bp", lag_bp), ("cost_bp", cost_bp)):
        if not value > 0.0:
            raise InputError(name, value, "above 0 bp")
    frame = signals(result, symbol, usd)
    lag, cost = frame["lag_bp"].abs().to_numpy(), frame["cost_bp"].to_numpy()
    hits = np.flatnonzero((lag >= lag_bp) | (cost >= cost_bp))
    if not len(hits):
        return None
    t = int(hits[0])
    late = bool(lag[t] >= lag_bp)
    side = "long" if result.mid[t, symbol] < result.mid[0, symbol] else "short"
    return Sign(t, "lag" if late else "cost", side, float(lag[t] if late else cost[t]))


def with_reduction(result: Any, step: int, account: int, share: float) -> Any:
    """The same run, in which one account closes `share` of its position at `step` by itself."""
    from engine.simulation import run_compiled

    rows = ((step, account, share),)
    scenario = result.scenario.with_values(**{"accounts.reductions": rows})
    inputs = result.compiled.inputs._replace(reductions=np.array(rows, np.float64))
    return run_compiled(replace(result.compiled, scenario=scenario, inputs=inputs))


def outcome(result: Record, account: int) -> tuple[float, bool]:
    """Equity at the outside price of the last step [USD], and whether a limit was reached."""
    compiled = result.compiled
    f = compiled.inputs.f
    ticks = result.quote[account] + result.base[account, : f.shape[1]] @ f[-1]
    events = result.events
    hit = (events["rule"] == Rule.MAINTENANCE) & (events["account"] == account)
    return float(ticks * compiled.units.tick), bool(hit.any())


def acted(result: Any, sign: Sign, share: float = 0.5, most: int = 60) -> pd.DataFrame:
    """What acting on a sign would have changed, for accounts of the side in danger, one by one.

    At the step after the sign the account closes `share` of its position in the book; the run is
    repeated with that order in it. One row an account, spread evenly over that side, at most
    `most`: account, leverage [1], notional_usd [USD] at the opening, equity and equity_acted [USD]
    at the end, saved [USD] their difference, liquidated and liquidated_acted.
    """
    people = result.compiled.population
    side = 1 if sign.side == "long" else -1
    mine = np.flatnonzero(people.side == side)
    chosen = mine[np.unique(np.linspace(0, len(mine) - 1, min(most, len(mine))).astype(int))]
    price = result.compiled.fundamental[0]
    step = min(sign.step + 1, len(result.mid) - 1)
    rows = []
    for account in chosen.tolist():
        before, hit = outcome(result, account)
        after, hit_then = outcome(with_reduction(result, step, account, share), account)
        usd = float(people.size_coin[account] * price[people.symbol[account]])
        rows.append(
            (account, float(people.leverage[account]), usd, before, after, after - before)
            + (hit, hit_then)
        )
    names = ["account", "leverage", "notional_usd", "equity", "equity_acted", "saved"]
    return pd.DataFrame(rows, columns=[*names, "liquidated", "liquidated_acted"])
