"""Accounts with several legs in the twin: one collateral, one requirement, one order at a time."""

import math

from tests.twin.parts import (
    ACTIVE,
    AUCTION,
    CLOSED,
    COOLING,
    INCREMENTAL,
    ON_OFFER,
    ORDERED,
    Lot,
    Order,
    Several,
    bankruptcy,
)
from tests.twin.policies import Why
from tests.twin.prices import log


class Legs:
    """Everything that only multi-leg accounts do. Mixed into the twin."""

    # --- worth and requirement ---

    def cash(self, t, account, k, lag=None):
        """Quote and the worth of everything but leg `k`; for a single position its quote."""
        if not isinstance(account, Several):
            return account.quote
        lag, worth = self.p.lag if lag is None else lag, account.quote
        for j, symbol in enumerate(self.symbols):
            if j != k and account.base[j]:
                worth += account.base[j] * symbol.mark(t, lag)
        for symbol, coins in zip(self.symbols, account.base[len(self.symbols) :], strict=False):
            if coins:
                worth += coins * symbol.mark(t, lag) * (1.0 - self.p.haircut)
        return worth

    def worst(self, cash, base):
        """Bankruptcy price of a leg; a long's is at least zero."""
        price = bankruptcy(cash, base)
        return max(price, 0.0) if base > 0.0 else price

    def signed(self, base, mark, k, addons=None):
        """Maintenance of one leg with its sign."""
        added = self.added(k, base, addons)
        return math.copysign(self.tiers.maintenance(abs(base) * mark, added), base) if base else 0.0

    def need(self, t, account, lag, leg=-1, lots=0.0, addons=None):
        """Requirement over all legs, one of them perhaps smaller."""
        base = account.base[: len(self.symbols)]
        if leg >= 0:
            base[leg] -= math.copysign(lots, base[leg])
        marks = [symbol.mark(t, lag) for symbol in self.symbols]
        margins = [
            self.signed(b, m, k, addons) for k, (b, m) in enumerate(zip(base, marks, strict=True))
        ]
        gross = sum([abs(m) for m in margins], 0.0)
        if self.p.margin_mode == 0:
            return gross
        risk = 0.0
        if self.p.margin_mode == 1:
            for k, one in enumerate(margins):
                for j, other in enumerate(margins):
                    risk += self.rho[k][j] * one * other
            risk = math.sqrt(max(risk, 0.0))
        else:
            for moves in self.scans:
                loss = 0.0
                for b, m, move in zip(base, marks, moves, strict=True):
                    loss -= b * m * move
                risk = max(risk, loss)
        return max(self.p.floor * gross, risk)

    # --- the venue's correlation ---

    def publish(self, t):
        """Correlations move in notches; each change, and whom it moved, is an event."""
        if self.p.margin_mode != 1:
            return
        new = self.proposal(t)
        changed = [
            (k, j) for k in range(len(new)) for j in range(k + 1, len(new))
            if new[k][j] != self.rho[k][j]
        ]  # fmt: skip
        if not changed:
            return
        for k, j in changed:
            parent = self.log(
                t, 13, k, self.venue, detail=j, mark=self.symbols[k].raw[t], value=new[k][j],
                limit=self.rho[k][j],
            )  # fmt: skip
        people = [a for a in self.several if a.status != CLOSED]
        before = [self.need(t, a, self.p.check_lag) for a in people]
        self.rho = new
        for account, was in zip(people, before, strict=True):
            now = self.need(t, account, self.p.check_lag)
            if now != was:
                self.log(
                    t, 14, 0, account, parent=parent, value=now, limit=was,
                    mark=self.symbols[0].mark(t, self.p.check_lag),
                )  # fmt: skip

    def proposal(self, t):
        """What would be published now: the script, or the estimate where it is a notch away."""
        count, p = len(self.symbols), self.p
        if len(self.published) > 1:
            return self.matrix(lambda k, j: self.published[t])
        if p.rho_keep >= 1.0:
            return self.rho
        if t > 0:
            r = [log(s.raw[t] / s.raw[t - 1]) for s in self.symbols]
            for k in range(count):
                for j in range(count):
                    old = self.covariance[k][j]
                    self.covariance[k][j] = p.rho_keep * old + (1.0 - p.rho_keep) * (r[k] * r[j])
        new = self.matrix(self.moved)
        weight = 1.0
        while new != self.rho and count > 2 and not positive(new):
            weight = max(weight - 0.05, 0.0)
            share = weight
            new = self.matrix(lambda k, j: self.notch(share * self.estimate(k, j)))  # noqa: B023
        return new

    def matrix(self, entry):
        """A matrix with ones on its diagonal."""
        size = range(len(self.symbols))
        return [[1.0 if k == j else entry(k, j) for j in size] for k in size]

    def estimate(self, k, j):
        both = self.covariance[k][k] * self.covariance[j][j]
        if both <= 0.0:
            return 0.0
        return max(-1.0, min(1.0, self.covariance[k][j] / math.sqrt(both)))

    def notch(self, rho):
        return max(-1.0, min(1.0, float(round(rho / self.p.notch)) * self.p.notch))

    def moved(self, k, j):
        """A pair is published anew if its estimate is a notch or more away."""
        found = self.estimate(k, j)
        if abs(found - self.rho[k][j]) >= self.p.notch:
            return self.notch(found)
        return self.rho[k][j]

    # --- the margin check ---

    def check_several(self, t):
        """All multi-leg accounts, before any order of the step."""
        for a in self.several:
            legs = [k for k in range(len(self.symbols)) if a.base[k]]
            if not self.is_up(t) or not all(self.is_checked(t, k) for k in legs):
                continue
            if a.status == COOLING and a.until <= t:
                a.status = ACTIVE
            if a.status != ACTIVE:
                continue
            if not a.holds(len(self.symbols)):
                self.close_out(t, a, 0, -1)
                continue
            value = self.cash(t, a, -1, self.p.check_lag)
            limit = self.need(t, a, self.p.check_lag)
            if value <= limit:
                self.liquidate(t, a, value, limit)

    def liquidate(self, t, a, value, limit):
        """One leg if the policy cuts and there is equity, else all of them."""
        held = [k for k in range(len(self.symbols)) if a.base[k]]
        for k in held:
            self.note_leg(t, a, k, self.p.check_lag, -1)
        first = max(held, key=lambda k: self.rank(t, a, k))
        if self.p.policy == INCREMENTAL and value >= 0.0:
            plan = self.plan_leg(t, a, first, value, limit)
            self.order_leg(t, a, first, plan, -1, value, limit)
            return
        code = 1 if self.p.policy == INCREMENTAL else 0
        parent = -1
        for k in [first, *[k for k in held if k != first]]:
            n = self.order_leg(t, a, k, Why(abs(a.base[k]), code), parent, value, limit)
            parent = n if parent < 0 else parent

    def rank(self, t, a, k):
        """The higher, the earlier the leg is cut."""
        base, mark = a.base[k], self.symbols[k].mark(t, self.p.check_lag)
        return (
            abs(self.signed(base, mark, k)),
            (a.entries[k] - mark) * base,
            -(abs(base) / self.symbols[k].depth),
            0.0,
        )[self.p.leg_order]

    def order_leg(self, t, a, k, plan, parent, value, limit):
        """The trigger of one leg, and its order or its lot."""
        base, mark = a.base[k], self.symbols[k].mark(t, self.p.check_lag)
        qty = math.copysign(plan.lots, -base)
        n = self.log(
            t, 1, k, a, parent=parent, detail=self.tiers.of(abs(base) * mark), mark=mark,
            value=value, limit=limit, qty=qty, net=float(plan.code),
        )  # fmt: skip
        a.open.add(k)
        if self.p.policy == AUCTION:
            self.open_leg(t, a, k, n)
        else:
            self.send_leg(t, a, k, qty, n)
        return n

    def open_leg(self, t, a, k, trigger):
        """One leg goes on offer."""
        base, mark = a.base[k], self.symbols[k].mark(t, self.p.lag)
        price = mark * (1.0 - math.copysign(1.0, base) * self.p.start_discount)
        n = self.log(
            t, 4, k, a, parent=trigger, mark=mark, value=price,
            limit=self.worst(self.cash(t, a, k), base), qty=-base, price=price,
        )  # fmt: skip
        a.status = ON_OFFER
        self.offers.append(Lot(a, t, n, k))

    def send_leg(self, t, a, k, qty, parent, coins=False):
        """An order of one leg, or of its coins, on its way to the book."""
        a.status = ORDERED
        step = t + (max(self.p.order_lag, 1) if coins else self.p.order_lag)
        self.sent.append(Order(a, qty, parent, step, symbol=k, coins=coins))

    def note_leg(self, t, a, k, lag, parent):
        """A leg's tier that changed since it was last looked at."""
        mark = self.symbols[k].mark(t, lag)
        tier = self.tiers.of(abs(a.base[k]) * mark)
        if a.base[k] and tier != a.tiers[k]:
            self.log(
                t, 2, k, a, parent=parent, detail=tier, mark=mark, value=self.tiers.rates[tier],
                limit=self.tiers.rates[a.tiers[k]],
            )  # fmt: skip
            a.tiers[k] = tier

    def plan_leg(self, t, a, k, value, limit):
        """How much of a leg is cut; as for a single position, given the other legs."""
        p, held, mark = self.p, abs(a.base[k]), self.symbols[k].mark(t, self.p.check_lag)
        tier = self.tiers.of(held * mark)
        if held * mark < p.min_slice:
            return Why(held, 2)
        largest = float(math.ceil(p.fraction * held))
        if p.variant == 0:
            plan = Why(largest, 5)
        elif p.variant == 1 and tier == 0:
            return Why(held, 3)
        elif p.variant == 1:
            plan = Why(float(math.floor((held * mark - self.tiers.floors[tier]) / mark)) + 1.0, 6)
        else:
            plan = Why(self.restoring_leg(t, a, k, value, limit), 7)
            if plan.lots >= held:
                return Why(held, 4)
        if plan.lots > largest:
            plan = Why(largest, 8)
        share = max(float(math.floor(p.depth_share * self.symbols[k].depth)), 1.0)
        if plan.lots > share:
            plan = Why(share, 9)
        return Why(max(1.0, min(plan.lots, held)), plan.code)

    def restoring_leg(self, t, a, k, value, limit):
        """Least lots of leg `k` that restore the buffer, infinite if none do."""
        p, base, mark = self.p, a.base[k], self.symbols[k].mark(t, self.p.check_lag)
        if p.margin_mode == 0:
            others = limit - abs(self.signed(base, mark, k))
            left = value - (1.0 + p.buffer) * others
            closed = self.restoring(left, abs(base) * mark, self.added(k, base))
            return closed if math.isinf(closed) else float(math.ceil(closed / mark))

        def surplus(lots):
            cost = p.cost_rate * (lots * mark)
            return (value - cost) - (1.0 + p.buffer) * self.need(t, a, p.check_lag, k, lots)

        low, high = 0.0, abs(base)
        while high - low > 2.0:
            third = float(math.floor((high - low) / 3.0))
            if surplus(low + third) < surplus(high - third):
                low = low + third
            else:
                high = high - third
        best = max([low + n for n in range(int(high - low) + 1)], key=surplus)
        if surplus(best) < 0.0:
            return math.inf
        low, high = 0.0, best
        while high - low > 1.0:
            middle = float(math.floor(0.5 * (low + high)))
            if surplus(middle) >= 0.0:
                high = middle
            else:
                low = middle
        return high

    # --- fills ---

    def fill_leg(self, t, k, order, price, volume, net):
        """A forced order of one leg."""
        a, event, base = order.party, order.parent, order.party.base[k]
        quote, mark = a.quote, self.symbols[k].mark(t, self.p.lag)
        bottom = self.worst(self.cash(t, a, k), base)
        if order.filled != 0.0:
            ticks = self.trade(a, self.book, k, order.filled, price)
            have = math.inf
            if a.base[k] + order.left == 0.0:
                have = float(math.floor(self.cash(t, a, k) + a.base[k] * bottom))
            fee = self.charge(a, ticks, have)
            event = self.log(
                t, 3, k, a, parent=order.parent, counter=self.book.row,
                detail=self.tiers.of(abs(a.base[k]) * mark), quote=quote, base=base, mark=mark,
                value=self.cash(t, a, -1), limit=self.need(t, a, self.p.lag), qty=order.filled,
                price=price, amount=-ticks, fee=fee, level=volume, net=net,
            )  # fmt: skip
        if order.left != 0.0:
            self.place_rest(t, k, order, abs(order.left), bottom, event)
        self.note_leg(t, a, k, self.p.lag, event)
        if not order.waits:
            self.leg_done(t, a, k, event)

    def sell_coins(self, t, k, order, price, volume, net):
        """Coins of the collateral pay what is owed."""
        a, event, column = order.party, order.parent, len(self.symbols) + k
        quote, held, mark = a.quote, a.base[column], self.symbols[k].mark(t, self.p.lag)
        if order.filled != 0.0:
            ticks = self.trade(a, self.book, column, order.filled, price)
            fee = self.charge(a, ticks, a.quote)
            event = self.log(
                t, 15, k, a, parent=order.parent, counter=self.book.row, quote=quote, base=held,
                mark=mark, value=quote, qty=order.filled, price=price, amount=-ticks, fee=fee,
                level=volume, net=net,
            )  # fmt: skip
        if not order.waits:
            self.leg_done(t, a, k, event)

    def leg_done(self, t, a, k, parent):
        """Once no other leg is on its way the account goes on, cools down or is closed."""
        a.open.discard(k)
        if a.open:
            return
        if not a.holds(len(self.symbols)):
            self.close_out(t, a, k, parent)
            return
        a.status = ACTIVE
        if self.p.policy == INCREMENTAL and self.p.cooldown > 0:
            a.status, a.until = COOLING, t + self.p.cooldown

    def close_out(self, t, a, k, parent):
        """Without positions: coins pay what cash does not, then the account is settled."""
        short = -a.quote
        for j, coins in enumerate(a.base[len(self.symbols) :]):
            if short > 0.0 and coins > 0.0:
                counted = self.symbols[j].mark(t, self.p.lag) * (1.0 - self.p.haircut)
                lots = coins
                if counted > 0.0:
                    lots = min(coins, float(math.ceil(short / counted)))
                a.open.add(j)
                self.send_leg(t, a, j, -lots, parent, coins=True)
                short -= lots * counted
        if not a.open:
            self.settle(t, a, k, parent)


def positive(rho):
    """No negative eigenvalue, by a Cholesky factor."""
    low = [[0.0] * len(rho) for _ in rho]
    for j in range(len(rho)):
        for i in range(j, len(rho)):
            part = rho[i][j]
            for k in range(j):
                part -= low[i][k] * low[j][k]
            if i == j:
                if part < -1e-12:
                    return False
                low[j][j] = math.sqrt(part) if part > 1e-12 else 0.0
            elif low[j][j] > 0.0:
                low[i][j] = part / low[j][j]
            elif abs(part) > 1e-9:
                return False
    return True
