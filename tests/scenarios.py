"""Hypothesis strategies for scenarios, built from the schema's own declarations."""

from typing import Any

from hypothesis import strategies as st

from engine.scenario.checks import WHOLE
from engine.scenario.frozen_table import SPECS, build
from engine.scenario.margining import MOST_LEGS
from engine.scenario.schema import MAX_AUCTION_WORK, MAX_LEG_WORK, MAX_WORK, Scenario

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
        row = st.tuples(*(number(lo, hi, u in WHOLE) for _, u, lo, hi in meta["columns"]))
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
    symbols = 1 + len(values.get("world.others", ()))
    runs = 1 + values.get("monitor.actions", 0)
    most = min(MAX_WORK // steps // symbols // runs, MAX_AUCTION_WORK // auction)
    values["accounts.count"] = min(count, most)
    own = values.get("accounts.reductions", ())
    last = values["accounts.count"] - 1
    values["accounts.reductions"] = tuple((t, min(i, last), share) for t, i, share in own)
    points = {step: (step, multiple) for step, multiple in values.get("world.waypoints", ())}
    values["world.waypoints"] = tuple(points[step] for step in sorted(points))
    values |= possible_legs(values, symbols, steps)
    for path in ("guardrails.volatility_addon", "guardrails.concentration_addon"):
        values[path] = rising(values.get(path, ()))
    values |= possible_guards(values)
    return build(values | possible_correlations(values, symbols) | possible_flows(values))


def possible_guards(values: dict[str, Any]) -> dict[str, Any]:
    """A band wider than the spread, and outages one after the other."""
    outages: list[tuple] = []
    for step, duration in sorted(values.get("venue.outages", ())):
        if not outages or step >= sum(outages[-1]):
            outages.append((step, duration))
    spread, band = values.get("book.half_spread", 0.0001), values.get("guardrails.band", 0.0)
    return {"venue.outages": tuple(outages), "guardrails.band": band if band > spread else 0.0}


def rising(notches: tuple) -> tuple:
    """Those of some (start, rate) notches that rise in both, in order."""
    kept: list[tuple] = []
    for notch in sorted(notches):
        if not kept or (notch[0] > kept[-1][0] and notch[1] > kept[-1][1]):
            kept.append(notch)
    return tuple(kept)


def possible_legs(values: dict[str, Any], symbols: int, steps: int) -> dict[str, Any]:
    """The settings of accounts with several legs, made to fit the world and its work."""
    least, generated = -1.0 / max(symbols - 1, 1), values.get("world.source") != "replay"
    script = {step: (step, max(rho, least)) for step, rho in values.get("margin.script", ())}
    room = MAX_LEG_WORK // (steps * (symbols if generated else MOST_LEGS))
    rows = []
    for count, notional, leverage, *weights in values.get("accounts.portfolios", ()):
        weights = [w if k < symbols or not generated else 0.0 for k, w in enumerate(weights)]
        count = min(count, room)
        if count > 0 and any(weights):
            rows.append((count, notional, leverage, *weights))
            room -= count
    out = {
        "margin.correlation": max(values.get("margin.correlation", 0.0), least),
        "margin.script": tuple(script[step] for step in sorted(script)),
        "accounts.portfolios": tuple(rows),
        "accounts.coin": min(values.get("accounts.coin", 0), symbols - 1 if generated else 3),
    }
    if values.get("margin.mode") == "scan" and not values.get("margin.scans"):
        out["margin.scans"] = ((-0.1, -0.1, -0.1, -0.1),)
    return out


def possible_flows(values: dict[str, Any]) -> dict[str, Any]:
    """The scripted funding rates among `values`, in order, within the cap and with a replay."""
    cap = values.get("funding.cap", SPECS["funding.cap"].default)
    rates = {
        step: (step, min(max(rate, -cap), cap)) for step, rate in values.get("funding.rates", ())
    }
    data = values.get("funding.data", "") if values.get("world.source") == "replay" else ""
    return {"funding.rates": tuple(rates[step] for step in sorted(rates)), "funding.data": data}


def possible_correlations(values: dict[str, Any], symbols: int) -> dict[str, Any]:
    """The settings of correlation among `values`, made possible for that many symbols."""
    least = -1.0 / max(symbols - 1, 1)
    common = ("world.correlation", "world.regime_correlation")
    out: dict[str, Any] = {path: max(values[path], least) for path in common if path in values}
    jumps = values.get("world.correlation_jumps", ())
    out["world.correlation_jumps"] = tuple((s, max(c, least), d) for s, c, d in jumps)
    pairs = {tuple(sorted(row[:2])): row for row in values.get("world.correlations", ())}
    out["world.correlations"] = tuple(
        row for (first, second), row in pairs.items() if first < second < symbols
    )
    out["world.tail"] = values.get("world.tail", 0) if values.get("world.tail", 0) > 2 else 0
    return out


def scenarios(most: int = 14) -> st.SearchStrategy[Scenario]:
    """Scenarios with up to `most` settings away from their defaults."""
    some = st.lists(st.sampled_from(sorted(SPECS)), unique=True, max_size=most)
    drawn = some.flatmap(lambda paths: st.fixed_dictionaries({p: value_of(p) for p in paths}))
    return drawn.map(together)
