"""What a common holder does to correlation and to the size of a move: closed forms.

A fund holds weights w and goes back to its leverage after each return. A loss of one per cent on
its assets makes it sell (L - 1) per cent of them, everywhere in proportion, and each sale moves
the price of its symbol. With k_i the return of symbol i per unit of return of the fund's assets,

    k_i = (L - 1) * A_i / D_i,   A_i its holding [quote], D_i the notional that moves i by 100 %

the returns become r + k (w' r), and their covariance (I + k w') S (I + w k'). Those sales are a
return of the fund's assets again: with gain g = w' k below one, n rounds add up to k (1 - g^n) /
(1 - g), all of them to k / (1 - g). Limit: linear book, no recovery, small steps.

Sources: Cont and Wagalath, "Running for the Exit" (Mathematical Finance 2013) and "Fire Sales
Forensics" (2016), for the structure; the one-step form is derived here. Brunnermeier (JEP 2009),
for the loss spiral.
"""

import numpy as np


def feedback(leverage, holdings, depths):
    """k (K,): return of each symbol per unit of return of the fund's assets.

    (leverage - 1) * holding / depth; holdings [quote], depths [quote that moves a price by 100 %].
    """
    return (leverage - 1.0) * np.asarray(holdings, float) / np.asarray(depths, float)


def rounds_of(k, weights, rounds):
    """k after so many rounds of sales that answer sales: k (1 - g^n) / (1 - g), g = w' k.

    Infinitely many need a gain below one; from there on there is no end (ValueError).
    """
    gain = float(np.dot(weights, k))
    if rounds == np.inf:
        if gain >= 1.0:
            raise ValueError(f"a loop gain of {gain:.3g} has no end within a linear book")
        return k / (1.0 - gain)
    return k * sum(gain**n for n in range(rounds))


def endogenous_covariance(covariance, k, weights):
    """Covariance (K, K) of the returns that sellers answer: (I + k w') S (I + w k')."""
    spread = np.eye(len(k)) + np.outer(k, weights)
    return spread @ np.asarray(covariance, float) @ spread.T


def correlation_of(covariance):
    """Correlation matrix (K, K) of a covariance matrix."""
    scale = np.sqrt(np.diag(covariance))
    return covariance / np.outer(scale, scale)


def endogenous_correlation(covariance, leverage, holdings, depths, rounds=np.inf):
    """Correlation (K, K) that a leverage-targeting holder makes of returns it answers.

    covariance (K, K) of the returns without it; holdings (K,) [quote]; depths (K,) [quote that
    moves a price by 100 %, a hundred times the depth per 1 %]; rounds: 1 is the answer to the
    outside move alone, inf the whole loop. Uncorrelated symbols of equal volatility, held half and
    half, one round: (k + k^2 / 2) / (1 + k + k^2 / 2).
    """
    holdings = np.asarray(holdings, float)
    weights = holdings / holdings.sum()
    k = rounds_of(feedback(leverage, holdings, depths), weights, rounds)
    return correlation_of(endogenous_covariance(covariance, k, weights))


def leverage_gain(leverage, assets, depth):
    """Loop gain of one symbol: (L - 1) * A / D; sales of sales of sales add up to first / (1 - g).

    At a gain of one or more the loop does not end within the linear book.
    """
    return (leverage - 1.0) * assets / depth


def loop_multiplier(gain):
    """Total move over the first one, 1 / (1 - gain); infinite from a gain of one on."""
    return 1.0 / (1.0 - gain) if gain < 1.0 else np.inf


def critical_leverage(assets, depth):
    """Leverage at which the loop gain is one: 1 + D / A."""
    return 1.0 + depth / assets


def position_after(capital, margin):
    """Position [quote] a holder can keep on its capital at a margin rate: capital / margin."""
    return capital / margin
