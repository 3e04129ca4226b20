"""Add-ons and caps in the twin."""

import math

from tests.twin.parts import ACTIVE, Several, equity


class Guardrails:
    """Rates that volatility and depth add; what is not opened. Mixed into the twin."""

    def open_guardrails(self, inputs):
        """Nothing is added at the opening, and the whole depth is published."""
        self.notches, self.large = inputs.notches.tolist(), inputs.large.tolist()
        self.asked = inputs.asked.tolist()
        self.addons = [
            {"level": 0, "risen": -1_000_000, "rate": 0.0, "share": 1.0, "depth": s.full_depth}
            for s in self.symbols
        ]

    def added(self, k, lots, addons=None):
        """Rate added for a position, by the add-ons in force or by others."""
        addon = (addons or self.addons)[k]
        reached = [rate for share, rate in self.large if abs(lots) >= share * addon["depth"]]
        return addon["rate"] + (reached[-1] if reached else 0.0)

    def publish_addons(self, t):
        """Volatility first, then depth, symbol by symbol."""
        for k, symbol in enumerate(self.symbols):
            now = self.addons[k]
            if self.notches:
                heat = symbol.sigma[t] / symbol.usual
                level = len([1 for multiple, _ in self.notches if heat >= multiple])
                if level < now["level"] and t - now["risen"] < self.p.volatility_hold:
                    level = now["level"]
                if level != now["level"]:
                    rate = self.notches[level - 1][1] if level else 0.0
                    risen = t if level > now["level"] else now["risen"]
                    new = now | {"level": level, "rate": rate, "risen": risen}
                    self.put(t, k, new, rule=30, value=rate, limit=now["rate"], detail=level)
                    now = new
            if self.large:
                share, step = symbol.depth / symbol.full_depth, self.p.depth_notch
                if abs(share - now["share"]) >= step:
                    share = max(float(round(share / step)) * step, step)
                    if share != now["share"]:
                        new = now | {"share": share, "depth": share * symbol.full_depth}
                        self.put(t, k, new, rule=31, value=share, limit=now["share"])

    def put(self, t, k, new, **event):
        """Log a change with the requirement it moves and the accounts it makes due."""
        changed = [new if j == k else addon for j, addon in enumerate(self.addons)]
        moved = due = 0.0
        for account in self.accounts:
            if account.base[k] == 0.0:
                continue
            before, after = (
                self.asked_of(t, account, self.addons),
                self.asked_of(t, account, changed),
            )
            if after != before:
                moved += after - before
                due += account.status == ACTIVE and before < self.worth_of(t, account) <= after
        mark = self.symbols[k].mark(t, self.p.check_lag)
        rule = event.pop("rule")
        self.log(t, rule, k, self.venue, mark=mark, level=moved, net=float(due), **event)
        self.addons = changed

    def asked_of(self, t, account, addons):
        """Requirement of an account at some add-ons."""
        if isinstance(account, Several):
            return self.need(t, account, self.p.check_lag, addons=addons)
        mark = self.symbols[account.symbol].mark(t, self.p.check_lag)
        added = self.added(account.symbol, account.lots, addons)
        return self.tiers.maintenance(abs(account.lots) * mark, added)

    def worth_of(self, t, account):
        """Equity at the marks the check sees."""
        if isinstance(account, Several):
            return self.cash(t, account, -1, self.p.check_lag)
        mark = self.symbols[account.symbol].mark(t, self.p.check_lag)
        return equity(account.quote, account.lots, mark)

    def note_openings(self):
        """Who asked for more at the opening than it was let open; legs share one leverage."""
        asked, symbols = iter(self.asked), len(self.symbols)
        for account in self.accounts if self.asked else []:
            several = isinstance(account, Several)
            legs = list(range(symbols)) if several else [account.symbol]
            entries = account.entries if several else [account.entry]
            wanted, gross, collateral = [next(asked) for _ in legs], 0.0, account.quote
            for k, lots, entry in zip(legs, wanted, entries, strict=True):
                gross += lots * entry
                collateral += float(round(account.base[k] * entry))
                coins = account.base[symbols + k] if len(account.base) > symbols else 0.0
                collateral += coins * self.symbols[k].f[0] * (1.0 - self.p.haircut)
            for k, lots, entry in zip(legs, wanted, entries, strict=True):
                if lots > abs(account.base[k]):
                    self.cut_opening(account, k, lots, entry, (gross, collateral))

    def cut_opening(self, account, k, lots, entry, behind):
        """The caps that a position met."""
        p, (gross, collateral) = self.p, behind
        caps = [(32, p.leverage_cap, gross, p.leverage_cap * max(collateral, 0.0))]
        caps += [(33, p.exposure_limit, lots * entry, p.exposure_limit)]
        for rule, on, value, limit in caps:
            if on > 0.0 and value > limit:
                self.log(
                    0, rule, k, account, mark=self.symbols[k].raw[0], value=value, limit=limit,
                    price=entry, level=lots, net=abs(account.base[k]),
                )  # fmt: skip

    def within_caps(self, t, k, trader, qty):
        """An order of the crowd, as far as it may make the position larger."""
        p, base, mid = self.p, trader.base[k], self.symbols[k].mid[t]
        target = abs(base + qty)
        if target <= abs(base) and base * (base + qty) >= 0.0:
            return qty
        worth, other = trader.quote, 0.0
        for j, symbol in enumerate(self.symbols):
            worth += trader.base[j] * symbol.mid[t]
            other += abs(trader.base[j]) * symbol.mid[t] if j != k else 0.0
        least = abs(base) if base * (base + qty) > 0.0 else 0.0
        most = target
        caps = [(32, p.leverage_cap, p.leverage_cap * max(worth, 0.0), other)]
        caps += [(33, p.exposure_limit, p.exposure_limit, 0.0)]
        for rule, on, limit, beside in caps:
            value = beside + target * mid
            if on > 0.0 and value > limit:
                left = max(min(target, max(float(math.floor((limit - beside) / mid)), 0.0)), least)
                self.log(
                    t, rule, k, trader, detail=1, mark=mid, value=value, limit=limit, price=mid,
                    level=target, net=left,
                )  # fmt: skip
                most = min(most, left)
        return (most if base + qty > 0.0 else -most) - base
