"""Values along an axis of a map, and the order in which its cells are run: coarse to fine."""

from math import exp, log

from engine.scenario.errors import InputError
from engine.sweeps.axes import AXES, check_axis

BLOCKS = (8, 4, 2, 1)  # sides of the blocks that one cell stands for until finer ones are run
DIGITS = 4  # of a value, so that links and labels stay short


def values(name: str, low: float, high: float, count: int) -> list[float]:
    """At most `count` values from low to high, evenly, or by equal ratios on a logarithmic axis.

    Whole-number axes have as many as there are whole numbers. Raises InputError.
    """
    axis = AXES[name]
    check_axis(name, low)
    check_axis(name, high)
    if not low < high:
        raise InputError(name, high, f"more than the lower end, {low:g} [{axis.unit}]")
    parts = [k / (count - 1) for k in range(count)]
    if axis.log:
        found = [exp(log(low) + part * (log(high) - log(low))) for part in parts]
    else:
        found = [low + part * (high - low) for part in parts]
    if axis.whole:
        return list(dict.fromkeys(round(value) for value in found))
    short = (float(f"{value:.{DIGITS}g}") for value in found)
    return list(dict.fromkeys(min(max(value, axis.low), axis.high) for value in short))


def block(i: int, j: int) -> int:
    """Side of the block that the cell in column i and row j stands for when it is first run."""
    return next(side for side in BLOCKS if i % side == 0 and j % side == 0)


def coarse_to_fine(columns: int, rows: int) -> list[tuple[int, int]]:
    """All cells (column, row), those of large blocks first."""
    cells = [(i, j) for j in range(rows) for i in range(columns)]
    return sorted(cells, key=lambda cell: -block(*cell))  # stable: row by row within a size


def standing_for(i: int, j: int, done: dict) -> tuple[tuple[int, int], bool] | None:
    """The finished cell that (i, j) shows, and whether it is its own; None if there is none yet."""
    for side in reversed(BLOCKS):
        place = (i - i % side, j - j % side)
        if place in done:
            return place, side == 1
    return None
