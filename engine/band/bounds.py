"""The band: from the first maintenance breach to forced reduction, in price and in time.

Beforehand it is computed from the opening state and one assumed move of the outside price; then it
is held against what happened. Prices in ticks per lot, times in steps, amounts in ticks and lots;
`engine.band.tables` puts them into coins, USD and seconds.

    near    the account is alone: its first order at the breach, its own displacement, the spread
    far     everybody whose limit the move reaches is closed through the same book, and the outside
            goes on while the mark trails, orders travel and cooldowns run, until the last fill
    noise   two standard deviations of the outside price over the time in question, on both ends

Known rules, in: maintenance, mark rule and lag, latency, cut fraction, cooldown, depth, refill, and
the thinning that the assumed move itself causes. Left out: the volatility that forced orders add,
cancel bursts, a fund that runs dry, any other move.
"""

from dataclasses import dataclass

import numpy as np

from engine.core.auction import discount_at
from engine.core.book import average_displacement, displacement
from engine.core.jit import kernel
from engine.core.ladder import furthest_within, walk_ladder
from engine.core.margin import liquidation_price
from engine.core.maths import log, power
from engine.core.state import MarkRule, Params, Policy, Rule
from engine.log.addons import added_rates, opening_addons
from engine.record import Record
from engine.scenario.compile import Compiled
from engine.scenario.schema import Scenario

