"""Room for one run: every array a kernel writes, allocated once."""

import numpy as np

from engine.core.brief import GROUP, LIMIT
from engine.core.crowd import WISH
from engine.core.state import (
    ADDON,
    DESK,
    EVENT,
    GUARD,
    LEG,
    MARKET,
    ORDER,
    WATCH,
    Count,
    Inputs,
    Params,
    State,
)


def buckets_for(accounts: int) -> int:
    """Buckets of the price queue: one for two to four accounts, a power of two in 256 .. 65,536."""
    buckets = 256
    while buckets < accounts // 4 and buckets < 65_536:
        buckets *= 2
    return buckets


def workspace(p: Params, inputs: Inputs, quote: np.ndarray, base: np.ndarray, events: int) -> State:
    """A fresh State that starts from balances `quote` (R,) [tick] and `base` (R, K) [lot].

    Lists of orders are not cleared, which would take as long as all else here: of each order the
    fields that are read were written before.
    """
    accounts = len(inputs.symbol)
    steps, symbols = inputs.f.shape
    buckets = buckets_for(accounts)
    ring = accounts + 1
    return State(
        quote=quote.copy(),
        base=base.copy(),
        watch=np.zeros(accounts, WATCH),
        key=np.zeros(accounts),
        after=np.zeros(accounts, np.int32),
        longs=np.empty((symbols, buckets), np.int32),
        shorts=np.empty((symbols, buckets), np.int32),
        market=np.zeros(symbols, MARKET),
        due=np.zeros(accounts // 64 + 1, np.uint64),
        groups=np.zeros(accounts // 4_096 + 1, np.uint64),
        orders=np.empty(accounts + p.liquidators, ORDER),
        sent=np.empty(ring, ORDER),
        cooling=np.empty(ring, ORDER),
        lots=np.empty(accounts + inputs.legs.size, ORDER),
        desk=np.zeros((p.liquidators, symbols), DESK),
        count=np.zeros(len(Count), np.int64),
        addon=np.zeros((2, symbols), ADDON),
        table=inputs.rates.copy(),
        paid=np.zeros(symbols),
        average=np.zeros(symbols),
        usual=p.sigma0 * inputs.calm,
        wishes=np.zeros((p.traders, symbols), WISH),
        mid=np.empty((steps, symbols)),
        raw=np.empty((steps, symbols)),
        sigma=np.zeros((steps, symbols) if p.track else (1, symbols)),
        **_several(len(inputs.legs), symbols),
        **_held(p, accounts, symbols, steps),
        **_log(events),
    )


def _several(accounts: int, symbols: int) -> dict[str, np.ndarray]:
    """Room for accounts with several legs."""
    return {
        "legs": np.zeros((accounts, symbols), LEG),
        "pause": np.zeros(accounts, np.int64),
        "until": np.zeros(accounts),
        "awake": np.zeros(accounts, np.int64),
        "gauge": np.zeros(3),
        "before": np.zeros(accounts),
        "need": np.zeros((2, symbols)),
        "credit": np.zeros((4, symbols, symbols)),
    }


def _held(p: Params, accounts: int, symbols: int, steps: int) -> dict[str, np.ndarray]:
    """Room for winners in order, orders that wait and what the circuit breaker looks back to."""
    return {
        "queue": np.empty(accounts, np.int64),
        "score": np.empty(accounts),
        "waiting": np.empty(accounts if p.guarded else 1, ORDER),
        "guard": np.zeros(symbols, GUARD),
        "peaks": np.zeros((2, symbols, steps if p.breaker_move > 0.0 else 1), np.int32),
        "ends": np.zeros((2, symbols, 2), np.int64),
    }


def _log(events: int) -> dict[str, np.ndarray]:
    """Room for the log, in full and in brief; a row is written whole before it is read."""
    return {
        "log": np.empty(events, EVENT),
        "number": np.empty(events, np.int32),
        "limits": np.empty(events, LIMIT),
        "netted": np.empty(events, GROUP),
        "funds": np.empty(events),
    }
