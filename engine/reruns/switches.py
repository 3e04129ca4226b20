"""One cause of what happens switched off in a run, everything else as it was.

outside      prices of the outside world stay at their opening
forced       nobody else is ever forced to trade: the other accounts hold no positions
crowd        the crowd does not trade
funding      nothing is settled
fees         forced orders pay no taker and no liquidation fee
lag          mark and risk check are not late
thinning     depth neither follows volatility nor is cancelled
correlation  published correlations stay at their opening
addons       maintenance rates are those of the tiers
guards       neither halts nor outages nor a price band keep anybody from trading or checking
"""

from dataclasses import dataclass, replace

import numpy as np

from engine.core.loop import simulate
from engine.core.state import Count, Params
from engine.core.workspace import workspace
from engine.log.legs import is_several
from engine.record import Record
from engine.reruns.accounts import without
from engine.scenario.compile import Compiled
from engine.scenario.errors import InputError

CAUSES = {
    "outside": "Outside move",
    "forced": "Forced flow of others",
    "crowd": "Crowd flow",
    "funding": "Funding",
    "fees": "Fees",
    "lag": "Mark lag",
    "thinning": "Book thinning",
    "correlation": "Correlation",
    "addons": "Add-ons",
    "guards": "Halts, outages and price band",
}
ADDED, NONE = 2, np.zeros((0, 2))  # `Inputs.scheme` of add-ons, and no notches
MOST_EVENTS, MOST_WORK = 1_000_000, 50_000_000


@dataclass(frozen=True, eq=False)
class Setup:
    """What a run starts from."""

    compiled: Compiled
    params: Params


def active(result: Record, row: int) -> list[str]:
    """Causes that can have moved the margin of an account in this run."""
    p, inputs = result.params, result.compiled.inputs
    there = {
        "outside": True,
        "forced": result.accounts > 1,
        "crowd": p.traders > 0,
        "funding": len(inputs.settle) > 0,
        "fees": p.taker_fee > 0.0 or p.liquidation_fee > 0.0,
        "lag": p.check_lag > 0,
        "thinning": p.thinning > 0.0 or len(inputs.cut) > 1,
        "correlation": is_several(result, row)
        and p.margin_mode == 1
        and (p.rho_keep < 1.0 or len(inputs.rho) > 1),
        "addons": inputs.scheme == ADDED,
        "guards": p.guarded == 1,
    }
    return [name for name in CAUSES if there[name]]


def switched_off(setup: Setup, causes: list[str], row: int) -> Setup:
    """The run of one account with these causes off."""
    compiled, p = setup.compiled, setup.params
    inputs = compiled.inputs
    if "forced" in causes:
        others = np.delete(np.arange(len(inputs.symbol)), row)
        compiled = without(compiled, others)
    if "outside" in causes:
        inputs = inputs._replace(
            f=np.ascontiguousarray(np.broadcast_to(inputs.f[0], inputs.f.shape))
        )
    if "crowd" in causes:
        p = p._replace(traders=0)
    if "funding" in causes:
        inputs = inputs._replace(settle=inputs.settle[:0], script=inputs.script[:0])
    if "fees" in causes:
        less = p.taker_fee + p.liquidation_fee
        p = p._replace(taker_fee=0.0, liquidation_fee=0.0, cost_rate=p.cost_rate - less)
    if "lag" in causes:
        p = p._replace(lag=0, check_lag=0)
    if "thinning" in causes:
        p = p._replace(thinning=0.0)
        inputs = inputs._replace(cut=np.ones((1, 1)))
    if "correlation" in causes:
        p = p._replace(rho_keep=1.0)
        inputs = inputs._replace(rho=inputs.rho[:1])
    if "addons" in causes:
        scheme = min(len(inputs.rates) - 1, 1)
        inputs = inputs._replace(notches=NONE, large=NONE, scheme=scheme)
    if "guards" in causes:
        p = p._replace(guarded=0, band=0.0, breaker_move=0.0)
        inputs = inputs._replace(outages=inputs.outages[:0])
    return Setup(replace(compiled, inputs=inputs), p)


def run_setup(setup: Setup) -> Record:
    """Run it. A run that would log or rank without bound is refused as any other."""
    opening, p = setup.compiled, setup.params
    capacity = 4 * len(opening.inputs.symbol) + 1_024
    while True:
        state = workspace(p, opening.inputs, opening.quote, opening.base, capacity)
        count = int(simulate(p, opening.inputs, state, MOST_EVENTS, MOST_WORK))
        if count > MOST_EVENTS or state.count[Count.WORK] > MOST_WORK:
            raise InputError("scenario", "too many events without a cause", "a smaller run")
        if count <= capacity:
            break
        capacity = count
    return Record.read(opening.scenario, opening, p, state)
