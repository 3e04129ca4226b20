"""Closed forms of an account with several legs, for checking a number with a calculator.

Seen from one leg at price p the rest of the account is constant: equity is C + w p, w the position
and the coins of its symbol that count as collateral, and with M the
signed margin of the leg, linear in p within a tier, the requirement is

    cross      |M| + O                      O    margins of the other legs
    portfolio  sqrt(M^2 + 2 S M + R)        S    sum_j rho_kj M_j,  R  sum_ij rho_ij M_i M_j
    scan       -(b p * move + V_s)          V_s  the others' change of value in scan s
    floor      floor * (|M| + O)

each against the equity gives a linear or quadratic equation of p for each tier.
"""

import numpy as np

from engine.core.jit import kernel
from engine.core.legs import needed_with, worth_beside
from engine.core.tiers import added_rate


def correlation_step(matrix, mean, shocks, weight, persistence):
    """One step of a dynamic conditional correlation: (Q', rho') from standardised shocks z.

    Q' = (1 - a - b) Qbar + a z z' + b Q; rho'_ij = q_ij / sqrt(q_ii q_jj).
    The recursion is Engle's (Dynamic Conditional Correlation, 2002); no run depends on it.
    """
    new = (1.0 - weight - persistence) * mean + weight * np.outer(shocks, shocks)
    new = new + persistence * matrix
    scale = np.sqrt(np.diag(new))
    return new, new / np.outer(scale, scale)


def stressed_correlations(rho):
    """Two stressed cases (high, low): min(1.25 rho, 1) and max(2 rho - 1, 0.75 rho).

    Source: Basel Framework MAR21.6.
    """
    return np.minimum(1.25 * rho, 1.0), np.maximum(2.0 * rho - 1.0, 0.75 * rho)


@kernel
def leg_liquidation_price(leg, quote, base, marks, rho, p, inputs, addon):
    """Price of one leg [quote/base] at which the account meets its requirement, others as they are.

    The nearest on the side that hurts the leg: below the mark for a long, above for a short. Zero
    where there is none. base (K,) or (2 K,) as in `engine.core.legs`; coins of the leg's own symbol
    move with it.
    """
    symbols, lots = len(marks), base[leg]
    room, moved = np.zeros((2, symbols)), marks.copy()
    weight = lots
    if len(base) > symbols:
        weight += base[symbols + leg] * (1.0 - p.haircut)
    cash = worth_beside(quote, base, marks, -1, p.haircut) - weight * marks[leg]
    needed_with(base, marks, leg, abs(lots), rho, p, inputs, addon, room)
    added = added_rate(lots, leg, inputs, addon)
    found = candidates(leg, cash, weight, lots, added, room, rho, p, inputs)
    side, best = 1.0 if lots > 0.0 else -1.0, 0.0
    for price in found:
        if not price > 0.0 or side * (marks[leg] - price) < 0.0:
            continue
        moved[leg] = price
        need = needed_with(base, moved, -1, 0.0, rho, p, inputs, addon, room)
        off = abs(cash + weight * price - need)
        if off <= 1e-9 * (abs(cash) + abs(weight) * price):
            if best == 0.0 or side * (price - best) > 0.0:
                best = price
    return best


@kernel
def candidates(leg, cash, weight, base, added, room, rho, p, inputs):
    """Every price at which equity cash + weight * price equals the requirement of some tier.

    room (2, K) holds the margins and notionals of the other legs; added [1] the leg's add-ons.
    """
    side, cross, rest, others = 1.0 if base > 0.0 else -1.0, 0.0, 0.0, 0.0
    for k in range(room.shape[1]):
        others += abs(room[0, k])
        cross += rho[leg, k] * room[0, k]
        for j in range(room.shape[1]):
            rest += rho[k, j] * room[0, k] * room[0, j]
    floor = 1.0 if p.margin_mode == 0 else p.floor
    out = np.full(len(inputs.rates) * 3 + len(inputs.scans), np.nan)
    n = 0
    for g in range(len(inputs.rates)):
        a, d = base * (inputs.rates[g] + added), side * inputs.deductions[g]  # M = a p - d
        out[n] = (cash - floor * (others - side * d)) / (floor * abs(a) - weight)
        square, line = weight * weight - a * a, 2.0 * (cash * weight + a * d - cross * a)
        root = line * line - 4.0 * square * (cash * cash - d * d + 2.0 * cross * d - rest)
        if p.margin_mode == 1 and root >= 0.0:
            out[n + 1] = (-line - np.sqrt(root)) / (2.0 * square)
            out[n + 2] = (-line + np.sqrt(root)) / (2.0 * square)
        n += 3
    for s in range(len(inputs.scans)):
        change = 0.0
        for k in range(room.shape[1]):
            change += room[1, k] * inputs.scans[s, k]
        out[n] = -(cash + change) / (weight + base * inputs.scans[s, leg])
        n += 1
    return out


@kernel
def opening_leg_limits(quote, base, marks, rho, p, inputs, addon, out):
    """`leg_liquidation_price` of every leg, into out (C, K): quote (C,), base (C, K or 2 K)."""
    for c in range(len(quote)):
        for k in range(len(marks)):
            out[c, k] = 0.0
            if base[c, k] != 0.0:
                out[c, k] = leg_liquidation_price(
                    k, quote[c], base[c], marks, rho, p, inputs, addon
                )
