"""One row a step: prices, the book, the fund; rebuilt from what the run recorded, bit for bit."""

import numpy as np
import pandas as pd

from engine.core.book import displacement, volume_at_end
from engine.core.jit import kernel
from engine.core.maths import log
from engine.core.price import thinned
from engine.core.state import Row, Rule
from engine.log.descent import liquidated_ticks
from engine.log.movements import movements
from engine.record import Record
from engine.scenario.paths import YEAR
from engine.totals import in_usd, marks


@kernel(bare=True)
def walk_book(f, mid, depth0, usual, cut, after, p, depth, volume, sigma):
    """Depth, consumed volume and realised volatility of each step, as the mid of it saw them.

    The recursions are the kernel's own. after : (T,) volume left by the orders of a step, nan
    where there were none. Returns the first step whose mid does not follow, else -1.
    """
    variance = usual * usual
    now = 0.0
    varies = p.track == 1 or cut.shape[0] > 1
    for t in range(len(f)):
        now *= p.decay
        sigma[t] = np.sqrt(variance)
        depth[t] = depth0
        if varies:
            burst = cut[t, 0] if cut.shape[0] > 1 else 1.0
            depth[t] = thinned(depth0, sigma[t], usual, p, burst)
            end = volume_at_end(depth[t], p.shape)
            now = min(max(now, -end), end)
        volume[t] = now
        if mid[t] != f[t] * (1.0 + displacement(now, depth[t], p.shape)):
            return t
        if t > 0:
            r = log(mid[t] / mid[t - 1])
            variance = p.keep * variance + (1.0 - p.keep) * (r * r)
        if not np.isnan(after[t]):
            now = after[t]
    return -1


def volume_left(result: Record, symbol: int) -> np.ndarray:
    """Consumed volume (T,) [lot] after the orders of each step; nan where there were none.

    Each fill records the volume before its group of orders (`level`) and the group's net. What is
    dumped past the waterfall (`detail` -1) moves the book once more, after its group.
    """
    events = result.events
    moves_book = (Rule.SLICE, Rule.UNWIND, Rule.CROWD, Rule.COLLATERAL_SALE, Rule.REDUCTION)
    in_book = np.isin(events["rule"], moves_book) & (events["symbol"] == symbol)
    fills = events[in_book]
    if result.params.sequential == 0:  # one group a step: its dumps come after it
        dumped = (fills["rule"] == Rule.SLICE) & (fills["detail"] == -1)
        fills = np.concatenate([fills[~dumped], fills[dumped]])
    after = np.full(len(result.mid), np.nan)
    after[fills["step"]] = fills["level"] + fills["net"]  # the last of a step counts
    return after


def book_series(result: Record, symbol: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depth [lot per 1 %], consumed volume [lot] and volatility a step, each (T,)."""
    inputs = result.compiled.inputs
    f, mid = inputs.f[:, symbol].copy(), result.mid[:, symbol].copy()
    depth, volume, sigma = np.empty(len(f)), np.empty(len(f)), np.empty(len(f))
    after = volume_left(result, symbol)
    usual = result.params.sigma0 * inputs.calm[symbol]
    wrong = walk_book(
        f, mid, inputs.depth[symbol], usual, inputs.cut, after, result.params, depth, volume, sigma
    )
    if wrong >= 0:
        raise AssertionError(f"step {wrong}: the mid does not follow from the logged orders")
    return depth, volume, sigma


def fund_series(result: Record) -> np.ndarray:
    """Insurance fund (T,) [tick] after each step."""
    moves, fund = movements(result), result.accounts + Row.FUND
    change = np.zeros(len(result.mid))
    for side, sign in (("payee", 1.0), ("payer", -1.0)):
        mine = moves[moves[side] == fund]
        change += sign * np.bincount(mine["step"], mine["ticks"], len(change))
    return result.compiled.quote[fund] + np.cumsum(change)


def series_frame(result: Record, symbol: int = 0) -> pd.DataFrame:
    """One row a step of one symbol.

    step, time_s [s]; fundamental, mid, mark [USD/coin]; depth_usd [USD per 1 %]; consumed_usd [USD]
    net aggressive volume the book has not recovered from, as the mid of the step sees it, sells
    negative; volatility [1/sqrt(year)] of the mid, realised; fund [USD] after the step;
    liquidated_usd [USD] notional taken from failing accounts of this symbol so far.
    """
    units, f = result.compiled.units, result.compiled.inputs.f[:, symbol]
    depth, volume, sigma = book_series(result, symbol)
    events = result.events[result.events["symbol"] == symbol]
    steps, dt = np.arange(len(f)), result.scenario.world.dt
    taken = np.bincount(events["step"], liquidated_ticks(events), len(f))
    return pd.DataFrame(
        {
            "step": steps,
            "time_s": steps * dt,
            "fundamental": result.compiled.fundamental[:, symbol],
            "mid": result.mid[:, symbol] / units.price,
            "mark": marks(result)[:, symbol],
            "depth_usd": in_usd(depth * f, units.tick),
            "consumed_usd": in_usd(volume * f, units.tick),
            "volatility": sigma / np.sqrt(dt / YEAR),
            "fund": in_usd(fund_series(result), units.tick),
            "liquidated_usd": in_usd(np.cumsum(taken), units.tick),
        }
    )
