"""Limits in force at a step, and what the next notch of each would do: known beforehand."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from engine.causes.attribution import book_path
from engine.changes.standing import Standing, addons_at, after_step
from engine.changes.trading import trading_rows
from engine.core.addons import published_share
from engine.core.state import Inputs, MarginMode, Row, Rule
from engine.log.legs import correlations
from engine.record import Record
from engine.scenario.errors import InputError


def _checked(result: Record, step: int) -> Standing:
    last = len(result.mid) - 1
    if isinstance(step, bool) or not 0 <= step <= last:
        raise InputError("step", step, f"a whole number in 0 .. {last:,}")
    return after_step(result, int(step))


def limits_in_force(result: Record, step: int) -> pd.DataFrame:
    """One row a limit of the venue at the end of a step.

    limit, scope, observed, threshold, unit; rule (what is in force, in words); set_by, the event
    that last changed it (-1: it is that of the opening). Limits that a scenario has off are left
    out; those of single accounts are in `limit_room`.
    """
    here = _checked(result, step)
    rows = [
        *_addon_rows(here), *_cap_rows(here), *_credit_rows(here), *trading_rows(here),
        _fund_row(here),
    ]  # fmt: skip
    return pd.DataFrame(
        rows, columns=["limit", "scope", "observed", "threshold", "unit", "rule", "set_by"]
    )


def _last(here: Standing, rule: Rule, k: int) -> int:
    events = here.result.events[: here.number]
    mine = np.flatnonzero((events["rule"] == rule) & (events["symbol"] == k))
    return int(mine[-1]) if len(mine) else -1


def _addon_rows(here: Standing) -> Iterator[tuple]:
    r, inputs, addon = here.result, here.result.compiled.inputs, addons_at(here)
    for k, name in enumerate(r.compiled.symbols):
        if len(inputs.notches):
            heat, level = heat_of(r, k, here.step), int(addon[k]["level"])
            above = inputs.notches[level:, 0]
            following = float(above[0]) if len(above) else np.inf
            rule = f"adds {addon[k]['rate']:.3%} to every maintenance rate"
            set_by = _last(here, Rule.VOLATILITY_ADDON, k)
            yield "volatility add-on", name, heat, following, "x usual volatility", rule, set_by
        if len(inputs.large):
            share = float(book_path(r, k).depth[here.step] / inputs.depth[k])
            following = max(float(addon[k]["share"]) - r.params.depth_notch, 0.0)
            first = r.compiled.units.lot * inputs.large[0, 0] * float(addon[k]["depth"])
            rule = f"positions from {first:,.6g} coin on need more"
            set_by = _last(here, Rule.DEPTH_PUBLISHED, k)
            yield (
                "concentration add-on",
                name,
                share,
                following,
                "of the opening depth",
                rule,
                set_by,
            )


def heat_of(result: Record, k: int, step: int) -> float:
    """Realised volatility over the usual one, as the venue sees it in a step."""
    return float(result.sigma[step, k] / (result.params.sigma0 * result.compiled.inputs.calm[k]))


def _cap_rows(here: Standing) -> Iterator[tuple]:
    p, tick = here.result.params, here.result.compiled.units.tick
    rows = here.accounts
    sizes, worths = here.notionals(rows), here.worths(rows)
    if p.leverage_cap > 0.0:
        used = (sizes[worths > 0.0] / worths[worths > 0.0]).tolist()
        rule = "what is asked above it is not opened; prices may lift leverage later"
        yield (
            "leverage cap", "new positions and orders", max(used, default=0.0), p.leverage_cap,
            "x equity", rule, -1,
        )  # fmt: skip
    if p.exposure_limit > 0.0:
        single = np.abs(here.base[rows, : len(here.marks)]) * here.marks
        most = float(single.max(initial=0.0)) * tick
        rule = "what is asked above it is not opened; prices may lift a notional later"
        yield (
            "exposure limit", "one account in a symbol", most, p.exposure_limit * tick, "USD",
            rule, -1,
        )  # fmt: skip


def _credit_rows(here: Standing) -> Iterator[tuple]:
    r = here.result
    if r.params.margin_mode != MarginMode.PORTFOLIO or not len(r.compiled.inputs.legs):
        return
    rho, names = correlations(r, here.number), r.compiled.symbols
    events = r.events[: here.number]
    for k in range(len(names)):
        for j in range(k + 1, len(names)):
            pair = (events["rule"] == Rule.CORRELATION_CHANGE) & (events["symbol"] == k)
            mine = np.flatnonzero(pair & (events["detail"] == j))
            set_by = int(mine[-1]) if len(mine) else -1
            rule = f"published in steps of {r.params.notch:g}"
            yield (
                "correlation credit", f"{names[k]} and {names[j]}", float(rho[k, j]), 1.0, "",
                rule, set_by,
            )  # fmt: skip


def _fund_row(here: Standing) -> tuple:
    held = float(here.quote[here.result.accounts + Row.FUND]) * here.result.compiled.units.tick
    rule = "below it winners are reduced and losses shared"
    return "insurance floor", "the fund", held, 0.0, "USD", rule, -1


def next_notches(result: Record, step: int) -> pd.DataFrame:
    """Every notch that may come next, and what it would do to the accounts at these prices.

    limit, symbol; at, where it comes (times the usual volatility, or share of the opening depth);
    observed now; moved_usd, the requirement of all accounts together; due, accounts that would be
    at or below their limit by it alone, and due_notional_usd what they hold.
    """
    here = _checked(result, step)
    tick, rows = result.compiled.units.tick, []
    now = addons_at(here)
    for limit, k, at, seen, changed in _notches(here, now):
        held = np.flatnonzero(here.base[: result.accounts, k] != 0.0)
        before, after, worth = here.needs(held, now), here.needs(held, changed), here.worths(held)
        due = (before < worth) & (worth <= after)
        moved = float((after - before).sum()) * tick
        name, size = result.compiled.symbols[k], float(here.notionals(held[due]).sum()) * tick
        rows.append((limit, name, at, seen, moved, int(due.sum()), size))
    return pd.DataFrame(
        rows,
        columns=["limit", "symbol", "at", "observed", "moved_usd", "due", "due_notional_usd"],
    )


def _notches(here: Standing, now: np.ndarray) -> Iterator[tuple[str, int, float, float, Any]]:
    """(limit, symbol, where it comes, observed, add-ons in force then), the nearest first."""
    r, inputs = here.result, here.result.compiled.inputs
    for k in range(len(r.compiled.symbols)):
        for n in range(int(now[k]["level"]), len(inputs.notches)):
            changed = now.copy()
            changed[k]["rate"] = inputs.notches[n, 1]
            at, seen = float(inputs.notches[n, 0]), heat_of(r, k, here.step)
            yield "volatility add-on", k, at, seen, changed
        if len(inputs.large):
            seen = float(book_path(r, k).depth[here.step] / inputs.depth[k])
            for at, changed in _shallower(now, k, inputs, r.params.depth_notch):
                yield "concentration add-on", k, at, seen, changed


def _shallower(now: np.ndarray, k: int, inputs: Inputs, notch: float) -> Iterator[tuple]:
    """Lower depths that may be published, one notch at a time: (share at which it comes, then)."""
    share = float(now[k]["share"])
    for _ in range(MOST_NOTCHES):
        at = share - notch
        lower = float(published_share(at, share, notch))
        if at <= 0.0 or lower >= share:
            return
        changed = now.copy()
        changed[k]["share"], changed[k]["depth"] = lower, lower * inputs.depth[k]
        yield at, changed
        share = lower


MOST_NOTCHES = 12


def limit_room(result: Record, step: int) -> pd.DataFrame:
    """How far each account is from its limit at the end of a step, and after the next notches.

    account, symbol (the first it holds), notional_usd, equity_usd, requirement_usd, room_usd;
    room_volatility_usd and room_depth_usd: what would be left at the same prices after the next
    notch of volatility, and of depth (nan: there is none). The least room first.
    """
    here = _checked(result, step)
    now, tick = addons_at(here), result.compiled.units.tick
    rows = here.accounts
    first = (here.base[rows, : len(here.marks)] != 0.0).argmax(axis=1)
    worth, need = here.worths(rows), here.needs(rows, now)
    left = {
        kind: np.full(len(rows), np.nan) for kind in ("volatility add-on", "concentration add-on")
    }
    seen = set()
    for limit, k, _, _, changed in _notches(here, now):
        if (limit, k) not in seen:
            mine = first == k
            left[limit][mine] = (worth[mine] - here.needs(rows[mine], changed)) * tick
        seen.add((limit, k))
    frame = pd.DataFrame(
        {
            "account": rows,
            "symbol": np.array(result.compiled.symbols, dtype=object)[first],
            "notional_usd": here.notionals(rows) * tick,
            "equity_usd": worth * tick,
            "requirement_usd": need * tick,
            "room_usd": (worth - need) * tick,
            "room_volatility_usd": left["volatility add-on"],
            "room_depth_usd": left["concentration add-on"],
        }
    )
    return frame.sort_values("room_usd", kind="stable").reset_index(drop=True)
