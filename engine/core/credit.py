"""The venue's own estimate of correlation, published in notches, and what a change of it does.

The estimate is an exponentially weighted average of products of log returns of the marks:

    C_kl <- keep * C_kl + (1 - keep) * r_k r_l,   rho_kl = C_kl / sqrt(C_kk C_ll)

A pair is published anew once its estimate is a whole notch away from what is published, at the
nearest notch. What is published is always a correlation matrix (PSD): where notches of several
pairs do not fit together, all of them are drawn towards zero until they do.
The form of the average and the notches are this model's own.
"""

import numpy as np

from engine.core.jit import kernel
from engine.core.legs import first_multi, needed
from engine.core.mark import lagged
from engine.core.maths import log
from engine.core.radii import wake_all
from engine.core.state import note

FLAT = 1e-12  # a variance that is zero but for rounding
SHRINK = 0.05  # how much of the estimate is given up at a time


@kernel(bare=True)
def is_correlation(rho, low):
    """True if a symmetric matrix with ones on its diagonal has no negative eigenvalue.

    By a Cholesky factor, written into `low`; a column without variance must be zero.
    """
    n = len(rho)
    for j in range(n):
        for i in range(j, n):
            part = rho[i, j]
            for k in range(j):
                part -= low[i, k] * low[j, k]
            if i == j:
                if part < -FLAT:
                    return False
                low[j, j] = np.sqrt(part) if part > FLAT else 0.0
            elif low[j, j] > 0.0:
                low[i, j] = part / low[j, j]
            else:
                low[i, j] = 0.0
                if abs(part) > 1e-9:
                    return False
    return True


@kernel(bare=True)
def open_credit(rho, sigma, calm, credit):
    """Start at the same correlation for all pairs: published, and as the estimate's past.

    sigma * calm (K,) is the usual volatility of each symbol.
    """
    for k in range(credit.shape[1]):
        for j in range(credit.shape[1]):
            credit[0, k, j] = 1.0 if k == j else rho
            credit[1, k, j] = (sigma * calm[k]) * (sigma * calm[j]) * credit[0, k, j]


@kernel(bare=True)
def learn(t, raw, keep, credit):
    """Take the returns of the marks of step `t` into the averages."""
    if t == 0:
        return
    symbols = raw.shape[1]
    for k in range(symbols):
        credit[3, 0, k] = log(raw[t, k] / raw[t - 1, k])
    for k in range(symbols):
        for j in range(symbols):
            product = credit[3, 0, k] * credit[3, 0, j]
            credit[1, k, j] = keep * credit[1, k, j] + (1.0 - keep) * product


@kernel(bare=True)
def estimate(credit, k, j):
    """Correlation of a pair by the averages; zero while one of them has not moved."""
    both = credit[1, k, k] * credit[1, j, j]
    if both <= 0.0:
        return 0.0
    return min(max(credit[1, k, j] / np.sqrt(both), -1.0), 1.0)


@kernel(bare=True)
def to_notch(rho, notch):
    """The nearest whole notch, at most 1 in size."""
    return min(max(np.rint(rho / notch) * notch, -1.0), 1.0)


@kernel(bare=True)
def propose(t, raw, rho, keep, notch, credit):
    """Write into credit[2] what is published from step `t` on; True if it differs from before.

    rho : (T,) scripted correlation of all pairs by step, or (1,) if none is scripted.
    """
    symbols = raw.shape[1]
    scripted = len(rho) > 1
    if not scripted:
        if keep >= 1.0:
            return False
        learn(t, raw, keep, credit)
    weight, changed = 1.0, False
    while True:
        changed = False
        for k in range(symbols):
            for j in range(symbols):
                old = credit[0, k, j]
                new = old
                if scripted:
                    new = rho[t]
                elif weight < 1.0:
                    new = to_notch(weight * estimate(credit, k, j), notch)
                elif abs(estimate(credit, k, j) - old) >= notch:
                    new = to_notch(estimate(credit, k, j), notch)
                credit[2, k, j] = 1.0 if k == j else new
                changed = changed or credit[2, k, j] != old
        if not changed or scripted or symbols == 2 or is_correlation(credit[2], credit[3]):
            return changed
        weight = max(weight - SHRINK, 0.0)


@kernel
def credit_at(t, raw, rho, sigma, calm, keep, notch):
    """Published correlations before and from step `t` on, and the estimate: (K, K) each.

    The run's own recursion, walked again from the marks it recorded.
    """
    credit = np.zeros((4, raw.shape[1], raw.shape[1]))
    open_credit(rho[0], sigma, calm, credit)
    for s in range(t + 1):
        credit[2] = credit[0]
        propose(s, raw, rho, keep, notch, credit)
        if s < t:
            credit[0] = credit[2]
    for k in range(credit.shape[1]):
        for j in range(credit.shape[1]):
            credit[3, k, j] = estimate(credit, k, j)
    return credit[0], credit[2], credit[3]


@kernel(bare=True)
def update_credit(t, p, inputs, state):
    """Publish the correlations of step `t`; log each pair that changed, and whom it moved."""
    credit = state.credit
    if not propose(t, state.raw, inputs.rho, p.rho_keep, p.notch, credit):
        return
    venue, parent = len(state.watch) + 2, -1
    for k in range(credit.shape[1]):
        for j in range(k + 1, credit.shape[1]):
            if credit[2, k, j] != credit[0, k, j]:
                parent = note(
                    state, t, 13, k, venue, -1, -1, j, state.quote[venue], state.base[venue, k],
                    state.raw[t, k], credit[2, k, j], credit[0, k, j],
                    0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
                )  # fmt: skip
    for i in range(first_multi(state), len(state.watch)):
        if state.watch[i]["status"] != 4:
            before = needed(t, i, -1, 0.0, p.check_lag, p, inputs, state)
            state.before[i - first_multi(state)] = before
    for k in range(credit.shape[1]):
        for j in range(credit.shape[1]):
            credit[0, k, j] = credit[2, k, j]
    wake_all(state)
    for i in range(first_multi(state), len(state.watch)):
        if state.watch[i]["status"] != 4:
            note_requirement(t, i, parent, p, inputs, state)


@kernel(bare=True)
def note_requirement(t, i, parent, p, inputs, state):
    """Log an account's requirement before and after a change of correlation, at equal prices."""
    before = state.before[i - first_multi(state)]
    after = needed(t, i, -1, 0.0, p.check_lag, p, inputs, state)
    if after != before:
        note(
            state, t, 14, 0, i, parent, -1, 0, state.quote[i], state.base[i, 0],
            lagged(state.raw, t, p.check_lag, 0), after, before, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
        )  # fmt: skip
