"""The order of the day in the twin: prices move, limits are checked, positions are reduced."""

import math

from tests.twin.flows import Flows
from tests.twin.guardrails import Guardrails
from tests.twin.guards import Guards
from tests.twin.legs import Legs
from tests.twin.losses import Losses
from tests.twin.parts import (
    ACTIVE,
    AUCTION,
    CLOSED,
    FIELDS,
    Account,
    Liquidator,
    Party,
    Several,
    Tiers,
    equity,
)
from tests.twin.policies import Policies
from tests.twin.prices import Symbol


class Twin(Policies, Losses, Flows, Legs, Guardrails, Guards):
    """One run. Everything is in whole lots and whole ticks, as in the kernel."""

    def __init__(self, p, inputs, quote, base):
        self.p = p
        prices, cuts = inputs.f.T.tolist(), inputs.cut[:, 0].tolist()
        self.symbols = [
            Symbol(k, p, path, float(inputs.depth[k]), float(inputs.calm[k]), cuts)
            for k, path in enumerate(prices)
        ]
        self.tiers = Tiers(
            inputs.floors.tolist(), inputs.rates.tolist(), inputs.deductions.tolist()
        )
        money, lots = quote.tolist(), base.tolist()
        count = len(inputs.symbol)
        self.accounts = [
            Account(i, money[i], lots[i], symbol=k, entry=entry)
            for i, (k, entry) in enumerate(
                zip(inputs.symbol.tolist(), inputs.entry.tolist(), strict=True)
            )
        ]
        first = count - len(inputs.legs)
        for i, entries in enumerate(inputs.legs.tolist(), first):
            self.accounts[i] = Several(i, money[i], lots[i], symbol=-1, entries=entries)
        self.several = self.accounts[first:]
        self.open_credit(inputs)
        self.open_guardrails(inputs)
        special = [Party(i, money[i], lots[i]) for i in range(count, count + 4)]
        self.book, self.fund, self.venue, self.vault = special
        self.liquidators = [
            Liquidator(i, money[i], lots[i], place=i - count - 4)
            for i in range(count + 4, count + 4 + p.liquidators)
        ]
        last = count + 4 + p.liquidators
        self.crowd = [Party(i, money[i], lots[i]) for i in range(last, len(money))]
        self.parties = [*self.accounts, *special, *self.liquidators, *self.crowd]
        self.dates, self.fixed_rates = inputs.settle.tolist(), inputs.script.tolist()
        self.reductions = inputs.reductions.tolist()
        self.sent, self.offers, self.events = [], [], []
        self.open_guards(inputs.outages.tolist())
        for a in self.several:
            held = zip(a.base, self.symbols, strict=False)
            a.tiers = [self.tiers.of(abs(b) * symbol.f[0]) for b, symbol in held]
            a.status = ACTIVE if a.holds(len(self.symbols)) else CLOSED
        for account in self.accounts[: count - len(self.several)]:
            price = self.symbols[account.symbol].f[0]
            account.tier = self.tiers.of(abs(account.lots) * price)
            account.status = ACTIVE if account.lots else CLOSED

    def open_credit(self, inputs):
        """What the venue publishes at the opening, and the past of its estimate."""
        self.published, self.scans = inputs.rho.tolist(), inputs.scans.tolist()
        self.rho = self.matrix(lambda k, j: self.published[0])
        usual = [self.p.sigma0 * calm for calm in inputs.calm.tolist()]
        self.covariance = [
            [one * other * rho for other, rho in zip(usual, row, strict=True)]
            for one, row in zip(usual, self.rho, strict=True)
        ]

    def log(self, step, rule, symbol, party, **values):
        """Write one event; what is not named is zero, or -1 for a row or event."""
        own = party.base[symbol]
        event = dict.fromkeys(FIELDS, 0.0) | {"parent": -1, "counter": -1, "detail": 0}
        event |= {"step": step, "rule": rule, "symbol": symbol, "account": party.row}
        event |= {"quote": party.quote, "base": own} | values
        self.events.append(event)
        return len(self.events) - 1

    def run(self):
        """All steps; returns itself."""
        for t in range(len(self.symbols[0].f)):
            for symbol in self.symbols:
                symbol.move(t)
            self.keep_guards(t)
            self.keep_schedule(t)
            if self.several:
                self.publish(t)
                self.check_several(t)
            for k in range(len(self.symbols)):
                self.act(t, k)
        return self

    def act(self, t, k):
        """What happens at step `t` in symbol `k`."""
        before = self.fund.quote
        orders = self.recalled(t, k)
        self.wake(t, k)
        for account in self.accounts:
            if account.symbol == k and account.status == ACTIVE and self.is_checked(t, k):
                self.check(t, account)
        if self.p.policy == AUCTION and self.is_open(t, k) and self.is_up(t):
            self.run_auctions(t, k)
        orders += self.forced_orders(t, k)
        if self.p.policy == AUCTION and self.is_open(t, k):
            orders += self.unwinding(k)
        if self.p.sequential:
            for order in self.by_risk(t, k, orders):
                self.execute(t, k, [order])
        elif orders:
            self.execute(t, k, orders)
        if self.fund.quote < min(before, 0.0):
            self.socialise(t)

    def by_risk(self, t, k, orders):
        """Lowest margin ratio first, then as they came; liquidators last."""
        mark = self.symbols[k].mark(t, self.p.lag)

        def risk(order):
            party = order.party
            if not isinstance(party, Account):
                return math.inf
            if isinstance(party, Several):
                held = zip(party.base, self.symbols, strict=False)
                gross = sum([abs(b) * symbol.mark(t, self.p.lag) for b, symbol in held], 0.0)
                return self.cash(t, party, -1) / gross if gross else math.inf
            return equity(party.quote, party.lots, mark) / (abs(party.lots) * mark)

        return sorted(orders, key=risk)


def twin_of(result):
    """The twin of a result of the engine, run from the same compiled scenario."""
    compiled = result.compiled
    return Twin(result.params, compiled.inputs, compiled.quote, compiled.base).run()
