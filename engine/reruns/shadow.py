"""An account led along the prices of a run in which it holds nothing itself.

Until an account is forced to trade it moves nothing. So a run without its position has the very
prices it would have seen as long as it is left alone, whatever its collateral or size: one run
answers for all of them where its limit would have been.

Where add-ons change rates they are those of that run, and where halts and outages stop margin
checks the account is not looked at: see `checked`. Closed forms hold where a limit depends on the
account and the marks alone, at every step: see `followed`.
"""

from dataclasses import dataclass

import numpy as np

from engine.core.jit import kernel
from engine.core.legs import needed_with, worth_beside
from engine.core.margin import equity, tier_of
from engine.core.mark import lagged
from engine.core.state import Rule
from engine.log.addons import added_rates, by_step
from engine.log.checked import checked_account
from engine.record import Record

ADDED = 2  # `Inputs.scheme` of rates that add-ons change


def followed(result: Record) -> bool:
    """Whether a limit of this run is a matter of the account and the marks alone, at every step."""
    return result.compiled.inputs.scheme < ADDED and not result.params.guarded


@kernel(bare=True)
def lead(quote, base, symbol, raw, paid, added, p, inputs, value, limit):
    """Equity and requirement [tick] at every margin check, `value` (T,) and `limit` (T,).

    quote, base: the account as it opens, with one position in `symbol`; paid: settlements of
    funding, events in log order; added (T,): rates on top of those of the tiers. A step settles
    and publishes before it checks.
    """
    cash, a = quote, 0
    for t in range(len(value)):
        while a < len(paid) and paid[a]["step"] <= t:
            if paid[a]["symbol"] == symbol:
                cash -= paid[a]["price"] * base
            a += 1
        mark = lagged(raw, t, p.check_lag, symbol)
        held = abs(base) * mark
        tier = tier_of(held, inputs.floors)
        value[t] = equity(cash, base, mark)
        limit[t] = held * (inputs.rates[tier] + added[t]) - inputs.deductions[tier]


@kernel(bare=True)
def lead_legs(first, end, cash, base, rho, addon, raw, p, inputs, need, value, limit):
    """`lead` for several legs, over steps in which cash, correlations and add-ons stay."""
    for t in range(first, end):
        marks = raw[max(t - p.check_lag, 0)]
        value[t] = worth_beside(cash, base, marks, -1, p.haircut)
        limit[t] = needed_with(base, marks, -1, 0.0, rho, p, inputs, addon, need)


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
        r, steps = self.run, self.until + 1
        symbol, value, limit = (
            int(r.compiled.inputs.symbol[self.row]),
            np.empty(steps),
            np.empty(steps),
        )
        paid = r.events[r.events["rule"] == (Rule.FUNDING if funded else 0)]
        if symbol >= 0:
            added, inputs = self._added(base, symbol), r.compiled.inputs
            lead(quote, base[symbol], symbol, r.raw, paid, added, r.params, inputs, value, limit)
        else:
            self._lead_legs(quote, base, paid, value, limit)
        return value, limit

    def checked(self, base: np.ndarray) -> np.ndarray:
        """Whether margin is checked at each step up to `until`."""
        return checked_account(self.run, base)[: self.until + 1]

    def _added(self, base: np.ndarray, symbol: int) -> np.ndarray:
        """Rates that add-ons put on a single position, by step."""
        out, k = np.zeros(self.until + 1), np.array([symbol])
        lots = np.asarray(base)[k]
        for step, addon in by_step(self.run):
            out[step:] = added_rates(lots, k, self.run.compiled.inputs, addon)[0]
        return out

    def _lead_legs(
        self, quote: float, base: np.ndarray, paid: np.ndarray, value: np.ndarray, limit: np.ndarray
    ) -> None:
        """`lead` for several legs. A step settles and publishes correlations before it checks."""
        r, symbols = self.run, self.run.mid.shape[1]
        rho = np.full((symbols, symbols), float(r.compiled.inputs.rho[0]))
        np.fill_diagonal(rho, 1.0)
        published = r.events[r.events["rule"] == Rule.CORRELATION_CHANGE]
        levels = by_step(r)
        cash, a, b, c, room = quote, 0, 0, 0, np.zeros((2, symbols))
        changes = {0, *paid["step"], *published["step"], *(step for step, _ in levels)}
        starts = sorted(int(t) for t in changes if t < len(value))
        for t, end in zip(starts, [*starts[1:], len(value)], strict=True):
            while a < len(paid) and paid[a]["step"] <= t:
                cash -= float(paid[a]["price"]) * float(base[paid[a]["symbol"]])
                a += 1
            while b < len(published) and published[b]["step"] <= t:
                k, j = int(published[b]["symbol"]), int(published[b]["detail"])
                rho[k, j] = rho[j, k] = published[b]["value"]
                b += 1
            while c + 1 < len(levels) and levels[c + 1][0] <= t:
                c += 1
            lead_legs(
                t, end, cash, base, rho, levels[c][1], r.raw, r.params, r.compiled.inputs, room,
                value, limit,
            )  # fmt: skip

    def least(self, quote: float, base: np.ndarray) -> float:
        """Smallest distance [tick] of equity to requirement; the limit is reached at 0 or less."""
        value, limit = self.path(quote, base)
        return float((value - limit).min())
