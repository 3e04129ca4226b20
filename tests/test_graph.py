"""The cascade as a graph: shares against the split of each loss, laws of generations, edges."""

import numpy as np
import pytest

import engine
from engine.causes import attribution, undisturbed
from engine.core.state import Rule
from engine.graph.cascade import (
    graph,
    graph_numbers,
    liquidation_prices,
    parents,
    pushes,
    wave_edges,
    waves,
)
from engine.graph.latency import edge_times, response, seen_times
from engine.graph.network import largest_eigenvalue
from engine.simulation import Result

STORM = {
    "accounts.count": 300,
    "accounts.open_interest": 3e7,
    "accounts.long_share": 0.6,
    "world.steps": 400,
    "world.shocks": ((100, -0.04, 60),),
    "book.depth": 2e6,
    "mark.rule": "last",
    "liquidation.policy": "market",
}
RULES = ("last", "last_ema", "index_ema", "median")
POLICIES = engine.POLICIES


def run(seed=3, **changes):
    """A cascade, with settings changed."""
    settings = {**STORM, **{name.replace("__", "."): value for name, value in changes.items()}}
    return engine.run(engine.Scenario(seed=seed).with_values(**settings))


def shares_by_hand(result: Result, number: int) -> tuple[dict[int, float], float]:
    """The share of each forced order in a trigger from the split of its loss, and of the rest.

    Only for an account that has not traded before: then the loss is that of the mark.
    """
    parts, _ = attribution.loss_parts(result, number)
    kept = [part for part in parts if part.kind not in ("before", "rounding")]
    outside = sum(part.amount for part in kept if part.kind in ("outside", "lag"))
    lost = {part.event: -part.amount for part in kept if part.event is not None}
    forced = {event: amount for event, amount in lost.items() if amount > 0.0}
    rest = max(-outside, 0.0)
    rest += sum(max(-part.amount, 0.0) for part in kept if part.kind in ("thinning", "rule"))
    total = rest + sum(forced.values())
    return {event: amount / total for event, amount in forced.items()}, rest / total


@pytest.mark.parametrize("rule", [*RULES, "index"])
@pytest.mark.parametrize("policy", POLICIES)
def test_the_shares_are_those_of_the_split_of_the_loss(rule, policy):
    """One pass over the log gives what the explanation of each event says, order by order."""
    result = run(
        mark__rule=rule, liquidation__policy=policy, book__thinning=0.5, mark__lag=2,
        venue__risk_latency=3, mark__clamp=0.004,
    )  # fmt: skip
    found, seen = graph(result), set()
    for i, number in enumerate(found.event):
        account = int(result.events["account"][number])
        fresh = account not in seen
        seen.add(account)
        if not fresh or i % 3:
            continue
        by_order, rest = shares_by_hand(result, int(number))
        assert found.forced[i] == pytest.approx(sum(by_order.values()), abs=1e-9)
        assert found.outside[i] == pytest.approx(rest, abs=1e-9)
        by_trigger = np.zeros(len(found.event))
        for event, share in by_order.items():
            by_trigger[found.root[event]] += share
        assert pushes(result, int(number)) == pytest.approx(by_trigger, abs=1e-9)
        told = by_trigger @ (1.0 + found.generation)
        assert found.generation[i] == pytest.approx(told, abs=1e-9)
        assert found.line[i, 1:] == pytest.approx(by_trigger @ found.line[:, :-1], abs=1e-9)
    assert len(seen) > 15
    if rule == "index":
        assert not found.forced.any()


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("sequential", ["netted", "sequential"])
def test_laws_of_generations(policy, sequential):
    """Shares sum to one, lines to one, g is the mean of its line, sizes to all that was closed."""
    result = run(liquidation__policy=policy, venue__execution=sequential, book__depth=1.2e6)
    found = graph(result)
    whole = found.forced + found.other + found.outside
    assert whole == pytest.approx(1.0)
    assert found.line.sum(axis=1) == pytest.approx(1.0) and (found.line >= 0.0).all()
    mean = found.line @ np.arange(found.line.shape[1])
    assert found.generation == pytest.approx(mean, rel=1e-4, abs=1e-12)
    closed = result.metrics["liquidated_notional"]
    assert found.sizes.sum() == pytest.approx(closed)
    assert found.branching == pytest.approx(1.0 - found.sizes[0] / closed)
    assert found.by_forced > 0.0 and (found.since[found.forced > 1e-9] >= 1.0).all()
    numbers = graph_numbers(result)
    assert numbers["branching_ratio"] * closed == pytest.approx(numbers["forced_by_forced"])
    assert {name: result.metrics[name] for name in numbers} == pytest.approx(numbers)


