"""What the guardrails must have answered, worked out from a finished run in plain Python.

Read are the rules (settings), the recorded prices (mid, mark, outside price), the positions and the
clock. Nothing of the monitor is read: no mode, no alert, no action. Positions come from the opening
balances and the trades in the log. What a trader of the crowd wants is its own rule, not a
guardrail's: it is taken from the twin (`tests.twin.flows`).

The price band has a module of its own, `tests.band_oracle`. Left out are `level` and `net` of an
add-on, sums over the accounts (tests/test_guardrails.py adds them up).
"""

import math
from collections import defaultdict
from itertools import groupby
from types import SimpleNamespace

import numpy as np

from engine.core import maths
from engine.core.state import Rule
from tests.twin.flows import Flows

log, power = (getattr(f, "py_func", f) for f in (maths.log, maths.power))
ANSWERED = (
    Rule.HALT, Rule.RESUMPTION, Rule.VOLATILITY_ADDON, Rule.DEPTH_PUBLISHED, Rule.LEVERAGE_CAP,
    Rule.EXPOSURE_LIMIT,
)  # fmt: skip
GUARDRAILS = (*ANSWERED, Rule.BAND)
CAPS = (Rule.LEVERAGE_CAP, Rule.EXPOSURE_LIMIT)
BETWEEN_HALVES = 0.5 + 2.0**-20  # [lot] opened positions are rounded to whole lots


def logged(result) -> list[tuple]:
    """Guardrail events of a run but those of the band: step, rule, symbol, row, and the numbers.

    Of the caps also the lots asked and the lots let open.
    """
    names = ("step", "rule", "symbol", "account", "detail", "value", "limit", "price")
    found = result.events[np.isin(result.events["rule"], ANSWERED)]
    cap = np.isin(found["rule"], CAPS)
    lots = [np.where(cap, found[name], 0.0).tolist() for name in ("level", "net")]
    return sorted(zip(*(found[name].tolist() for name in names), *lots, strict=True))


def demanded(result) -> list[tuple]:
    """What the rules demand, in the same form."""
    symbols = range(result.mid.shape[1])
    rows = opening_rows(result) + crowd_rows(result)
    for k in symbols:
        others = breaker_rows(result, k) + addon_rows(result, k)
        rows += [(*row, 0.0, 0.0) for row in others]
    return sorted(rows)


# --- circuit breaker: prices and the clock ---


def lagged_marks(result, k) -> list[float]:
    """The mark in force at each step."""
    raw, lag = result.raw[:, k].tolist(), result.scenario.mark.lag
    return [raw[max(t - lag, 0)] for t in range(len(raw))]


def breaker_rows(result, k) -> list[tuple]:
    """Halts and resumptions of a symbol."""
    rails, dt = result.scenario.guardrails, result.scenario.world.dt
    if rails.breaker_move == 0.0:
        return []
    window, length = (max(round(x / dt), 1) for x in (rails.breaker_window, rails.breaker_halt))
    price = lagged_marks(result, k) if rails.breaker_price == "mark" else result.mid[:, k].tolist()
    rows, venue, first, halted = [], result.accounts + 2, 0, None
    for t, now in enumerate(price):
        if halted is not None and t < halted + length:
            continue
        if halted is not None:
            rows.append((t, 41, k, venue, 0, float(length), float(length), price[halted]))
            first, halted = t, None
        seen = price[max(t - window, first) : t + 1]
        fall, rise = 1.0 - now / max(seen), now / min(seen) - 1.0
        if max(fall, rise) >= rails.breaker_move:
            extreme = max(seen) if fall >= rise else min(seen)
            at = max(s for s in range(t - len(seen) + 1, t + 1) if price[s] == extreme)
            rows.append((t, 40, k, venue, at, max(fall, rise), rails.breaker_move, extreme))
            halted = t
    return rows


# --- add-ons: volatility of the mids, scripted cancels, the clock ---


def usual_of(result, k) -> float:
    """The volatility a step at which the book is full."""
    return result.params.sigma0 * result.compiled.inputs.calm[k].item()


def sigmas(result, k) -> list[float]:
    """Realised volatility a step, by the mids of the steps before."""
    mid, keep, usual = result.mid[:, k].tolist(), result.params.keep, usual_of(result, k)
    variance = usual * usual
    found = [math.sqrt(variance)] * 2
    for before, after in zip(mid[:-2], mid[1:-1], strict=True):
        r = log(after / before)
        variance = keep * variance + (1.0 - keep) * (r * r)
        found.append(math.sqrt(variance))
    return found


def depths(result, k) -> list[float]:
    """Depth [lot] of the book at each step."""
    full, usual = result.compiled.inputs.depth[k].item(), usual_of(result, k)
    cut, thinning = result.compiled.inputs.cut[:, 0].tolist(), result.scenario.book.thinning
    if result.params.track == 0 and len(cut) == 1:
        return [full] * len(result.mid)
    found = []
    for t, sigma in enumerate(sigmas(result, k)):
        thin = power(usual / sigma, thinning) if thinning > 0.0 and sigma > usual else 1.0
        found.append(full * thin * (cut[t] if len(cut) > 1 else 1.0))
    return found


