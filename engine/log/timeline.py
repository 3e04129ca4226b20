"""What one timeline draws: prices, book, crowd, limits and costs of several runs, packed small.

All runs share the world and therefore the time axis, the price axis and every scale.
"""

from typing import Any

import numpy as np
import pandas as pd

from engine.log.descent import trigger_of
from engine.log.thinning import extreme_rows, pack, shares, whole

COLUMNS = 1_200  # points of a line; more than the pixels of a panel
LIMITS = 1_000  # limits drawn one by one; beyond, the first of each step
SLOTS = 100  # moments at which the crowd is counted
BINS = 56  # price bins of the crowd
FORCED = ("slice", "auction_take", "backstop_take")  # rules that close a position by force


def trace(results: dict[str, Any], symbol: int = 0) -> dict[str, Any]:
    """Everything the timeline draws of `results`, as plain values ready for JSON.

    symbol : whose prices, crowd and limits are drawn; money lines are of the whole venue.
    Lines are packed to 16 bits of their own range. Prices [USD/coin], amounts [USD].
    """
    series = {name: result.series_frame(symbol) for name, result in results.items()}
    lines = [series[name][column].to_numpy() for name in series for column in ("mark", "mid")]
    rows = extreme_rows(lines, COLUMNS)
    first = next(iter(series.values()))
    outside = {name: frame["fundamental"].to_numpy() for name, frame in series.items()}
    low = min(float(line.min()) for line in [*lines, *outside.values()])
    high = max(float(line.max()) for line in [*lines, *outside.values()])
    room = 0.04 * (high - low) or 0.01 * high
    prices = (low - room, high + room)
    steps = first["step"].to_numpy()
    crowds = {name: _crowd(result, prices, symbol) for name, result in results.items()}
    most = max(crowd["most"] for crowd in crowds.values())
    return {
        "id": "-".join([*(result.fingerprint[:12] for result in results.values()), str(symbol)]),
        "steps": len(steps),
        "dt": float(next(iter(results.values())).scenario.world.dt),
        "step": whole(steps[rows]),
        "price": prices,
        "runs": {
            name: _run(result, series[name], rows, prices, symbol)
            | {"fundamental": pack(outside[name][rows]), "crowd": {**crowds[name], "most": most}}
            for name, result in results.items()
        },
    }


def _run(
    result: Any, series: pd.DataFrame, rows: np.ndarray, prices: tuple[float, float], symbol: int
) -> dict[str, Any]:
    events = result.event_frame()
    own = events[events["symbol"] == result.compiled.symbols[symbol]]
    length = len(series)
    lines = {name: series[name].to_numpy() for name in ("mark", "mid", "fund", "liquidated_usd")}
    lines |= costs(result, events, length)
    return {
        "fingerprint": result.fingerprint,
        "lines": {name: pack(line[rows]) for name, line in lines.items()},
        "limits": _limits(own),
        "eaten": _eaten(result, events, length, prices, symbol),
    }


def costs(result: Any, events: pd.DataFrame, length: int) -> dict[str, np.ndarray]:
    """Cumulative costs by step [USD]: slippage, fees, and what others paid.

    slippage : quantity * (price - mark at the margin event), of forced fills; as in the metrics
    filled : |quantity| * mark at the margin event of the same fills, what slippage is a share of
    winners : quantity * (price - mark) of positions closed by auto-deleveraging, profit given up
    paid_fund : payments of the insurance fund, less what shared losses gave back to it
    everyone : losses shared by all accounts
    """
    rule, step = events["rule"], events["step"].to_numpy(dtype=np.int64)
    mark, price = events["mark"].to_numpy(dtype=float), events["price"].to_numpy(dtype=float)
    quantity, amount = (events[name].to_numpy(dtype=float) for name in ("quantity", "amount"))
    trigger = trigger_of(result.events)
    forced = rule.isin(FORCED).to_numpy() & (trigger >= 0)
    start = mark[np.where(forced, trigger, 0)] if len(mark) else mark
    shared = np.where(rule == "socialised_loss", np.abs(amount), 0.0)
    amounts = {
        "slippage": np.where(forced, quantity * (price - start), 0.0),
        "filled": np.where(forced, np.abs(quantity) * start, 0.0),
        "fees": events["fee"].to_numpy(dtype=float),
        "paid_fund": np.where(rule == "fund_payment", np.abs(amount), 0.0) - shared,
        "winners": np.where(rule == "adl_fill", quantity * (price - mark), 0.0),
        "everyone": shared,
    }
    return {
        name: np.cumsum(np.bincount(step, each, minlength=length)[:length])
        for name, each in amounts.items()
    }


