"""Small random worlds that reach every branch: made-up prices, any settings, up to 3 symbols."""

import random
from types import SimpleNamespace

import numpy as np

from engine.scenario.population import Population
from engine.scenario.rulebooks import load
from engine.scenario.schema import Scenario


def world_of(paths: list, scenario: Scenario) -> SimpleNamespace:
    """Prices made up here (one list a symbol), in the place of a replay's."""
    names = tuple(f"COIN{k}" for k in range(len(paths)))
    prices = np.array(paths, float).T.copy()
    return SimpleNamespace(prices=prices, symbols=names, notes=(), data="", dt=scenario.world.dt)


def path(rng: random.Random, steps: int, price: float) -> list[float]:
    """Prices that drift, jitter, jump and sometimes turn round."""
    jitter = rng.choice([0.0, 0.0005, 0.003, 0.01])
    drift = rng.choice([0.0, -0.002, 0.002, -0.01, 0.006])
    jumps = {rng.randrange(1, steps): rng.uniform(-0.3, 0.3) for _ in range(rng.choice([0, 1, 3]))}
    turn = rng.randrange(steps)
    prices = [price]
    for t in range(1, steps):
        move = drift * (1 if t < turn else -0.7) + rng.gauss(0.0, 1.0) * jitter + jumps.get(t, 0.0)
        prices.append(min(max(prices[-1] * max(1.0 + move, 0.2), price * 0.05), price * 20.0))
    return prices


def people(rng: random.Random, prices: list[float], count: int, rulebook: str) -> Population:
    """Accounts with entries, sizes and leverages spread wide; some open close to their limit."""
    book = load(rulebook)
    rows = []
    scale = rng.choice([1e3, 1e5, 3e6])
    for i in range(count):
        k = rng.randrange(len(prices))
        side = rng.choice([1, -1])
        value = scale * rng.lognormvariate(0.0, 1.3)
        if i > 0 and rng.random() < 0.1:
            rows.append(rows[-1])  # an equal account
            continue
        entry = prices[k] * (1.0 + rng.gauss(0.0, rng.choice([0.0, 0.01, 0.1])))
        entry = max(entry, prices[k] * 0.3)
        size = value / prices[k]
        leverage = rng.choice([2.0, 5.0, 10.0, 25.0, 50.0, 100.0])
        need = float(book.maintenance(value)) + rng.choice([-0.002, 0.0, 0.003]) * value
        collateral = max(size * entry / leverage, need - side * size * (prices[k] - entry), 1.0)
        rows.append((side, size, entry, leverage, collateral, k))
    side, size, entry, leverage, collateral, symbol = (np.array(c) for c in zip(*rows, strict=True))
    return Population(
        side=side, size_coin=size, entry=entry, leverage=leverage, collateral=collateral,
        isolated=np.ones(count, bool), symbol=symbol,
    )  # fmt: skip


def random_settings(rng: random.Random, oi: float, steps: int) -> dict:
    """Settings of all sections, often extreme."""
    pick = rng.choice
    cancels = ((rng.randrange(steps), 20, 0.1), (rng.randrange(steps), 7, 0.5))
    return {
        "world.dt": pick([1.0, 5.0]),
        "world.volatility": pick([0.0, 0.6, 3.0]),
        "book.depth": max(oi * pick([0.003, 0.02, 0.1, 1.0]), 100.0),
        "book.shape": pick([1, 2]),
        "book.recovery": pick([2.0, 60.0, 1e5]),
        "book.half_spread": pick([0.0, 0.0001, 0.003]),
        "book.thinning": pick([0.0, 0.0, 0.7, 1.0]),
        "book.memory": pick([5.0, 60.0]),
        "book.cancels": pick([(), (), cancels]),
        "mark.rule": pick(["last", "last_ema", "index", "index_ema", "median"]),
        "mark.smoothing": pick([1.0, 5.0, 60.0]),
        "mark.lag": pick([0, 0, 1, 6]),
        "mark.clamp": pick([0.002, 0.05]),
        "venue.taker_fee": pick([0.0, 0.0005]),
        "venue.liquidation_fee": pick([0.0, 0.001, 0.01]),
        "venue.insurance_fund": pick([0.0, 0.0, oi * 0.0003, oi * 0.01]),
        "venue.backstop_capital": pick([0.0, 0.0, oi * 0.01, oi * 0.5]),
        "venue.backstop_discount": pick([0.0, 0.01, 0.05]),
        "venue.risk_latency": pick([0, 0, 1, 4]),
        "venue.order_latency": pick([0, 0, 1, 5]),
        "venue.execution": pick(["netted", "sequential"]),
        "venue.adl": pick(["queue", "pro_rata"]),
    } | random_policy(rng, oi)


