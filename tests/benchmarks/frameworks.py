"""The workload in agent frameworks, and an order-book simulator.

Each function imports its framework, builds what it needs of it and returns what runs the workload;
`elsewhere.py` calls them where their packages are installed.
"""

from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np

from tests.benchmarks.cascade import Cascade

Scan = Callable[[Cascade], int]  # runs a workload and returns its limits


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


def mesa_scan() -> Scan:
    """The workload in mesa, one Python object an account."""
    import mesa

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

    return run


def agentpy_scan() -> Scan:
    """The workload in agentpy, one Python object an account."""
    import agentpy

    class Account(agentpy.Agent):
        def check(self) -> None:
            due(self, self.model)

    class Model(agentpy.Model, Market):
        def setup(self) -> None:
            self.open(self.p.case)
            self.accounts = agentpy.AgentList(self, len(self.p.case.p), Account)
            numbers = zip(self.p.case.p.tolist(), self.p.case.k.tolist(), strict=True)
            for account, (p, k) in zip(self.accounts, numbers, strict=True):
                account.p, account.k, account.q = p, k, 0.0

        def step(self) -> None:
            self.move(self.growth[self.t - 1])
            self.accounts.check()
            self.liquidate()

    def run(case: Cascade) -> int:
        model = Model({"steps": len(case.g), "case": case})
        model.growth = case.g.tolist()
        model.run(display=False)
        return model.limits

    return run


class Columns:
    """The workload on columns of numbers, as a framework with columns lets a reader write it."""

    def __init__(self, case: Cascade) -> None:
        self.f, self.mmr, self.decay, self.inverse_depth = case.params[:4]
        self.alpha, self.fraction, self.fee, self.fund = case.params[4:]
        self.mark, self.volume, self.limits = self.f, 0.0, 0

    def step(self, growth: float, p: np.ndarray, k: np.ndarray) -> bool:
        """Move prices, close who is due, in place; whether anybody was."""
        self.f *= growth
        self.volume *= self.decay
        mid = self.f * (1.0 - self.volume * self.inverse_depth)
        self.mark += self.alpha * (mid - self.mark)
        worth = k + p * self.mark
        hit = np.flatnonzero((worth <= self.mmr * np.abs(p) * self.mark) & (p != 0.0))
        if not len(hit):
            return False
        held, size = p[hit], np.abs(p[hit])
        lots = np.where(worth[hit] < 0.0, size, np.ceil(self.fraction * size))
        sold = np.where(held > 0.0, lots, -lots)
        net = float(sold.sum())
        price = self.f * (1.0 - (self.volume + 0.5 * net) * self.inverse_depth)
        self.volume += net
        fee, cash = np.rint(self.fee * (lots * price)), k[hit] + np.rint(sold * price)
        done = held == sold
        paid = np.where(done, np.clip(cash, 0.0, fee), fee)
        cash -= paid
        short = np.where(done & (cash < 0.0), cash, 0.0)
        self.fund += float(paid.sum() + short.sum())
        p[hit], k[hit] = held - sold, cash - short
        self.limits += len(hit)
        return True


def ambr_scan() -> Scan:
    """The workload in ambr, agents as columns of numbers."""
    import ambr

    def run(case: Cascade) -> int:
        market = Columns(case)

        class Model(ambr.ArrayKernelModel):
            def init_state(self, xp: Any, n: int, rng: Any, p: Any) -> dict:
                return {"p": case.p.copy(), "k": case.k.copy()}

            def step_state(self, xp: Any, state: dict, rng: Any, p: Any) -> dict:
                market.step(float(case.g[self.t - 1]), state["p"], state["k"])
                return state

        Model({"n": len(case.p), "steps": len(case.g), "prefer_gpu": False}).run()
        return market.limits

    return run


def mesa_frames_scan() -> Scan:
    """The workload in mesa-frames, agents as a polars frame."""
    import polars
    from mesa_frames import AgentSetPolars, ModelDF

    class Accounts(AgentSetPolars):
        def __init__(self, model: Any, case: Cascade) -> None:
            super().__init__(model)
            ids = np.arange(len(case.p))
            self += polars.DataFrame({"unique_id": ids, "p": case.p, "k": case.k})

        def step(self) -> None:
            p, k = (self["p"].to_numpy().copy(), self["k"].to_numpy().copy())
            if self.model.market.step(self.model.growth, p, k):
                self["p"], self["k"] = polars.Series(p), polars.Series(k)

    class Model(ModelDF):
        def __init__(self, case: Cascade) -> None:
            super().__init__(seed=1)
            self.market, self.growth = Columns(case), 1.0
            self.agents += Accounts(self, case)

    def run(case: Cascade) -> int:
        model = Model(case)
        for growth in case.g.tolist():
            model.growth = growth
            model.agents.do("step")
        return model.market.limits

    return run


def bourse_orders() -> Callable[[int], int]:
    """Market orders through bourse's book, one a forced order: what a user of it pays for each."""
    import bourse

    def run(count: int) -> int:
        book = bourse.core.OrderBook(0, 1, True)
        for place in range(count):
            book.set_time(2 * place)
            book.place_order(True, 5, 1, price=10_000 - place % 50)
            book.set_time(2 * place + 1)
            book.place_order(False, 5, 2)
        return len(book.get_trades())

    return run


FRAMEWORKS = {
    "mesa": (mesa_scan, 10_000),
    "agentpy": (agentpy_scan, 15_000),
    "mesa-frames": (mesa_frames_scan, 2_000),
    "ambr": (ambr_scan, 100),
}
