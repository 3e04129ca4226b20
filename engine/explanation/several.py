"""Accounts with several legs, computed again from the log: both sides and what is shown."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from engine.causes import attribution
from engine.causes.contributions import account_before
from engine.core.credit import credit_at
from engine.core.state import MarginMode, Rule
from engine.log.legs import Account

if TYPE_CHECKING:
    from engine.explanation.sides import Inputs, Moment, Sides


def legs_shown(m: Moment, account: Account) -> Inputs:
    """Each leg: position, mark, gain since the entry and signed margin, in USD and coins."""
    names, shown, entries = m.result.compiled.symbols, [], account.entries
    margins = account.margins()
    for k in account.held:
        base, mark = float(account.base[k]), float(account.marks[k])
        shown += [
            (f"{names[k]} position", m.coin(base), "coin"),
            (f"{names[k]} mark", m.price(mark), "USD/coin"),
            (f"{names[k]} gain since entry", m.usd((mark - entries[k]) * base), "USD"),
            (f"{names[k]} margin", m.usd(margins[k]), "USD"),
        ]
    for k, coins in enumerate(account.base[account.symbols :].tolist()):
        if coins:
            counted = coins * account.marks[k] * (1.0 - m.result.params.haircut)
            shown += [
                (f"{names[k]} held as collateral", m.coin(coins), "coin"),
                (f"{names[k]} counts as", m.usd(counted), "USD"),
            ]
    return shown + requirement_shown(m, account)


def requirement_shown(m: Moment, account: Account) -> Inputs:
    """What the requirement is made of besides the margins of the legs."""
    p, names = m.result.params, m.result.compiled.symbols
    shown: Inputs = [("sum of margins", m.usd(np.abs(account.margins()).sum()), "USD")]
    if p.margin_mode == MarginMode.CROSS:
        return shown
    shown.append(("floor", p.floor, "fraction"))
    if p.margin_mode == MarginMode.PORTFOLIO:
        for k, j in combinations(account.held, 2):
            shown.append((f"correlation {names[k]}, {names[j]}", float(account.rho[k, j]), ""))
    else:
        for s, moves in enumerate(m.result.compiled.inputs.scans, 1):
            shown += [
                (f"{names[k]} in move {s}", float(moves[k]), "fraction") for k in account.held
            ]
    return shown


def maintenance_sides(m: Moment) -> Sides:
    """Equity over all legs against the requirement of all legs."""
    account = account_before(m.result, m.number)
    shown = [("cash", m.usd(account.quote), "USD"), *legs_shown(m, account)]
    return account.worth(), account.needed(), shown


def slice_sides(m: Moment) -> Sides:
    """The same after a fill of one leg."""
    account = account_before(m.result, m.number).after(m.event)
    shown = m.state() + [
        ("bought", m.coin(m.get("qty")), "coin"),
        ("price", m.price(m.get("price")), "USD/coin"),
        ("received", m.usd(m.get("amount")), "USD"),
        ("fees", m.usd(m.get("fee")), "USD"),
    ]
    return account.worth(), account.needed(), shown + legs_shown(m, account)


def cash_behind(m: Moment) -> float:
    """What the formulas of one leg take for the cash of the account [tick]."""
    return account_before(m.result, m.number).worth(m.symbol)


def correlation_sides(m: Moment) -> Sides:
    """The published correlation of a pair, from the recorded marks, against the one before."""
    r, p, k, j = m.result, m.result.params, m.symbol, int(m.event["detail"])
    rho = r.compiled.inputs.rho
    old, new, found = credit_at(
        m.step, r.raw, rho, p.sigma0, r.compiled.inputs.calm, p.rho_keep, p.notch
    )
    if m.get("mark") != r.raw[m.step, k]:
        raise attribution.Disagreement(f"event {m.number}: the mark does not recompute")
    names, shown = r.compiled.symbols, []
    for symbol in (k, j):
        last = r.raw[max(m.step - 1, 0), symbol]
        moved = float(r.raw[m.step, symbol] / last - 1.0)
        shown.append((f"{names[symbol]} mark moved in this step by", moved, "fraction"))
    scripted = len(rho) > 1
    if not scripted:
        shown += [("estimate", float(found[k, j]), ""), ("notch", p.notch, "")]
    return float(new[k, j]), float(old[k, j]), [*shown, ("scripted", float(scripted), "")]


def requirement_sides(m: Moment) -> Sides:
    """The requirement at the new correlations against that at the old ones, at equal prices."""
    account = account_before(m.result, m.number)
    before = account_before(m.result, m.number, m.step)
    shown = legs_shown(m, account)
    shown += [
        (f"{name} before", value, unit)
        for name, value, unit in requirement_shown(m, before)
        if name.startswith("correlation")
    ]
    return account.needed(), before.needed(), shown


def sale_sides(m: Moment) -> Sides:
    """Cash of an account without positions, against zero."""
    shown = [
        ("cash", m.usd(m.get("quote")), "USD"),
        ("coins held as collateral", m.coin(m.get("base")), "coin"),
        ("sold", m.coin(-m.get("qty")), "coin"),
        ("price", m.price(m.get("price")), "USD/coin"),
        ("received", m.usd(m.get("amount")), "USD"),
        ("fees", m.usd(m.get("fee")), "USD"),
    ]
    return m.get("quote"), 0.0, shown


def leg_names(m: Moment, account: Account) -> str:
    """The legs in words: long 2 BTC, short 30 SOL."""
    names = m.result.compiled.symbols
    return ", ".join(
        f"{'long' if account.base[k] > 0 else 'short'} {m.coin(abs(account.base[k])):,.6g} "
        f"{names[k]}"
        for k in account.held
    )


def hedge_line(m: Moment, account: Account) -> str:
    """Which leg lost most and what the others made of it: a hedge that became the trigger."""
    names, gains = (
        m.result.compiled.symbols,
        (account.marks - account.entries) * (account.base[: account.symbols]),
    )
    worst = min(account.held, key=lambda k: gains[k])
    others = sum(float(gains[k]) for k in account.held if k != worst)
    if gains[worst] >= 0.0 or len(account.held) < 2:
        return ""
    word = "gained" if others >= 0.0 else "lost"
    return (
        f"Its {names[worst]} leg has lost {m.usd(-gains[worst]):,.2f} USD since entry; its other "
        f"legs {word} {m.usd(abs(others)):,.2f} USD."
    )


def limit_changed(m: Moment, account: Account) -> int | None:
    """The last event before this one that changed a correlation between two of its legs."""
    if m.result.params.margin_mode != MarginMode.PORTFOLIO:
        return None
    events = m.result.events[: m.number]
    mine = events["rule"] == Rule.CORRELATION_CHANGE
    mine &= np.isin(events["symbol"], account.held) & np.isin(events["detail"], account.held)
    return int(np.flatnonzero(mine)[-1]) if mine.any() else None


def rule_line(m: Moment, account: Account) -> str:
    """How the requirement is put together, with its numbers."""
    p, names = m.result.params, m.result.compiled.symbols
    margins = account.margins()
    total = m.usd(np.abs(margins).sum())
    if p.margin_mode == MarginMode.CROSS:
        return f"Margins of the legs add up to {total:,.2f} USD."
    need = m.usd(account.needed())
    if p.margin_mode == MarginMode.SCAN:
        count = len(m.result.compiled.inputs.scans)
        return (
            f"The requirement of {need:,.2f} USD is the worst of {count} "
            f"joint moves, at least {p.floor:g} of the margins' sum of {total:,.2f} USD."
        )
    pairs = ", ".join(
        f"{float(account.rho[k, j]):.2f} ({names[k]}, {names[j]})"
        for k, j in combinations(account.held, 2)
    )
    changed = limit_changed(m, account)
    since = "" if changed is None else f", last changed by event {changed}"
    by = f" by correlations of {pairs}{since}" if pairs else ""
    return (
        f"The requirement of {need:,.2f} USD comes from margins that sum to {total:,.2f} USD{by}."
    )