NOISE = 2.0  # standard deviations allowed for what the assumed move leaves out
FILLS = (Rule.SLICE, Rule.AUCTION_TAKE, Rule.BACKSTOP_TAKE)
Columns = dict[str, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Move:
    """An assumed move of the outside price, in equal parts of its logarithm."""

    size: float  # fraction
    duration: float  # steps

    @property
    def pace(self) -> float:
        """Logarithm of the price gone each step: |ln(1 + size)| / duration."""
        return abs(float(log(1.0 + self.size))) / self.duration


def largest_move(scenario: Scenario) -> Move:
    """The largest scripted shock of a scenario; no move at all if it has none."""
    shocks = sorted(scenario.world.shocks, key=lambda shock: -abs(shock[1]))
    _, size, duration = shocks[0] if shocks else (0, 0.0, 1)
    return Move(size=float(size), duration=float(duration))


def mark_delay(p: Params) -> float:
    """Steps by which the mark trails a steady move of the outside price.

    The lag, and for an average of prices the mean age of what it holds, (1 - alpha) / alpha. The
    average of `index_ema` is one of the basis, and the median of a steady move is the index.
    """
    age = (1.0 - p.alpha) / p.alpha if p.rule == MarkRule.LAST_EMA else 0.0
    return float(p.check_lag + age)


def lasting_reach(p: Params) -> float:
    """Share of a lasting displacement of the book that the mark takes over in the end.

    None for `index`, all of it for the others (`index_ema` up to its clamp): an average follows
    what lasts, and the median leaves the index once last price and average lie on one side of it.
    """
    return 0.0 if p.rule == MarkRule.INDEX else 1.0


def stressed_depth(depth: float, p: Params, move: Move) -> float:
    """Depth [lot per 1 %] left by the volatility of the assumed move itself.

    D * min(1, (sigma0 / sigma) ** thinning), sigma^2 = sigma0^2 + pace^2 * (1 - keep^duration): the
    moving average of squared returns at the end of the move.
    """
    if p.thinning <= 0.0:
        return depth
    added = move.pace**2 * (1.0 - power(p.keep, move.duration))
    sigma = float(np.sqrt(p.sigma0**2 + added))
    return depth * float(power(p.sigma0 / sigma, p.thinning))


def most_cuts(notional: np.ndarray, p: Params) -> np.ndarray:
    """Cuts an incremental policy needs at most: each takes the largest share of what is left.

    n = 1 + ceil(ln(notional / min_slice) / -ln(1 - fraction)): what falls below the least slice
    goes whole. The other policies cut once. notional [tick].
    """
    if p.policy != Policy.INCREMENTAL or p.fraction >= 1.0:
        return np.ones(len(notional))
    left = np.maximum(notional / max(p.min_slice, 1.0), 1.0)
    return 1.0 + np.ceil(np.log(left) / -np.log(1.0 - p.fraction))


def waiting(p: Params, notional: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Steps from a breach to the last forced fill, at most.

    One cut takes the order latency (an auction its deadline as well). n cuts in a row take n - 1
    cooldowns more. A position that a cut made safe can breach again until the move is over: `rest`
    steps from the breach, and the mark's delay after it.
    """
    once = p.order_lag + (p.deadline if p.policy == Policy.AUCTION else 0)
    if p.policy != Policy.INCREMENTAL:
        return np.full(len(notional), float(once))
    row = (most_cuts(notional, p) - 1.0) * (max(p.cooldown, 1) + p.order_lag)
    again = rest + mark_delay(p) + p.cooldown + p.order_lag
    return once + np.where(row > 0.0, np.maximum(row, again), 0.0)


def expected_wait(
    p: Params, ratio: np.ndarray, notional: np.ndarray, rest: np.ndarray, pace: float
) -> np.ndarray:
    """Steps from a breach to the last forced fill if the outside goes on at its pace, no noise.

    An incremental policy looks again every cooldown + latency steps. A cut of a share phi turns the
    margin ratio R into (R - cost * phi) / (1 - phi); each step of the move takes `pace` from it,
    for `rest` steps. Where R is below zero at a look, or what is left is below the least slice, it
    goes whole. Where R is above `ratio` the account is safe until the move brings it back.
    ratio (A,) : margin ratio at the breach; notional (A,) [tick]; rest (A,) [step]
    """
    once = p.order_lag + (p.deadline if p.policy == Policy.AUCTION else 0)
    wait = np.zeros(len(ratio))
    if p.policy != Policy.INCREMENTAL or p.fraction >= 1.0:
        return wait + once
    pause, share = max(p.cooldown, 1) + p.order_lag, p.fraction
    now, margin, left = np.zeros(len(ratio)), ratio.copy(), notional.copy()
    going = left >= p.min_slice
    for _ in range(int(most_cuts(notional, p).max())):
        margin = np.where(going, (margin - p.cost_rate * share) / (1.0 - share), margin)
        left = np.where(going, left * (1.0 - share), left)
        # Steps until it is back, at most a number that no run reaches.
        safe = np.minimum(np.maximum(margin - ratio, 0.0), 1e12 * pace) / max(pace, 1e-300)
        step = np.maximum(pause, safe)
        going &= now + step <= rest
        now, margin = np.where(going, now + step, now), margin - pace * step
        wait = np.where(going, now, wait)
        going &= (margin >= 0.0) & (left >= p.min_slice)
    return wait + once


@kernel
def breach_prices(quote, base, added, floors, rates, deductions, out):
    """Mark at which each account meets its maintenance margin; zero if no positive price does.

    added : (N,) rates that add-ons put on those of the tiers
    """
    table = rates.copy()
    for i in range(len(quote)):
        for g in range(len(rates)):
            table[g] = rates[g] + added[i]
        out[i] = max(liquidation_price(quote[i], base[i], floors, table, deductions), 0.0)


@kernel
def displacements(lots, whole, depth, shape, out):
    """Displacement at the end of an order of `lots` in a full book, or (not whole) its mean."""
    for i in range(len(lots)):
        if whole:
            out[i] = displacement(lots[i], depth, shape)
        else:
            out[i] = average_displacement(0.0, lots[i], depth, shape)


def known_band(compiled: Compiled, p: Params, move: Move) -> Columns:
    """The band of each account (A,) beforehand.

    trigger : mark of the first breach; bankruptcy : where equity is zero [tick/lot]; reached : the
    assumed move takes the mark there; breach [step] from the start of the move; near, far
    [tick/lot] : between which the forced orders fill; soonest, expected, latest [step] : from the
    breach to the first fill, and to the last as expected and at most.
    """
    count = len(compiled.inputs.symbol)
    symbol = np.asarray(compiled.inputs.symbol)
    quote, base = compiled.quote[:count], compiled.base[np.arange(count), symbol]
    names = ("trigger", "bankruptcy", "near", "far", "breach", "soonest", "expected", "latest")
    found = {name: np.zeros(count) for name in names} | {"reached": np.zeros(count, bool)}
    for k in range(compiled.inputs.f.shape[1]):
        for side in (1.0, -1.0):
            rows = np.flatnonzero((symbol == k) & (base * side > 0.0))
            if len(rows):
                part = _side(compiled, p, move, k, side, quote[rows], base[rows])
                for name, values in part.items():
                    found[name][rows] = values
    return found


def _side(
    compiled: Compiled, p: Params, move: Move, k: int, side: float,
    quote: np.ndarray, base: np.ndarray,
) -> Columns:  # fmt: skip
    """The band of the longs (side 1) or shorts (-1) of one symbol."""
    inputs, scenario = compiled.inputs, compiled.scenario
    start, lots, n = float(inputs.f[0, k]), np.abs(base), len(base)
    if move.size * side > 0.0:  # a move in its favour breaches nobody
        move = Move(size=0.0, duration=move.duration)
    depth = stressed_depth(float(inputs.depth[k]), p, move)
    trigger, own, crowd = np.empty(n), np.empty(n), np.empty(n)
    added = added_rates(base, np.full(n, k), inputs, opening_addons(inputs))
    breach_prices(quote, base, added, inputs.floors, inputs.rates, inputs.deductions, trigger)
    order = np.argsort(-side * trigger, kind="stable")
    step, outside, volume = np.empty(n), np.empty(n), np.empty(n)
    reached = walk_ladder(
        trigger[order], lots[order], start, start * (1.0 + move.size), move.duration, side, depth,
        p.shape, scenario.book.recovery / scenario.world.dt, lasting_reach(p), step, outside,
        volume,
    )  # fmt: skip
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    rest = np.maximum(move.duration - step, 0.0)[place]
    wait = waiting(p, lots * start, rest)
    ratio = np.maximum(quote + base * trigger, 0.0) / np.maximum(lots * trigger, 1.0)
    expected = expected_wait(p, ratio, lots * start, rest, move.pace)
    late = mark_delay(p) + wait + 1.0
    eaten = volume.copy()
    furthest_within(step[:reached], volume[:reached], late[order][:reached], eaten[:reached])
    displacements(eaten[place], True, depth, p.shape, crowd)
    first = np.ceil(lots * (p.fraction if p.policy == Policy.INCREMENTAL else 1.0))
    displacements(first, False, float(inputs.depth[k]), p.shape, own)
    near, far = _ends(p, side, start, move, trigger, own, crowd, outside[place], late)
    return {
        "trigger": trigger, "bankruptcy": np.maximum(-quote / base, 0.0), "near": near, "far": far,
        "breach": step[place] + mark_delay(p), "soonest": np.full(n, float(p.order_lag)),
        "expected": expected, "latest": wait, "reached": place < reached,
    }  # fmt: skip


def _ends(
    p: Params, side: float, start: float, move: Move, trigger: np.ndarray, own: np.ndarray,
    crowd: np.ndarray, outside: np.ndarray, late: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Near and far end of the band [tick/lot], for a long (side 1; mirrored for a short)

    near = trigger * (1 - own - spread + noise)
    far  = outside * e^(-pace * late) * (1 - crowd - spread - noise), the outside at most at its
           end; `late` steps go by from the breach to the last fill
    """
    at_once = p.rule == MarkRule.LAST and p.policy == Policy.MARKET and p.order_lag == 0
    if not at_once:  # the displacement may not have reached the mark, or the orders the book
        outside = side * np.minimum(side * outside, side * trigger)
    gone = outside * np.exp(-side * move.pace * late)
    end = start * (1.0 + move.size)
    gone = side * np.minimum(side * outside, np.maximum(side * gone, side * end))
    blur = NOISE * p.sigma0 * np.sqrt(late)
    early = NOISE * p.sigma0 * np.sqrt(p.check_lag + p.order_lag + 1.0)
    least, most = own + p.half_spread, 0.0
    if p.policy == Policy.AUCTION:  # between its opening discount and the one at the deadline
        least = np.full(len(own), p.start_discount)
        most = discount_at(p.deadline, p.curve, p.start_discount, p.growth, p.stair)
    near = trigger * (1.0 - side * (least - early))
    far = gone * (1.0 - side * (crowd + most + p.half_spread + blur))
    return near, side * np.minimum(side * near, side * far)


def seen_band(result: Record) -> Columns:
    """The band of each account (A,) as it happened.

    reduced : it had a breach and a forced fill; step, mark : of its first margin event; best, worst
    [tick/lot] : forced fill prices in its own view; filled [tick] : by force in all; first, last
    [step] : from the breach to the first and the last fill. What the book did not take (winners,
    the dump past its end) is not a fill of the book. Accounts of several legs have no band of one
    price; they are left out.
    """
    events, n = result.events, result.accounts
    breach = events[events["rule"] == Rule.MAINTENANCE]
    step, mark = np.full(n, -1), np.zeros(n)
    step[breach["account"][::-1]] = breach["step"][::-1]  # the earliest is written last
    mark[breach["account"][::-1]] = breach["mark"][::-1]
    forced = np.isin(events["rule"], FILLS) & (events["qty"] != 0.0) & (events["detail"] >= 0)
    single = np.append(np.asarray(result.compiled.inputs.symbol) >= 0, False)
    fills = events[forced & single[np.minimum(events["account"], n)]]
    fills = fills[step[fills["account"]] >= 0]
    who, wait = fills["account"], (fills["step"] - step[fills["account"]]).astype(np.float64)
    found = {"step": step, "mark": mark, "filled": np.zeros(n), "low": np.full(n, np.inf)}
    found |= {"high": np.zeros(n), "first": np.full(n, np.inf), "last": np.zeros(n)}
    np.add.at(found["filled"], who, np.abs(fills["amount"]))
    np.minimum.at(found["low"], who, fills["price"])
    np.maximum.at(found["high"], who, fills["price"])
    np.minimum.at(found["first"], who, wait)
    np.maximum.at(found["last"], who, wait)
    return found | {"reduced": found["filled"] > 0.0}


def band(result: Record, move: Move | None = None) -> Columns:
    """Both side by side (A,): `known_band`, `seen_band`, and what became of the one in the other.

    inside_price : every forced fill lies between near and far; inside_time : the last one came no
    later than `latest`; inside : both. width_known, width [fraction of the trigger] : distance from
    the trigger to the far end and to the worst fill, against the account.
    """
    move = largest_move(result.scenario) if move is None else move
    found = known_band(result.compiled, result.params, move) | seen_band(result)
    rows = np.arange(result.accounts)
    long = result.compiled.base[rows, np.asarray(result.compiled.inputs.symbol)] > 0.0
    sign = np.where(long, 1.0, -1.0)
    low, high = np.minimum(found["near"], found["far"]), np.maximum(found["near"], found["far"])
    found["long"] = long
    found["best"] = np.where(long, found["high"], found["low"])
    found["worst"] = np.where(long, found["low"], found["high"])
    done = found["reduced"]
    found["inside_price"] = done & (found["low"] >= low) & (found["high"] <= high)
    found["inside_time"] = done & (found["last"] <= found["latest"])
    found["inside"] = found["inside_price"] & found["inside_time"]
    price = np.where(found["trigger"] > 0.0, found["trigger"], np.inf)
    found["width_known"] = sign * (1.0 - found["far"] / price)
    found["width"] = np.where(done, sign * (1.0 - np.where(done, found["worst"], 0.0) / price), 0.0)
    return found


def band_numbers(result: Record, move: Move | None = None) -> dict[str, float]:
    """The band of a run in four numbers; zero where nobody was reduced (band_inside: one).

    band_inside [fraction] : of reduced accounts, all of whose fills lie in their band
    band_width, band_known [fraction] : mean distance from an account's trigger to its worst forced
        fill, and to the far end of its band; weighted by the USD filled by force
    band_seconds [s] : mean time from its first breach to its last forced fill, weighted likewise
    """
    found = band(result, move)
    done = found["reduced"]
    if not done.any():
        return {"band_inside": 1.0, "band_width": 0.0, "band_known": 0.0, "band_seconds": 0.0}
    share = found["filled"][done] / found["filled"][done].sum()
    dt = result.scenario.world.dt
    return {
        "band_inside": float(found["inside"][done].mean()),
        "band_width": float((found["width"][done] * share).sum()),
        "band_known": float((found["width_known"][done] * share).sum()),
        "band_seconds": float((found["last"][done] * share).sum() * dt),
    }
