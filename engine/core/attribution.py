"""Where a displacement of the mark came from: the split along the path, exactly.

Every trade adds its own change of the displacement x to its source. A step of recovery multiplies
every part by the same factor q = decay ** (1 / shape); a change of depth adds a part of its own,
*book thinning*. The mark rules are linear filters, so they pass the split through: an impulse of
one unit of x after step u reaches the mark of step s with a weight w_s(u). For a flat book of
constant depth the split is x * E_j / E, the Aumann-Shapley value; it does not blow up when flows
offset each other, as that ratio does.
"""

import numpy as np

from engine.core.book import displacement, volume_at_end
from engine.core.jit import kernel
from engine.core.price import thinned

SLICE, UNWIND, COLLATERAL_SALE, CROWD, REDUCTION = 3, 12, 15, 21, 22


@kernel
def recovery(p):
    """q, the share of each part of the displacement that is left after a step."""
    return p.decay if p.shape == 1 else np.sqrt(p.decay)


@kernel
def _surplus(events, first, k):
    """Lots on the surplus side of the netted group that event `first` belongs to."""
    step, level, net = events[first]["step"], events[first]["level"], events[first]["net"]
    total = 0.0
    for n in range(first, len(events)):
        row = events[n]
        if row["step"] != step:
            break
        if _in_group(row, k, level, net) and row["qty"] * net > 0.0:
            total += row["qty"]
    return total


@kernel
def _in_group(row, k, level, net):
    """True if an order was filled in the group that began at `level` with net order `net`."""
    rule = row["rule"]
    filled = (rule == SLICE and row["detail"] >= 0) or rule == UNWIND or rule == COLLATERAL_SALE
    same = row["level"] == level and row["net"] == net
    return filled and same and row["symbol"] == k and row["qty"] != 0.0


@kernel
def _is_dump(row, k):
    return row["rule"] == SLICE and row["detail"] < 0 and row["symbol"] == k


@kernel
def _is_own_will(row):
    """An order nobody was forced to: it meets the book alone, before all forced ones."""
    return row["rule"] == CROWD or row["rule"] == REDUCTION


@kernel
def _apply(row, events, n, k, dx, volume, depth, p):
    """Give the displacement of the group (or dump) that starts at event `n` to its orders.

    Opposite orders of one group cross first; the surplus side shares the change by quantity.
    Returns the volume after it, NaN if the log does not continue where the book stands.
    """
    level, net = row["level"], row["net"]
    after = displacement(level + net, depth, p.shape)
    change = after - displacement(level, depth, p.shape)
    alone = _is_dump(row, k) or _is_own_will(row) or p.sequential == 1
    if alone:  # an order of its own, whatever looks like it
        dx[n] = change
        return level + net if volume == level else np.nan
    total = _surplus(events, n, k)
    for j in range(n, len(events)):
        if events[j]["step"] != row["step"]:
            break
        if _in_group(events[j], k, level, net) and events[j]["qty"] * net > 0.0:
            dx[j] = change * (events[j]["qty"] / total)
    return level + net if volume == level else np.nan


@kernel
def _step_flows(events, first, last, k, dx, volume, depth, p):
    """Apply the orders of one step in the order they met the book; returns the new volume.

    Orders of one netted group share one price, so a group comes before the dumps it left behind;
    one by one, each order and its dump come in the order of the log.
    The crowd and accounts that reduce by themselves trade before all.
    """
    seen_level, seen_net, any_seen = 0.0, 0.0, False
    for n in range(first, last):
        row = events[n]
        if _is_own_will(row) and row["symbol"] == k:
            volume = _apply(row, events, n, k, dx, volume, depth, p)
            continue
        if _is_dump(row, k):
            if p.sequential == 1:
                volume = _apply(row, events, n, k, dx, volume, depth, p)
            continue
        if not _in_group(row, k, row["level"], row["net"]):
            continue
        same = row["level"] == seen_level and row["net"] == seen_net
        if p.sequential == 0 and any_seen and same:
            continue
        seen_level, seen_net, any_seen = row["level"], row["net"], True
        volume = _apply(row, events, n, k, dx, volume, depth, p)
    if p.sequential == 0:
        for n in range(first, last):
            if _is_dump(events[n], k):
                volume = _apply(events[n], events, n, k, dx, volume, depth, p)
    return volume


@kernel
def book_path(k, events, sigma, mid, p, inputs, dx, thin, depth, volume):
    """Walk the book again from the log alone.

    Fills, for symbol k: dx (E,) displacement each order added; by step (T,) thin: displacement
    that a change of depth added, depth [lot] and volume [lot] before the orders of the step.
    Returns the first step whose mid differs from the recorded one in any bit, or T.
    """
    steps = len(mid)
    now, deep = 0.0, inputs.depth[k]
    n = 0
    for t in range(steps):
        now *= p.decay
        before = displacement(now, deep, p.shape)
        if p.track == 1 or len(inputs.cut) > 1:
            burst = inputs.cut[t, 0] if len(inputs.cut) > 1 else 1.0
            deep = thinned(inputs.depth[k], sigma[t, k], p.sigma0 * inputs.calm[k], p, burst)
            end = volume_at_end(deep, p.shape)
            now = min(max(now, -end), end)
        x = displacement(now, deep, p.shape)
        thin[t] = x - before
        depth[t], volume[t] = deep, now
        if mid[t, k] != inputs.f[t, k] * (1.0 + x):
            return t
        first = n
        while n < len(events) and events[n]["step"] == t:
            n += 1
        if n > first:
            now = _step_flows(events, first, n, k, dx, now, deep, p)
    return steps