def test_a_run_without_limits_has_an_empty_graph():
    result = run(world__shocks=(), world__volatility=0.0)
    assert not len(graph(result).event) and not waves(result)
    assert set(graph_numbers(result).values()) == {0.0}


def test_parents_that_carry_most_are_told_and_the_rest_is_one_edge():
    """Largest first, 95 % with the outside world in it, none missing, all earlier in the log."""
    result = run()
    found = graph(result)
    for i in range(0, len(found.event), 11):
        told = parents(result, int(found.event[i]))
        kept = [share for _, share in told.kept]
        assert kept == sorted(kept, reverse=True)
        assert told.outside + sum(kept) + told.rest == pytest.approx(1.0)
        if kept:
            assert told.outside + sum(kept) >= 0.95 - 1e-9
            assert told.outside + sum(kept[:-1]) < 0.95
        assert all(event < told.event for event, _ in told.kept)
    assert any(parents(result, int(n)).rest > 0.0 for n in found.event)


def test_waves_hold_every_trigger_once_and_their_edges_add_up():
    result = run()
    nodes, found = waves(result), graph(result)
    rows = np.concatenate([wave.rows for wave in nodes])
    assert sorted(rows) == list(range(len(found.event)))
    assert sum(wave.closed for wave in nodes) == pytest.approx(found.closed.sum())
    into = np.zeros(len(nodes))
    for kind, parent, child, share in wave_edges(result, nodes):
        into[child] += share
        assert (kind == "outside") == (parent < 0)
        assert parent < 0 or nodes[parent].step < nodes[child].step
    assert into == pytest.approx(1.0)


def test_triggers_of_one_wave_have_the_same_share():
    result = run()
    for wave in waves(result):
        assert np.ptp(graph(result).forced[wave.rows]) < 1e-12


def test_a_trigger_stands_at_its_liquidation_price():
    """A long has reached it from above, a short from below, at the mark of its check."""
    result = run()
    rows = result.events[graph(result).event]
    side = np.where(rows["base"] > 0.0, 1.0, -1.0)
    past = side * (liquidation_prices(result) - rows["mark"] / result.compiled.units.price)
    assert (past > -1e-6).all()


def test_bystanders_are_those_a_book_that_nothing_moves_would_have_spared():
    """Two exact runs agree: nobody holds a position, and a book of the largest depth allowed."""
    result, calm = run(), run(book__depth=1e12)
    assert np.abs(calm.mid / calm.compiled.inputs.f - 1.0).max() < 1e-5
    hurt, there = (
        np.unique(r.events["account"][r.events["rule"] == Rule.MAINTENANCE]) for r in (result, calm)
    )
    found = undisturbed.bystanders(result)
    assert np.array_equal(found, np.setdiff1d(hurt, there)) and len(found) > 10
    assert len(found) == result.metrics["bystanders"]
    assert graph(calm).branching < 1e-4


def two_books():
    return engine.run(next(p.scenario for p in engine.presets() if p.name == "two-books"))


def test_shared_collateral_carries_a_push_into_a_book_that_nothing_else_moved():
    """The second coin's outside price stays, its mark falls, and limits have parents in both."""
    result = two_books()
    outside, mark = (result.series_frame(1)[name] for name in ("fundamental", "mark"))
    assert outside.min() / outside.iloc[0] > 0.99 and mark.min() / mark.iloc[0] < 0.97
    found, events = graph(result), result.events
    second = events["symbol"][found.event] == 1
    assert (found.closed @ (found.forced * second)) / found.closed[second].sum() > 0.6
    several = np.flatnonzero(result.compiled.inputs.symbol[events["account"][found.event]] < 0)
    crossed = 0
    for i in several[::7]:
        share = pushes(result, int(found.event[i]))
        assert share.sum() == pytest.approx(found.forced[i], abs=1e-9)
        assert found.generation[i] == pytest.approx(share @ (1.0 + found.generation), abs=1e-9)
        parents_ = np.unique(events["symbol"][found.event[share > 0.01]])
        crossed += len(parents_) == 2
    assert crossed > 0


