"""The settings of a scenario as the numbers a kernel reads, each cast once."""

from functools import lru_cache
from typing import Any

import numpy as np

from engine.core.maths import exp
from engine.core.state import LegOrder, MarginMode, MarkRule, Params, Policy, Variant
from engine.scenario.flows import EIGHT_HOURS
from engine.scenario.paths import LEAST_SIGMA, YEAR
from engine.scenario.schema import Scenario, reseeded
from engine.scenario.units import Units


def kernel_params(scenario: Scenario, units: Units) -> Params:
    """Settings of the kernel for the scenario's own policy. None depends on the seed."""
    return _kept(reseeded(scenario, 0), units)


@lru_cache(maxsize=64)  # the worlds of a sweep share them
def _kept(scenario: Scenario, units: Units) -> Params:
    return Params(
        **_market(scenario),
        **_cut(scenario, units),
        **_auction(scenario),
        **_funding(scenario, units),
        **_crowd(scenario, units),
        **_legs(scenario),
        **_trading(scenario),
        **_guardrails(scenario, units),
    )


def _market(scenario: Scenario) -> dict[str, Any]:
    """Book, mark, latency and fees."""
    world, book, mark, venue = scenario.world, scenario.book, scenario.mark, scenario.venue
    plan = scenario.liquidation
    rules = ("last", "last_ema", "index", "index_ema", "median")
    return {
        "decay": exp(-world.dt / book.recovery),
        "shape": int(book.shape),
        "half_spread": float(book.half_spread),
        "thinning": float(book.thinning),
        "sigma0": max(float(world.volatility) * float(np.sqrt(world.dt / YEAR)), LEAST_SIGMA),
        "keep": exp(-world.dt / book.memory),
        "track": int(
            book.thinning > 0.0
            or plan.policy == "auction"
            or bool(book.cancels)
            or scenario.crowd.on
            or scenario.guardrails.addons
        ),
        "rule": int(MarkRule(rules.index(mark.rule))),
        "alpha": 1.0 - exp(-world.dt / mark.smoothing),
        "lag": int(mark.lag),
        "clamp": float(mark.clamp),
        "check_lag": int(mark.lag + venue.risk_latency),
        "order_lag": int(venue.order_latency),
        "sequential": int(venue.execution == "sequential"),
        "taker_fee": float(venue.taker_fee),
        "liquidation_fee": float(venue.liquidation_fee),
    }


def _trading(scenario: Scenario) -> dict[str, Any]:
    """Price band, circuit breaker and outages."""
    rails, dt = scenario.guardrails, scenario.world.dt
    return {
        "guarded": int(rails.holds_orders or bool(scenario.venue.outages)),
        "band": float(rails.band),
        "band_on_mark": int(rails.band_around == "mark"),
        "breaker_move": float(rails.breaker_move),
        "breaker_window": max(round(rails.breaker_window / dt), 1),
        "breaker_halt": max(round(rails.breaker_halt / dt), 1),
        "breaker_on_mark": int(rails.breaker_price == "mark"),
        "halt_checks": int(rails.halt_checks == "go_on"),
    }


def _legs(scenario: Scenario) -> dict[str, Any]:
    """Accounts with several legs."""
    margin = scenario.margin
    learns = margin.memory > 0.0 and not margin.script
    return {
        "margin_mode": int(MarginMode[margin.mode.upper()]),
        "floor": float(margin.floor),
        "rho_keep": exp(-scenario.world.dt / margin.memory) if learns else 1.0,
        "notch": float(margin.notch),
        "haircut": float(margin.haircut),
        "leg_order": int(LegOrder[margin.order.upper()]),
    }


def _cut(scenario: Scenario, units: Units) -> dict[str, Any]:
    """Policy, and how an incremental cut is sized."""
    book, venue, plan = scenario.book, scenario.venue, scenario.liquidation
    return {
        "policy": int(Policy[plan.policy.upper()]),
        "variant": int(Variant[plan.variant.upper()]),
        "fraction": float(plan.fraction),
        "buffer": float(plan.buffer),
        "cooldown": int(plan.cooldown),
        "depth_share": float(plan.depth_share),
        "min_slice": float(plan.min_slice) / units.tick,
        "cost_rate": float(
            venue.liquidation_fee + venue.taker_fee + book.half_spread + plan.expected_slippage
        ),
    }


def _auction(scenario: Scenario) -> dict[str, Any]:
    """Auction, liquidators, vault and auto-deleveraging."""
    venue, plan = scenario.venue, scenario.liquidation
    return {
        "curve": int(plan.curve == "stairstep"),
        "start_discount": float(plan.start_discount),
        "growth": float(plan.growth),
        "stair": int(plan.stair),
        "deadline": int(plan.deadline),
        "fallback": int(plan.fallback == "backstop"),
        "unwind": int(plan.unwind),
        "liquidators": int(plan.liquidators),
        "leverage": float(plan.liquidator_leverage),
        "asked": float(plan.liquidator_discount),
        "asked_step": float(plan.liquidator_spread),
        "risk_aversion": float(plan.risk_aversion),
        "pressure": float(plan.inventory_pressure),
        "vault_discount": float(venue.backstop_discount),
        "adl_pro_rata": int(venue.adl == "pro_rata"),
    }


def _funding(scenario: Scenario, units: Units) -> dict[str, Any]:
    """Funding rate and what it is paid on."""
    funding = scenario.funding
    part = funding.rule == "eight_hours"
    return {
        "scheduled": int(
            funding.on
            or scenario.crowd.on
            or len(scenario.accounts.reductions) > 0
            or scenario.guardrails.on
        ),
        "funding_interest": float(funding.interest),
        "funding_clamp": float(funding.clamp),
        "funding_cap": float(funding.cap),
        "funding_share": float(funding.interval) / EIGHT_HOURS if part else 1.0,
        "funding_on_index": int(part),
        "funding_impact": float(funding.impact_notional) / units.tick,
    }


def _crowd(scenario: Scenario, units: Units) -> dict[str, Any]:
    """Trend followers, carry traders, and the fund that targets its leverage."""
    crowd, dt = scenario.crowd, scenario.world.dt
    return {
        "traders": 3 if crowd.on else 0,
        "crowd_every": int(crowd.interval),
        "crowd_leverage": float(crowd.leverage),
        "crowd_share": float(crowd.depth_share),
        "aversion": float(crowd.aversion),
        "trend_alpha": 1.0 - exp(-crowd.interval * dt / crowd.trend_memory),
        "trend_scale": float(crowd.trend_scale),
        "carry_capital": float(np.rint(crowd.carry_capital / units.tick)),
        "carry_threshold": float(crowd.carry_threshold),
        "carry_exit": float(crowd.carry_exit),
        "fund_leverage": float(crowd.fund_leverage),
        "fund_band": float(crowd.fund_band),
    }


def _guardrails(scenario: Scenario, units: Units) -> dict[str, Any]:
    """Add-ons and caps; a run with guardrails logs everything in full."""
    rails, venue = scenario.guardrails, scenario.venue
    held = rails.holds_orders or bool(venue.outages)
    netted = venue.execution == "netted" and venue.order_latency == 0
    plain = not rails.on and not held and scenario.liquidation.policy != "auction"
    return {
        "brief": int(netted and plain),
        "volatility_hold": int(rails.volatility_hold),
        "depth_notch": float(rails.depth_notch),
        "leverage_cap": float(rails.leverage_cap),
        "exposure_limit": float(rails.exposure_limit) / units.tick,
    }
