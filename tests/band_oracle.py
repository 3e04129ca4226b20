"""Which forced orders a price band must have held back: each order of a finished run, followed.

Orders come from the triggers in the log, what became of them from its fills; how much of each the
band lets through is worked out here, so no answer of the band is read. Orders that were due in a
halt or an outage, that wait a second time, and that found nothing in the book are followed as well.
"""

import bisect
import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from engine.causes.attribution import book_path
from engine.core.state import Policy, Row, Rule
from tests.guardrail_oracle import depths, down_steps, halted_steps, lagged_marks

WILLED = (Rule.CROWD, Rule.REDUCTION)  # they meet the book before all forced orders
TRADES = (
    Rule.SLICE, Rule.UNWIND, Rule.AUCTION_TAKE, Rule.BACKSTOP_TAKE, Rule.ADL_FILL, *WILLED,
    Rule.COLLATERAL_SALE,
)  # fmt: skip
FILLED = (Rule.SLICE, Rule.UNWIND, Rule.COLLATERAL_SALE, *WILLED)  # with the venue's book
MONEY = (*TRADES, Rule.FUND_PAYMENT, Rule.SOCIALISED_LOSS)
NAMES = (
    "step", "rule", "symbol", "account", "value", "limit", "price", "parent", "qty", "level", "net",
)  # fmt: skip


@dataclass(eq=False)
class Order:
    """A change of a position [lot] that is on its way, or waits."""

    row: int
    qty: float
    parent: int
    due: int
    held: bool = False  # the log had its word of the band
    coins: bool = False


class Book:
    """Prices and depth of one symbol, as a band sees them."""

    def __init__(self, result, k):
        self.p, self.marks = result.params, lagged_marks(result, k)
        self.depths = depths(result, k)
        self.f = result.compiled.inputs.f[:, k].tolist()
        self.volumes = book_path(result, k).volume.tolist()

    def last(self, t, volume, sign):
        """Price [tick/lot] of the last lot of an order that leaves the book at a volume."""
        size, f = abs(volume) / self.depths[t], self.f[t]
        x = min(0.01 * (size if self.p.shape == 1 else math.sqrt(size)), 0.5)
        return f * (1.0 + math.copysign(x, volume)) + sign * (self.p.half_spread * f)

    def edge(self, t, sign):
        """Reference, and the price beyond which nothing is filled."""
        around = self.marks[t] if self.p.band_on_mark else self.f[t]
        return around, around * (1.0 + sign * self.p.band)

    def room(self, t, volume, sign):
        """Lots that fit: one less than the first that does not."""
        edge = self.edge(t, sign)[1]

        def beyond(lots):
            return sign * (edge - self.last(t, volume + sign * lots, sign)) < 0.0

        end = self.depths[t] * (50.0 if self.p.shape == 1 else 2_500.0)
        lots = range(math.ceil(end + abs(volume)) + 2)
        if not beyond(float(lots[-1])):
            return math.inf
        return max(bisect.bisect_left(lots, True, key=beyond) - 1.0, 0.0)