def addon_rows(result, k) -> list[tuple]:
    """Add-ons and depths that a symbol publishes."""
    rails, venue = result.scenario.guardrails, result.accounts + 2
    rows, usual = [], usual_of(result, k)
    level, rate, risen = 0, 0.0, -math.inf
    for t, sigma in enumerate(sigmas(result, k)):
        reached = sum(sigma / usual >= multiple for multiple, _ in rails.volatility_addon)
        if reached > level or (reached < level and t - risen >= rails.volatility_hold):
            new = rails.volatility_addon[reached - 1][1] if reached else 0.0
            rows.append((t, 30, k, venue, reached, new, rate, 0.0))
            risen = t if reached > level else risen
            level, rate = reached, new
    share, notch, full = 1.0, rails.depth_notch, result.compiled.inputs.depth[k].item()
    for t, depth in enumerate(depths(result, k) if rails.concentration_addon else ()):
        if abs(depth / full - share) >= notch:
            new = max(round(depth / full / notch) * notch, notch)
            if new != share:
                rows.append((t, 31, k, venue, 0, new, share, 0.0))
                share = new
    return rows


# --- caps: positions, prices and the clock ---


def positions(result):
    """(account, symbol, lots asked, lots opened, entry) of every position, by account."""
    inputs, lots = result.compiled.inputs, result.compiled.base
    asked, symbols = iter(inputs.asked.tolist()), range(result.mid.shape[1])
    several = len(inputs.symbol) - len(inputs.legs)
    for i, k in enumerate(inputs.symbol.tolist() if len(inputs.asked) else []):
        entries = {k: inputs.entry[i]} if k >= 0 else dict(enumerate(inputs.legs[i - several]))
        for leg in [k] if k >= 0 else symbols:
            yield i, leg, next(asked), abs(lots[i, leg].item()), entries[leg].item()


def collateral_of(result, i, mine) -> float:
    """What an account holds once its positions are paid for: cash, and coins less their haircut."""
    lots, symbols = result.compiled.base[i].tolist(), result.mid.shape[1]
    worth = result.compiled.quote[i].item()
    for _, k, _, _, entry in mine:
        worth += round(lots[k] * entry)
        if len(lots) > symbols:
            f = result.compiled.inputs.f[0, k].item()
            worth += lots[symbols + k] * f * (1.0 - result.scenario.margin.haircut)
    return worth


def opening_rows(result) -> list[tuple]:
    """Positions that were to be larger than a cap lets them be; legs share one leverage."""
    rows = []
    for i, group in groupby(positions(result), key=lambda position: position[0]):
        mine = list(group)
        gross = sum(asked * entry for _, _, asked, _, entry in mine)
        for _, k, asked, lots, entry in mine:
            if asked <= lots:
                continue
            for rule, limit in limits_of(result, collateral_of(result, i, mine)):
                value = gross if rule == 32 else asked * entry
                if value > limit:
                    rows.append((0, rule, k, i, 0, value, limit, entry, asked, lots))
    return rows


def check_openings(result) -> int:
    """Each position is as large as was asked, or as its caps let it be; returns how many were cut.

    The exposure limit comes first, then the leverage cap takes the same part of every leg.
    """
    cut, singles = 0, result.accounts - len(result.compiled.inputs.legs)
    for i, group in groupby(positions(result), key=lambda position: position[0]):
        mine = list(group)
        worth = collateral_of(result, i, mine)
        limits = dict(limits_of(result, worth))
        most = [min(asked, limits.get(33, math.inf) / entry) for _, _, asked, _, entry in mine]
        gross = sum(lots * one[4] for lots, one in zip(most, mine, strict=True))
        share = min(limits.get(32, math.inf) / gross, 1.0) if gross else 1.0
        # Asked sizes and coins are known in whole lots: the share is, to half a lot of each.
        off = sum(0.5 * one[4] for one in mine) / gross if gross else 0.0
        if result.compiled.base.shape[1] > result.mid.shape[1]:
            off += 0.5 * result.compiled.inputs.f[0].sum() / max(worth, 1.0)
        for least, (_, k, asked, lots, _) in zip(most, mine, strict=True):
            expected = max(least * share, min(asked, 1.0))
            near = BETWEEN_HALVES + (off * (i >= singles) + 1e-9) * expected
            assert abs(lots - expected) <= near, f"account {i}, {k}: {lots} lots, not {expected}"
            cut += lots < asked
    return cut


