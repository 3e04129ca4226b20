"""Forced Flow: how leveraged perpetual-futures venues liquidate, explained in numbers."""

from engine import _cache  # noqa: F401  isort:skip  (must precede the first import of numba)