class Followed:
    """Balances, and each forced order from its trigger to its fill."""

    def __init__(self, result):
        self.result, self.p, self.events = result, result.params, result.events
        self.symbols = range(result.mid.shape[1])
        self.books = [Book(result, k) for k in self.symbols]
        self.halted = [halted_steps(result, k) for k in self.symbols]
        self.down, self.first = down_steps(result), result.accounts + Row.LIQUIDATOR
        self.several = result.accounts - len(result.compiled.inputs.legs)
        self.quote, self.base = result.compiled.quote.copy(), result.compiled.base.copy()
        self.waiting, self.sent = ([[] for _ in self.symbols] for _ in range(2))
        self.legs, self.traded, self.pace = {}, {}, defaultdict(float)
        self.rows = []

    def run(self):
        """The events of the band that prices, positions and the clock demand."""
        steps = np.searchsorted(self.events["step"], np.arange(len(self.result.mid) + 1)).tolist()
        for t, (low, high) in enumerate(zip(steps[:-1], steps[1:], strict=True)):
            self.step(t, list(range(low, high)))
        accounts = slice(self.result.accounts)
        assert (self.quote[accounts] == self.result.quote[accounts]).all()
        assert (self.base[accounts] == self.result.base[accounts]).all()
        return sorted(self.rows)

    def step(self, t, numbers):
        """The log of a step in its order; each symbol's orders where they meet its book."""
        self.traded = {}
        turns = {k: self.turn(k, numbers) for k in self.symbols}
        for n in [*numbers, None]:
            for k in [k for k in self.symbols if turns[k] == n and n is not None]:
                self.meet(t, k, numbers)
            if n is not None:
                self.take(n)
                self.send(t, n)
        for k in [k for k in self.symbols if turns[k] is None]:
            self.meet(t, k, numbers)
        self.sell_coins(t)

    def turn(self, k, numbers):
        """The first event of a step that comes of the execution in a symbol, if there is one."""
        e = self.events
        for n in numbers:
            rule, parent = e["rule"][n], int(e["parent"][n])
            takes = rule == Rule.BACKSTOP_TAKE and not (
                parent == n - 1 and e["rule"][parent] == Rule.AUCTION_EXPIRE and self.p.fallback
            )
            filled = rule in (Rule.SLICE, Rule.ADL_FILL, Rule.UNWIND, Rule.COLLATERAL_SALE)
            if e["symbol"][n] == k and (takes or filled):
                return n
        return None

    # --- what the log says ---

    def take(self, n):
        """Apply an event to the balances."""
        e = self.events[n]
        rule, i, k, other = (int(e[name]) for name in ("rule", "account", "symbol", "counter"))
        if rule == Rule.FUNDING:
            self.quote -= e["price"] * self.base[:, k]
        if rule not in MONEY:
            return
        column = k + len(self.symbols) if rule == Rule.COLLATERAL_SALE else k
        self.quote[i] += e["amount"] - e["fee"]
        self.quote[other] -= e["amount"]
        if rule in TRADES:
            self.base[i, column] += e["qty"]
            self.base[other, column] -= e["qty"]
            own = rule == Rule.COLLATERAL_SALE or (rule == Rule.SLICE and e["detail"] >= 0)
            cause = n if own or rule == Rule.AUCTION_TAKE else int(e["parent"])
            self.traded |= {row: (cause, -self.quote[row].item()) for row in (i, other)}
        if rule == Rule.AUCTION_TAKE:
            self.pace[other, k] = math.ceil(abs(self.base[other, k]) / self.p.unwind)

    def send(self, t, n):
        """The order of a trigger, or of an auction that nobody took."""
        e = self.events[n]
        i, k, qty = int(e["account"]), int(e["symbol"]), e["qty"].item()
        if e["rule"] == Rule.AUCTION_EXPIRE:
            after = self.events[n + 1 : n + 2]
            taken = self.p.fallback and (after["rule"] == 7).any() and after["parent"][0] == n
            qty = -(e["base"].item() + (after["qty"].item() if taken else 0.0))
        elif e["rule"] != Rule.MAINTENANCE:
            return
        due = t + self.p.order_lag
        if e["rule"] == Rule.MAINTENANCE and self.p.policy == Policy.AUCTION:
            due = math.inf  # on offer
        if i >= self.several:
            self.legs[i, k] = Order(i, qty, n, due)
            if qty == 0.0:
                del self.legs[i, k]
        elif qty != 0.0 and due < math.inf:
            self.sent[k].append(Order(i, qty, n, due))

    def sell_coins(self, t):
        """Accounts whose last leg is gone, and the coins they sell to pay what they owe."""
        for row, (n, short) in self.traded.items():
            legs = self.base[row, : len(self.symbols)]
            if not self.several <= row < self.result.accounts or legs.any():
                continue
            if any(i == row and o.due < math.inf for (i, _), o in self.legs.items()):
                continue
            for k in range(self.base.shape[1] - len(self.symbols)):
                held = self.base[row, len(self.symbols) + k].item()
                if short > 0.0 and held > 0.0:
                    counted = self.books[k].marks[t] * (1.0 - self.p.haircut)
                    lots = min(held, math.ceil(short / counted))
                    due = t + max(self.p.order_lag, 1)
                    self.legs[row, k] = Order(row, -lots, n, due, coins=True)
                    short -= lots * counted

    # --- the orders of a step ---

    def orders(self, t, k):
        """Those that meet the book, in their order: waiting, new, of legs, of liquidators."""
        early = [o for o in self.sent[k] if o.due <= t]
        self.sent[k] = [o for o in self.sent[k] if o.due > t]
        found = self.waiting[k] + early
        self.waiting[k] = []
        if t in self.halted[k] or t in self.down:
            self.waiting[k], found = found, []
        else:
            legs = [(row, o) for (row, j), o in self.legs.items() if j == k and o.due <= t]
            found += [o for _, o in sorted(legs, key=lambda pair: pair[0])]
        if self.p.policy == Policy.AUCTION and t not in self.halted[k]:
            for row in range(self.first, self.first + self.p.liquidators):
                base = self.base[row, k].item()
                lots = min(abs(base), self.pace[row, k])
                found += [Order(row, math.copysign(lots, -base), -1, t)] if base else []
        return found

    def ratio(self, t, k, order):
        """What orders that come one by one are ranked by: the margin ratio."""
        if order.row >= self.result.accounts:
            return math.inf
        marks = [book.marks[t] for book in self.books]
        if order.row < self.several:
            base = self.base[order.row, k].item()
            return (self.quote[order.row].item() + base * marks[k]) / (abs(base) * marks[k])
        worth, held = self.quote[order.row].item(), 0.0
        for j, mark in enumerate(marks):
            worth += self.base[order.row, j].item() * mark
            held += abs(self.base[order.row, j].item()) * mark
            if self.base.shape[1] > len(marks):
                coins = self.base[order.row, len(marks) + j].item()
                worth += coins * mark * (1.0 - self.p.haircut)
        return worth / held if held else math.inf

    def meet(self, t, k, numbers):
        """All orders of a symbol meet its book, together or one by one."""
        orders = self.orders(t, k)
        e, volume = self.events, self.books[k].volumes[t]
        mine = [n for n in numbers if e["symbol"][n] == k]
        for n in [n for n in mine if e["rule"][n] in WILLED]:
            volume = (e["level"][n] + e["net"][n]).item()
        if self.p.sequential and len(orders) > 1:
            orders = sorted(orders, key=lambda order: self.ratio(t, k, order))
        groups = [[order] for order in orders] if self.p.sequential else [orders]
        for group in groups:
            volume = self.fill(t, k, group, volume, mine)

    def fill(self, t, k, group, volume, mine):
        """One group: cut to the band, filled as the log says; returns the volume after it."""
        rests = {}
        for sign in (1.0, -1.0):
            wanted = [(order, max(sign * order.qty, 0.0)) for order in group]
            total, room = sum(lots for _, lots in wanted), self.books[k].room(t, volume, sign)
            most = room
            for order, lots in wanted if total > room else []:
                taken = min(lots, most)
                most -= taken
                if taken < lots and order.row < self.result.accounts:
                    rests[order] = sign * (lots - taken)
                    self.hold(t, k, order, rests[order], sign * total, volume)
                order.qty = sign * taken if lots else order.qty
        fills = {order: self.filled(order, mine) for order in group}
        net = [self.events["net"][n].item() for n, _ in fills.values() if n is not None]
        volume += net[0] if net else 0.0
        for order in group:
            if order.row < self.result.accounts:
                volume = self.finish(t, k, order, fills[order], order in rests, volume, mine)
        return volume

    def filled(self, order, mine):
        """Number of the fill of an order (None without one), and its lots."""
        e, rule = self.events, Rule.COLLATERAL_SALE if order.coins else Rule.SLICE
        rule = Rule.UNWIND if order.row >= self.result.accounts else rule
        for n in mine:
            if e["account"][n] == order.row and e["rule"][n] == rule and e["detail"][n] >= 0:
                return n, e["qty"][n].item()
        return None, 0.0

    def finish(self, t, k, order, fill, waits, volume, mine):
        """What the book did not take of an order that closes: vault, winners, dump; or it waits."""
        n, qty = fill
        e, row, sign = self.events, order.row, math.copysign(1.0, order.qty)
        closes = order.qty != 0.0 and self.base[row, k] + order.qty == 0.0
        rest = abs(order.qty - qty) if closes and not order.coins else 0.0
        if rest > 0.0:
            for m in mine:
                if e["rule"][m] == Rule.BACKSTOP_TAKE and e["account"][m] == row:
                    rest -= abs(e["qty"][m].item())
                if e["rule"][m] == Rule.ADL_FILL and e["counter"][m] == row:
                    rest -= abs(e["qty"][m].item())
            room = self.books[k].room(t, volume, sign)
            if rest >= 1.0 and room < rest:
                order.parent = order.parent if n is None else n
                self.hold(t, k, order, sign * (rest - room), sign * rest, volume)
                waits = True
            for m in mine:
                if e["rule"][m] == Rule.SLICE and e["detail"][m] < 0 and e["account"][m] == row:
                    volume = (e["level"][m] + e["net"][m]).item()
        if not waits and self.legs.pop((row, k), None):
            self.traded.setdefault(row, (order.parent, -self.quote[row].item()))
        return volume

    def hold(self, t, k, order, rest, net, volume):
        """The rest of an order waits for the next step; the first time, the log says why."""
        book, sign = self.books[k], math.copysign(1.0, rest)
        if not order.held:
            around, edge = book.edge(t, sign)
            ends = [book.last(t, volume + part, sign) for part in (0.0, net)]
            worst = max(ends) if sign > 0.0 else min(ends)
            found = (t, Rule.BAND, k, order.row, worst, edge, around)
            self.rows.append((*found, order.parent, rest, volume, net))
        later = Order(order.row, rest, order.parent, t + 1, True, order.coins)
        if order.row < self.several:
            self.waiting[k].append(later)
        else:
            self.legs[order.row, k] = later


def logged_bands(result):
    """The band's events of a run, in the form of `Followed.run`."""
    found = result.events[result.events["rule"] == Rule.BAND]
    return sorted(zip(*(found[name].tolist() for name in NAMES), strict=True))


def check_bands(result) -> int:
    """Hold every answer of the band against what it had to be; returns how many there are."""
    logged = logged_bands(result)
    if result.params.band == 0.0:
        assert not logged
        return 0
    followed = Followed(result)
    assert logged == followed.run()
    traded = result.events[np.isin(result.events["rule"], FILLED)]
    for e in traded[traded["net"] != 0.0]:
        book, t = followed.books[e["symbol"]], int(e["step"])
        sign = math.copysign(1.0, e["net"])
        last = book.last(t, (e["level"] + e["net"]).item(), sign)
        assert sign * (book.edge(t, sign)[1] - last) >= 0.0, f"step {t}: filled beyond the band"
    return len(logged)
