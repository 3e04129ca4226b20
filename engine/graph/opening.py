"""The graph before anything happens: its loop at each price, and who could be paid there.

Computed from the opening accounts, the opening books and the rules of the venue alone. An assumed
fall (or rise) takes all symbols along; accounts whose limit lies on the way there are taken as
closed, and the next 1 % is looked at.
"""

from typing import Any

import numpy as np
import pandas as pd

from engine.band.bounds import largest_move, lasting_reach
from engine.band.tables import fresh_share
from engine.graph.clearing import venue_clearing
from engine.graph.latency import edge_times
from engine.graph.network import largest_eigenvalue, limit_sales, loop_matrix
from engine.graph.tables import trigger_frame
from engine.log.addons import added_at_opening
from engine.record import Record

REACH = 0.25  # how far from the opening price is looked at [fraction]
FINE = 0.0025  # distance between two prices [fraction]
MOST_LOOKED_AT = 40_000_000  # accounts x symbols x prices; beyond, fewer prices are looked at


def opening_loop(result: Record, move: float) -> np.ndarray:
    """Loop matrix (K, K) once all prices have moved by `move` [fraction]: % of row per % of column.

    M[k, l] = coins of k that the next 1 % of l forces out / coins that move k by 1 %, times the
    share of a lasting displacement that the mark takes over, times the share that the book has not
    refilled while the scenario's own move crosses 1 % (`lasting_reach`, `fresh_share`).
    """
    compiled, scenario, n = result.compiled, result.scenario, result.accounts
    inputs, symbols = compiled.inputs, result.mid.shape[1]
    tiers = (inputs.floors, inputs.rates, inputs.deductions)
    marks = inputs.f[0] * (1.0 + move)
    rising = (move or largest_move(scenario).size) > 0.0
    part = -0.01 if rising else 0.01
    base = compiled.base[:n, :symbols]
    added = added_at_opening(inputs, base) if inputs.scheme == 2 else 0.0
    sales = limit_sales(compiled.quote[:n], base, marks, tiers, part, added)
    fresh = fresh_share(largest_move(scenario).pace, scenario.book.recovery / scenario.world.dt)
    kept = lasting_reach(result.params) * fresh
    return loop_matrix(sales, inputs.depth) * kept


