"""One symbol's prices in the twin: the book, its depth, and the five marks."""

import math

from engine.core import maths

log = getattr(maths.log, "py_func", maths.log)
power = getattr(maths.power, "py_func", maths.power)


class Symbol:
    """Book and mark of one symbol, one step at a time."""

    def __init__(self, k, p, prices, full_depth, calm, cuts):
        self.k, self.p = k, p
        self.f, self.full_depth, self.cuts = prices, full_depth, cuts
        self.depth = full_depth
        self.volume = 0.0
        self.average_mid, self.average_basis = prices[0], 0.0
        self.usual = p.sigma0 * calm
        self.variance = self.usual * self.usual
        self.rate, self.slow = 0.0, prices[0]  # last funding rate, the trend followers' average
        self.mid: list[float] = []
        self.raw: list[float] = []
        self.sigma: list[float] = []

    def move(self, t):
        """The book recovers, depth follows volatility, and mid and mark are quoted."""
        p, f = self.p, self.f[t]
        self.volume *= p.decay
        moving = p.track == 1 or len(self.cuts) > 1
        if moving:
            sigma = math.sqrt(self.variance)
            self.sigma.append(sigma)
            self.depth = self.full_depth
            if p.thinning > 0.0 and sigma > self.usual:
                self.depth *= power(self.usual / sigma, p.thinning)
            self.depth *= self.cuts[t] if len(self.cuts) > 1 else 1.0
            self.volume = max(min(self.volume, self.end()), -self.end())
        self.mid.append(f * (1.0 + self.displacement(self.volume)))
        self.raw.append(self.new_mark(f, self.mid[t]))
        if moving and t > 0:
            r = log(self.mid[t] / self.mid[t - 1])
            self.variance = p.keep * self.variance + (1.0 - p.keep) * (r * r)

    def new_mark(self, f, mid):
        """The mark before its lag."""
        p = self.p
        self.average_mid += p.alpha * (mid - self.average_mid)
        self.average_basis += p.alpha * ((mid / f - 1.0) - self.average_basis)
        basis = max(-p.clamp, min(p.clamp, self.average_basis))
        return {
            0: mid,
            1: self.average_mid,
            2: f,
            3: f * (1.0 + basis),
            4: sorted([mid, f, self.average_mid])[1],
        }[p.rule]

    def mark(self, t, lag):
        """The mark of `lag` steps ago; before the start, the opening mark."""
        return self.raw[max(t - lag, 0)]

    def end(self):
        """Consumed volume at which displacement is one half."""
        return self.depth * (50.0 if self.p.shape == 1 else 2_500.0)

    def displacement(self, volume):
        """x(E), never beyond the end of the book."""
        if self.p.shape == 1:
            x = 0.01 * (volume / self.depth)
        else:
            x = math.copysign(0.01 * math.sqrt(abs(volume) / self.depth), volume)
        return max(-0.5, min(0.5, x))

    def paid(self, volume, lots):
        """Mean displacement of an order: (X(E + q) - X(E)) / q."""
        if self.p.shape == 1 or lots == 0.0:
            return self.displacement(volume + 0.5 * lots)
        return (self.area(volume + lots) - self.area(volume)) / lots

    def area(self, volume):
        """X(E) of the square-root book."""
        size = abs(volume)
        return (0.01 * 2.0 / 3.0) * size * math.sqrt(size / self.depth)

    def price(self, t, net, qty):
        """What an order of a group with surplus `net` pays a lot [tick/lot]."""
        f = self.f[t]
        mean = f * (1.0 + self.paid(self.volume, net))
        spread = self.p.half_spread * f
        return mean - spread if qty < 0.0 else mean + spread
