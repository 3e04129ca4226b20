"""Random small runs: every rule of the venue in some mix, with a shock that sets it off."""

import random

from engine.scenario.schema import Scenario

RULEBOOKS = (
    "plain",
    "plain-tiers",
    "binance-btcusdt-2024-10-24",
    "bybit-btcusdt-undated",
    "hyperliquid-btc-undated",
)
# Small runs that together meet every rule, for tests in which a run costs much.
EVERY_RULE = (1, 2, 5, 11, 13, 23, 25, 34, 54, 58)


def pick_world(r: random.Random) -> dict:
    """A path with a shock, a book and a mark."""
    steps = r.choice((1, 2, 40, 120, 300))
    shocks = [
        (r.randrange(0, steps + 5), r.choice((-0.3, -0.12, -0.05, 0.06, 0.2)), r.choice((1, 5, 40)))
        for _ in range(r.randrange(0, 4))
    ]
    cancels = [
        (r.randrange(0, steps), r.choice((1, 20, 90)), r.choice((0.05, 0.3, 1.0)))
        for _ in range(r.choice((0, 0, 1, 2)))
    ]
    return {
        "world.steps": steps,
        "world.price": r.choice((60_000.0, 0.00002, 1.0, 3_000.0)),
        "world.dt": r.choice((0.1, 1.0, 60.0)),
        "world.volatility": r.choice((0.0, 0.6, 3.0)),
        "world.shocks": tuple(shocks),
        "book.depth": r.choice((2e4, 5e5, 5e6)),
        "book.shape": r.choice((1, 2)),
        "book.recovery": r.choice((0.5, 60.0, 3_600.0)),
        "book.half_spread": r.choice((0.0, 0.0001, 0.02)),
        "book.thinning": r.choice((0.0, 0.0, 1.0, 4.0)),
        "book.memory": r.choice((5.0, 60.0)),
        "book.cancels": tuple(cancels),
        "mark.rule": r.choice(("last", "last_ema", "index", "index_ema", "median")),
        "mark.smoothing": r.choice((0.5, 5.0, 100.0)),
        "mark.lag": r.choice((0, 0, 1, 7)),
        "mark.clamp": r.choice((0.0005, 0.05)),
    }


def pick_venue(r: random.Random) -> dict:
    """Accounts, fees, buffers and latencies."""
    return {
        "accounts.count": r.choice((1, 2, 7, 60, 250)),
        "accounts.long_share": r.choice((0.0, 0.5, 0.5, 0.9, 1.0)),
        "accounts.open_interest": r.choice((1e4, 2e6, 5e7)),
        "accounts.leverage_low": r.choice((1.0, 3.0)),
        "accounts.leverage_high": r.choice((3.0, 25.0, 120.0)),
        "accounts.entry_spread": r.choice((0.0, 0.01, 0.2)),
        "accounts.isolated_share": r.choice((0.0, 0.8, 1.0)),
        "accounts.headroom": r.choice((0.0, 0.003)),
        "venue.rulebook": r.choice(RULEBOOKS),
        "venue.taker_fee": r.choice((0.0, 0.0005, 0.05)),
        "venue.liquidation_fee": r.choice((0.0, 0.001, 0.1)),
        "venue.insurance_fund": r.choice((0.0, 1e3, 1e6)),
        "venue.backstop_capital": r.choice((0.0, 1e4, 5e6)),
        "venue.backstop_discount": r.choice((0.0, 0.01, 0.3)),
        "venue.risk_latency": r.choice((0, 0, 3)),
        "venue.order_latency": r.choice((0, 0, 1, 6)),
        "venue.execution": r.choice(("netted", "sequential")),
        "venue.adl": r.choice(("queue", "pro_rata")),
    }


def pick_liquidation(r: random.Random) -> dict:
    """One of the three policies with all it can vary."""
    return {
        "liquidation.policy": r.choice(("market", "incremental", "auction")),
        "liquidation.variant": r.choice(("fraction", "tiers", "buffer")),
        "liquidation.fraction": r.choice((0.01, 0.25, 1.0)),
        "liquidation.buffer": r.choice((0.0, 0.5, 5.0)),
        "liquidation.cooldown": r.choice((0, 1, 10)),
        "liquidation.depth_share": r.choice((0.01, 1.0)),
        "liquidation.min_slice": r.choice((0.0, 2_000.0)),
        "liquidation.curve": r.choice(("linear", "stairstep")),
        "liquidation.start_discount": r.choice((0.0, 0.01, 0.1)),
        "liquidation.growth": r.choice((1e-5, 0.0005, 0.05)),
        "liquidation.stair": r.choice((1, 5)),
        "liquidation.deadline": r.choice((1, 10, 60)),
        "liquidation.fallback": r.choice(("market", "backstop")),
        "liquidation.liquidators": r.choice((1, 4)),
        "liquidation.liquidator_capital": r.choice((1e4, 2e6, 1e9)),
        "liquidation.liquidator_leverage": r.choice((0.5, 3.0)),
        "liquidation.risk_aversion": r.choice((0.0, 0.0, 1.0)),
        "liquidation.unwind": r.choice((1, 20)),
    }