def limits_of(result, worth) -> list[tuple[int, float]]:
    """The caps that are on, with what they allow somebody with that much money [tick]."""
    p = result.params
    caps = [(32, p.leverage_cap, p.leverage_cap * max(worth, 0.0))]
    caps += [(33, p.exposure_limit, p.exposure_limit)]
    return [(rule, limit) for rule, on, limit in caps if on > 0.0]


class Crowd(Flows):
    """What the crowd wants, given its positions and the prices of every step."""

    def __init__(self, result):
        self.p, self.first = result.params, result.accounts + 4 + result.params.liquidators
        self.symbols = [
            SimpleNamespace(
                mid=result.mid[:, k].tolist(), sigma=sigmas(result, k), usual=usual_of(result, k),
                slow=result.compiled.inputs.f[0, k].item(), rate=0.0,
            )
            for k in range(result.mid.shape[1])
        ]  # fmt: skip
        opening = zip(result.compiled.quote.tolist(), result.compiled.base.tolist(), strict=True)
        self.traders = [SimpleNamespace(quote=q, base=b) for q, b in list(opening)[self.first :]]

    def wishes(self, t):
        """(symbol, row, lots wanted) in the order of trading; all decide on the same view."""
        for symbol in self.symbols:
            symbol.slow += self.p.trend_alpha * (symbol.mid[t] - symbol.slow)
        rules = list(zip((self.trend, self.carry, self.fund_wish), self.traders, strict=True))
        return [
            (k, self.first + who, rule(t, k, trader)[0])
            for k in range(len(self.symbols))
            for who, (rule, trader) in enumerate(rules)
        ]

    def settle(self, e):
        """Funding: everybody pays an amount for each lot."""
        k, cap = int(e["symbol"]), self.p.funding_cap
        self.symbols[k].rate = min(max(e["value"].item(), -cap), cap)
        for trader in self.traders:
            trader.quote -= e["price"].item() * trader.base[k]

    def trade(self, e):
        """An order was filled."""
        trader = self.traders[int(e["account"]) - self.first]
        trader.quote += e["amount"].item()
        trader.base[int(e["symbol"])] += e["qty"].item()


def crowd_rows(result) -> list[tuple]:
    """Orders of the crowd above a cap. Money and positions of the crowd are kept by the log."""
    p, rows = result.params, []
    if p.traders == 0 or not limits_of(result, 0.0):
        return rows
    crowd, funding, trades = Crowd(result), defaultdict(list), {}
    for e in result.events[result.events["rule"] == Rule.FUNDING]:
        funding[int(e["step"])].append(e)
    for e in result.events[result.events["rule"] == Rule.CROWD]:
        trades[int(e["step"]), int(e["symbol"]), int(e["account"])] = e
    for t in range(len(result.mid)):
        for e in funding[t]:
            crowd.settle(e)
        if t == 0 or t % p.crowd_every:
            continue
        for k, row, qty in crowd.wishes(t):
            met = order_rows(result, t, k, row, qty, crowd.traders[row - crowd.first])
            rows += met
            if (t, k, row) in trades:
                crowd.trade(trades[t, k, row])
                held = abs(crowd.traders[row - crowd.first].base[k])
                assert all(held <= left for *_, left in met), "more is opened than a cap allows"
    kept = [trader.quote for trader in crowd.traders]
    assert kept == result.quote[crowd.first :].tolist(), "the log keeps the crowd's money"
    return rows


def order_rows(result, t, k, row, qty, trader) -> list[tuple]:
    """The caps that one order meets; none if it only closes."""
    quote, base, mids = trader.quote, trader.base, result.mid[t].tolist()
    target = base[k] + qty
    if abs(target) <= abs(base[k]) and base[k] * target >= 0.0:
        return []
    worth, other, rows = quote, 0.0, []
    for j, price in enumerate(mids):
        worth += base[j] * price
        other += abs(base[j]) * price if j != k else 0.0
    kept = abs(base[k]) if base[k] * target > 0.0 else 0.0  # a cap makes nobody close
    for rule, limit in limits_of(result, worth):
        beside = other if rule == 32 else 0.0
        value = beside + abs(target) * mids[k]
        if value > limit:
            most = max(math.floor((limit - beside) / mids[k]), 0.0, kept)
            left = min(abs(target), most)
            rows.append((t, rule, k, row, 1, value, limit, mids[k], abs(target), left))
    return rows


# --- halts and outages: steps in which orders wait ---


def halted_steps(result, k) -> set[int]:
    """Steps of the halts of a symbol."""
    halts = breaker_rows(result, k)
    spans = [(row[0] - row[6], row[6]) for row in halts if row[1] == 41]
    spans += [(row[0], len(result.mid)) for row in halts[-1:] if row[1] == 40]
    return steps_of(spans)


def down_steps(result) -> set[int]:
    """Steps of the outages."""
    return steps_of(result.scenario.venue.outages)


def steps_of(spans) -> set[int]:
    return {t for start, length in spans for t in range(int(start), int(start + length))}