def random_flows(seed: int, oi: float, steps: int) -> dict:
    """Funding and a crowd in some runs; draws of their own, so the rest stays as it was."""
    pick = random.Random(f"flows {seed}").choice
    values: dict = {}
    if pick([True, False]):
        script = ((0, 0.004), (steps // 2, -0.002), (steps // 2 + 9, 0.0))
        values |= {
            "funding.interval": pick([3.0, 20.0, 60.0]),
            "funding.rule": pick(["interval", "interval", "eight_hours"]),
            "funding.interest": pick([0.0, 0.0001, -0.01]),
            "funding.clamp": pick([0.0, 0.0005]),
            "funding.cap": pick([0.005, 0.05]),
            "funding.impact_notional": pick([0.0, 0.0, oi * 0.001]),
            "funding.rates": pick([(), (), script]),
        }
    if pick([True, False]):
        values |= {
            "crowd.interval": pick([1, 5, 17]),
            "crowd.leverage": pick([0.5, 3.0, 20.0]),
            "crowd.aversion": pick([0.0, 1.0, 3.0]),
            "crowd.depth_share": pick([0.01, 0.3, 100.0]),
            "crowd.trend_capital": pick([0.0, oi * 0.01, oi * 0.2]),
            "crowd.trend_memory": pick([5.0, 60.0]),
            "crowd.trend_scale": pick([0.001, 0.02]),
            "crowd.carry_capital": pick([0.0, oi * 0.01, oi * 0.2]),
            "crowd.carry_threshold": pick([0.0, 0.0005]),
            "crowd.carry_exit": pick([1.5, 50.0]),
            "crowd.fund_capital": pick([0.0, oi * 0.01, oi * 0.2]),
            "crowd.fund_leverage": pick([0.8, 3.0, 15.0]),
            "crowd.fund_band": pick([0.0, 0.1]),
        }
    return values


def random_guardrails(seed: int, oi: float) -> dict:
    """Add-ons and caps in some runs; draws of their own."""
    rng = random.Random(f"guardrails {seed}")
    pick = rng.choice
    if rng.random() < 0.6:
        return {}
    return {
        "guardrails.volatility_addon": pick([(), ((1.5, 0.003), (3.0, 0.01)), ((2.0, 0.05),)]),
        "guardrails.volatility_hold": pick([0, 0, 15]),
        "guardrails.concentration_addon": pick([(), ((0.1, 0.002), (1.0, 0.02)), ((0.5, 0.01),)]),
        "guardrails.depth_notch": pick([0.05, 0.25, 0.5]),
        "guardrails.leverage_cap": pick([0.0, 1.5, 20.0]),
        "guardrails.exposure_limit": pick([0.0, oi * 0.01, oi * 0.1]),
    }


def random_policy(rng: random.Random, oi: float) -> dict:
    """Settings of the liquidation policy."""
    pick = rng.choice
    return {
        "liquidation.policy": pick(["market", "incremental", "incremental", "auction"]),
        "liquidation.variant": pick(["fraction", "tiers", "buffer"]),
        "liquidation.fraction": pick([0.07, 0.2, 0.5, 1.0]),
        "liquidation.buffer": pick([0.0, 0.1, 0.5, 3.0]),
        "liquidation.cooldown": pick([0, 1, 10]),
        "liquidation.depth_share": pick([0.01, 0.3, 1.0, 100.0]),
        "liquidation.min_slice": pick([0.0, 2_000.0, oi * 0.01]),
        "liquidation.expected_slippage": pick([0.0, 0.0005, 0.02]),
        "liquidation.curve": pick(["linear", "stairstep"]),
        "liquidation.start_discount": pick([0.0, 0.001, 0.02]),
        "liquidation.growth": pick([0.0005, 0.005, 0.05]),
        "liquidation.stair": pick([1, 5]),
        "liquidation.deadline": pick([1, 4, 30]),
        "liquidation.fallback": pick(["market", "backstop"]),
        "liquidation.liquidators": pick([1, 2, 5]),
        "liquidation.liquidator_capital": pick([0.0, oi * 0.002, oi * 0.02, oi]),
        "liquidation.liquidator_leverage": pick([0.5, 3.0, 20.0]),
        "liquidation.liquidator_discount": pick([0.0, 0.002]),
        "liquidation.liquidator_spread": pick([0.0, 0.001]),
        "liquidation.risk_aversion": pick([0.0, 1.0, 5.0]),
        "liquidation.inventory_pressure": pick([0.0, 0.01, 0.1]),
        "liquidation.unwind": pick([1, 10, 120]),
    }


def random_reductions(seed: int, count: int, steps: int) -> tuple:
    """Accounts that close part of their position by themselves, in some runs."""
    rng = random.Random(f"reductions {seed}")
    return tuple(
        (rng.randrange(0, steps), rng.randrange(0, count), rng.choice([0.01, 0.4, 0.99]))
        for _ in range(rng.choice([0, 0, 3, 16]))
    )


def random_case(seed: int) -> tuple[Scenario, SimpleNamespace, Population]:
    """A scenario with its world and its accounts."""
    rng = random.Random(seed)
    steps, count = rng.randrange(20, 200), rng.randrange(3, 40)
    symbols = rng.choice([1, 1, 2, 3])
    f = [path(rng, steps, rng.choice([60_000.0, 100.0, 0.3])) for _ in range(symbols)]
    rulebook = rng.choice(["plain", "plain-tiers", "hyperliquid-btc-undated"])
    table = people(rng, [prices[0] for prices in f], count, rulebook)
    oi = float(sum(table.size_coin * [f[k][0] for k in table.symbol]))
    settings = random_settings(rng, oi, steps) | random_flows(seed, oi, steps)
    settings |= random_guardrails(seed, oi)
    settings["accounts.reductions"] = random_reductions(seed, count, steps)
    scenario = Scenario().with_values(
        **{"world.source": "replay", "world.steps": steps, "venue.rulebook": rulebook, **settings}
    )
    return scenario, world_of(f, scenario), table
