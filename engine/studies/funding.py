"""Funding beside realised volatility, and what payments do to the way to liquidation."""

import numpy as np
import pandas as pd

from engine.core import funding
from engine.core.margin import liquidation_price
from engine.core.state import Rule
from engine.log.addons import added_at_opening
from engine.log.descent import liquidated_ticks
from engine.log.series import book_series
from engine.record import Record
from engine.scenario.paths import YEAR
from engine.totals import in_usd

POINTS = 120  # of a path: what a reader can follow
LEVERAGES = (5.0, 10.0, 20.0)


def standing_rate(result: Record, symbol: int = 0) -> np.ndarray:
    """The rate (T,) that stands at each step: what the next settlement would pay if it were now.

    That of the formula on the average premium since the last settlement, within its cap, or the
    scripted one; zero without funding. After the last settlement of a run the formula goes on, and
    so does a script.
    """
    p, inputs = result.params, result.compiled.inputs
    steps, settle = len(result.mid), inputs.settle
    if len(settle) == 0:
        return np.zeros(steps)
    depth = float(inputs.depth[symbol])
    f, mid = inputs.f[:, symbol], result.mid[:, symbol]
    premium = np.array(
        [funding.premium_at(x, price, depth, p) for x, price in zip(mid / f - 1.0, f, strict=True)]
    )
    place = np.searchsorted(settle, np.arange(steps))  # the settlement each step counts for
    start = np.where(place > 0, np.append(0, settle)[place] + 1, 0)
    total = np.append(0.0, np.cumsum(premium))
    average = (total[np.arange(steps) + 1] - total[start]) / (np.arange(steps) - start + 1)
    pull = np.clip(p.funding_interest - average, -p.funding_clamp, p.funding_clamp)
    rate = p.funding_share * (average + pull)
    scripted = inputs.script[np.minimum(place, len(settle) - 1), symbol]
    rate = np.where(np.isfinite(scripted), scripted, rate)
    return np.clip(rate, -p.funding_cap, p.funding_cap)


def funding_path(result: Record, symbol: int = 0, points: int = POINTS) -> pd.DataFrame:
    """A run in equal stretches of time: volatility and funding at the end of each, what was closed.

    time_h [h]; volatility [1/sqrt(year)] realised, of mid; rate [fraction an interval] that stands
    (`standing_rate`); liquidated_usd [USD] closed by force within the stretch, and hot, the largest
    volatility in it.
    """
    sigma = book_series(result, symbol)[2] / np.sqrt(result.scenario.world.dt / YEAR)
    rate, steps = standing_rate(result, symbol), len(sigma)
    edges = np.unique(np.linspace(0, steps, min(points, steps) + 1).astype(np.int64))
    events = result.events[result.events["symbol"] == symbol]
    closed = np.bincount(events["step"], liquidated_ticks(events), steps)
    rows = [
        {
            "time_h": high * result.scenario.world.dt / 3_600.0,
            "volatility": float(sigma[high - 1]),
            "rate": float(rate[high - 1]),
            "hot": float(sigma[low:high].max()),
            "liquidated_usd": float(in_usd(closed[low:high].sum(), result.compiled.units.tick)),
        }
        for low, high in zip(edges[:-1], edges[1:], strict=True)
    ]
    return pd.DataFrame(rows)


def funding_bleed(result: Record, rate: float, payments: int, within: float = 0.05) -> pd.DataFrame:
    """What some payments at a steady rate do to long positions: closed form, from the opening.

    One row a leverage: way_now and way_then [fraction], the fall to the liquidation price of a
    position bought at the opening price, at once and after `payments` at a mark that stands still;
    payments, how many liquidate it without any move; days they take. The last columns are of the
    accounts of this run: reached_now and reached_then [USD], notional of longs whose liquidation
    price lies within `within` of the opening price, the same in each row.
    """
    inputs, scenario = result.compiled.inputs, result.scenario
    hours = scenario.funding.interval / 3_600.0
    table = (inputs.floors, inputs.rates, inputs.deductions)
    now, then = reached(result, 0.0, within), reached(result, rate * payments, within)
    rows = []
    for leverage in LEVERAGES:
        ways = [
            1.0 - liquidation_price(1.0 / leverage - 1.0 - paid, 1.0, *table)
            for paid in (0.0, rate * payments)
        ]
        count = funding.payments_to_liquidation(leverage, float(inputs.rates[0]), rate)
        rows.append(
            {
                "leverage": leverage,
                "way_now": ways[0],
                "way_then": max(ways[1], 0.0),
                "payments": float(count),
                "days": float(count) * hours / 24.0,
                "reached_now": now,
                "reached_then": then,
            }
        )
    return pd.DataFrame(rows)


def reached(result: Record, paid: float, within: float) -> float:
    """Notional [USD] of longs whose liquidation price is within reach after paying a share."""
    opening, inputs, units = result.compiled, result.compiled.inputs, result.compiled.units
    rows = np.flatnonzero((inputs.symbol == 0) & (opening.base[: result.accounts, 0] > 0.0))
    start, usd = float(inputs.f[0, 0]), 0.0
    added = added_at_opening(inputs, opening.base[: result.accounts, :1])
    for i in rows:
        lots = float(opening.base[i, 0])
        cash = float(opening.quote[i]) - paid * lots * start
        table = inputs.rates + added[i, 0]
        price = liquidation_price(cash, lots, inputs.floors, table, inputs.deductions)
        if price >= start * (1.0 - within):
            usd += float(in_usd(lots * start, units.tick))
    return usd


def bled(result: Record, step: int) -> tuple[int, float]:
    """Settlements up to a step, and what a long of the opening had paid by then.

    The second sums the index over the settlements, as a share of the opening price [fraction].
    """
    events = result.events[result.events["rule"] == Rule.FUNDING]
    events = events[(events["symbol"] == 0) & (events["step"] <= step)]
    return len(events), float(events["price"].sum() / result.compiled.inputs.f[0, 0])