def pick_symbols(r: random.Random) -> dict:
    """In half of the worlds one symbol; else up to four, tied together in some way."""
    others = tuple(
        (
            r.choice((0.003, 1.0, 3_000.0)),
            r.choice((0.0, 0.9, 4.0)),
            r.choice((2e4, 5e5)),
            r.choice((-1.0, 0.0, 1.0, 2.0)),
        )
        for _ in range(r.choice((0, 0, 0, 1, 2, 3)))
    )
    pairs = ((0, 1, r.choice((-0.9, 0.3, 1.0))),) if others else ()
    return {
        "world.others": others,
        "world.correlation": r.choice((-0.3, 0.0, 0.7, 1.0)),
        "world.correlations": r.choice(((), pairs)),
        "world.correlation_jumps": r.choice(((), ((5, 1.0, 50), (20, 0.2, 10)))),
        "world.p_calm_to_stress": r.choice((0.0, 0.0, 0.05)),
        "world.regime_correlation": 0.9,
        "world.stress_volatility": r.choice((1.0, 3.0)),
        "world.tail": r.choice((0, 0, 3, 8)),
    }


def pick_flows(r: random.Random) -> dict:
    """Funding and a crowd, in about half of the runs each."""
    return {
        "funding.interval": r.choice((0.0, 5.0, 60.0, 600.0)),
        "funding.rule": r.choice(("interval", "eight_hours")),
        "funding.cap": r.choice((0.003, 0.05)),
        "funding.impact_notional": r.choice((0.0, 1e4)),
        "funding.rates": r.choice(((), ((10, 0.003), (90, -0.001)))),
        "crowd.interval": r.choice((0, 1, 10, 60)),
        "crowd.aversion": r.choice((0.0, 1.0)),
        "crowd.depth_share": r.choice((0.2, 5.0)),
        "crowd.trend_capital": r.choice((0.0, 1e4, 1e6)),
        "crowd.trend_memory": r.choice((10.0, 600.0)),
        "crowd.carry_capital": r.choice((0.0, 1e4, 1e6)),
        "crowd.fund_capital": r.choice((0.0, 1e4, 1e6)),
        "crowd.fund_leverage": r.choice((3.0, 10.0)),
        "crowd.fund_band": r.choice((0.0, 0.1)),
    }


def pick_reductions(r: random.Random, values: dict) -> dict:
    """In half of the runs some accounts close part of their position by themselves."""
    rows = [
        (
            r.randrange(0, values["world.steps"]),
            r.randrange(0, values["accounts.count"]),
            r.choice((0.01, 0.5, 0.99)),
        )
        for _ in range(r.choice((0, 0, 3, 12)))
    ]
    return {"accounts.reductions": tuple(rows)}


def pick_guardrails(r: random.Random) -> dict:
    """Add-ons and caps, in about half of the runs each."""
    return {
        "guardrails.volatility_addon": r.choice(((), ((1.5, 0.002), (3.0, 0.01)))),
        "guardrails.volatility_hold": r.choice((0, 20)),
        "guardrails.concentration_addon": r.choice(((), ((0.05, 0.002), (0.5, 0.01)))),
        "guardrails.depth_notch": r.choice((0.1, 0.25)),
        "guardrails.leverage_cap": r.choice((0.0, 5.0, 20.0)),
        "guardrails.exposure_limit": r.choice((0.0, 0.0, 1e5)),
    }


def random_scenario(seed: int) -> Scenario:
    """Scenario number `seed` of an endless list."""
    r = random.Random(seed)
    values = {
        "seed": seed,
        **pick_world(r),
        **pick_venue(r),
        **pick_liquidation(r),
        **pick_symbols(r),
    }
    values |= pick_flows(random.Random(f"flows {seed}"))
    values |= pick_guardrails(random.Random(f"guardrails {seed}"))
    values |= pick_reductions(random.Random(f"reductions {seed}"), values)
    return Scenario().with_values(**values)
