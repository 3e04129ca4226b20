"""Accounts that hold several symbols on one collateral: what they are worth and what they need.

A multi-leg account is one of the last C rows of the accounts. Its base has a leg for each symbol
and, where coins serve as collateral, a further column for each symbol's coins. With

    e    = quote + sum_k base_k * m_k + sum_k coins_k * m_k * (1 - haircut)
    M_k  = signed maintenance margin of leg k, by the tier of the leg's own notional

the requirement is, by mode,

    cross      sum_k |M_k|
    portfolio  max(floor * sum_k |M_k|, sqrt(sum_kl rho_kl M_k M_l))
    scan       max(floor * sum_k |M_k|, worst loss over a table of joint moves)

Seen from one leg, all others are cash: `cash_beside` is what the single-leg formulas take for the
account's cash. Sources: SPAN material of CME (worst
loss over a risk array); Binance, How to calculate liquidation price of USDS-M futures (other legs
as collateral). The sum by correlation is that of the risk of a portfolio.
"""

import numpy as np

from engine.core.jit import kernel
from engine.core.margin import bankruptcy_price, tier_of
from engine.core.mark import lagged
from engine.core.tiers import added_rate


@kernel(inline=True, bare=True)
def first_multi(state):
    """Row of the first multi-leg account; the number of accounts if there is none."""
    return len(state.watch) - state.legs.shape[0]


@kernel(bare=True)
def requirement(margins, values, rho, scans, mode, floor):
    """Maintenance margin of an account over all its legs [quote].

    margins (K,) signed leg margins [quote], values (K,) signed notionals [quote], rho (K, K),
    scans (S, K) joint moves [fraction]; mode 0 cross, 1 portfolio, 2 scan; floor [1].
    """
    gross, risk = 0.0, 0.0
    for k in range(len(margins)):
        gross += abs(margins[k])
    if mode == 0:
        return gross
    if mode == 1:
        for k in range(len(margins)):
            for j in range(len(margins)):
                risk += rho[k, j] * margins[k] * margins[j]
        risk = np.sqrt(max(risk, 0.0))
    else:
        risk = worst_loss(values, scans)
    return max(floor * gross, risk)


@kernel(bare=True)
def worst_loss(values, scans):
    """Largest loss [quote] over a table of joint moves (S, K) of signed notionals; at least 0."""
    worst = 0.0
    for s in range(scans.shape[0]):
        loss = 0.0
        for k in range(len(values)):
            loss -= values[k] * scans[s, k]
        worst = max(worst, loss)
    return worst


@kernel(bare=True)
def signed_margin(base, mark, k, inputs, addon):
    """Maintenance margin [quote] of a leg in symbol k, with the sign of the position."""
    held = abs(base) * mark
    tier = tier_of(held, inputs.floors)
    rate = inputs.rates[tier]
    if inputs.scheme == 2:
        rate += added_rate(base, k, inputs, addon)
    size = held * rate - inputs.deductions[tier]
    return size if base > 0.0 else -size


@kernel(bare=True)
def worth_beside(quote, base, marks, leg, haircut):
    """Quote plus what all legs but `leg` and the coins are worth; leg -1: the whole equity.

    base (K,), or (2 K,) with coins held as collateral behind the legs; marks (K,). Coins count
    less their haircut.
    """
    symbols, worth = len(marks), quote
    for k in range(symbols):
        if k != leg and base[k] != 0.0:
            worth += base[k] * marks[k]
    for k in range(symbols, len(base)):
        if base[k] != 0.0:
            worth += base[k] * marks[k - symbols] * (1.0 - haircut)
    return worth


@kernel(bare=True)
def needed_with(base, marks, leg, lots, rho, p, inputs, addon, need):
    """Requirement of legs `base` (K,) or (2 K,) if leg `leg` were `lots` smaller (-1: as it is).

    addon (K,) ADDON in force; need (2, K) gets the signed margins and the signed notionals it is
    made of.
    """
    for k in range(len(marks)):
        held = base[k]
        if k == leg:
            held = held - lots if held > 0.0 else held + lots
        need[0, k] = signed_margin(held, marks[k], k, inputs, addon)
        need[1, k] = held * marks[k]
    return requirement(need[0], need[1], rho, inputs.scans, p.margin_mode, p.floor)


@kernel(bare=True)
def cash_beside(t, i, leg, lag, p, state):
    """`worth_beside` of account `i` at marks `lag` steps old [tick]."""
    marks = state.raw[max(t - lag, 0)]
    return worth_beside(state.quote[i], state.base[i], marks, leg, p.haircut)


@kernel(bare=True)
def cash_of(t, i, k, p, inputs, state):
    """What the formulas of a single leg `k` take for the cash of account `i` [tick]."""
    if inputs.symbol[i] >= 0:
        return state.quote[i]
    return cash_beside(t, i, k, p.lag, p, state)


@kernel(bare=True)
def needed_by(t, i, leg, lots, lag, p, inputs, addon, state):
    """`needed_with` of account `i` at marks `lag` steps old and given add-ons [tick]."""
    marks = state.raw[max(t - lag, 0)]
    return needed_with(
        state.base[i], marks, leg, lots, state.credit[0], p, inputs, addon, state.need
    )  # fmt: skip


@kernel(bare=True)
def needed(t, i, leg, lots, lag, p, inputs, state):
    """`needed_by` at the add-ons in force [tick]."""
    return needed_by(t, i, leg, lots, lag, p, inputs, state.addon[0], state)


@kernel(bare=True)
def account_ratio(t, i, lag, p, state):
    """Equity over the sum of the notionals of all legs; without legs (coins on sale) infinite."""
    gross = 0.0
    for k in range(state.raw.shape[1]):
        gross += abs(state.base[i, k]) * lagged(state.raw, t, lag, k)
    return cash_beside(t, i, -1, lag, p, state) / gross if gross > 0.0 else np.inf


@kernel(bare=True)
def holds_a_leg(i, state):
    """True if the account has a position left."""
    for k in range(state.raw.shape[1]):
        if state.base[i, k] != 0.0:
            return True
    return False


@kernel(bare=True)
def leg_to_cut(t, i, lag, p, inputs, state):
    """Symbol of the leg that is liquidated first, by the venue's order; ties go to the first.

    order 0 largest margin, 1 largest loss since the opening, 2 most liquid (smallest share of the
    depth), 3 as declared.
    """
    row = i - first_multi(state)
    best, chosen = -np.inf, -1
    for k in range(state.raw.shape[1]):
        base = state.base[i, k]
        if base == 0.0:
            continue
        mark = lagged(state.raw, t, lag, k)
        score = 0.0
        if p.leg_order == 0:
            score = abs(signed_margin(base, mark, k, inputs, state.addon[0]))
        elif p.leg_order == 1:
            score = (inputs.legs[row, k] - mark) * base
        elif p.leg_order == 2:
            score = -(abs(base) / state.market[k]["depth"])
        if chosen < 0 or score > best:
            best, chosen = score, k
    return chosen


@kernel(bare=True)
def worst_price(cash, base):
    """Bankruptcy price of a leg given the rest of its account as cash; a long's is at least zero.

    Other legs may be worth more than this one ever costs: a price below zero is none.
    """
    price = bankruptcy_price(cash, base)
    return max(price, 0.0) if base > 0.0 else price
