"""What happens at set times, whatever prices do: funding, the crowd, own reductions, add-ons."""

from engine.core.addons import publish_addons
from engine.core.caps import note_openings
from engine.core.crowd import act_crowd
from engine.core.funding import settle_funding, settlement_of
from engine.core.jit import kernel
from engine.core.reduce import keep_reductions, next_reduction
from engine.core.waterfall import watch_everybody


@kernel(bare=True)
def next_date(t, stop, p, inputs):
    """The first step after t with an entry in the schedule, `stop` if that is earlier."""
    if inputs.scheme == 2 or (t < 0 and len(inputs.asked) > 0):
        return t + 1
    if p.traders > 0:
        stop = min(stop, (t // p.crowd_every + 1) * p.crowd_every)
    if len(inputs.settle) > 0:
        place = settlement_of(t, inputs.settle)
        if place < len(inputs.settle):
            stop = min(stop, inputs.settle[place])
    return next_reduction(t, stop, inputs.reductions)


@kernel(bare=True)
def keep_schedule(t, p, inputs, state):
    """Funding, after which everybody is watched anew; the crowd; own reductions; add-ons."""
    if t == 0:
        note_openings(t, p, inputs, state)
    place = settlement_of(t, inputs.settle) - 1
    if place >= 0 and inputs.settle[place] == t:
        settled = False
        for k in range(state.market.shape[0]):
            if settle_funding(t, place, k, p, inputs, state):
                settled = True
        if settled:
            watch_everybody(inputs, state)
    if p.traders > 0 and t > 0 and t % p.crowd_every == 0:
        act_crowd(t, p, inputs, state)
    keep_reductions(t, p, inputs, state)
    if inputs.scheme == 2:
        publish_addons(t, p, inputs, state)


@kernel(bare=True)
def arm_schedule(inputs, state):
    """The schedule's own memory at the opening."""
    for k in range(len(state.paid)):
        state.paid[k] = 0.0
        state.average[k] = inputs.f[0, k]