def test_the_loop_of_two_coins_is_a_matrix_that_their_holders_join():
    result = two_books()
    pushed = engine.cascade_beforehand(result)["pushes"]
    assert pushed["COIN-A", "COIN-B"] > 0.05 and pushed["COIN-B", "COIN-A"] > 0.05
    told = largest_eigenvalue(np.array([*pushed.values()]).reshape(2, 2))
    assert told == pytest.approx(engine.cascade_beforehand(result)["loop"])


def test_orders_nobody_was_forced_to_are_no_forced_flow():
    """A crowd and accounts that close by themselves push as well, and are counted beside."""
    result = run(
        crowd__interval=5, crowd__trend_capital=5e6, crowd__trend_memory=60.0,
        accounts__reductions=((150, 3, 0.5), (152, 4, 0.5)),
    )  # fmt: skip
    found, rule = graph(result), result.events["rule"]
    assert (rule == Rule.CROWD).any() and (rule == Rule.REDUCTION).any() and found.other.any()
    assert (found.root[np.isin(rule, (Rule.CROWD, Rule.REDUCTION))] == -1).all()
    assert found.forced + found.other + found.outside == pytest.approx(1.0)


# Latency


LATE = [(0, 0, 0), (3, 0, 0), (0, 4, 0), (0, 0, 5), (2, 3, 4)]


@pytest.mark.parametrize("lag, risk, order", LATE)
def test_no_edge_is_shorter_than_the_latencies_allow(lag, risk, order):
    """Trigger after fill, fill after trigger: the closed form holds for every edge of the log."""
    result = run(mark__lag=lag, venue__risk_latency=risk, venue__order_latency=order)
    times, found, events = edge_times(result.params), graph(result), result.events
    assert (times.trigger, times.fill) == (1 + lag + risk, order)
    assert times.generation == 1 + lag + risk + order
    pushed = found.forced > 0.0
    assert (found.since[pushed] >= times.trigger - 1e-9).all()
    edges = list(wave_edges(result, nodes := waves(result), keep=1.0))
    lengths = [
        nodes[child].step - nodes[parent].step for _, parent, child, _ in edges if parent >= 0
    ]
    assert min(lengths) >= times.generation
    fills = np.flatnonzero(events["rule"] == Rule.SLICE)
    wait = events["step"][fills] - events["step"][found.event[found.root[fills]]]
    assert (wait == times.fill).all() and seen_times(result)["fill"] == times.fill


@pytest.mark.parametrize("lag, risk, order", LATE)
def test_one_order_pushes_the_next_after_exactly_that_time(lag, risk, order):
    """Two accounts at rest, and the first falls with the outside price and takes the second along.

    The mark then falls at once by what the order moves it, past the limit of the second account.
    """
    result = run(
        accounts__count=2, accounts__open_interest=2e6, accounts__long_share=1.0,
        accounts__size_spread=0.0, accounts__leverage_low=20.0, accounts__leverage_high=30.0,
        accounts__isolated_share=1.0, world__volatility=0.0, world__shocks=((50, -0.03, 1),),
        book__depth=1e5, mark__lag=lag, venue__risk_latency=risk, venue__order_latency=order,
        seed=TWO,
    )  # fmt: skip
    rows = result.events[graph(result).event]
    first, second = rows["step"]
    assert second - first == edge_times(result.params).generation
    assert graph(result).forced[1] > 0.2 and graph(result).forced[0] == 0.0


TWO = 1


@pytest.mark.parametrize("rule", ["last", "last_ema", "index_ema", "index"])
def test_the_response_of_the_mark_is_that_of_the_attribution(rule):
    """w(d) of the closed form, and its peak, against the weights the split of a loss uses."""
    from engine.core.attribution import impulse_weights

    result = run(mark__rule=rule, world__volatility=0.0, world__shocks=())
    weights, steps = np.zeros(301), 300
    inputs = result.compiled.inputs
    impulse_weights(steps, 0, result.params, inputs, result.mid, result.raw, weights)
    told = response(result.params, steps)
    assert told == pytest.approx(weights[:300][::-1] / inputs.f[0, 0], abs=1e-12)
    if rule == "index":
        assert edge_times(result.params).peak == np.inf
    else:
        assert abs(1 + told.argmax() - edge_times(result.params).peak) <= 1.0
        mean = (told * np.arange(1, 301)).sum() / told.sum()
        assert edge_times(result.params).mean == pytest.approx(mean, rel=0.06)
