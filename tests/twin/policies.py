"""Who is due, and what the three policies of the twin do about it."""

import math
from collections import namedtuple

from tests.twin.parts import (
    ACTIVE,
    AUCTION,
    COOLING,
    INCREMENTAL,
    ON_OFFER,
    ORDERED,
    Lot,
    Order,
    Several,
    bankruptcy,
    equity,
)

Why = namedtuple("Why", "lots code")


class Policies:
    """Margin check, incremental cuts, Dutch auctions. Mixed into the twin."""

    def check(self, t, account):
        """Equity against maintenance at the mark the check sees; the policy follows."""
        p, k = self.p, account.symbol
        mark = self.symbols[k].mark(t, p.check_lag)
        value = equity(account.quote, account.lots, mark)
        notional = abs(account.lots) * mark
        limit = self.tiers.maintenance(notional, self.added(k, account.lots))
        if not value <= limit:
            return
        self.note_tier(t, account, mark, -1)
        lots, code = self.cut(account, value, mark)
        trigger = self.log(
            t, 1, k, account, detail=self.tiers.of(notional), mark=mark, value=value, limit=limit,
            qty=math.copysign(lots, -account.lots), net=float(code),
        )  # fmt: skip
        if p.policy == AUCTION:
            self.open_lot(t, account, trigger)
        else:
            self.send(t, account, lots, trigger)

    def note_tier(self, t, account, mark, parent):
        """A tier that changed since the account was last looked at is an event."""
        tier = self.tiers.of(abs(account.lots) * mark)
        if tier != account.tier:
            self.log(
                t, 2, account.symbol, account, parent=parent, detail=tier, mark=mark,
                value=self.tiers.rates[tier], limit=self.tiers.rates[account.tier],
            )  # fmt: skip
            account.tier = tier

    def send(self, t, account, lots, parent):
        """The order reaches the book after the order latency."""
        account.status = ORDERED
        qty = math.copysign(lots, -account.lots)
        self.sent.append(Order(account, qty, parent, t + self.p.order_lag))

    def cut(self, account, value, mark):
        """Lots to close and the code of the reason."""
        p, held = self.p, abs(account.lots)
        notional = held * mark
        tier = self.tiers.of(notional)
        if p.policy != INCREMENTAL:
            return Why(held, 0)
        if value < 0.0:
            return Why(held, 1)
        if notional < p.min_slice:
            return Why(held, 2)
        largest = float(math.ceil(p.fraction * held))
        if p.variant == 0:
            plan = Why(largest, 5)
        elif p.variant == 1 and tier == 0:
            return Why(held, 3)
        elif p.variant == 1:
            over = (notional - self.tiers.floors[tier]) / mark
            plan = Why(float(math.floor(over)) + 1.0, 6)
        else:
            added = self.added(account.symbol, account.lots)
            closed = self.restoring(value, notional, added)
            if closed >= notional:
                return Why(held, 4)
            plan = Why(float(math.ceil(closed / mark)), 7)
        if plan.lots > largest:
            plan = Why(largest, 8)
        share = max(float(math.floor(p.depth_share * self.symbols[account.symbol].depth)), 1.0)
        if plan.lots > share:
            plan = Why(share, 9)
        return Why(max(1.0, min(plan.lots, held)), plan.code)

    def restoring(self, value, notional, added):
        """Notional to close until equity is (1 + buffer) * maintenance; infinite if none does."""
        p, tiers = self.p, self.tiers
        for g in reversed(range(tiers.of(notional) + 1)):
            rate = tiers.rates[g] + added
            freed = (1.0 + p.buffer) * rate - p.cost_rate
            if freed <= 0.0:
                continue
            needed = (1.0 + p.buffer) * (rate * notional - tiers.deductions[g])
            closed = (needed - value) / freed
            if closed <= notional - tiers.floors[g]:
                return max(closed, 0.0)
        return math.inf

    # --- Dutch auction ---

    def open_lot(self, t, account, trigger):
        """The whole position goes on offer."""
        k = account.symbol
        mark = self.symbols[k].mark(t, self.p.lag)
        side = math.copysign(1.0, account.lots)
        price = mark * (1.0 - side * self.p.start_discount)
        n = self.log(
            t, 4, k, account, parent=trigger, mark=mark, value=price,
            limit=bankruptcy(account.quote, account.lots), qty=-account.lots, price=price,
        )  # fmt: skip
        account.status = ON_OFFER
        self.offers.append(Lot(account, t, n, k))

    def discount(self, age):
        """Discount to mark of a lot this old."""
        p = self.p
        if p.curve == 0:
            return min(p.start_discount + p.growth * age, 0.99)
        left = 1.0  # by squaring, as the closed form is computed
        factor, stairs = 1.0 - p.growth, age // p.stair
        while stairs:
            if stairs % 2:
                left *= factor
            factor *= factor
            stairs //= 2
        return min(1.0 - (1.0 - p.start_discount) * left, 0.99)

    def run_auctions(self, t, k):
        """Every lot of a symbol is offered, oldest first; a late one takes the fall-back."""
        for lot in [lot for lot in self.offers if lot.symbol == k]:
            self.offer(t, lot)
            account = lot.account
            if lot.lots != 0.0 and t - lot.opened >= self.p.deadline:
                n = self.expire(t, lot)
                if lot.lots == 0.0:
                    self.gone(t, account, k, n)
                elif isinstance(account, Several):
                    self.send_leg(t, account, k, -lot.lots, n)
                else:
                    self.send(t, account, abs(account.lots), n)
                self.offers.remove(lot)
            elif lot.lots == 0.0:
                self.offers.remove(lot)

    def gone(self, t, account, k, parent):
        """What was on offer is closed."""
        if isinstance(account, Several):
            self.leg_done(t, account, k, parent)
        else:
            self.settle(t, account, k, parent)

    def carried(self, t, party):
        """Worth and notional of a party over all symbols [tick]."""
        worth, notional = party.quote, 0.0
        for symbol, base in zip(self.symbols, party.base, strict=False):
            worth += base * symbol.mark(t, self.p.lag)
            notional += abs(base) * symbol.mark(t, self.p.lag)
        return worth, notional

    def keenest(self, t, k, price):
        """(discount asked, liquidator, room) of the one that asks least and can carry a lot."""
        p, found = self.p, []
        sigma = self.symbols[k].sigma[t]  # of the steps before this one
        for buyer in self.liquidators:
            worth, notional = self.carried(t, buyer)
            capacity = max(worth, 0.0) * p.leverage
            room = capacity - notional
            if capacity <= 0.0 or room < price:
                continue
            base = p.asked + p.asked_step * buyer.place
            risk = p.risk_aversion * sigma * math.sqrt(float(p.unwind))
            asked = base + risk + p.pressure * (1.0 - room / capacity)
            found.append((asked, buyer.place, buyer, room))
        return min(found, default=None)

    def offer(self, t, lot):
        """Liquidators take while one agrees and the fund can bear what the account then owes."""
        account, age = lot.account, t - lot.opened
        k, side = lot.symbol, math.copysign(1.0, lot.lots)
        discount, mark = self.discount(age), self.symbols[k].mark(t, self.p.lag)
        price = mark * (1.0 - side * discount)
        while lot.lots != 0.0:
            quote, base = account.quote, lot.lots
            if equity(self.cash(t, account, k), base, price) + max(self.fund.quote, 0.0) < 0.0:
                return
            best = self.keenest(t, k, price)
            if best is None or best[0] > discount:
                return
            asked, _, buyer, room = best
            taken = min(abs(base), max(float(math.floor(room / price)), 1.0))
            ticks = self.trade(account, buyer, k, -side * taken, price)
            have = math.inf if lot.lots else float(math.floor(self.cash(t, account, k)))
            fee = self.charge(account, ticks, have)
            n = self.log(
                t, 5, k, account, parent=lot.parent, counter=buyer.row, detail=age, quote=quote,
                base=base, mark=mark, value=discount, limit=asked, qty=-side * taken, price=price,
                amount=-ticks, fee=fee,
            )  # fmt: skip
            buyer.pace[k] = float(math.ceil(abs(buyer.base[k]) / self.p.unwind))
            buyer.source[k] = n
            if lot.lots == 0.0:
                self.gone(t, account, k, n)

    def expire(self, t, lot):
        """Past the deadline: the vault if that is the fall-back; the rest goes to the book."""
        account, age, k = lot.account, t - lot.opened, lot.symbol
        base, mark = lot.lots, self.symbols[k].mark(t, self.p.lag)
        n = self.log(
            t, 6, k, account, parent=lot.parent, detail=age, mark=mark, value=float(age),
            limit=float(self.p.deadline),
        )  # fmt: skip
        if self.p.fallback == 1:
            limit = self.worst(self.cash(t, account, k), base)
            if base > 0.0:
                price = max(mark * (1.0 - self.p.vault_discount), limit)
            else:
                price = min(mark * (1.0 + self.p.vault_discount), limit)
            self.vault_takes(t, account, k, abs(base), price, n)
        return n

    def unwinding(self, k):
        """Liquidators sell what they took, a fixed number of lots a step."""
        orders = []
        for seller in self.liquidators:
            base = seller.base[k]
            if base != 0.0:
                lots = min(seller.pace[k], abs(base))
                orders.append(Order(seller, math.copysign(lots, -base), seller.source[k]))
        return orders

    def wake(self, t, k):
        """Accounts whose cooldown is over are watched again."""
        for account in self.accounts:
            if account.symbol == k and account.status == COOLING and account.until <= t:
                account.status = ACTIVE
