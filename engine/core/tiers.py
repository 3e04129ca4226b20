"""The tier table as the kernel asks it: where there is one rate, nothing is searched.

Searching a table is kept out of the loops over accounts, in functions of its own; there it would
cost more than the rest of the work. `inputs.scheme` says what the rates of an account depend on:
0 nothing, 1 its tier, 2 its tier and the add-ons of `engine.core.addons`.
"""

from engine.core.jit import kernel
from engine.core.margin import liquidation_price, maintenance, tier_liquidation_price, tier_of
from engine.core.reference import outline


@kernel(bare=True)
def added_rate(lots, k, inputs, addon):
    """Rate added for a position of `lots` in symbol k by the add-ons (K,) ADDON in force."""
    added = addon[k]["rate"]
    for n in range(len(inputs.large) - 1, -1, -1):
        if abs(lots) >= inputs.large[n, 0] * addon[k]["depth"]:
            return added + inputs.large[n, 1]
    return added


@kernel(bare=True)
def rates_in_force(lots, k, inputs, state):
    """Write into state.table (G,) the maintenance rates that hold for a position of `lots`."""
    if inputs.scheme < 2:
        return
    added = added_rate(lots, k, inputs, state.addon[0])
    for g in range(len(inputs.rates)):
        state.table[g] = inputs.rates[g] + added


@kernel(bare=True)
def _search_tier(notional, inputs):
    outline()
    return tier_of(notional, inputs.floors)


@kernel(bare=True)
def _search_maintenance(notional, tier, lots, k, inputs, state):
    outline()
    rates_in_force(lots, k, inputs, state)
    return maintenance(notional, tier, state.table, inputs.deductions)


@kernel(bare=True)
def _search_price(quote, base, k, inputs, state):
    outline()
    rates_in_force(base, k, inputs, state)
    return liquidation_price(quote, base, inputs.floors, state.table, inputs.deductions)


@kernel(inline=True, bare=True)
def tier_at(notional, inputs):
    """`tier_of` in the run's table."""
    return 0 if len(inputs.floors) == 1 else _search_tier(notional, inputs)


@kernel(inline=True, bare=True)
def maintenance_at(notional, tier, lots, k, inputs, state):
    """`maintenance` of a position of `lots` in symbol k; leaves its rates in state.table."""
    if inputs.scheme == 0:
        return maintenance(notional, 0, inputs.rates, inputs.deductions)
    return _search_maintenance(notional, tier, lots, k, inputs, state)


@kernel(inline=True, bare=True)
def liquidation_at(quote, base, k, inputs, state):
    """`liquidation_price` of a position in symbol k at the rates in force."""
    if inputs.scheme == 0:
        return tier_liquidation_price(quote, base, inputs.rates[0], inputs.deductions[0])
    return _search_price(quote, base, k, inputs, state)
