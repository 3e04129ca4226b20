"""Who pushed whom: shares of earlier forced orders in each margin trigger, in one pass.

An order that added dx to the displacement of the book adds dx * w_s(u) to the mark of each later
step s (`engine.core.attribution`). The weights of every mark rule obey a recursion, so the sums
over all earlier orders are carried along from step to step: a run of E events and T steps takes
O(E + T) work, however many orders pushed each trigger.

For each leg of an account the move of its mark against it, from the opening to the check, has the
positive parts

    forced     every earlier forced order that moved the mark against the leg, one by one
    other      other orders of the run that did
    outside    the outside price as the mark shows it, thinning, and what a clamp kept out: each
               its net effect, if that was against the leg

w_ij is forced order j's part over the sum of all parts, over all legs. The outside world counts 0:

    generation    g(i) = sum_j w_ij (1 + g(j))
    distribution  P_i(0) = 1 - sum_j w_ij,   P_i(n + 1) = sum_j w_ij P_j(n)

P_i(n): share of trigger i that came down a line of n forced orders; g is its mean. Realised results
of the account (fees, slippage of its own fills, funding) pushed its equity, but not its mark, and
are no part of these shares.
"""

import numpy as np

from engine.core.attribution import recovery, rule_at
from engine.core.jit import kernel

DEEP = 16  # generations told apart; the last holds all deeper ones
# Rows of the carried sums: |dx| of forced orders, times 1 + g, times their step, of other orders;
# from FIRST on P(1), P(2) ...
MASS, LINE, WHEN, OTHER, FIRST = 0, 1, 2, 3, 4
DEPTH = FIRST + DEEP - 1
OUTSIDE, THINNING, CLAMP = 0, 1, 2  # columns of what is not an order


@kernel
def carry(t, k, p, inputs, mid, raw, thin, now, slow, drift, seen, alone):
    """Move the sums of symbol `k` one step on and write what the mark of step `t` shows of them.

    now, slow : (K, 2, DEPTH) sums of |dx| by direction (0 down, 1 up): left in the book, and in the
        moving average; drift : (K, 5) thinning now and in the average, average of the outside
        price, of the basis, and the opening price; seen : (K, 2, DEPTH), alone : (K, 3) [tick/lot]
    """
    f, q, keep = inputs.f[t, k], recovery(p), 1.0 - p.alpha
    rule = rule_at(t, k, p, inputs, mid, raw)
    if t == 0:
        drift[k, 2] = drift[k, 4] = f
    scale = p.alpha if p.rule == 3 else p.alpha * f
    drift[k, 0] = q * drift[k, 0] + thin[t, k]
    drift[k, 1] = keep * drift[k, 1] + scale * drift[k, 0]
    drift[k, 2] += p.alpha * (f - drift[k, 2])
    drift[k, 3] += p.alpha * ((mid[t, k] / f - 1.0) - drift[k, 3])
    fast, late = 0.0, 0.0  # weights of what is left in the book and of the average in the mark
    if rule == 0:
        fast = f
    elif rule != 2:
        late = f if rule == 3 else 1.0
    for side in range(2):
        for c in range(DEPTH):
            now[k, side, c] *= q
            slow[k, side, c] = keep * slow[k, side, c] + scale * now[k, side, c]
            seen[k, side, c] = fast * now[k, side, c] + late * slow[k, side, c]
    alone[k, OUTSIDE] = (drift[k, 2] if rule == 1 else f) - drift[k, 4]
    alone[k, THINNING] = fast * drift[k, 0] + late * drift[k, 1]
    alone[k, CLAMP] = 0.0
    if p.rule == 3:
        alone[k, CLAMP] = f * (min(max(drift[k, 3], -p.clamp), p.clamp) - drift[k, 3])


@kernel
def judge(lots, seen, alone, line, share):
    """Shares in one trigger of an account that holds `lots` (K,); see the module.

    line : (DEEP,) out, P(n); share : (5,) out: forced orders, other orders, everything else, the
    generation, and the mean step of the forced orders (zero if there are none). Where nothing moved
    against the account all shares are zero.
    """
    line[:] = 0.0
    share[:] = 0.0
    for k in range(len(lots)):
        held, side = abs(lots[k]), 0 if lots[k] > 0.0 else 1
        if held == 0.0:
            continue
        share[0] += held * seen[k, side, MASS]
        share[1] += held * seen[k, side, OTHER]
        share[3] += held * seen[k, side, LINE]
        share[4] += held * seen[k, side, WHEN]
        for n in range(1, DEEP):
            line[n] += held * seen[k, side, FIRST + n - 1]
        for part in range(3):
            share[2] += max(-lots[k] * alone[k, part], 0.0)
    total, forced = share[0] + share[1] + share[2], share[0]
    if total > 0.0:
        line /= total
        share[:4] /= total
    if forced > 0.0:
        share[4] /= forced
    line[0] = 1.0 - share[0]


@kernel
def add_order(t, k, change, line, generation, now):
    """Add one order of step `t`: `line` (DEEP,) and `generation` are those of its trigger.

    An order without a trigger (an empty `line`) is one of the others.
    """
    side = 0 if change < 0.0 else 1
    size = abs(change)
    if len(line) == 0:
        now[k, side, OTHER] += size
        return
    now[k, side, MASS] += size
    now[k, side, LINE] += size * (1.0 + generation)
    now[k, side, WHEN] += size * t
    for n in range(1, DEEP):
        now[k, side, FIRST + n - 1] += size * line[n - 1]
    now[k, side, FIRST + DEEP - 2] += size * line[DEEP - 1]


@kernel
def lineage(events, moves, root, dx, thin, held, p, inputs, mid, raw, line, share):
    """Fill `line` (N, DEEP) and `share` (N, 5), a row for each margin trigger; see `judge`.

    moves : (E,) events that move positions; root : (E,) row of the margin trigger an event descends
    from, -1 if none; dx : (E,) displacement each order added; thin : (T, K) displacement that
    changes of depth added; held : (R, K) opening positions [lot], moved along with the log (coins
    held as collateral, in further columns, are left out). Returns the number of triggers whose
    position in the log is another one (zero).
    """
    steps, symbols = mid.shape
    now, slow = np.zeros((symbols, 2, DEPTH)), np.zeros((symbols, 2, DEPTH))
    drift, lag = np.zeros((symbols, 5)), p.check_lag
    ring = min(lag + 1, steps)
    seen, alone = np.zeros((ring, symbols, 2, DEPTH)), np.zeros((ring, symbols, 3))
    n, odd, nobody = 0, 0, np.empty(0)
    for t in range(steps):
        if n == len(events):
            break
        at = t % ring
        for k in range(symbols):
            carry(t, k, p, inputs, mid, raw, thin, now, slow, drift, seen[at], alone[at])
        at = max(t - lag, 0) % ring
        while n < len(events) and events[n]["step"] == t:
            row, i = events[n], root[n]
            if row["rule"] == 1:
                judge(held[row["account"], :symbols], seen[at], alone[at], line[i], share[i])
                odd += held[row["account"], row["symbol"]] != row["base"]
            if moves[n]:
                move(row, held)
            if dx[n] != 0.0:
                above = line[i] if i >= 0 else nobody
                deep = share[i, 3] if i >= 0 else 0.0
                add_order(t, row["symbol"], dx[n], above, deep, now)
            n += 1
    return odd


@kernel
def move(row, held):
    """Move the positions of both rows of a fill."""
    i, j, k = row["account"], row["counter"], row["symbol"]
    held[i, k] += row["qty"]
    if j >= 0 and j != i:
        held[j, k] -= row["qty"]
