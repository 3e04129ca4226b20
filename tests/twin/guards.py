"""Limits on trading in the twin: price band, circuit breaker, outages, and orders that wait."""

import math
from dataclasses import dataclass, replace

from tests.twin.parts import ORDERED, WAITING, Account, Several


@dataclass
class Halt:
    """Where the breaker of a symbol stands."""

    until: int = 0
    since: int = 0
    event: int = -1
    first: int = 0  # nothing before this step counts


class Guards:
    """What keeps orders from the book for a while. Mixed into the twin."""

    def open_guards(self, outages):
        """Nothing is halted, nobody waits."""
        self.outages, self.outage_until, self.outage_event = outages, 0, -1
        self.halts, self.waiting = [Halt() for _ in self.symbols], []

    # --- circuit breaker and outages ---

    def keep_guards(self, t):
        """Ends first, then beginnings."""
        for start, length in self.outages:
            if t == start + length:
                self.say(t, 43, 0, parent=self.outage_event, value=t - start, limit=length)
        for start, length in self.outages:
            if t == start:
                self.outage_event = self.say(t, 42, 0, detail=length, value=t, limit=start)
                self.outage_until = t + length
        if self.p.breaker_move > 0.0:
            for k in range(len(self.symbols)):
                self.keep_breaker(t, k)

    def say(self, t, rule, k, **values):
        """An event of the venue."""
        mark = self.symbols[k].mark(t, self.p.lag)
        return self.log(t, rule, k, self.venue, mark=mark, **values)

    def watched(self, t, k):
        """The price the breaker looks at."""
        symbol = self.symbols[k]
        return symbol.mark(t, self.p.lag) if self.p.breaker_on_mark else symbol.mid[t]

    def keep_breaker(self, t, k):
        """Looks at every price of the window anew in each step."""
        p, halt = self.p, self.halts[k]
        if t < halt.until:
            return
        if t == halt.until and t > 0:
            self.say(
                t, 41, k, parent=halt.event, value=t - halt.since, limit=p.breaker_halt,
                price=self.watched(halt.since, k),
            )  # fmt: skip
            halt.first = t
        steps = range(max(t - p.breaker_window, halt.first), t + 1)
        price = self.watched(t, k)
        high = max(steps, key=lambda s: (self.watched(s, k), s))
        low = min(steps, key=lambda s: (self.watched(s, k), -s))
        fall, rise = 1.0 - price / self.watched(high, k), price / self.watched(low, k) - 1.0
        if max(fall, rise) >= p.breaker_move:
            at = high if fall >= rise else low
            halt.event = self.say(
                t, 40, k, detail=at, value=max(fall, rise), limit=p.breaker_move,
                price=self.watched(at, k),
            )  # fmt: skip
            halt.since, halt.until = t, t + p.breaker_halt

    def is_open(self, t, k):
        """Whether a symbol trades."""
        return t >= self.halts[k].until

    def is_up(self, t):
        """Whether the liquidation engine runs."""
        return t >= self.outage_until

    def is_checked(self, t, k):
        """Whether margin is checked."""
        return self.is_up(t) and (bool(self.p.halt_checks) or self.is_open(t, k))

    # --- orders that wait ---

    def forced_orders(self, t, k):
        """Those that meet the book now; where nothing may, they wait."""
        due = [o for o in self.sent if o.step <= t and k in (o.party.symbol, o.symbol)]
        if self.is_up(t) and self.is_open(t, k):
            self.sent = [o for o in self.sent if o not in due]
            return sorted(due, key=lambda o: o.party.row if isinstance(o.party, Several) else -1)
        for order in due:
            if not isinstance(order.party, Several):
                self.sent.remove(order)
                self.wait(order)
        return []

    def wait(self, order):
        """An order of an account with one position."""
        order.party.status = WAITING
        self.waiting.append(order)

    def recalled(self, t, k):
        """What waited, once it may trade."""
        if not (self.is_up(t) and self.is_open(t, k)):
            return []
        back = [o for o in self.waiting if o.party.symbol == k]
        self.waiting = [o for o in self.waiting if o.party.symbol != k]
        for order in back:
            order.party.status = ORDERED
        return back

    # --- price band ---

    def edge(self, t, k, sign):
        """Reference and edge of the band."""
        symbol = self.symbols[k]
        around = symbol.mark(t, self.p.lag) if self.p.band_on_mark else symbol.f[t]
        return around, around * (1.0 + sign * self.p.band)

    def lot_price(self, t, k, volume, sign):
        """Price of the lot that leaves the book at a volume."""
        f = self.symbols[k].f[t]
        return f * (1.0 + self.symbols[k].displacement(volume)) + sign * (self.p.half_spread * f)

    def inside(self, t, k, volume, sign):
        """Whether that lot is within the band."""
        return sign * (self.edge(t, k, sign)[1] - self.lot_price(t, k, volume, sign)) >= 0.0

    def room(self, t, k, sign):
        """Most lots that fit: solved for the volume at the edge, then corrected lot by lot."""
        symbol, f = self.symbols[k], self.symbols[k].f[t]
        if not self.inside(t, k, symbol.volume, sign):
            return 0.0
        if self.inside(t, k, sign * symbol.end(), sign):
            return math.inf
        x = self.edge(t, k, sign)[1] / f - 1.0 - sign * self.p.half_spread
        x = max(-0.5, min(0.5, x))
        size = abs(x) / 0.01 if self.p.shape == 1 else (x / 0.01) ** 2
        volume = math.copysign(size * symbol.depth, x)
        lots = max(float(math.floor(sign * (volume - symbol.volume))), 0.0)
        while not self.inside(t, k, symbol.volume + sign * lots, sign):
            lots -= 1.0
        while self.inside(t, k, symbol.volume + sign * (lots + 1.0), sign):
            lots += 1.0
        return lots

    def allowed(self, t, k, qty):
        """An order of one's own will: none in a halt, and only what fits into the band."""
        if not self.is_open(t, k):
            return 0.0
        if self.p.band == 0.0 or qty == 0.0:
            return qty
        sign = math.copysign(1.0, qty)
        return sign * min(abs(qty), self.room(t, k, sign))

    def hold_back(self, t, k, orders):
        """Cut a group to the band."""
        for sign in (1.0, -1.0):
            total, room = sum([max(sign * o.qty, 0.0) for o in orders], 0.0), self.room(t, k, sign)
            if total > room:
                self.let_through(t, k, orders, sign, room, sign * total)

    def let_through(self, t, k, orders, sign, most, net):
        """The first ones of a side fill, the rest waits."""
        for order in orders:
            wanted = max(sign * order.qty, 0.0)
            taken = min(wanted, most)
            most -= taken
            if taken < wanted:
                order.qty = sign * taken
                if isinstance(order.party, Account):
                    self.keep_back(t, k, order, sign * (wanted - taken), net)

    def keep_back(self, t, k, order, rest, net):
        """The rest waits for the next step; the first time that is an event."""
        account, symbol, sign = order.party, self.symbols[k], math.copysign(1.0, rest)
        if not order.held:
            ends = [self.lot_price(t, k, symbol.volume + part, sign) for part in (0.0, net)]
            around, edge = self.edge(t, k, sign)
            self.log(
                t, 44, k, account, parent=order.parent, base=account.base[k], qty=rest,
                price=around, value=max(ends) if sign > 0.0 else min(ends), limit=edge,
                level=symbol.volume, net=net, mark=symbol.mark(t, self.p.lag),
            )  # fmt: skip
        order.waits = True
        later = replace(order, qty=rest, step=t + 1, held=True, waits=False)
        if isinstance(account, Several):
            self.sent.append(later)
        else:
            self.wait(later)