def opening_graph(result: Record) -> pd.DataFrame:
    """The static graph price by price, on the way of the scenario's largest move.

    move [fraction] of all symbols; price [USD/coin] of the first; loop [1]: largest eigenvalue of
    `opening_loop`, for one symbol the cascade multiplier
    """
    way = 1.0 if largest_move(result.scenario).size > 0.0 else -1.0
    size = max(result.accounts, 1) * result.mid.shape[1] ** 2
    count = int(np.clip(MOST_LOOKED_AT // size, 10, round(REACH / FINE)))
    moves = way * np.arange(count + 1) * (REACH / count)
    price = float(result.compiled.fundamental[0, 0])
    return pd.DataFrame(
        {
            "move": moves,
            "price": price * (1.0 + moves),
            "loop": [largest_eigenvalue(opening_loop(result, float(move))) for move in moves],
        }
    )


def winners_paid(result: Record, move: float) -> float:
    """Share of their profit that winners could be paid if all settled after a `move` at once.

    Losers pay up to what they opened with; the insurance fund and the book, which has no limit,
    stand by. See `engine.graph.clearing.venue_clearing`.
    """
    compiled, n = result.compiled, result.accounts
    symbols = result.mid.shape[1]
    marks = compiled.inputs.f[0]
    base = compiled.base[: n + 1, :symbols]
    gains = (base * (marks * move)).sum(axis=1)
    collateral = np.append(compiled.quote[:n] + (base[:n] * marks).sum(axis=1), np.inf)
    fund = max(float(compiled.quote[n + 1]), 0.0)
    cleared = venue_clearing(gains, np.minimum(collateral, np.abs(gains).sum()), fund)
    return float(cleared.recovery[-1])


def cascade_beforehand(result: Record) -> dict[str, Any]:
    """What the opening state says about a cascade.

    loop [1], loop_price [USD/coin] : the largest eigenvalue on the way, and where the next 1 % has
        it; from, to [USD/coin] : first and last price where it is 1 or more, None if there is none
    falls : whether the way is down; it is up where the scenario's largest move is a rise
    pushes [fraction] by pair (coin that falls, coin it pushes): `opening_loop` there, by name
    edge_s, generation_s [s] : from a fill to the first trigger it can cause, and to the next fill
    peak_s [s] : from a fill to where the mark shows most of it, None if it shows nothing
    paid [fraction] by move [fraction] : `winners_paid` where the opening prices have moved so far
    """
    curve, dt = opening_graph(result), result.scenario.world.dt
    hot = curve[curve["loop"] >= 1.0]
    top = curve.iloc[int(curve["loop"].argmax())]
    times = edge_times(result.params)
    way = 1.0 if largest_move(result.scenario).size > 0.0 else -1.0
    return {
        "loop": float(top["loop"]),
        "loop_price": float(top["price"]),
        "from": float(hot["price"].iloc[0]) if len(hot) else None,
        "to": float(hot["price"].iloc[-1]) if len(hot) else None,
        "falls": way < 0.0,
        "pushes": _pairs(result, float(top["move"])),
        "edge_s": times.trigger * dt,
        "generation_s": times.generation * dt,
        "peak_s": times.peak * dt if np.isfinite(times.peak) else None,
        "paid": {way * part: winners_paid(result, way * part) for part in (0.05, 0.1, 0.2, 0.3)},
    }


def _pairs(result: Record, move: float) -> dict[tuple[str, str], float]:
    """The loop matrix after a move, by names: how far 1 % of one coin pushes another."""
    names, matrix = result.compiled.symbols, opening_loop(result, move)
    return {(a, b): float(matrix[j, i]) for i, a in enumerate(names) for j, b in enumerate(names)}


def cascade_by_price(result: Record) -> pd.DataFrame:
    """The loop beforehand and the cascade that happened, for each 1 % of price; first symbol.

    move_from, move_to [fraction] of the opening price; price_from, price_to [USD/coin]; loop [1]:
    largest in the band; closed [USD] by force at limits in the band; forced [fraction] of it that
    earlier forced orders pushed; generation [1]. Bands without limits in the run are left out,
    except those on the way to the furthest.
    """
    curve, seen = opening_graph(result), trigger_frame(result)
    start = float(result.compiled.fundamental[0, 0])
    seen = seen[seen["symbol"] == result.compiled.symbols[0]]
    way = np.sign(float(curve["move"].iloc[-1]))
    gone = way * (seen["price"].to_numpy() / start - 1.0)
    seen = seen.assign(band=np.floor(np.maximum(gone, 0.0) * 100.0).astype(int))
    seen = seen[(seen["side"] == ("short" if way > 0.0 else "long")) & (gone <= REACH)]
    band = np.floor(way * curve["move"].to_numpy() * 100.0 + 1e-9).astype(int)
    rows = []
    for place in range(int(seen["band"].max()) + 1 if len(seen) else 0):
        mine = seen[seen["band"] == place]
        usd = float(mine["closed"].sum())
        weight = mine["closed"] / usd if usd > 0.0 else 0.0 * mine["closed"]
        rows.append(
            {
                "move_from": way * place / 100.0,
                "move_to": way * (place + 1) / 100.0,
                "price_from": start * (1.0 + way * place / 100.0),
                "price_to": start * (1.0 + way * (place + 1) / 100.0),
                "loop": float(curve["loop"][band == place].max()) if (band == place).any() else 0.0,
                "closed": usd,
                "forced": float((weight * mine["forced"]).sum()),
                "generation": float((weight * mine["generation"]).sum()),
            }
        )
    return pd.DataFrame(rows)
