"""Funding and the crowd in the twin: what happens at set times."""

import math

from engine.core import maths
from tests.twin.parts import ACTIVE, equity

power = getattr(maths.power, "py_func", maths.power)


class Flows:
    """Settlements of funding, then the turns of three traders. Mixed into the twin."""

    def keep_schedule(self, t):
        """Funding first, in every symbol; then the crowd, own reductions and add-ons."""
        if t == 0:
            self.note_openings()
        for place, step in enumerate(self.dates):
            if step == t:
                for k in range(len(self.symbols)):
                    self.settle_funding(t, place, k)
        if self.crowd and t > 0 and t % self.p.crowd_every == 0:
            self.turn(t)
        for step, row, share in self.reductions:
            if step == t:
                self.reduce(t, self.accounts[int(row)], share)
        self.publish_addons(t)

    def reduce(self, t, account, share):
        """An account closes part of its position by an order of its own; taker fee only."""
        symbol, k, lots = self.symbols[account.symbol], account.symbol, account.lots
        volume = symbol.volume
        left = symbol.end() + volume if lots > 0.0 else symbol.end() - volume
        size = min(float(math.floor(share * abs(lots))), max(float(math.floor(left)), 0.0))
        size = abs(self.allowed(t, k, math.copysign(size, -lots)))
        if account.status != ACTIVE or size < 1.0:
            return
        quote, qty = account.quote, math.copysign(size, -lots)
        price, mark = symbol.price(t, qty, qty), symbol.mark(t, self.p.lag)
        ticks = self.trade(account, self.book, k, qty, price)
        fee = float(round(self.p.taker_fee * abs(ticks)))
        self.transfer(account, self.venue, fee)
        symbol.volume = volume + qty
        notional = abs(account.lots) * mark
        event = self.log(
            t, 22, k, account, counter=self.book.row, detail=self.tiers.of(notional),
            quote=quote, base=lots, mark=mark, value=equity(account.quote, account.lots, mark),
            limit=self.tiers.maintenance(notional, self.added(k, account.lots)), qty=qty,
            price=price, amount=-ticks, fee=fee, level=volume, net=qty,
        )  # fmt: skip
        self.note_tier(t, account, mark, event)

    def premium(self, symbol, t):
        """Of the mid, or of what the impact notional would get on either side."""
        p, f = self.p, symbol.f[t]
        x = symbol.mid[t] / f - 1.0
        if p.funding_impact == 0.0:
            return x
        lots = p.funding_impact / f
        if p.shape == 1:
            volume = math.copysign(abs(x) / 0.01 * symbol.depth, x)
        else:
            volume = math.copysign((abs(x) / 0.01) * (abs(x) / 0.01) * symbol.depth, x)
        bid = symbol.paid(volume, -lots) - p.half_spread
        ask = symbol.paid(volume, lots) + p.half_spread
        return max(bid, 0.0) - max(-ask, 0.0)

    def settle_funding(self, t, place, k):
        """Every party pays index x lots; the book clears."""
        p, symbol, scripted = self.p, self.symbols[k], self.fixed_rates[place][k]
        if math.isinf(scripted):
            return
        first = self.dates[place - 1] + 1 if place else 0
        total = 0.0
        for step in range(first, t + 1):
            total += self.premium(symbol, step)
        premium = total / (t - first + 1)
        rate = scripted
        if math.isnan(scripted):
            pull = min(max(p.funding_interest - premium, -p.funding_clamp), p.funding_clamp)
            rate = p.funding_share * (premium + pull)
        paid = min(max(rate, -p.funding_cap), p.funding_cap)
        price = symbol.f[t] if p.funding_on_index else symbol.mark(t, p.lag)
        index = float(round(paid * price))
        holders = [party for party in self.parties if party.base[k] != 0.0]
        self.log(
            t, 20, k, self.book, detail=len(holders), mark=price, value=rate,
            limit=p.funding_cap, price=index, amount=0.0 - index * self.book.base[k],
            level=sum([max(party.base[k], 0.0) for party in holders], 0.0), net=premium,
        )  # fmt: skip
        for party in holders:
            if party is not self.book:
                self.transfer(party, self.book, index * party.base[k])
        symbol.rate = paid

    def turn(self, t):
        """Everybody decides on the same view; then they trade one after another."""
        for symbol in self.symbols:
            symbol.slow += self.p.trend_alpha * (symbol.mid[t] - symbol.slow)
        trend, carry, fund = self.crowd
        wishes = [
            [self.trend(t, k, trend), self.carry(t, k, carry), self.fund_wish(t, k, fund)]
            for k in range(len(self.symbols))
        ]
        for k, wanted in enumerate(wishes):
            for trader, (qty, why, value, limit) in zip(self.crowd, wanted, strict=True):
                self.crowd_order(t, k, trader, qty, why, value, limit)

    def calm(self, t, symbol):
        """Appetite: shrinks with volatility above the usual one."""
        sigma = symbol.sigma[t]
        if self.p.aversion > 0.0 and sigma > symbol.usual:
            return power(symbol.usual / sigma, self.p.aversion)
        return 1.0

    def worth(self, t, party):
        """Equity and gross notional at the mids."""
        worth, gross = party.quote, 0.0
        for symbol, base in zip(self.symbols, party.base, strict=False):
            worth += base * symbol.mid[t]
            gross += abs(base) * symbol.mid[t]
        return worth, gross

    def trend(self, t, k, party):
        """Follows the price's distance from its average."""
        p, symbol = self.p, self.symbols[k]
        signal = symbol.mid[t] / symbol.slow - 1.0
        share = max(-1.0, min(1.0, signal / p.trend_scale))
        worth, _ = self.worth(t, party)
        room = max(worth, 0.0) * p.crowd_leverage / len(self.symbols) * self.calm(t, symbol)
        return float(round(share * room / symbol.mid[t])) - party.base[k], 0, signal, p.trend_scale

    def carry(self, t, k, party):
        """Takes the side that is paid; leaves when volatility is high."""
        p, symbol = self.p, self.symbols[k]
        heat = symbol.sigma[t] / symbol.usual
        if heat >= p.carry_exit:
            return 0.0 - party.base[k], 2, heat, p.carry_exit
        target = 0.0
        if symbol.rate != 0.0 and abs(symbol.rate) >= p.carry_threshold:
            room = p.carry_capital * p.crowd_leverage / len(self.symbols) * self.calm(t, symbol)
            target = math.copysign(float(round(room / symbol.mid[t])), -symbol.rate)
        return target - party.base[k], 1, symbol.rate, p.carry_threshold

    def fund_wish(self, t, k, party):
        """Scales everything it holds back to its leverage."""
        p = self.p
        worth, gross = self.worth(t, party)
        if gross == 0.0:
            return 0.0, 3, 0.0, p.fund_leverage
        if worth <= 0.0:
            return 0.0 - party.base[k], 4, worth / gross, 0.0
        calm = min(1.0, *[self.calm(t, symbol) for symbol in self.symbols])
        target, held = p.fund_leverage * calm, gross / worth
        if abs(held / target - 1.0) <= p.fund_band:
            return 0.0, 3, held, target
        return float(round(party.base[k] * (target / held))) - party.base[k], 3, held, target

    def crowd_order(self, t, k, party, qty, why, value, limit):
        """One order alone in the book, cut to what is allowed and to what the book holds."""
        symbol = self.symbols[k]
        volume = symbol.volume
        qty = self.within_caps(t, k, party, qty)
        most = max(float(math.floor(self.p.crowd_share * symbol.depth)), 1.0)
        left = symbol.end() - volume if qty > 0.0 else symbol.end() + volume
        qty = math.copysign(min(abs(qty), most, max(float(math.floor(left)), 0.0)), qty)
        qty = self.allowed(t, k, qty)
        if abs(qty) < 1.0:
            return
        quote, base = party.quote, party.base[k]
        price = symbol.price(t, qty, qty)
        ticks = self.trade(party, self.book, k, qty, price)
        symbol.volume = volume + qty
        self.log(
            t, 21, k, party, counter=self.book.row, detail=why, quote=quote, base=base,
            mark=symbol.mid[t], value=value, limit=limit, qty=qty, price=price, amount=-ticks,
            level=volume, net=qty,
        )  # fmt: skip
