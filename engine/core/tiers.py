"""The tier table as the kernel asks it: where there is one tier, nothing is searched.

Searching a table is kept out of the loops over accounts, in functions of its own; there it would
cost more than the rest of the work.
"""

from engine.core.jit import kernel
from engine.core.margin import liquidation_price, maintenance, tier_liquidation_price, tier_of
from engine.core.reference import outline


@kernel(bare=True)
def _search_tier(notional, inputs):
    outline()
    return tier_of(notional, inputs.floors)


@kernel(bare=True)
def _search_maintenance(notional, tier, inputs):
    outline()
    return maintenance(notional, tier, inputs.rates, inputs.deductions)


@kernel(bare=True)
def _search_price(quote, base, inputs):
    outline()
    return liquidation_price(quote, base, inputs.floors, inputs.rates, inputs.deductions)


@kernel(inline=True, bare=True)
def tier_at(notional, inputs):
    """`tier_of` in the run's table."""
    return 0 if len(inputs.floors) == 1 else _search_tier(notional, inputs)


@kernel(inline=True, bare=True)
def maintenance_at(notional, tier, inputs):
    """`maintenance` in the run's table."""
    if len(inputs.floors) == 1:
        return maintenance(notional, 0, inputs.rates, inputs.deductions)
    return _search_maintenance(notional, tier, inputs)


@kernel(inline=True, bare=True)
def liquidation_at(quote, base, inputs):
    """`liquidation_price` in the run's table."""
    if len(inputs.floors) == 1:
        return tier_liquidation_price(quote, base, inputs.rates[0], inputs.deductions[0])
    return _search_price(quote, base, inputs)