@kernel
def rule_at(s, k, p, inputs, mid, raw):
    """The linear rule that made the mark of step s: for the median the one that was chosen."""
    if p.rule != 4:
        return p.rule
    if raw[s, k] == mid[s, k]:
        return 0
    return 2 if raw[s, k] == inputs.f[s, k] else 1


@kernel
def impulse_weights(s, k, p, inputs, mid, raw, out):
    """w_s(u) [tick/lot per unit of x] for u = 0 .. s-1: an order filled in step u, seen at s.

    last       f_s * q**(s-u)
    last_ema   sum over v = u+1 .. s of alpha (1-alpha)**(s-v) f_v q**(v-u)
    index_ema  f_s times the same sum without f_v
    index      0
    """
    rule, q = rule_at(s, k, p, inputs, mid, raw), recovery(p)
    out[s] = 0.0
    weight, reach = 0.0, p.alpha
    if rule == 0:
        weight = inputs.f[s, k]
    for u in range(s - 1, -1, -1):
        if rule == 1:
            weight += reach * inputs.f[u + 1, k]
        elif rule == 3:
            weight += reach * inputs.f[s, k]
        weight *= q
        reach *= 1.0 - p.alpha
        out[u] = weight


@kernel
def thinning_at(s, k, p, inputs, mid, raw, weights, thin):
    """What changes of depth added to the mark of step s [tick/lot]; they act within their step."""
    rule = rule_at(s, k, p, inputs, mid, raw)
    if rule == 2:
        return 0.0
    total, reach = 0.0, p.alpha
    for v in range(s, -1, -1):
        if rule == 0:
            own = inputs.f[s, k] if v == s else weights[v]
        elif rule == 1:
            own = reach * inputs.f[v, k] + weights[v]
        else:
            own = reach * inputs.f[s, k] + weights[v]
        total += own * thin[v]
        reach *= 1.0 - p.alpha
    return total


@kernel
def outside_at(s, k, p, inputs, mid, raw):
    """The part of the mark of step s that only the fundamental price made [tick/lot]."""
    rule = rule_at(s, k, p, inputs, mid, raw)
    if rule != 1:
        return inputs.f[s, k]
    average = inputs.f[0, k]
    for t in range(s + 1):
        average += p.alpha * (inputs.f[t, k] - average)
    return average


@kernel
def residual_at(s, k, p, inputs, mid, raw):
    """What the clamp of index_ema cut off the mark of step s [tick/lot]; zero for other rules."""
    if p.rule != 3:
        return 0.0
    average = 0.0
    for t in range(s + 1):
        average += p.alpha * ((mid[t, k] / inputs.f[t, k] - 1.0) - average)
    return inputs.f[s, k] * (min(max(average, -p.clamp), p.clamp) - average)


@kernel
def add_contributions(s, k, lots, events, dx, weights, out):
    """Add `lots` times what each order did to the mark of step s [tick] to out (E,)."""
    for n in range(len(events)):
        if events[n]["step"] >= s:
            break
        if dx[n] != 0.0 and events[n]["symbol"] == k:
            out[n] += lots * dx[n] * weights[events[n]["step"]]


@kernel
def largest_cause(s, k, side, events, dx, weights, outside):
    """The order that moved the mark of step s most against a position, or -1 the outside move.

    side +1 for a long; outside is the move of the fundamental price in the mark [tick/lot].
    """
    best, least = -1, min(side * outside, 0.0)
    for n in range(len(events)):
        if events[n]["step"] >= s:
            break
        if dx[n] != 0.0 and events[n]["symbol"] == k:
            push = side * dx[n] * weights[events[n]["step"]]
            if push < least:
                best, least = n, push
    return best


@kernel
def causes(k, events, dx, p, inputs, mid, raw, weights, first, out):
    """Fill `out` (E,) for the events of symbol k: the cause of each margin trigger, and for all
    others the event they belong to. A cause is always an earlier event. Triggers of accounts from
    row `first` on have several legs and are left out.
    """
    last, long_cause, short_cause = -1, -1, -1
    for n in range(len(events)):
        row = events[n]
        if row["symbol"] != k:
            continue
        if row["rule"] != 1:
            out[n] = row["parent"]
            continue
        if row["account"] >= first:
            continue
        step = row["step"]
        if step != last:
            s = max(step - p.check_lag, 0)
            impulse_weights(s, k, p, inputs, mid, raw, weights)
            outside = outside_at(s, k, p, inputs, mid, raw) - inputs.f[0, k]
            long_cause = largest_cause(s, k, 1.0, events, dx, weights, outside)
            short_cause = largest_cause(s, k, -1.0, events, dx, weights, outside)
            last = step
        out[n] = long_cause if row["base"] > 0.0 else short_cause


@kernel
def mark_pushed(k, family, events, dx, p, inputs, mid, raw, held, weights, out):
    """Set out (E,) for each later margin trigger that the orders in `family` (E,) tipped over.

    Tipped over: without what these orders did to the mark, all else equal, equity would still
    have been above maintenance margin at that step. held (E,) position of each trigger in symbol k.
    """
    last = -1
    for n in range(len(events)):
        row = events[n]
        if row["rule"] != 1 or held[n] == 0.0:
            continue
        s = max(row["step"] - p.check_lag, 0)
        if s != last:
            impulse_weights(s, k, p, inputs, mid, raw, weights)
            last = s
        push = 0.0
        for j in range(n):
            if events[j]["step"] >= s:
                break
            if family[j] and events[j]["symbol"] == k:
                push += dx[j] * weights[events[j]["step"]]
        out[n] = row["value"] - held[n] * push > row["limit"]
