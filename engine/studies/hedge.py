"""An account with several legs over a whole run, and what its legs promised at the opening."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from engine.causes import attribution
from engine.core.state import Rule
from engine.log.legs import Account, correlations, first_several
from engine.record import Record
from engine.studies.correlation import effective_positions, least_common

FURTHEST = 0.95  # largest move that is looked at [fraction]


@dataclass(frozen=True)
class Promise:
    """What a reader can compute from the opening of an account, at one common correlation."""

    rho: float  # correlation of the first two symbols
    published: bool  # whether it is the one published at the opening
    equity: float  # USD
    requirement: float  # USD
    legs: int  # number of positions
    positions: float  # effective number of independent positions; more than legs: a hedge
    move: float | None  # of the first coin alone that makes the account due; None: none does


def watched(results: Iterable[Record]) -> int:
    """The account with several legs to look at in runs that share their accounts.

    The first that met its limit in the first run in which one did, else the largest; -1 if the
    runs have none.
    """
    largest = -1
    for result in results:
        first = first_several(result)
        events = result.events
        hit = np.flatnonzero((events["rule"] == Rule.MAINTENANCE) & (events["account"] >= first))
        if len(hit):
            return int(events["account"][hit[0]])
        if largest < 0 and first < result.accounts:
            symbols = result.mid.shape[1]
            lots = np.abs(result.compiled.base[first : result.accounts, :symbols])
            largest = first + int((lots * result.raw[0]).sum(axis=1).argmax())
    return largest


def first_trigger(result: Record, row: int) -> int:
    """Number of the event in which an account first met its maintenance margin; -1 if none."""
    events = result.events
    hit = np.flatnonzero((events["rule"] == Rule.MAINTENANCE) & (events["account"] == row))
    return int(hit[0]) if len(hit) else -1


def breaking_correlation(equity: float, margins: np.ndarray) -> float:
    """The common correlation at which portfolio margin takes all equity, prices standing still.

    (equity^2 - sum M^2) / ((sum M)^2 - sum M^2), M the signed margins of the legs: above it an
    account with legs that diversify is due, below it one whose legs offset each other. nan where
    no correlation from -1 to 1 does it.
    """
    own = float((margins * margins).sum())
    joint = float(margins.sum()) ** 2 - own
    if joint == 0.0:
        return nan
    found = (equity * equity - own) / joint
    return found if -1.0 <= found <= 1.0 else nan


def opening_account(result: Record, row: int) -> Account:
    """An account with several legs as it opened, at the marks and correlations of step 0."""
    compiled = result.compiled
    quote, base = float(compiled.quote[row]), compiled.base[row].copy()
    return Account(result, row, quote, base, result.raw[0].copy(), correlations(result, 0))


def promises(result: Record, row: int) -> tuple[Promise, ...]:
    """The opening account at the published correlation, at zero and at one, prices unchanged.

    Where only lower correlations are possible or matter, the reader sees the rise help.
    """
    account = opening_account(result, row)
    symbols, published = account.symbols, account.rho
    rho = float(published[0, 1]) if symbols > 1 else 1.0
    out = [_promise(account, rho, True)]
    for value in (max(least_common(max(symbols, 2)), -0.5), 0.0, 1.0):
        alike = np.full((symbols, symbols), value)
        np.fill_diagonal(alike, 1.0)
        out.append(_promise(replace(account, rho=alike), value, False))
    return tuple(out)


def _promise(account: Account, rho: float, published: bool) -> Promise:
    tick = account.result.compiled.units.tick
    return Promise(
        rho=rho,
        published=published,
        equity=account.worth() * tick,
        requirement=account.needed() * tick,
        legs=len(account.held),
        positions=effective_positions(account.margins(), account.rho),
        move=breaking_move(account),
    )


def breaking_move(account: Account) -> float | None:
    """The smallest move of the first leg's coin alone, against the leg, that makes it due.

    Found by halving; None where not even FURTHEST does, or where the account has no such leg.
    """
    held = account.held
    if not held:
        return None
    side = -1.0 if account.base[held[0]] > 0.0 else 1.0

    def left(move: float) -> float:
        marks = account.marks.copy()
        marks[held[0]] *= 1.0 + side * move
        moved = replace(account, marks=marks)
        return moved.worth() - moved.needed()

    low, high = 0.0, FURTHEST
    if left(high) > 0.0:
        return None
    if left(low) <= 0.0:
        return 0.0
    while high - low > 1e-6:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if left(middle) > 0.0 else (low, middle)
    return side * high


def account_path(result: Record, row: int, steps: Sequence[int] | None = None) -> pd.DataFrame:
    """An account with several legs step by step, after the orders of each step.

    step, time_s [s]; equity, requirement [USD]; at_opening [USD], the requirement of the same
    positions at the same marks had the correlation published at the opening stayed; published and
    held, the correlation of the first two symbols as the venue has it and as the outside world was
    drawn with (nan in a replay); gain_0, gain_1 and so on [USD], what each leg has made since the
    opening, fees and fills included. steps : which ones, ascending; all if None.
    """
    count, symbols = result.mid.shape
    asked = list(range(count)) if steps is None else list(steps)
    held, dt = result.compiled.held, result.scenario.world.dt
    true = held.between() if held is not None and symbols > 1 else np.full(count, nan)
    opened, tick, rows = correlations(result, 0), result.compiled.units.tick, []
    for t, now, gains in _walk(result, row, asked):
        rows.append(
            {
                "step": t,
                "time_s": t * dt,
                "equity": now.worth() * tick,
                "requirement": now.needed() * tick,
                "at_opening": now.needed(rho=opened) * tick,
                "published": now.rho[0, 1] if symbols > 1 else nan,
                "held": true[t],
                **{f"gain_{k}": gains[k] * tick for k in range(symbols)},
            }
        )
    return pd.DataFrame(rows)


def _walk(result: Record, row: int, steps: list[int]) -> Any:
    """(step, account, gain of each leg [tick]) after the orders of each of these steps."""
    state, symbols = opening_account(result, row), result.mid.shape[1]
    moves = attribution.movements(result, row, len(result.events))
    changes = result.events[result.events["rule"] == Rule.CORRELATION_CHANGE]
    quote, base, rho = state.quote, state.base.copy(), state.rho.copy()
    start, made, here, there = base[:symbols] * result.raw[0], np.zeros(symbols), 0, 0
    for t in steps:
        while here < len(moves) and moves[here]["step"] <= t:
            m = moves[here]
            coins = symbols if m["rule"] == Rule.COLLATERAL_SALE else 0  # they follow the legs
            quote += m["received"] - m["fee"]
            base[m["symbol"] + coins] += m["qty"]
            made[m["symbol"]] += 0.0 if coins else m["received"] - m["fee"]
            here += 1
        while there < len(changes) and changes[there]["step"] <= t:
            k, j = int(changes[there]["symbol"]), int(changes[there]["detail"])
            rho[k, j] = rho[j, k] = changes[there]["value"]
            there += 1
        marks = result.raw[max(t - result.params.lag, 0)]
        account = Account(result, row, quote, base.copy(), marks, rho.copy())
        yield t, account, made + base[:symbols] * marks - start
