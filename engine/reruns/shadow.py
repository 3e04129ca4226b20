"""An account led along the prices of a run in which it holds nothing itself.

Until an account is forced to trade it moves nothing. So a run without its position has the very
prices it would have seen as long as it is left alone, whatever its collateral or size: one run
answers for all of them where its limit would have been.
"""

from dataclasses import dataclass

import numpy as np

from engine.core.jit import kernel
from engine.core.legs import needed_with, worth_beside
from engine.core.margin import equity, maintenance, tier_of
from engine.core.mark import lagged
from engine.core.state import Rule
from engine.record import Record


@kernel(bare=True)
def lead(quote, base, symbol, raw, paid, published, rho, p, inputs, need, value, limit):
    """Equity and requirement [tick] at every margin check, `value` (T,) and `limit` (T,).

    quote, base (K,) or (2 K,): the account as it opens; symbol: of its position, -1 for several.
    paid, published: settlements of funding and changes of correlation, events in log order; rho
    (K, K) starts at the opening's. A step settles and publishes before it checks.
    """
    cash, a, b = quote, 0, 0
    for t in range(len(value)):
        while a < len(paid) and paid[a]["step"] <= t:
            cash -= paid[a]["price"] * base[paid[a]["symbol"]]
            a += 1
        while b < len(published) and published[b]["step"] <= t:
            k, j = published[b]["symbol"], published[b]["detail"]
            rho[k, j] = published[b]["value"]
            rho[j, k] = published[b]["value"]
            b += 1
        if symbol >= 0:
            mark = lagged(raw, t, p.check_lag, symbol)
            held = abs(base[symbol]) * mark
            value[t] = equity(cash, base[symbol], mark)
            tier = tier_of(held, inputs.floors)
            limit[t] = maintenance(held, tier, inputs.rates, inputs.deductions)
        else:
            marks = raw[max(t - p.check_lag, 0)]
            value[t] = worth_beside(cash, base, marks, -1, p.haircut)
            limit[t] = needed_with(base, marks, -1, 0.0, rho, p, inputs, need)


@dataclass(frozen=True, eq=False)
class Shadow:
    """The prices one account would have seen, and what it would have been worth on them."""

    run: Record  # in which the account holds nothing
    row: int
    until: int

    def path(
        self, quote: float, base: np.ndarray, funded: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        """Equity and requirement [tick] of these balances at each step up to `until`.

        funded : whether the settlements of the run are paid on the way
        """
        r, inputs = self.run, self.run.compiled.inputs
        symbols, steps = r.mid.shape[1], self.until + 1
        events = r.events
        rho = np.full((symbols, symbols), float(inputs.rho[0]))
        np.fill_diagonal(rho, 1.0)
        value, limit = np.empty(steps), np.empty(steps)
        lead(
            quote, base, int(inputs.symbol[self.row]), r.raw,
            events[events["rule"] == (Rule.FUNDING if funded else 0)],
            events[events["rule"] == Rule.CORRELATION_CHANGE],
            rho, r.params, inputs, np.zeros((2, symbols)), value, limit,
        )  # fmt: skip
        return value, limit

    def least(self, quote: float, base: np.ndarray) -> float:
        """Smallest distance [tick] of equity to requirement; the limit is reached at 0 or less."""
        value, limit = self.path(quote, base)
        return float((value - limit).min())
