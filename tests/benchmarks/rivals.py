"""What the production kernel is compared with: C, vectorised NumPy and an agent framework."""

import sys
from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np

from tests.benchmarks.cascade import Cascade
from tests.shared import SHARED


def c_kernel() -> tuple[Callable | None, str]:
    """The hand-written C event kernel, or None and the reason why there is none."""
    if SHARED is None or not (SHARED / "bench" / "_ckernels.py").is_file():
        return None, "the C kernel is not beside the repository"
    sys.path.insert(0, str(SHARED / "bench"))
    try:
        import _ckernels

        return _ckernels.runner(_ckernels.build(), "event_bucket_soa"), ""
    except Exception as error:  # no compiler, or one that refuses the flags
        return None, f"no C compiler: {error}"
    finally:
        sys.path.pop(0)


def numpy_scan(case: Cascade) -> int:
    """Vectorised NumPy: stored liquidation prices, two comparisons a step. Returns the limits."""
    start, mmr, decay, inverse_depth, alpha, fraction, fee_rate, fund = case.params
    p, k = case.p.copy(), case.k.copy()
    price_of = -k / (p - mmr * np.abs(p))
    longs, shorts = price_of[: case.NL], price_of[case.NL :]
    f, volume, mark, limits = start, 0.0, start, 0
    series = np.empty((3, len(case.g)))
    for t, growth in enumerate(case.g):
        f *= growth
        volume *= decay
        mid = f * (1.0 - volume * inverse_depth)
        mark += alpha * (mid - mark)
        below, above = longs >= mark, shorts <= mark
        if below.any() or above.any():
            hit = np.concatenate([np.flatnonzero(below), np.flatnonzero(above) + case.NL])
            held, cash = p[hit], k[hit]
            size = np.abs(held)
            lots = np.where(cash + held * mark < 0.0, size, np.ceil(fraction * size))
            sold = np.where(held > 0.0, lots, -lots)
            net = sold.sum()
            price = f * (1.0 - (volume + 0.5 * net) * inverse_depth)
            volume += net
            fee = np.rint(fee_rate * (lots * price))
            cash, held = cash + np.rint(sold * price), held - sold
            done = held == 0.0
            paid = np.where(done, np.clip(cash, 0.0, fee), fee)
            cash -= paid
            short = np.where(done & (cash < 0.0), cash, 0.0)
            cash -= short
            fund += paid.sum() + short.sum()
            limits += len(hit)
            p[hit], k[hit] = held, cash
            with np.errstate(divide="ignore", invalid="ignore"):
                new = -cash / (held - mmr * np.abs(held))
            price_of[hit] = np.where(done, np.where(hit < case.NL, -1e300, 1e300), new)
        series[:, t] = mid, mark, fund
    return limits


class Market:
    """The price side of the workload, for agents that test themselves."""

    def open(self, case: Cascade) -> None:
        self.f, self.mmr, self.decay, self.inverse_depth = case.params[:4]
        self.alpha, self.fraction, self.fee, self.fund = case.params[4:]
        self.mark, self.volume, self.hit, self.limits = self.f, 0.0, [], 0

    def move(self, growth: float) -> None:
        self.f *= growth
        self.volume *= self.decay
        mid = self.f * (1.0 - self.volume * self.inverse_depth)
        self.mark += self.alpha * (mid - self.mark)
        self.hit = []

    def liquidate(self) -> None:
        net = sum(a.q if a.p > 0.0 else -a.q for a in self.hit)
        price = self.f * (1.0 - (self.volume + 0.5 * net) * self.inverse_depth)
        self.volume += net
        self.limits += len(self.hit)
        for a in self.hit:
            sold = a.q if a.p > 0.0 else -a.q
            fee = float(round(self.fee * (a.q * price)))
            a.k, a.p = a.k + round(sold * price), a.p - sold
            paid = fee if a.p != 0.0 else min(max(a.k, 0.0), fee)
            a.k -= paid
            self.fund += paid
            if a.p == 0.0 and a.k < 0.0:
                self.fund, a.k = self.fund + a.k, 0.0


def due(account: Any, market: Any) -> None:
    """The margin check of one account that is an object."""
    if account.p != 0.0:
        equity = account.k + account.p * market.mark
        if equity <= market.mmr * abs(account.p) * market.mark:
            size = abs(account.p)
            account.q = size if equity < 0.0 else float(ceil(market.fraction * size))
            market.hit.append(account)


def mesa_scan() -> tuple[Callable | None, str]:
    """The workload in mesa, one Python object an account; None and the reason if not installed."""
    try:
        import mesa
    except ImportError:
        return None, "mesa is not installed (requirements-bench.txt)"

    class Account(mesa.Agent):
        def __init__(self, model: Any, p: float, k: float) -> None:
            super().__init__(model)
            self.p, self.k, self.q = p, k, 0.0

        def check(self) -> None:
            due(self, self.model)

    class Model(mesa.Model, Market):
        def __init__(self, case: Cascade) -> None:
            super().__init__(seed=1)
            self.open(case)
            Account.create_agents(self, len(case.p), case.p.tolist(), case.k.tolist())

    def run(case: Cascade) -> int:
        model = Model(case)
        for growth in case.g.tolist():
            model.move(growth)
            model.agents.do("check")
            model.liquidate()
        return model.limits

    return run, ""
