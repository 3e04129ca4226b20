"""Small random worlds of accounts with several legs, coins as collateral, and a venue that learns
correlations."""

import random
from types import SimpleNamespace
from typing import Any

import numpy as np

from engine.scenario.population import Population
from engine.scenario.portfolios import Portfolios
from engine.scenario.rulebooks import load
from engine.scenario.schema import Scenario
from tests.twin.worlds import (
    path,
    people,
    random_flows,
    random_guardrails,
    random_settings,
    world_of,
)


def random_portfolios(rng: random.Random, prices: list[float], rulebook: str) -> Portfolios:
    """Legs of any sign; some accounts open close to their limit, some hold coins."""
    book, count, symbols = load(rulebook), rng.randrange(1, 12), len(prices)
    scale, with_coins = rng.choice([1e3, 1e5, 3e6]), rng.random() < 0.5
    size, entry, coins = (np.zeros((count, symbols)) for _ in range(3))
    collateral = np.zeros(count)
    for i in range(count):
        chosen = rng.sample(range(symbols), rng.randrange(1, symbols + 1))
        for k in chosen:
            value = scale * rng.lognormvariate(0.0, 1.2) * rng.choice([1, -1])
            size[i, k] = value / prices[k]
        for k in range(symbols):
            entry[i, k] = prices[k] * max(1.0 + rng.gauss(0.0, rng.choice([0.0, 0.02, 0.1])), 0.3)
        value = np.abs(size[i]) * np.array(prices)
        margins = np.where(value > 0.0, book.maintenance(value), 0.0)
        need = float(margins.sum()) * rng.choice([0.4, 1.0, 1.1])
        need += rng.choice([0.0, 0.003, 0.02]) * float(value.sum())
        collateral[i] = need - float((size[i] * (np.array(prices) - entry[i])).sum())
        if with_coins and rng.random() < 0.7:
            k = rng.randrange(symbols)
            part = abs(collateral[i]) * rng.choice([0.2, 0.9])
            coins[i, k] = part / prices[k]
            collateral[i] -= part
    return Portfolios(size, entry, collateral, coins)


def several_case(seed: int) -> tuple[Scenario, dict[str, Any]]:
    """A scenario, and the world, table and portfolios it is run with."""
    rng = random.Random(seed + 77_000)
    steps, symbols = rng.randrange(20, 160), rng.choice([1, 2, 2, 3, 4])
    f = [path(rng, steps, rng.choice([60_000.0, 100.0, 0.3])) for _ in range(symbols)]
    if rng.random() < 0.5:  # a common move, or a pair that comes apart
        base, share = np.array(f[0]) / f[0][0], rng.choice([0.5, 1.0, -0.5])
        f = [f[0], *[(np.array(g) * base**share).tolist() for g in f[1:]]]
    rulebook = rng.choice(["plain", "plain-tiers", "hyperliquid-btc-undated"])
    opening = [prices[0] for prices in f]
    table: Population = people(rng, opening, rng.randrange(1, 25), rulebook)
    portfolios = random_portfolios(rng, opening, rulebook)
    held = np.abs(portfolios.size_coin * opening).sum()
    oi = float(sum(table.size_coin * [f[k][0] for k in table.symbol]) + held)
    scans = tuple(
        tuple(rng.choice([-0.1, -0.05, 0.0, 0.05, 0.1]) for _ in range(4)) for _ in range(5)
    )
    least = 0.0 if symbols < 2 else -1.0 / (symbols - 1)
    script = ((0, 0.3), (steps // 3, rng.choice([1.0, 0.9, least])), (steps // 2, 0.0))
    settings = {
        "margin.mode": rng.choice(["cross", "portfolio", "portfolio", "scan"]),
        "margin.floor": rng.choice([0.0, 0.1, 0.5]),
        "margin.correlation": rng.choice([0.0, 0.5, 1.0, least / 2]),
        "margin.memory": rng.choice([0.0, 10.0, 60.0]),
        "margin.notch": rng.choice([0.05, 0.1, 0.5]),
        "margin.script": rng.choice([(), (), script]),
        "margin.scans": scans,
        "margin.haircut": rng.choice([0.0, 0.1, 0.5]),
        "margin.order": rng.choice(["largest_margin", "largest_loss", "most_liquid", "declared"]),
        **random_settings(rng, oi, steps),
        **random_flows(seed, oi, steps),
        **random_guardrails(seed, oi),
    }
    scenario = Scenario().with_values(
        **{"world.source": "replay", "world.steps": steps, "venue.rulebook": rulebook, **settings}
    )
    world: SimpleNamespace = world_of(f, scenario)
    return scenario, {"world": world, "table": table, "portfolios": portfolios}
