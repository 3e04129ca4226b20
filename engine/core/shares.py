"""Who pays: shares, caps, queues, and the scores that order an ADL queue.

Endowments, budgets and amounts are in quote; a haircut is the fraction of an endowment taken.
Sources: Chitra, "Autodeleveraging" (arXiv 2512.01112) for the sharing rules; each venue's own page
for its score. Sharing in whole ticks (largest remainder) happens where money moves, not here.
"""

import numpy as np

from engine.core.jit import kernel


@kernel
def pro_rata(weights, total):
    """`total` shared in proportion to `weights` [any unit, not negative, sum above zero]."""
    return total * weights / weights.sum()


@kernel
def water_level(weights, caps, total):
    """Level eta at which min(cap, eta * weight) sums to `total`; infinite if the caps do not reach.

    The rows are visited in the order in which they fill up, so it is exact and needs no search.
    """
    filled_at = np.where(weights > 0.0, caps / np.where(weights > 0.0, weights, 1.0), np.inf)
    left, weight = total, weights.sum()
    for row in np.argsort(filled_at, kind="mergesort"):
        if weights[row] <= 0.0:
            continue
        if left <= filled_at[row] * weight:
            return left / weight
        left -= caps[row]
        weight -= weights[row]
    return np.inf


@kernel
def capped_pro_rata(weights, caps, total):
    """`total` shared by weight, nobody above their cap, the excess shared again (water filling).

    Pays less than `total` only if all caps together do. With equal caps on fractions this is the
    one rule that is split-proof, scale-free and keeps the order (arXiv 2512.01112).
    """
    level = water_level(weights, caps, total)
    shares = caps.copy()
    if level < np.inf:
        for row in range(len(shares)):
            shares[row] = min(caps[row], level * weights[row])
    return shares


@kernel
def queue_shares(endowments, order, budget):
    """Amounts taken when whole winners pay in `order` (rows, first pays first) until it is met."""
    shares = np.zeros(len(endowments))
    for row in order:
        shares[row] = min(endowments[row], budget)
        budget -= shares[row]
    return shares


@kernel
def queue_order(scores):
    """Rows by falling score, ties by row: the order of an ADL queue."""
    return np.argsort(-scores, kind="mergesort")


@kernel
def binance_adl_score(unrealised, wallet, maintenance):
    """PnL % times margin ratio: max(0, U) / max(1, W) * MM / (W + U); amounts in quote.

    Source: Binance FAQ 360033525471.
    """
    return max(0.0, unrealised) / max(1.0, wallet) * maintenance / (wallet + unrealised)


@kernel
def bitmex_adl_score(side, entry, mark, bankruptcy):
    """PnL % times effective leverage if in profit, divided by it if in loss; side 1 or -1.

    PnL % = side * (mark - entry) / entry; leverage = mark / |mark - bankruptcy price|.
    Source: BitMEX, autoDeleveraging.
    """
    gain = side * (mark - entry) / entry
    leverage = mark / abs(mark - bankruptcy)
    return gain * leverage if gain > 0.0 else gain / leverage


@kernel
def hyperliquid_adl_score(side, entry, mark, notional, equity):
    """mark / entry * notional / account value; the ratio is turned over for a short.

    Source: Hyperliquid docs, trading/auto-deleveraging (printed for a long).
    """
    move = mark / entry if side > 0.0 else entry / mark
    return move * notional / equity


def deficit(equities):
    """Sum of negative equities [quote], as a positive number."""
    return np.maximum(-equities, 0.0).sum()


def leverage_mass(equities, notionals):
    """Sum of notional / |equity| over winners (equity above zero) and over losers (below)."""
    winners = losers = 0.0
    for row in range(len(equities)):
        if equities[row] > 0.0:
            winners += notionals[row] / equities[row]
        elif equities[row] < 0.0:
            losers -= notionals[row] / equities[row]
    return winners, losers


def next_deficit(equities, leverages, shock):
    """Expected deficit [quote] of the next round, the price moving by +-shock with equal odds.

    Each account loses in one of the two cases: e * max(shock * leverage - 1, 0) / 2.
    """
    return (equities * np.maximum(shock * leverages - 1.0, 0.0)).sum() / 2.0


@kernel
def fund_step(fund, income, loss):
    """Insurance fund after one loss, and the loss it did not cover: (fund', residual) [quote].

    fund' = fund + income - min(fund, loss), residual = max(loss - fund, 0): income comes after.
    """
    return fund + income - min(fund, loss), max(loss - fund, 0.0)


@kernel
def shortfall(side, base, price, bankruptcy):
    """Bad debt [quote] of closing `base` units at a price beyond the bankruptcy price."""
    return max(side * (bankruptcy - price), 0.0) * base


def skew_funding_rate(longs, shorts, mark, oracle, scale):
    """Funding rate from the skew of positions: scale * (L / S - mark / oracle).

    longs, shorts [base]. Positive: shorts pay longs, `skew_funding` being what a position receives.
    Source: arXiv 2512.01112, running example.
    """
    return scale * (longs / shorts - mark / oracle)


def skew_funding(rate, mark, base):
    """Funding received [quote] by a signed position: rate * mark * base."""
    return rate * mark * base
