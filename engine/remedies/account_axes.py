"""Axes of the account itself, and of the one whose forced orders weighed most against it.

    collateral   cash posted, more than it was; the positions as they were
    leverage     notional at entry over collateral: the same positions, opened with more cash
    size         positions, smaller than they were; the cash as it was
    source       positions of another account, down to none: its size, and its presence

Collateral goes up, leverage and sizes down: that less collateral can avoid an event, because the
account is then closed before, is no remedy.
"""

from math import ceil

import numpy as np

from engine.record import Record
from engine.remedies.axes import Axis, digits
from engine.remedies.told import Change
from engine.reruns.accounts import gross_at_entry, leverage_now, posted, scaled_lots
from engine.reruns.sources import sources, trigger_behind

CENT = 0.01  # USD
SHARES = (0.99, 0.97, 0.94, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02)
GROWTH = tuple(2.0**k for k in range(-9, 3))  # extra collateral, as a share of the notional
PART = 1e-4  # step of the size of an account with several legs


def account_axes(result: Record, row: int) -> list[Axis]:
    """Collateral, leverage and size of an account."""
    found = [collateral_axis(result, row), leverage_axis(result, row)]
    return [axis for axis in (*found, size_axis(result, row, "size")) if axis is not None]


def collateral_axis(result: Record, row: int) -> Axis:
    """Cash posted [USD], in cents or finer; up to twice the notional more."""
    compiled, tick = result.compiled, result.compiled.units.tick
    have, gross = posted(compiled, row), gross_at_entry(compiled, row)
    step = max(min(digits(max(have, 1.0) * tick, 5), CENT), tick)
    now = round(have * tick / step)
    grid = tuple(now + max(round(share * gross * tick / step), 1) for share in GROWTH)

    def change(k: int) -> Change:
        return Change(row=row, extra=float(np.rint(k * step / tick)) - have)

    return Axis(
        "collateral", "Collateral", "USD", now, have * tick, step, grid, change, ratio=False
    )


def leverage_axis(result: Record, row: int) -> Axis | None:
    """Leverage at entry; lower with more cash, down to a fortieth."""
    compiled = result.compiled
    level, gross = leverage_now(compiled, row), gross_at_entry(compiled, row)
    have = posted(compiled, row)
    coins = gross / level - have  # worth of coins held as collateral
    step = digits(level, 4)
    now = round(level / step)
    grid = tuple(sorted({max(ceil(now * share), 1) for share in (*SHARES, 0.025)} - {now}))

    def change(k: int) -> Change:
        return Change(row=row, extra=float(np.ceil(gross / (k * step) - coins)) - have)

    return Axis("leverage", "Leverage", "x", now, level, step, grid, change) if grid else None


def size_axis(result: Record, row: int, name: str) -> Axis | None:
    """Positions: in lots of the one it has, or as a share of all legs alike."""
    compiled, lot = result.compiled, result.compiled.units.lot
    title = "Position" if name == "size" else f"Position of account {row:,}"
    symbol = int(compiled.inputs.symbol[row])
    if symbol < 0:
        now, least = round(1.0 / PART), 0 if name == "source" else 1
        grid = tuple(sorted({least, *(round(now * share) for share in SHARES)}))

        def part(k: int) -> Change:
            return Change(row=row, lots=tuple(scaled_lots(compiled, row, k * PART)))

        return Axis(name, title, "x", now, 1.0, PART, grid, part)
    held = compiled.base[row, : len(compiled.symbols)]
    now, least = int(abs(held[symbol])), 0 if name == "source" else 1
    grid = tuple(sorted({least, *(max(round(now * share), least) for share in SHARES)} - {now}))

    def lots(k: int) -> Change:
        base = np.zeros(len(held))
        base[symbol] = np.copysign(k, held[symbol]) if k else 0.0
        return Change(row=row, lots=tuple(base))

    return Axis(name, title, "coin", now, now * lot, lot, grid, lots) if grid else None


def source_axis(result: Record, number: int) -> Axis | None:
    """Size of the account whose forced orders took most from that of an event; None if no such."""
    found = sources(result, trigger_behind(result, number))
    found = [item for item in found if item[0] != int(result.events[number]["account"])]
    return size_axis(result, found[0][0], "source") if found else None
