"""The full log, made after a run of what the kernel logged in brief.

While a run goes on, a limit and the fill of its order are noted in 24 bytes: who, with what cash
and position. All else in their two events, and in the two of a bankruptcy, follows from the
settings and the prices of the step by the functions the kernel itself decided with, so the full
events have the bits they would have had if they had been written at once.
"""

import numpy as np

from engine.core.bearable import group_mean
from engine.core.cut import plan_cut
from engine.core.execute import fees_of, spare
from engine.core.jit import kernel
from engine.core.ledger import ticks_of
from engine.core.margin import equity
from engine.core.mark import lagged
from engine.core.reference import by_reference, outline
from engine.core.state import EVENT, Count, fill_in
from engine.core.tiers import maintenance_at, tier_at


@kernel(bare=True)
def unfold_trigger(row, limit, group, p, inputs, state):
    """Write the event of a limit; returns the lots the account was to buy."""
    t, k = np.int64(group["step"]), np.int64(group["symbol"])
    quote, base = limit["quote"], limit["base"]
    mark = lagged(state.raw, t, p.check_lag, k)
    value = equity(quote, base, mark)
    notional = abs(base) * mark
    tier = tier_at(notional, inputs)
    lots, why = plan_cut(
        p.policy, p.variant, p.fraction, p.buffer, p.depth_share, p.min_slice, p.cost_rate,
        value, base, mark, tier, group["depth"],
        inputs.floors, inputs.rates, inputs.deductions,
    )  # fmt: skip
    qty = -lots if base > 0.0 else lots
    fill_in(
        row, t, 1, k, limit["account"], -1, -1, tier, quote, base, mark,
        value, maintenance_at(notional, tier, base, k, inputs, state),
        qty, 0.0, 0.0, 0.0, 0.0, 1.0 * why,
    )  # fmt: skip
    return qty


@kernel(bare=True)
def unfold_fill(row, qty, limit, group, p, inputs, state):
    """Write the event of the fill of a limit's order; returns what the account holds after it."""
    t, k = np.int64(group["step"]), np.int64(group["symbol"])
    quote, base, level, net = limit["quote"], limit["base"], group["level"], group["net"]
    f = inputs.f[t, k]
    mean, spread = group_mean(f, level, net, group["depth"], p), p.half_spread * f
    price = mean - spread if qty < 0.0 else mean + spread
    ticks = ticks_of(qty, price)
    taker, fee = fees_of(ticks, spare(quote, base, qty, 0.0, ticks), p)
    cash, rest, mark = quote - ticks - taker - fee, base + qty, lagged(state.raw, t, p.lag, k)
    notional = abs(rest) * mark
    tier = tier_at(notional, inputs)
    fill_in(
        row, t, 3, k, limit["account"], limit["event"], len(state.watch), tier, quote, base, mark,
        equity(cash, rest, mark), maintenance_at(notional, tier, rest, k, inputs, state),
        qty, price, -ticks, taker + fee, level, net,
    )  # fmt: skip
    return cash, rest


@kernel(bare=True)
def unfold_payment(events, n, cash, held, state):
    """Write the two events of an account that fill `n` left bankrupt, paid by the fund."""
    fill, fund = events[n], len(state.watch) + 1
    t, k, i, mark = fill["step"], fill["symbol"], fill["account"], fill["mark"]
    fill_in(
        events[n + 1], t, 8, k, i, n, -1, 0, cash, 0.0, mark,
        cash, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip
    fill_in(
        events[n + 2], t, 9, k, i, n + 1, fund, 0, cash, 0.0, mark,
        -cash, held, 0.0, 0.0, -cash, 0.0, 0.0, 0.0,
    )  # fmt: skip


@kernel(bare=True)
def unfold_group(events, first, record, paid, group, p, inputs, state):
    """Write the events of one group, whose limits start at `first`.

    record : place of the first event logged in full that is not before the group's fills
    paid : payments of the fund before the group
    The fills took the numbers from `group.fill` on that no event logged in full has. Returns
    `record` and `paid` for the next group.
    """
    n = group["fill"]
    for j in range(first, np.int64(group["limits"])):
        limit = state.limits[j]
        qty = unfold_trigger(events[limit["event"]], limit, group, p, inputs, state)
        if group["fill"] >= 0:
            while record < state.count[10] and state.number[record] <= n:
                n += state.number[record] == n
                record += 1
            cash, rest = unfold_fill(events[n], qty, limit, group, p, inputs, state)
            if rest == 0.0 and cash < 0.0:
                unfold_payment(events, n, cash, state.funds[paid], state)
                paid += 1
                n += 2
            n += 1
    return record, paid


@kernel(bare=True)
def unfold_all(events, p, inputs, state):
    """`unfold`, with everything handed over by reference."""
    outline()
    for j in range(state.count[10]):
        events[state.number[j]] = state.log[j]
    first, record, paid = 0, 0, 0
    for g in range(state.count[12]):
        group = state.netted[g]
        record, paid = unfold_group(events, first, record, paid, group, p, inputs, state)
        first = np.int64(group["limits"])


@kernel(bare=True)
def unfold(events, p, inputs, state):
    """Write all events of a finished run into `events` (E,) EVENT, in the order they happened."""
    p, inputs, state = by_reference(p), by_reference(inputs), by_reference(state)
    unfold_all(events, p, inputs, state)


def full_log(p, inputs, state) -> np.ndarray:
    """The events of a finished run whose log did not overflow, in the order they happened."""
    events = np.empty(state.count[Count.EVENTS], EVENT)
    unfold(events, p, inputs, state)
    return events