def limits(events: pd.DataFrame) -> pd.DataFrame:
    """The events in which a margin limit triggered; one of several legs counts by its first."""
    return events[(events["rule"] == "maintenance") & (events["parent"] < 0)]


def _limits(events: pd.DataFrame) -> dict[str, Any]:
    found = limits(events)
    shown = found if len(found) <= LIMITS else found.drop_duplicates("step")
    if len(shown) > LIMITS:
        shown = shown.iloc[extreme_rows([shown["mark"].to_numpy()], LIMITS)]
    return {"all": len(found), "event": whole(shown["event"]), "step": whole(shown["step"])}


def _bin(price: np.ndarray, prices: tuple[float, float]) -> np.ndarray:
    """Bin of each price; -1 outside the picture or without a liquidation price."""
    share = (price - prices[0]) / (prices[1] - prices[0]) * BINS
    inside = np.isfinite(share) & (share >= 0) & (share < BINS)
    return np.where(inside, np.where(inside, share, 0.0), -1).astype(np.int64)


def _places(result: Any, prices: tuple[float, float], symbol: int) -> tuple[Any, np.ndarray]:
    """The accounts, and the bin of each one's liquidation price; -1 for those of other symbols."""
    accounts = result.account_frame()
    place = _bin(accounts["liquidation_price"].to_numpy(dtype=float), prices)
    own = (accounts["symbol"] == result.compiled.symbols[symbol]).to_numpy()
    return accounts, np.where(own, place, -1)


def _crowd(result: Any, prices: tuple[float, float], symbol: int) -> dict[str, Any]:
    """Opening notional of the crowd by liquidation price and side [USD]."""
    accounts, place = _places(result, prices, symbol)
    usd = np.abs(accounts["notional_usd"].to_numpy(dtype=float))
    sides = {}
    for side in ("long", "short"):
        chosen = (place >= 0) & (accounts["side"] == side).to_numpy()
        sides[side] = np.bincount(place[chosen], weights=usd[chosen], minlength=BINS)
    return {
        "bins": BINS,
        "most": float(max((sides["long"] + sides["short"]).max(), 1.0)),
        **{side: [round(float(x)) for x in total] for side, total in sides.items()},
    }


def _eaten(
    result: Any, events: pd.DataFrame, length: int, prices: tuple[float, float], symbol: int
) -> dict[str, Any]:
    """Share of each bin closed by force up to each of SLOTS moments, row by row (slot, bin)."""
    accounts, place = _places(result, prices, symbol)
    usd = np.abs(accounts["notional_usd"].to_numpy(dtype=float))
    size = np.abs(accounts["size_coin"].to_numpy(dtype=float))
    forced = events[events["rule"].isin((*FORCED, "adl_fill"))]
    # A winner's fill closes as many coins of the account in liquidation, which its parent names.
    parent = events["account"].to_numpy(dtype=np.int64)[forced["parent"].to_numpy(dtype=np.int64)]
    own = forced["account"].to_numpy(dtype=np.int64)
    row = np.full(len(result.quote), -1)  # of each account's position in this symbol
    here = np.flatnonzero(accounts["symbol"] == result.compiled.symbols[symbol])
    row[accounts["account"].to_numpy()[here]] = here
    who = row[np.where(forced["rule"] == "adl_fill", parent, own)]
    forced, who = forced[who >= 0], who[who >= 0]
    part = np.abs(forced["quantity"].to_numpy()) / np.where(size[who] > 0, size[who], 1.0)
    slot = np.minimum(forced["step"].to_numpy(dtype=np.int64) * SLOTS // max(length, 1), SLOTS - 1)
    inside = place[who] >= 0
    flat = slot[inside] * BINS + place[who][inside]
    gone = np.bincount(flat, weights=(part * usd[who])[inside], minlength=SLOTS * BINS)
    total = np.bincount(place[place >= 0], weights=usd[place >= 0], minlength=BINS)
    share = np.cumsum(gone.reshape(SLOTS, BINS), axis=0) / np.where(total > 0, total, 1.0)
    return {"slots": SLOTS, "data": shares(share.ravel())}
