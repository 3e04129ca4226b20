"""The opening limits as a ladder: who is reached by an assumed move, and how far the book is eaten.

The outside price goes from `start` to `end` in equal parts of its logarithm over `duration` steps.
Each account whose limit the mark reaches is closed through a book that refills, and pushes the
next. This is an estimate from the opening state alone: positions are closed whole, depth stays,
and marks arrive at once. A run knows better; `engine.band.bounds` holds the two side by side.

Prices in any one unit, amounts in lots, times in steps.
"""

import numpy as np

from engine.core.book import displacement, volume_at_end
from engine.core.jit import kernel
from engine.core.maths import exp, log


@kernel
def arrival(price, start, end, duration, side):
    """Step at which the outside price gets to `price`: duration * ln(p / start) / ln(end / start).

    side : 1 falling, -1 rising. Zero if it begins there or beyond, infinite if it never gets there.
    """
    if side * (price - start) >= 0.0:
        return 0.0
    if side * (price - end) < 0.0:
        return np.inf
    return duration * log(price / start) / log(end / start)


@kernel
def walk_ladder(
    limits, lots, start, end, duration, side, depth, shape, recovery, reach, step, outside, volume
):
    """Walk the limits of one side in the order they are reached; returns how many are.

    limits, lots : (A,) mark that triggers an account, and the lots it holds (positive), sorted
        descending for longs (side 1), ascending for shorts (side -1)
    recovery : [step] time constant of the book; reach : share of a displacement that marks see
    step, outside, volume : (A,) out: when an account is reached, the outside price then, and the
        volume eaten (positive) after its order. Those never reached get what they would meet if
        noise took the mark to their limit at the end of the move: its last step, the outside price
        at their limit or at the end, whichever comes first, and the volume then.

    The mark is outside * (1 + reach * x(E)). Where the orders so far carry it past the next limit
    already, that account follows in the same instant; else the outside has to do the rest, and the
    book refills by exp(-time / recovery) meanwhile.
    """
    now, eaten, most = 0.0, 0.0, volume_at_end(depth, shape)
    reached = 0
    for i in range(len(limits)):
        at, left = now, eaten
        for _ in range(2):  # while the outside moves the book refills: look once more
            x = -side * displacement(left, depth, shape)
            at = max(at, arrival(limits[i] / (1.0 + reach * x), start, end, duration, side))
            left = eaten * exp(-(at - now) / recovery)
        if at == np.inf:
            break
        now, eaten = at, min(left + lots[i], most)
        step[i], volume[i] = now, eaten
        outside[i] = start * exp(log(end / start) * (now / duration))
        reached += 1
    left = eaten * exp(-(duration - now) / recovery) if reached > 0 else 0.0
    for i in range(reached, len(limits)):
        step[i], volume[i] = duration, min(left + lots[i], most)
        outside[i] = limits[i] if side * (limits[i] - end) < 0.0 else end
    return reached


@kernel
def furthest_within(step, volume, wait, out):
    """For each account the most volume eaten between its own step and `wait` steps later.

    step : (A,) ascending; wait : (A,) [step]. A table of maxima over 1, 2, 4 ... places answers
    each in two look-ups.
    """
    n = len(step)
    levels = 1
    while (1 << levels) <= n:
        levels += 1
    table = np.empty((levels, n))
    table[0] = volume
    for level in range(1, levels):
        half = 1 << (level - 1)
        for i in range(n):
            other = table[level - 1, i + half] if i + half < n else 0.0
            table[level, i] = max(table[level - 1, i], other)
    for i in range(n):
        last = np.searchsorted(step, step[i] + wait[i], side="right")
        level = 0
        while (2 << level) <= last - i:
            level += 1
        out[i] = max(table[level, i], table[level, last - (1 << level)])
