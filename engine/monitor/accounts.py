"""Which accounts to look at first, with the reasons, from what is known at one step.

    score = size / distance        size      coins of the position over the coins of 1 % of depth
                                   distance  way of the mark to the liquidation price, in per cent

so a score of 1 means: for every per cent the mark has to go until this account is closed, its order
alone moves the price back by as much. Accounts without a position, or with several, are left out.
"""

import numpy as np
import pandas as pd

from engine.asked import count_of, step_of, symbol_of
from engine.core.jit import kernel
from engine.core.margin import liquidation_price
from engine.monitor.pipeline import learned
from engine.monitor.positions import holdings, single
from engine.record import Record
from engine.totals import in_coins, marks

LEAST_WAY = 0.01  # per cent: nearer than this counts as this near


@kernel
def ways(own, quote, base, mark, inputs, out):
    """Per cent (A,) that the mark has to move until an account is liquidated; nan without one."""
    for i in range(len(own)):
        out[i] = np.nan
        if own[i] and base[i] != 0.0:
            price = liquidation_price(
                quote[i], base[i], inputs.floors, inputs.rates, inputs.deductions
            )
            way = (mark - price) / mark if base[i] > 0.0 else (price - mark) / mark
            out[i] = max(100.0 * way, LEAST_WAY)


def known_at(result: Record, step: int) -> int:
    """The step whose state the monitor knows at `step`: its own delay earlier in mode late."""
    monitor, dt = result.scenario.monitor, result.scenario.world.dt
    late = int(round(monitor.delay / dt)) if monitor.mode == "late" else 0
    return max(step - late, 0)


def standing(result: Record, symbol: int, step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(score, size, distance), each (A,), after a step; a score of -1 where there is none."""
    opening = result.compiled
    quote, base = holdings(result, symbol, step)
    mark = float(marks(result)[step, symbol] * opening.units.price)
    way = np.empty(len(quote))
    ways(single(result, symbol), quote, base, mark, opening.inputs, way)
    size = np.abs(base) / opening.inputs.depth[symbol]
    return np.where(np.isnan(way), -1.0, size / way), size, way


def first_accounts(result: Record, symbol: int, step: int, most: int) -> np.ndarray:
    """The accounts at the top of the ranking at a step, highest score first, then lowest row."""
    if result.scenario.monitor.mode == "blind":
        return np.empty(0, np.int64)
    score = standing(result, symbol, known_at(result, step))[0]
    order = np.argsort(-score, kind="stable")[:most]
    return order[score[order] > 0.0]


def account_ranking(result: Record, step: int, symbol: int = 0, most: int = 20) -> pd.DataFrame:
    """The accounts to look at first at a step, with the reasons.

    account; score [1]; side; notional_usd [USD]; size [per cent of the price that its order would
    move the book]; distance [per cent the mark has to move]; times_median, the score over that of
    the median account. Empty for a blind monitor and while it learns.
    """
    names = ["account", "score", "side", "notional_usd", "size", "distance", "times_median"]
    step, symbol, most = step_of(result, step), symbol_of(result, symbol), count_of("most", most, 0)
    if step < learned(result):
        return pd.DataFrame(columns=names)
    rows = first_accounts(result, symbol, step, most)
    past = known_at(result, step)
    score, size, way = standing(result, symbol, past)
    usual = float(np.median(score[score > 0.0])) if (score > 0.0).any() else 1.0
    base = holdings(result, symbol, past)[1][rows]
    price = float(marks(result)[past, symbol])
    values = (
        rows, score[rows], np.where(base > 0.0, "long", "short"),
        in_coins(np.abs(base), result.compiled.units.lot) * price,
        size[rows], way[rows], score[rows] / usual,
    )  # fmt: skip
    return pd.DataFrame(dict(zip(names, values, strict=True)))
