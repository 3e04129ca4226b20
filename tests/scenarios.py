"""Hypothesis strategies for scenarios, built from the schema's own declarations."""

from typing import Any

from hypothesis import strategies as st

from engine.scenario.frozen_table import SPECS, build
from engine.scenario.schema import MAX_AUCTION_WORK, MAX_WORK, Scenario

RULEBOOKS = st.from_regex(r"[a-z][a-z0-9_.-]{0,20}", fullmatch=True)
HASHES = st.one_of(st.just(""), st.text("0123456789abcdef", min_size=16, max_size=16))


def number(lo: float, hi: float, whole: bool) -> st.SearchStrategy:
    """A number of a declared range, both ends included."""
    return st.integers(int(lo), int(hi)) if whole else st.floats(float(lo), float(hi))


def value_of(path: str) -> st.SearchStrategy:
    """Any value that the setting allows by itself."""
    meta, whole = SPECS[path].metadata, SPECS[path].type is int
    if "options" in meta:
        return st.sampled_from(meta["options"])
    if "columns" in meta:
        row = st.tuples(*(number(lo, hi, u == "step") for _, u, lo, hi in meta["columns"]))
        return st.lists(row, max_size=4).map(tuple)
    if "hash" in meta:
        return HASHES
    return RULEBOOKS if "name" in meta else number(meta["lo"], meta["hi"], whole)


def together(values: dict[str, Any]) -> Scenario:
    """A scenario from any mix of settings, made to satisfy the rules that join several."""
    values = dict(values)
    low = values.get("accounts.leverage_low", 1.0)
    values["accounts.leverage_low"] = min(low, values.get("accounts.leverage_high", 50.0))
    steps, count = values.get("world.steps", 1_800), values.get("accounts.count", 2_000)
    auction = values.get("liquidation.deadline", 60) * values.get("liquidation.liquidators", 4)
    most = min(MAX_WORK // steps, MAX_AUCTION_WORK // auction)
    values["accounts.count"] = min(count, most)
    points = {step: (step, multiple) for step, multiple in values.get("world.waypoints", ())}
    values["world.waypoints"] = tuple(points[step] for step in sorted(points))
    return build(values | possible_rates(values))


def possible_rates(values: dict[str, Any]) -> dict[str, Any]:
    """Scripted funding rates in the order of their steps and within the cap."""
    cap = values.get("funding.cap", 0.003)
    rates = {
        step: (step, min(max(rate, -cap), cap)) for step, rate in values.get("funding.rates", ())
    }
    return {"funding.rates": tuple(rates[step] for step in sorted(rates))}


def scenarios(most: int = 14) -> st.SearchStrategy[Scenario]:
    """Scenarios with up to `most` settings away from their defaults."""
    some = st.lists(st.sampled_from(sorted(SPECS)), unique=True, max_size=most)
    drawn = some.flatmap(lambda paths: st.fixed_dictionaries({p: value_of(p) for p in paths}))
    return drawn.map(together)
