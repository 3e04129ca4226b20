"""What can be known at the opening, before any price has moved, and what then happened.

All numbers come from the opening accounts, the opening book and the rules of the venue. Left out,
and therefore different in a run: the book refills, depth thins, positions are cut in parts, and
losses of one band move the next.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.causes.attribution import mark_reach
from engine.core.slices import toxicity_threshold

if TYPE_CHECKING:
    from engine.scenario.schema import Scenario
    from engine.simulation import Result

BAND = 0.01  # width of a band of prices [fraction]
REACH = 0.15  # how far from the opening price bands are looked at [fraction]
FINE = 0.0025  # distance between two bands [fraction]
MOVE = 0.05  # move whose reach is stated [fraction]


def beforehand(result: "Result", symbol: int = 0) -> dict[str, Any]:
    """Numbers of the opening state in one symbol.

    first_below, first_above [USD/coin] : nearest liquidation price of a long and of a short
    reached_below, reached_above [USD] : notional whose liquidation price lies within MOVE
    depth [USD] : orders that move the price by 1 %
    multiplier [1], multiplier_price [USD/coin] : the largest cascade multiplier and its price:
        coins liquidated by the next 1 % over the coins that move the mark by 1 %. Above 1 the
        cascade feeds itself. 0 where the mark ignores the venue's own book (rule `index`).
    falling, rising ([1], [USD/coin]) : the same for a fall, of longs, and for a rise, of shorts
    band_debt [USD] : what the accounts of the largest band could not pay if all were closed at
        once through the opening book: N * max(N / depth * 1 % / 2 - maintenance rate, 0)
    fund [USD] : insurance fund
    coverage [1] : fund over band_debt, None if there is no such debt
    rate [fraction] : maintenance rate of the first tier
    frontier_alone, frontier_crowd [fraction] : margin ratio below which a slice lowers the ratio
        it should raise: for a small order in a quiet book, and where the largest band is closed at
        once through the opening book (see `engine.core.slices.toxicity_threshold`)
    """
    scenario, accounts = result.scenario, result.account_frame()
    accounts = accounts[accounts["symbol"] == result.compiled.symbols[symbol]]
    price = float(result.compiled.fundamental[0, symbol])
    depth = opening_depth(scenario, symbol)
    limit = accounts["liquidation_price"].to_numpy(dtype=float)
    usd = accounts["notional_usd"].to_numpy(dtype=float)
    is_long = (accounts["side"] == "long").to_numpy()
    longs, shorts = is_long & (limit > 0.0), ~is_long & (limit > 0.0)
    sides = _peak(limit, usd, longs, price, -1.0), _peak(limit, usd, shorts, price, 1.0)
    largest, at = max(sides, key=lambda side: side[0])
    passed_on = 0.0 if scenario.mark.rule == "index" else 1.0
    rate = float(result.compiled.inputs.rates[0])
    debt = largest * max(largest / depth * BAND / 2 - rate, 0.0)
    fund = scenario.venue.insurance_fund
    alone, crowd = _frontiers(result, largest / depth * BAND)
    return {
        "first_below": float(limit[longs].max()) if longs.any() else None,
        "first_above": float(limit[shorts].min()) if shorts.any() else None,
        "reached_below": float(usd[longs & (limit >= price * (1 - MOVE))].sum()),
        "reached_above": float(usd[shorts & (limit <= price * (1 + MOVE))].sum()),
        "depth": depth,
        "multiplier": largest / depth * passed_on,
        "multiplier_price": at,
        "falling": (sides[0][0] / depth * passed_on, sides[0][1]),
        "rising": (sides[1][0] / depth * passed_on, sides[1][1]),
        "band_debt": debt,
        "fund": fund,
        "coverage": fund / debt if debt > 0.0 else None,
        "rate": rate,
        "frontier_alone": alone,
        "frontier_crowd": crowd,
    }


def opening_depth(scenario: "Scenario", symbol: int) -> float:
    """Orders that move the price of a symbol by 1 % at the opening [USD]."""
    if symbol == 0 or scenario.world.source == "replay":
        return scenario.book.depth
    return float(scenario.world.others[symbol - 1][2])


def _frontiers(result: "Result", moved: float) -> tuple[float, float]:
    """Toxicity frontier without impact, and with a displacement of `moved` [fraction]."""
    p = result.params
    cost = p.taker_fee + p.liquidation_fee + p.half_spread
    crowd = toxicity_threshold(cost + moved / 2, moved * mark_reach(p))
    return float(toxicity_threshold(cost, 0.0)), float(crowd)


def _peak(
    limit: np.ndarray, usd: np.ndarray, held: np.ndarray, price: float, way: float
) -> tuple[float, float]:
    """Most notional in one band of 1 % [USD] of the side `held` on the way, and where it begins.

    way : 1 for a rise, which reaches shorts, -1 for a fall, which reaches longs
    """
    best, at = 0.0, price
    for k in range(int(REACH / FINE)):
        edge = price * (1 + way * k * FINE)
        end = edge * (1 + way * BAND)
        inside = (way * limit >= way * edge) & (way * limit < way * end)
        notional = float(usd[held & inside].sum())
        if notional > best:
            best, at = notional, edge
    return best, at


def happened(result: "Result", symbol: int = 0) -> dict[str, Any]:
    """What the run then showed, for the numbers of `beforehand`; money is that of all symbols.

    first_mark [USD/coin] : mark at the first limit, None if none triggered
    closed [USD] : notional closed by force
    furthest [fraction] : largest distance of mid from the outside price
    unpaid [USD] : debt of accounts beyond all they had
    fund_paid [USD] : what the insurance fund paid of it out of its own money: what it opened with
        and the fees of liquidations it took in since, not what a socialised loss refilled it with
    everybody [USD] : what accounts with equity paid of it, through the fund (socialised losses)
    owed [USD] : what nobody could pay; the fund ends overdrawn by it. The three add up to `unpaid`
    winners [USD] : what winners gave up against the mark before any account was in debt (ADL): no
        part of `unpaid`
    slices, toxic [1] : forced orders, and how many lowered the margin ratio they should raise
    """
    events, series = result.event_frame(), result.series_frame(symbol)
    metrics = result.metrics
    unpaid, everybody = metrics["bad_debt"], metrics["socialised_loss"]
    owed = max(-metrics["final_fund"], 0.0)
    found = events[events["rule"] == "maintenance"]
    found = found[found["symbol"] == result.compiled.symbols[symbol]]
    away = (series["mid"] / series["fundamental"] - 1.0).to_numpy()
    return {
        "first_mark": float(found["mark"].iloc[0]) if len(found) else None,
        "closed": float(metrics["liquidated_notional"]),
        "furthest": float(away[np.abs(away).argmax()]),
        "unpaid": float(unpaid),
        "fund_paid": float(unpaid - everybody - owed),
        "everybody": float(everybody),
        "owed": float(owed),
        "winners": float(metrics["adl_haircut"]),
        "slices": int((events["rule"] == "slice").sum()),
        "toxic": int(result.toxic.sum()),
    }
