"""Closed forms: a first margin trigger of an account that was left alone until then.

On the prices of the run in which the account holds nothing (`engine.reruns.shadow`) its equity
less its requirement is `d_t` at each check. Extra collateral c shifts all of them by c, so the
least that avoids the trigger at every step of the window is

    c > max over t of -d_t

and leverage is the notional at entry over the collateral with it. A position of s lots (or all
legs at a share s) at the same collateral has `d_t(s)`, concave in s and above zero at none, so the
largest that avoids it is found by halving on the path, without further runs. Each is a candidate
until two runs have proved it.
"""

from collections.abc import Callable
from math import ceil, floor

import numpy as np

from engine.causes.attribution import movements
from engine.core.state import Rule
from engine.record import Record
from engine.remedies.axes import Axis
from engine.reruns.accounts import posted, with_position, without
from engine.reruns.shadow import Shadow, followed
from engine.reruns.sought import Sought
from engine.scenario.compile import Compiled
from engine.simulation import run_compiled


def applies(result: Record, number: int, sought: Sought) -> bool:
    """A first trigger of an account that had not traded; funding may have been paid."""
    row = sought.account
    if sought.rule != Rule.MAINTENANCE or sought.occurrence != 1 or not followed(result):
        return False
    if (result.compiled.inputs.reductions[:, 1] == row).any():
        return False
    return not {m["rule"] for m in movements(result, row, number)} - {Rule.FUNDING}


def shadow_of(compiled: Compiled, sought: Sought) -> Shadow:
    """The account's prices without it."""
    spared = run_compiled(without(compiled, np.array([sought.account])))
    return Shadow(spared, sought.account, sought.until)


def candidate(axis: Axis, shadow: Shadow, compiled: Compiled) -> int | None:
    """The value nearest to the present one that avoids the trigger on the path; None if none."""
    row = shadow.row
    quote, base = float(compiled.quote[row]), compiled.base[row]
    if axis.name in ("collateral", "leverage"):
        missing = needed_ticks(shadow, quote, base)
        return by_collateral(axis, compiled, row, missing) if missing > 0.0 else None
    if axis.name != "size":
        return None

    def holds(k: int) -> bool:
        moved = with_position(compiled, row, np.array(axis.change(k).lots, np.float64))
        return shadow.least(float(moved.quote[row]), moved.base[row]) > 0.0

    return largest(holds, min(axis.grid), axis.now)


def needed_ticks(shadow: Shadow, quote: float, base: np.ndarray) -> float:
    """Least whole number of ticks of extra collateral that keeps the account above its limit."""
    missing = float(floor(-shadow.least(quote, base)) + 1)
    while shadow.least(quote + missing, base) <= 0.0:  # sums of the path round anew
        missing += 1.0
    while missing > 0.0 and shadow.least(quote + missing - 1.0, base) > 0.0:
        missing -= 1.0
    return missing


def by_collateral(axis: Axis, compiled: Compiled, row: int, missing: float) -> int:
    """The step of collateral or leverage that gives the account `missing` ticks or more."""
    if axis.name == "collateral":
        k = ceil((posted(compiled, row) + missing) * compiled.units.tick / axis.step) - 1
        way = 1
    else:
        k, way = axis.now, -1
        low = min(axis.grid)
        while k - low > 1:
            middle = (k + low) // 2
            k, low = (middle, low) if axis.change(middle).extra < missing else (k, middle)
        return low
    while axis.change(k).extra < missing:
        k += way
    return k


def largest(holds: Callable[[int], bool], low: int, high: int) -> int | None:
    """The largest whole number below `high` that holds, if `low` does."""
    if not holds(low):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            low = middle
        else:
            high = middle
    return low
