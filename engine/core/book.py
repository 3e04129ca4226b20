"""The venue's own book: how far forced and other orders push its price, and what they pay.

The book is described by the volume consumed and not yet refilled, `volume` [lot, sells negative],
and its depth [lot that moves the price by 1 %]. The mid is `f * (1 + x)` with displacement

    x(E) = sign(E) * 0.01 * (|E| / depth) ** (1 / shape),   |x| <= 0.5

shape 1 is a flat book (linear impact; Obizhaeva and Wang, "Optimal trading strategy and
supply/demand dynamics"), shape 2 a book thin at the touch (square-root impact). An order of q
lots pays f * (q + X(E + q) - X(E)), X the antiderivative of x: cutting an order in two at the
same instant costs the same as the whole.
"""

import numpy as np

from engine.core.jit import kernel

END = 0.5  # the book ends at this displacement


@kernel(inline=True, bare=True)
def displacement(volume, depth, shape):
    """Relative distance of the mid from the fundamental price, x(E)."""
    if shape == 1:
        return min(max(0.01 * (volume / depth), -END), END)
    x = 0.01 * np.sqrt(abs(volume) / depth)
    x = min(x, END)
    return x if volume >= 0.0 else -x


@kernel(inline=True, bare=True)
def volume_at_end(depth, shape):
    """Consumed volume [lot] at which the book ends: x(E) = 0.5."""
    return depth * (50.0 if shape == 1 else 2_500.0)


@kernel(inline=True, bare=True)
def antiderivative(volume, depth, shape):
    """X(E) [lot], the integral of x from 0 to E."""
    size = abs(volume)
    if shape == 1:
        return 0.005 * size * (size / depth)
    return (0.01 * 2.0 / 3.0) * size * np.sqrt(size / depth)


@kernel(inline=True, bare=True)
def average_displacement(volume, lots, depth, shape):
    """Mean displacement an order of `lots` pays on its way from E to E + lots."""
    if shape == 1 or lots == 0.0:
        return displacement(volume + 0.5 * lots, depth, shape)
    rise = antiderivative(volume + lots, depth, shape) - antiderivative(volume, depth, shape)
    return rise / lots
