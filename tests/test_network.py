"""Clearing, fire sales and ladders against worked numbers, and laws of their own."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.band.tables import band_frame, cascade_curve
from engine.graph import branching, clearing, network
from engine.graph.opening import opening_graph
from tests.shared import SHARED

FILE = SHARED / "reference" / "literature_examples.json" if SHARED else None
ROWS = json.loads(FILE.read_text("utf-8")) if FILE and FILE.is_file() else []
EXAMPLES = {example["id"]: example for example in ROWS}
CASES = {}


def case(function):
    """Register the function that answers the published example of the same name."""
    CASES[function.__name__] = function
    return function


@case
def en_ring(liabilities, net_external):
    found = clearing.greatest_clearing(liabilities, net_external)
    return {"payments": found.payments, "recovery": found.recovery, "equity": found.equity}


@case
def en_two_rounds(liabilities, external):
    found = clearing.greatest_clearing(liabilities, external)
    rounds = [list(names) for names in found.rounds]
    return {"rounds": rounds, "payments": found.payments, "equity": found.equity}


@case
def en_nonunique(liabilities, external):
    return {
        "greatest": clearing.greatest_clearing(liabilities, external).payments,
        "least": clearing.least_clearing(liabilities, external).payments,
    }


@case
def glt_two_accounts(assets, weights, debt_to_equity, impact_per_unit, shock, equity):
    found = network.fire_sale(assets, weights, debt_to_equity, impact_per_unit, shock, equity)
    return {
        "first_return": found.first_return, "direct_loss": found.direct_loss,
        "sales": found.sales, "second_price_move": found.second_move, "AV": found.vulnerability,
        "systemicness": found.systemicness, "indirect_vulnerability": found.indirect,
        "direct_over_equity": found.direct_loss.sum() / np.sum(equity),
    }  # fmt: skip


@case
def loss_and_margin_spiral(position, margin, value_after, margin_after):
    capital = margin * position - (position - value_after)
    sold = [network.spiral_sale(value_after, capital, part) for part in margin_after]
    left = [value_after - amount for amount in sold]
    return {"capital": capital, "position_after": left, "sell": sold}


@case
def leverage_targeting_multiplier(A, leverage, depth_per_100pct):
    gain, times = network.leverage_multiplier(A, leverage, depth_per_100pct)
    loop = network.leverage_loop([A], [[1.0]], [leverage - 1.0], [1.0 / depth_per_100pct])
    assert network.largest_eigenvalue(loop) == pytest.approx(gain)
    assert network.total_move(loop, [1.0]) == pytest.approx([times])
    critical = network.critical_leverage(A, depth_per_100pct)
    return {"gain": gain, "multiplier": times, "critical_leverage": critical}


@case
def cascade_ladder(start, shock, units_per_point, positions_liqprice_qty):
    limits, units = (list(column) for column in zip(*positions_liqprice_qty, strict=True))

    def price(rows, depth=units_per_point):
        kept = [limits[n] for n in rows], [units[n] for n in rows]
        return branching.ladder(start, shock, depth, *kept)

    last, rounds = price(range(5))
    sold = sum(units[n] for names in rounds for n in names)
    extra = branching.shapley((0, 1, 2), lambda who: start - shock - price(who)[0])
    return {
        "rounds": rounds, "final_price": last, "units": sold,
        "amplification": (start - last) / shock, "without_second": price([0, 2, 3, 4])[0],
        "double_depth_price": price(range(5), 2 * units_per_point)[0],
        "shapley_extra_fall": extra,
    }  # fmt: skip


@case
def branching_cascade_size(seed_musd, liq_density_musd_per_pct, depth_musd_per_pct):
    matrix = network.loop_matrix([[liq_density_musd_per_pct]], [depth_musd_per_pct])
    ratio = network.largest_eigenvalue(matrix)
    total = seed_musd * branching.total_progeny(ratio)
    return {"R": ratio, "total_musd": total, "price_move_pct": total / depth_musd_per_pct}


@case
def hawkes_moments(mu, alpha, beta):
    n = alpha / beta
    return {
        "n": n, "mean_rate": branching.mean_rate(mu, n), "fano": branching.fano_factor(n),
        "cluster": branching.total_progeny(n),
    }  # fmt: skip


@case
def hawkes_cluster_borel(n, k):
    shares = [branching.cluster_share(n, size) for size in range(1, 400)]
    return {
        "pmf": [shares[size - 1] for size in k], "tail_gt_10": 1.0 - sum(shares[:10]),
        "mean": sum(size * share for size, share in enumerate(shares, 1)),
    }  # fmt: skip


@case
def hawkes_multivariate(K, mu):
    radius, rates = network.largest_eigenvalue(K), branching.mean_rates(K, mu)
    return {"spectral_radius": radius, "rates": rates}


@case
def branching_from_counts(mean, variance):
    return {"n": branching.ratio_of_counts(mean, variance)}


@pytest.mark.skipif(not EXAMPLES, reason="the reference folder is not beside the repo")
@pytest.mark.parametrize("name", CASES)
def test_the_published_number_comes_out(name):
    """Each value of the example, within its tolerance."""
    example = EXAMPLES[name]
    got, want = CASES[name](**example["inputs"]), example["expected"]
    assert set(got) == set(want)
    bound = {"rel": 0.0, "abs": 1e-9} | example["tolerance"]
    for key, value in want.items():
        if key == "rounds":
            assert got[key] == value
        else:
            assert got[key] == pytest.approx(np.array(value), **bound), key


# Laws


def debts(draw_from):
    return st.lists(st.floats(0.0, 50.0), min_size=draw_from**2, max_size=draw_from**2)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6).flatmap(lambda n: st.tuples(debts(n), st.lists(
    st.floats(0.01, 20.0), min_size=n, max_size=n))))  # fmt: skip
def test_a_clearing_pays_what_there_is_and_no_more(given_):
    """Fixed point, limited liability, money conserved; unique where everybody has some cash."""
    flat, cash = given_
    n = len(cash)
    owes = np.array(flat).reshape(n, n)
    np.fill_diagonal(owes, 0.0)
    found = clearing.greatest_clearing(owes, cash)
    least = clearing.least_clearing(owes, cash)
    assert found.payments == pytest.approx(least.payments, abs=1e-6)
    shares = owes / np.where(found.owed > 0.0, found.owed, 1.0)[:, None]
    inflow = np.array(cash) + shares.T @ found.payments
    assert found.payments == pytest.approx(np.minimum(found.owed, inflow), abs=1e-7)
    assert (found.equity >= -1e-7).all()
    assert found.equity.sum() == pytest.approx(sum(cash), rel=1e-9)
    for before, after in zip(found.rounds, found.rounds[1:], strict=False):
        assert set(before) < set(after)


def test_a_venue_that_settles_everybody_is_a_star_of_debts():
    """The short cut gives what the general clearing gives: winners share what is there."""
    gains = np.array([-10.0, -4.0, 8.0, 6.0, 0.0])
    collateral = np.array([3.0, 5.0, 1.0, 0.0, 2.0])
    owes = np.zeros((6, 6))
    owes[:5, 5], owes[5, :5] = np.maximum(-gains, 0.0), np.maximum(gains, 0.0)
    short = clearing.venue_clearing(gains, collateral, 2.0)
    whole = clearing.greatest_clearing(owes, np.append(collateral, 2.0))
    assert short.payments == pytest.approx(whole.payments)
    assert short.equity == pytest.approx(whole.equity)
    assert short.recovery[5] == pytest.approx(9.0 / 14.0) and short.rounds[-1] == (0, 5)


@pytest.mark.parametrize(
    "owes, cash",
    [([[0, 1]], [1.0]), ([[1.0]], [1.0]), ([[0, -1], [0, 0]], [1, 1]), ([[0, 1], [0, 0]], [-1, 1])],
)
def test_debts_that_are_none_are_refused(owes, cash):
    with pytest.raises(engine.InputError):
        clearing.greatest_clearing(np.array(owes, float), np.array(cash, float))


def test_symbols_that_nobody_holds_together_do_not_push_each_other():
    """The loop matrix is diagonal, and a common holder of both joins them."""
    tiers = (np.array([0.0]), np.array([0.01]), np.array([0.0]))
    marks, depth = np.array([100.0, 10.0]), np.array([20.0, 200.0])
    alone = np.array([[10.0, 0.0], [0.0, 100.0]])
    both = np.array([[10.0, 100.0], [0.0, 0.0]])
    sales = network.limit_sales(np.array([-985.0, -985.0]), alone, marks, tiers)
    assert sales == pytest.approx(np.diag([10.0, 100.0]))
    joined = network.limit_sales(np.array([-1975.0, 0.0]), both, marks, tiers)
    assert joined == pytest.approx(np.array([[10.0, 10.0], [100.0, 100.0]]))
    # an add-on of 0.5 % on the first: both are at their limit before the fall, and left out
    added = np.array([[0.005, 0.0], [0.0, 0.0]])
    none = network.limit_sales(np.array([-985.0, -985.0]), alone, marks, tiers, added=added)
    assert none == pytest.approx(np.diag([0.0, 100.0]))
    richer = network.limit_sales(np.array([-980.0, -985.0]), alone, marks, tiers, added=added)
    assert richer == pytest.approx(np.diag([10.0, 100.0]))
    single = network.largest_eigenvalue(network.loop_matrix(sales, depth))
    assert single == pytest.approx(0.5)
    assert network.largest_eigenvalue(network.loop_matrix(joined, depth)) == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["fast-drop", "short-squeeze", "one-push"])
def test_the_loop_of_one_symbol_is_its_cascade_multiplier(name):
    """The largest eigenvalue at each price is the multiplier of the band."""
    scenario = next(p.scenario for p in engine.presets() if p.name == name)
    result = engine.run(scenario)
    curve = opening_graph(result)
    told = cascade_curve(band_frame(result), scenario, result.params, curve["price"].to_numpy())
    assert curve["loop"].to_numpy() == pytest.approx(told, abs=1e-3) and told.max() > 0.5
    found = engine.cascade_beforehand(result)
    assert found["loop"] == pytest.approx(told.max(), abs=1e-3)


def test_a_mark_from_elsewhere_has_no_loop():
    scenario = next(p.scenario for p in engine.presets() if p.name == "index-mark")
    assert not opening_graph(engine.run(scenario))["loop"].any()


def test_a_loop_that_feeds_itself_has_no_sum():
    with pytest.raises(engine.InputError, match="largest eigenvalue below 1"):
        network.total_move(np.array([[1.2]]), np.array([1.0]))
    assert network.largest_eigenvalue(np.zeros((0, 0))) == 0.0
    assert branching.total_progeny(1.0) == float("inf")
