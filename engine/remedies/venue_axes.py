"""Axes of the venue and of the world: settings that everybody shares.

    lag, mark rule       how late the mark is, and which price it is
    depth                of every book alike
    fee                  taker and liquidation fee, both by the same factor
    policy               how a failing position is closed
    funding              largest rate of one settlement; scripted rates beyond it are cut to it
    correlation          how far a scripted correlation goes, from what it was before

All go both ways where both are possible: a remedy need not be the one that is expected.
"""

from typing import Any

from engine.record import Record
from engine.remedies.axes import Axis, digits
from engine.remedies.told import Change
from engine.scenario.schema import Scenario

FACTORS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 0.7, 0.85, 1.1, 1.25, 1.5, 2, 3, 4, 6, 8, 16, 64)
FEES = (0.0, 0.25, 0.5, 0.75, 1.5, 2.0, 4.0)
LAGS = (0, 1, 2, 3, 5, 8, 12, 20, 30, 60, 120, 300)
BP = 1e-4
HIGHEST_FEES = (0.05, 0.1)  # what the settings allow
MOST_DEPTH = 1e12


def venue_axes(result: Record, step: int) -> list[Axis]:
    """Every axis that means something for an event at `step` of this run."""
    s = result.scenario
    found = [
        lag_axis(s, len(result.mid) - 1 - step),
        choice_axis(s, "mark.rule", "rule", "Mark price"), depth_axis(s),
        choice_axis(s, "liquidation.policy", "policy", "Liquidation"), fee_axis(s),
        funding_axis(s, result), correlation_axis(s),
    ]  # fmt: skip
    return [axis for axis in found if axis is not None]


def settings(**values: Any) -> Change:
    """A change of settings; `__` stands for the dot."""
    return Change(tuple((path.replace("__", "."), value) for path, value in values.items()))


def lag_axis(s: Scenario, left: int) -> Axis | None:
    """Steps by which the mark is late.

    Later by less than what is `left` of the run: an event put off beyond its end is not avoided.
    """
    now = s.mark.lag
    grid = tuple(sorted({k for k in (*LAGS, now + 1, now - 1) if 0 <= k < now + left} - {now}))
    if not grid:
        return None
    return Axis(
        "lag", "Mark is late by", "step", now, now, 1.0, grid,
        lambda k: settings(mark__lag=k), ratio=False,
    )  # fmt: skip


def choice_axis(s: Scenario, path: str, name: str, title: str) -> Axis:
    """One of a few words."""
    section, field = path.split(".")
    here = getattr(s, section)
    options = type(here).__dataclass_fields__[field].metadata["options"]
    now = options.index(getattr(here, field))
    grid = tuple(k for k in range(len(options)) if k != now)
    return Axis(
        name, title, "", now, options[now], 0.0, grid,
        lambda k: Change(((path, options[k]),)), options, ratio=False,
    )  # fmt: skip


def depth_axis(s: Scenario) -> Axis:
    """Depth of the first book [USD per 1 %]; those of further symbols by the same factor."""
    depth, others = s.book.depth, s.world.others
    step = digits(depth, 4)
    now = round(depth / step)

    def change(k: int) -> Change:
        if not others or s.world.source != "generated":
            return settings(book__depth=round(k * step, 6))
        share = k * step / depth
        scaled = tuple((*row[:2], round(row[2] * share, 6), *row[3:]) for row in others)
        return settings(book__depth=round(k * step, 6), world__others=scaled)

    grid = tuple(k for k in (round(now * x) for x in FACTORS) if k * step <= MOST_DEPTH)
    return Axis("depth", "Depth of the book", "USD per 1 %", now, depth, step, grid, change)


def fee_axis(s: Scenario) -> Axis | None:
    """Taker and liquidation fee together [bp]; both change by the same factor."""
    fees = (s.venue.taker_fee, s.venue.liquidation_fee)
    total = sum(fees) / BP
    if total == 0.0:
        return None
    most = min(high / fee for fee, high in zip(fees, HIGHEST_FEES, strict=True) if fee > 0.0)
    step = digits(total, 3)
    now = round(total / step)

    def change(k: int) -> Change:
        taker, liquidation = (min(fee * (k * step / total), fee * most) for fee in fees)
        return settings(venue__taker_fee=taker, venue__liquidation_fee=liquidation)

    grid = {round(now * x) for x in FEES if x <= most} - {now}
    return Axis(
        "fee", "Fees of forced orders", "bp", now, total, step, tuple(sorted(grid)), change,
        ratio=False,
    )  # fmt: skip


def funding_axis(s: Scenario, result: Record) -> Axis | None:
    """Largest funding rate of one settlement [bp]."""
    cap = s.funding.cap
    if not s.funding.on or cap == 0.0:
        return None
    step = digits(cap / BP, 3)
    now = round(cap / BP / step)

    def change(k: int) -> Change:
        least = round(k * step * BP, 12)
        if not s.funding.rates:
            return settings(funding__cap=least)
        rows = tuple((at, max(-least, min(rate, least))) for at, rate in s.funding.rates)
        return settings(funding__cap=least, funding__rates=rows)

    grid = sorted({round(now * x / 16) for x in (0, 1, 2, 3, 4, 6, 8, 10, 12, 14)} - {now})
    return Axis(
        "funding", "Largest funding rate", "bp", now, cap / BP, step, tuple(grid), change,
        ratio=False,
    )  # fmt: skip


def correlation_axis(s: Scenario) -> Axis | None:
    """Where scripted correlations go: of the world where it has jumps, else of the venue."""
    if s.world.source == "generated" and s.world.correlation_jumps:
        path, rows, start = (
            "world.correlation_jumps",
            s.world.correlation_jumps,
            s.world.correlation,
        )
    elif s.margin.mode == "portfolio" and len(s.margin.script) > 0:
        path, rows, start = "margin.script", s.margin.script, s.margin.correlation
        if rows[0][0] == 0:
            start = rows[0][1]
    else:
        return None
    peak = max((row[1] for row in rows), key=lambda c: abs(c - start))
    step, reach = 0.01, peak - start
    now, least = round(peak / step), round(start / step)
    if now == least:
        return None

    def change(k: int) -> Change:
        share = (k * step - start) / reach
        moved = (round(start + share * (row[1] - start), 12) for row in rows)
        scaled = tuple((row[0], c, *row[2:]) for row, c in zip(rows, moved, strict=True))
        return Change(((path, scaled),))

    grid = {least + round((now - least) * x / 10) for x in range(10)} - {now}
    return Axis(
        "correlation", "Correlation jumps to", "", now, peak, step, tuple(sorted(grid)), change,
        ratio=False,
    )  # fmt: skip
