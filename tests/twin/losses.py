"""Orders meet the book in the twin, and what it does not take goes down the waterfall."""

import math
from bisect import bisect_left
from dataclasses import replace

from tests.twin.parts import (
    ACTIVE,
    CLOSED,
    COOLING,
    INCREMENTAL,
    ON_OFFER,
    ORDERED,
    WAITING,
    Account,
    Several,
    bankruptcy,
    equity,
    shared_out,
)


class Losses:
    """Execution, trimming, vault, auto-deleveraging, fund, socialised loss."""

    def trade(self, buyer, other, k, lots, price):
        """`buyer` gets `lots` for whole ticks; returns the ticks paid."""
        ticks = float(round(lots * price))
        buyer.base[k] += lots
        other.base[k] -= lots
        self.transfer(buyer, other, ticks)
        return ticks

    def transfer(self, payer, payee, ticks):
        """Quote moves."""
        payer.quote -= ticks
        payee.quote += ticks

    def charge(self, account, ticks, have):
        """Taker fee, then liquidation fee, from what the account can spare."""
        have = max(have, 0.0)
        taker = min(float(round(self.p.taker_fee * abs(ticks))), have)
        fee = min(float(round(self.p.liquidation_fee * abs(ticks))), have - taker)
        self.transfer(account, self.venue, taker)
        self.transfer(account, self.fund, fee)
        return taker + fee

    def execute(self, t, k, orders):
        """Fill a group of orders at one price."""
        symbol = self.symbols[k]
        if self.p.band > 0.0:
            self.hold_back(t, k, orders)
        for order in orders:
            order.filled, order.left = order.qty, 0.0
        if self.shortfall(t, k, orders) > max(self.fund.quote, 0.0):
            self.trim(t, k, orders)
        net = sum([order.filled for order in orders], 0.0)
        prices = [symbol.price(t, net, order.filled) for order in orders]
        volume = symbol.volume
        symbol.volume = volume + net
        for order, price in zip(orders, prices, strict=True):
            if order.coins:
                self.sell_coins(t, k, order, price, volume, net)
            elif isinstance(order.party, Several):
                self.fill_leg(t, k, order, price, volume, net)
            elif isinstance(order.party, Account):
                self.fill(t, k, order, price, volume, net)
            elif order.filled != 0.0:
                self.sell_on(t, k, order, price, volume, net)

    def shortfall(self, t, k, orders):
        """What the fund would pay if these orders filled so; infinite past the book's end."""
        symbol = self.symbols[k]
        net = sum([order.filled for order in orders], 0.0)
        if abs(symbol.volume + net) > symbol.end():
            return math.inf
        total = 0.0
        for order in orders:
            party = order.party
            if not isinstance(party, Account) or order.filled == 0.0 or order.coins:
                continue
            price, base, cash = (
                symbol.price(t, net, order.filled), party.base[k], self.cash(t, party, k)
            )  # fmt: skip
            if base + order.filled == 0.0:
                total += max(-equity(cash, base, price), 0.0)
            else:
                gap = bankruptcy(cash, base) - price
                total += max(-order.filled * gap, 0.0)
        return total

    def trim(self, t, k, orders):
        """Set orders aside, worst first, until the fund can pay for the rest, found by halving.

        Liquidators wait first of all. The last order set aside is filled as far as possible.
        """
        symbol, fund = self.symbols[k], max(self.fund.quote, 0.0)
        net, end = sum([order.qty for order in orders], 0.0), symbol.end()
        inside = max(min(net, end - symbol.volume), -end - symbol.volume)

        def badness(order):
            if not isinstance(order.party, Account) or order.coins:
                return math.inf
            price = symbol.price(t, inside, order.qty)
            gap = bankruptcy(self.cash(t, order.party, k), order.party.base[k]) - price
            return max(gap if order.qty < 0.0 else -gap, 0.0)

        ranked = sorted(orders, key=badness, reverse=True)

        def affordable(count):
            for place, order in enumerate(ranked):
                order.filled = 0.0 if place < count else order.qty
                order.left = order.qty - order.filled
            return self.shortfall(t, k, orders) <= fund

        count = bisect_left(range(len(ranked)), True, key=affordable)
        affordable(count)
        if count > 0:
            self.fill_partly(t, k, orders, ranked[count - 1], fund)
        for order in orders:
            if isinstance(order.party, Account) and order.party.base[k] + order.qty != 0.0:
                order.left = 0.0

    def fill_partly(self, t, k, orders, order, fund):
        """The most lots of one order the fund can pay for, found by halving."""
        low, high = 0.0, abs(order.qty)
        while high - low > 1.0:
            middle = float((low + high) // 2.0)
            order.filled = math.copysign(middle, order.qty)
            order.left = order.qty - order.filled
            if self.shortfall(t, k, orders) <= fund:
                low = middle
            else:
                high = middle
        order.filled = math.copysign(low, order.qty)
        order.left = order.qty - order.filled

    def fill(self, t, k, order, price, volume, net):
        """Fill a forced order; the account is closed, cools down or is watched again."""
        account, event = order.party, order.parent
        mark = self.symbols[k].mark(t, self.p.lag)
        quote, base = account.quote, account.lots
        if order.filled != 0.0:
            ticks = self.trade(account, self.book, k, order.filled, price)
            have = math.inf
            if base + order.qty == 0.0:
                have = float(
                    math.floor(equity(account.quote, account.lots, bankruptcy(quote, base)))
                )
            fee = self.charge(account, ticks, have)
            notional = abs(account.lots) * mark
            event = self.log(
                t, 3, k, account, parent=order.parent, counter=self.book.row,
                detail=self.tiers.of(notional), quote=quote, base=base, mark=mark,
                value=equity(account.quote, account.lots, mark),
                limit=self.tiers.maintenance(notional, self.added(k, account.lots)),
                qty=order.filled, price=price, amount=-ticks, fee=fee, level=volume, net=net,
            )  # fmt: skip
        if order.left != 0.0:
            self.place_rest(t, k, order, abs(order.left), bankruptcy(quote, base), event)
        if account.lots == 0.0:
            self.settle(t, account, k, event)
            return
        self.note_tier(t, account, mark, event)
        if order.waits:
            return
        account.status = ACTIVE
        if self.p.policy == INCREMENTAL and self.p.cooldown > 0:
            account.status, account.until = COOLING, t + self.p.cooldown

    def sell_on(self, t, k, order, price, volume, net):
        """A liquidator sells part of what it took."""
        seller, lots = order.party, order.party.base[k]
        quote, mark = seller.quote, self.symbols[k].mark(t, self.p.lag)
        ticks = self.trade(seller, self.book, k, order.filled, price)
        self.log(
            t, 12, k, seller, parent=order.parent, counter=self.book.row, quote=quote, base=lots,
            mark=mark, value=abs(order.filled), limit=abs(lots), qty=order.filled, price=price,
            amount=-ticks, level=volume, net=net,
        )  # fmt: skip

    def place_rest(self, t, k, order, lots, price, parent):
        """Vault, then winners, then the book as far as a band goes, whoever has room left."""
        account = order.party
        lots -= self.vault_takes(t, account, k, lots, price, parent)
        if lots > 0.0:
            lots -= self.deleverage(t, k, account, lots, price, parent)
        if lots > 0.0 and self.p.band > 0.0:
            sign = -math.copysign(1.0, account.base[k])
            taken = min(lots, self.room(t, k, sign))
            if taken < lots:
                again = replace(order, parent=parent)
                self.keep_back(t, k, again, sign * (lots - taken), sign * lots)
                order.waits = True
            lots = taken
        if lots > 0.0:
            self.dump(t, k, account, lots, parent)

    def dump(self, t, k, account, lots, parent):
        """Sell into the book whatever it costs; what it cannot hold goes at its last price."""
        symbol, volume = self.symbols[k], self.symbols[k].volume
        qty = math.copysign(lots, -account.base[k])
        net = max(min(qty, symbol.end() - volume), -symbol.end() - volume)
        price = symbol.price(t, net, qty)
        if abs(net) < lots:
            price = symbol.f[t] * (1.0 + symbol.displacement(math.copysign(symbol.end(), qty)))
        quote, base, mark = account.quote, account.base[k], symbol.mark(t, self.p.lag)
        ticks = self.trade(account, self.book, k, qty, price)
        symbol.volume = volume + net
        self.log(
            t, 3, k, account, parent=parent, counter=self.book.row, detail=-1, quote=quote,
            base=base, mark=mark, qty=qty, price=price, **self.standing(t, account, mark),
            amount=-ticks, level=volume, net=net,
        )  # fmt: skip

    def standing(self, t, account, mark):
        """Equity and requirement of an account, over all that it holds."""
        if isinstance(account, Several):
            both = self.cash(t, account, -1), self.need(t, account, self.p.lag)
        else:
            notional = abs(account.lots) * mark
            need = self.tiers.maintenance(notional, self.added(account.symbol, account.lots))
            both = equity(account.quote, account.lots, mark), need
        return {"value": both[0], "limit": both[1]}

    def vault_takes(self, t, account, k, lots, price, parent):
        """The vault buys while the notional it holds is at most what it is worth."""
        mark, side = self.symbols[k].mark(t, self.p.lag), math.copysign(1.0, account.base[k])
        worth, held = self.carried(t, self.vault)
        each = mark + max(side * (price - mark), 0.0)
        room = max(float(math.floor((worth - held) / each)), 0.0)
        taken = min(lots, room)
        if taken == 0.0:
            return 0.0
        quote, base = account.quote, account.base[k]
        ticks = self.trade(account, self.vault, k, -side * taken, price)
        self.log(
            t, 7, k, account, parent=parent, counter=self.vault.row, quote=quote, base=base,
            mark=mark, value=taken * mark, limit=room * mark, qty=-side * taken, price=price,
            amount=-ticks,
        )  # fmt: skip
        return taken

    def winners(self, t, k, side, price):
        """Accounts in profit on the other side, highest score first, each with its cap."""
        mark, found = self.symbols[k].mark(t, self.p.lag), []
        for w in self.accounts:
            base = w.base[k]
            if base * side >= 0.0 or w.status in (ORDERED, ON_OFFER, WAITING):
                continue
            entry = w.entries[k] if isinstance(w, Several) else w.entry
            worth = equity(self.cash(t, w, k), base, mark)
            profit = (mark - entry) * base
            if profit <= 0.0 or worth <= 0.0:
                continue
            haircut, cap = side * (price - mark), abs(base)
            if haircut > 0.0:
                cap = min(cap, float(math.floor(min(profit, worth) / haircut)))
            if cap < 1.0:
                continue
            gain = profit / (abs(base) * entry)
            score = gain * (abs(base) * mark / max(worth, 1.0))
            found.append((-score, w.row, w, cap))
        return [(w, cap) for _, _, w, cap in sorted(found)]

    def deleverage(self, t, k, account, lots, price, parent):
        """Winners take lots at the bankruptcy price; the parts of the money add up to the whole."""
        side, mark = math.copysign(1.0, account.base[k]), self.symbols[k].mark(t, self.p.lag)
        queue = self.winners(t, k, side, price)
        if not queue:
            return 0.0
        caps = [cap for _, cap in queue]
        parts = shared_out(lots, caps) if self.p.adl_pro_rata else caps
        placed = paid = 0.0
        for rank, ((w, cap), part) in enumerate(zip(queue, parts, strict=True)):
            part = min(part, lots - placed)
            if part < 1.0:
                continue
            placed += part
            ticks = float(round(side * placed * price)) - paid
            paid += ticks
            signed, quote, base = side * part, w.quote, w.base[k]
            w.base[k] += signed
            account.base[k] -= signed
            self.transfer(w, account, ticks)
            n = self.log(
                t, 10, k, w, parent=parent, counter=account.row, detail=rank, quote=quote,
                base=base, mark=mark, value=part, limit=cap, qty=signed, price=price,
                amount=-ticks,
            )  # fmt: skip
            if w.base[k] == 0.0 and not isinstance(w, Several):
                self.settle(t, w, k, n)
        return placed

    def settle(self, t, account, k, parent):
        """A closed account that owes something is bankrupt, and the fund pays."""
        account.status, owed = CLOSED, -account.quote
        if owed <= 0.0:
            return
        mark = self.symbols[k].mark(t, self.p.lag)
        n = self.log(t, 8, k, account, parent=parent, mark=mark, value=-owed)
        self.log(
            t, 9, k, account, parent=n, counter=self.fund.row, mark=mark, value=owed,
            limit=self.fund.quote, amount=owed,
        )  # fmt: skip
        self.transfer(self.fund, account, owed)

    def socialise(self, t):
        """Accounts with equity bring an overdrawn fund back to zero, each the same fraction."""
        loss = -self.fund.quote
        if loss <= 0.0:
            return
        payers = []
        for account in self.accounts:
            k = max(account.symbol, 0)
            mark = self.symbols[k].mark(t, self.p.lag)
            worth = equity(self.cash(t, account, k), account.base[k], mark)
            worth = max(float(math.floor(worth)), 0.0)
            if worth >= 1.0:
                payers.append((account, worth, mark))
        if not payers:
            return
        shares = shared_out(loss, [worth for _, worth, _ in payers])
        for (account, worth, mark), share in zip(payers, shares, strict=True):
            if share > 0.0:
                self.log(
                    t, 11, max(account.symbol, 0), account, counter=self.fund.row, mark=mark,
                    value=share, limit=worth, amount=-share,
                )  # fmt: skip
                self.transfer(account, self.fund, share)
