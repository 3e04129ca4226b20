"""Worlds of several symbols: their correlation, jumps, regimes and tails, and what stays put."""

import hashlib
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.core import correlation, maths
from engine.core import random as drawing
from engine.scenario import paths
from engine.scenario.errors import InputError
from engine.scenario.paths import YEAR, generated
from engine.scenario.population import RANGE
from engine.scenario.schema import Scenario, World
from engine.scenario.work import APP_MAX_WORK, check_work
from tests.random_runs import random_scenario
from tests.test_agreement import agree
from tests.test_paths import BUSY, FROZEN

THREE = ((3_000.0, 0.9, 2e6, 1.2), (0.2, 2.0, 5e5, -0.5))
FULL = {
    "steps": 300,
    "volatility": 1.1,
    "others": THREE,
    "correlation": 0.5,
    "correlations": ((0, 2, -0.7), (1, 2, 0.6)),
    "correlation_jumps": ((100, 0.95, 50), (120, 0.1, 10)),
    "regime_correlation": 0.8,
    "p_calm_to_stress": 0.02,
    "p_stress_to_calm": 0.1,
    "stress_volatility": 2.5,
    "tail": 5,
    "shocks": ((40, -0.1, 20),),
    "waypoints": ((80, 0.85), (250, 1.0)),
}
FROZEN_FULL = "f8ee57f708ecb22e"


def world(seed: int = 1, **given) -> paths.Generated:
    return generated(Scenario(seed=seed, world=World(**given)))


def returns(prices: np.ndarray) -> np.ndarray:
    return np.diff(np.log(prices), axis=0)


def measured(prices: np.ndarray) -> np.ndarray:
    return np.corrcoef(returns(prices).T)


def others(count: int, volatility: float = 0.6) -> tuple:
    return tuple((100.0, volatility, 1e6, 1.0) for _ in range(count))


# What stays as it was


@pytest.mark.parametrize(
    "more",
    [
        {"correlation": 0.9, "regime_correlation": 0.3, "correlation_jumps": ((10, 0.5, 20),)},
        {"p_calm_to_stress": 0.3, "stress_volatility": 1.0},
        {"others": THREE, "correlation": -0.5},
        {"others": others(7), "correlation": 1.0},
    ],
    ids=["correlation alone", "stress of no size", "three symbols", "eight symbols"],
)
def test_the_first_symbol_is_the_one_of_a_single_world(more):
    """Neither further symbols nor correlation change a bit of it, scripted moves included."""
    single = {name: getattr(BUSY, name) for name in ("steps", "volatility", "shocks", "waypoints")}
    prices = world(4, **single, **more).prices[:, 0]
    assert hashlib.sha256(prices.tobytes()).hexdigest()[:16] == FROZEN


@given(
    seed=st.integers(0, 2**31 - 1),
    before=st.floats(-0.3, 1.0),
    after=st.floats(-0.3, 1.0),
    step=st.integers(0, 150),
    tail=st.sampled_from([0, 3, 8]),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_no_price_before_a_jump_of_correlation_depends_on_it(seed, before, after, step, tail):
    """'Same paths, correlation stayed' is a fair comparison: all prices before are the same."""
    shared = {"steps": 160, "others": others(3), "correlation": before, "tail": tail,
              "shocks": ((30, -0.1, 40),)}  # fmt: skip
    stayed = world(seed, **shared).prices
    jumped = world(seed, **shared, correlation_jumps=((step, after, 40),)).prices
    assert (stayed[:step] == jumped[:step]).all()
    assert (stayed[:, 0] == jumped[:, 0]).all()
    assert jumped.shape == (160, 4)


def test_the_draws_behind_a_changed_correlation_are_the_same():
    """Unmixed by the factor of its own matrix, each world shows the same independent draws."""
    found = []
    for correlation_ in (-0.2, 0.0, 0.6, 0.95):
        drawn = world(7, steps=400, others=others(2), correlation=correlation_, dt=3_600.0)
        low = correlation.factor(drawn.held.matrices[0])
        spread = 0.6 * math.sqrt(3_600.0 / YEAR)
        z = (returns(drawn.prices) + 0.5 * spread**2) / spread
        found.append(np.linalg.solve(low, z.T))
    for one in found[1:]:
        assert one == pytest.approx(found[0], abs=1e-9)


def test_a_further_symbol_changes_no_earlier_one():
    """Adding a symbol, or moving the price of another, leaves the others as they were."""
    two = world(3, steps=200, others=THREE[:1], correlation=0.4).prices
    three = world(3, steps=200, others=THREE, correlation=0.4).prices
    assert (three[:, :2] == two).all()
    moved = world(3, steps=200, others=((6_000.0, *THREE[0][1:]),), correlation=0.4).prices
    assert moved[:, 1] == pytest.approx(2.0 * two[:, 1], rel=1e-12)


# The law of the draws


@pytest.mark.parametrize("asked", [-0.45, 0.0, 0.5, 0.9, 1.0])
def test_correlation_measured_is_correlation_asked(asked):
    """Within four standard errors, (1 - rho**2) / sqrt(n), of 40,000 steps."""
    found = measured(world(5, steps=40_000, others=others(2, 1.3), correlation=asked).prices)
    error = 4.0 * (1.0 - asked**2) / math.sqrt(40_000) + 1e-9
    assert found[0, 1] == pytest.approx(asked, abs=error)
    assert found[0, 2] == pytest.approx(asked, abs=error)
    assert found[1, 2] == pytest.approx(asked, abs=error)


def test_single_pairs_and_jumps_have_the_correlation_of_their_steps():
    """Each stretch shows the matrix that `held` says held there."""
    drawn = world(
        2, steps=60_000, others=others(2), correlation=0.2, correlations=((2, 0, 0.8),),
        correlation_jumps=((20_000, 0.95, 40_000), (40_000, 0.0, 20_000)),
    )  # fmt: skip
    assert drawn.held.between(0, 2)[[0, 19_999, 20_000, 39_999, 40_000]].tolist() == [
        0.8, 0.8, 0.95, 0.95, 0.0,
    ]  # fmt: skip
    for start in (0, 20_000, 40_000):
        stretch = drawn.prices[start : start + 20_000]
        asked = drawn.held.matrices[drawn.held.which[start + 1]]
        assert measured(stretch) == pytest.approx(asked, abs=0.03)


@pytest.mark.parametrize("symbol", [0, 1, 2])
def test_each_symbol_has_its_own_price_and_volatility(symbol):
    """Row 0 is the opening; volatility is a year's, in stress times the multiple."""
    drawn = world(6, steps=60_000, others=THREE, correlation=0.3, regime_correlation=0.9,
                  p_calm_to_stress=0.002, p_stress_to_calm=0.01, stress_volatility=3.0)  # fmt: skip
    assert drawn.prices[0].tolist() == [60_000.0, 3_000.0, 0.2]
    stress, moves = drawn.held.stress[1:], returns(drawn.prices)
    usual = (0.6, 0.9, 2.0)[symbol] * math.sqrt(1.0 / YEAR)
    assert moves[~stress, symbol].std() == pytest.approx(usual, rel=0.02)
    assert moves[stress, symbol].std() == pytest.approx(3.0 * usual, rel=0.03)
    assert np.corrcoef(moves[stress].T)[0, 1] == pytest.approx(0.9, abs=0.02)
    assert np.corrcoef(moves[~stress].T)[0, 1] == pytest.approx(0.3, abs=0.03)


def test_stress_comes_and_goes_as_asked():
    """Share of time and length of stress are those of the Markov chain; it starts in calm."""
    drawn = world(1, steps=200_000, p_calm_to_stress=0.02, p_stress_to_calm=0.2)
    stress = drawn.held.stress
    assert not stress[0]
    assert stress.mean() == pytest.approx(1 / 11, rel=0.05)
    begins = (np.diff(stress.astype(int)) == 1).sum()
    assert stress.sum() / begins == pytest.approx(5.0, rel=0.05)


def test_fat_tails_keep_volatility_and_share_their_shock():
    """Student's t of unit variance: kurtosis 3 (v - 2) / (v - 4), and joint extremes."""
    plain = world(8, steps=150_000, others=others(1), correlation=0.5).prices
    fat = world(8, steps=150_000, others=others(1), correlation=0.5, tail=8).prices
    wild, mild = returns(fat), returns(plain)
    assert wild.std(axis=0) == pytest.approx(mild.std(axis=0), rel=0.02)
    assert (wild**4).mean() / (wild**2).mean() ** 2 == pytest.approx(3 * 6 / 4, rel=0.15)
    assert np.corrcoef(wild.T)[0, 1] == pytest.approx(0.5, abs=0.02)

    def together(moves):
        worst = moves < np.quantile(moves, 0.01, axis=0)
        return worst.all(axis=1).mean() / 0.01

    assert together(mild) == pytest.approx(0.129, abs=0.03)
    assert together(wild) > together(mild) + 0.05


def test_scripted_moves_reach_others_by_their_beta():
    """A shock of -20 % is (1 - 0.2)**beta for a symbol of that beta; waypoints bend it likewise."""
    still = {"volatility": 0.0, "others": tuple((100.0, 0.0, 1e6, b) for b in (2.0, 0.0, -1.0))}
    prices = world(steps=50, shocks=((10, -0.2, 5),), **still).prices
    assert prices[49] == pytest.approx([48_000.0, 64.0, 100.0, 125.0], rel=1e-12)
    bent = world(steps=50, waypoints=((20, 0.5),), **still).prices
    assert bent[20] == pytest.approx([30_000.0, 25.0, 100.0, 200.0], rel=1e-12)
    assert (bent[30] == bent[49]).all()


# The same rules again in plain Python


def plain_world(world: World, seed: int) -> np.ndarray:
    """Prices without waypoints, by the formulas of `generated`, one number at a time."""
    log, exp = (getattr(f, "py_func", f) for f in (maths.log, maths.exp))
    count, symbols = world.steps, world.symbols
    matrices = paths.correlations(world, seed, count)[0].matrices
    factors = [plain_factor(matrix.tolist()) for matrix in matrices]
    volatility = [world.volatility, *(row[1] for row in world.others)]
    prices = [[world.price, *(row[0] for row in world.others)]]
    walked, stress = [0.0] * symbols, False
    for t in range(1, count):
        u = drawing.uniform(seed, drawing.Stream.REGIMES, t)
        stress = u >= world.p_stress_to_calm if stress else u < world.p_calm_to_stress
        which = int(stress)
        for place, (step, _, duration) in enumerate(world.correlation_jumps, 2):
            which = place if step <= t < step + duration else which
        z = [drawing.normal(seed, drawing.Stream.PRICES, k * RANGE + t) for k in range(symbols)]
        multiple = world.stress_volatility if stress else 1.0
        moved = 0.0
        for step, move, duration in world.shocks:
            if max(step, 1) <= t < max(step, 1) + duration:
                moved += log(1.0 + move) / duration
        row = []
        for k in range(symbols):
            shock = sum_in_order(factors[which][k][j] * z[j] for j in range(k + 1))
            shock = (shock if k else z[0]) * plain_scale(world.tail, seed, t, log)
            v, dt = volatility[k] * multiple, world.dt / YEAR
            step = (world.drift - 0.5 * v * v) * dt + v * math.sqrt(dt) * shock
            walked[k] += step + (world.others[k - 1][3] * moved if k else moved)
            row.append(prices[0][k] * exp(walked[k]))
        prices.append(row)
    return np.array(prices)


def sum_in_order(values) -> float:
    total = 0.0
    for value in values:
        total += value
    return total


def plain_scale(freedom: int, seed: int, t: int, log) -> float:
    if not freedom:
        return 1.0
    pairs, chi2 = freedom // 2, 0.0
    for j in range(pairs):
        chi2 -= 2.0 * log(drawing.uniform(seed, drawing.Stream.TAILS, t * pairs + j))
    if freedom % 2:
        z = drawing.normal(seed, drawing.Stream.TAILS, RANGE + t)
        chi2 += z * z
    return math.sqrt((freedom - 2.0) / chi2)


def plain_factor(a: list) -> list:
    """Cholesky, row by row."""
    n = len(a)
    low = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            part = a[i][j]
            for k in range(j):
                part -= low[i][k] * low[j][k]
            if i == j:
                low[i][i] = math.sqrt(part) if part > correlation.FLAT else 0.0
            elif low[j][j] > 0.0:
                low[i][j] = part / low[j][j]
    return low


@pytest.mark.parametrize("tail", [0, 3, 6])
def test_a_plain_walk_gives_the_same_bits(tail):
    given = {**FULL, "tail": tail, "waypoints": ()}
    assert (plain_world(World(**given), 9) == world(9, **given).prices).all()


@pytest.mark.laws
def test_frozen_world():
    """Stored links depend on these bits: the same on a plain processor and in plain Python."""
    found = hashlib.sha256(world(4, **FULL).prices.tobytes()).hexdigest()[:16]
    assert found == FROZEN_FULL


# Matrices


def random_matrix(seed: int) -> np.ndarray:
    """Any symmetric matrix with ones on the diagonal, most of them impossible as correlations."""
    r = random.Random(seed)
    n = r.randrange(2, 9)
    out = np.eye(n)
    for i in range(n):
        for j in range(i):
            out[i, j] = out[j, i] = r.choice((-1.0, 1.0, r.uniform(-1.0, 1.0)))
    return out


@pytest.mark.parametrize("seed", range(60))
def test_the_nearest_matrix_is_valid_and_nothing_valid_is_nearer(seed):
    """Unit diagonal, no negative eigenvalue; a matrix that is valid already is left alone."""
    asked = random_matrix(seed)
    found = correlation.nearest(asked)
    assert (np.diag(found) == 1.0).all() and (found == found.T).all()
    assert np.linalg.eigvalsh(found).min() > -1e-12
    assert correlation.nearest(found) == pytest.approx(found, abs=1e-7)
    r = np.random.default_rng(seed)
    for size in (1e-3, 0.05, 0.5):
        other = r.normal(size=(len(asked), 2 * len(asked)))
        other = np.corrcoef(other)
        between = (1.0 - size) * found + size * other  # valid as well: the set is convex
        assert np.linalg.norm(between - asked) >= np.linalg.norm(found - asked) - 1e-7


@pytest.mark.parametrize("seed", range(60))
def test_a_factor_gives_its_matrix_back(seed):
    """L L' is the matrix, L is a lower triangle and its first row is (1, 0, ...)."""
    matrix = correlation.nearest(random_matrix(seed))
    low = correlation.factor(matrix)
    assert low @ low.T == pytest.approx(matrix, abs=2e-6)
    assert (low == np.tril(low)).all() and low[0, 0] == 1.0


@pytest.mark.parametrize("seed", range(30))
def test_eigenvalues_are_those_of_the_library(seed):
    matrix = random_matrix(seed)
    values, vectors = correlation.eigen(matrix)
    assert np.sort(values) == pytest.approx(np.linalg.eigvalsh(matrix), abs=1e-12)
    assert vectors @ np.diag(values) @ vectors.T == pytest.approx(matrix, abs=1e-12)
    least = correlation.least_eigenvalue(matrix)
    assert least == pytest.approx(np.linalg.eigvalsh(matrix)[0], abs=1e-12)


@given(symbols=st.integers(2, 8), share=st.floats(0.0, 1.0))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_every_common_correlation_that_is_allowed_is_valid(symbols, share):
    """From -1 / (n - 1) to 1 the matrix has no negative eigenvalue; just below, it has one."""
    least = -1.0 / (symbols - 1)
    value = least + share * (1.0 - least)
    drawn = world(1, steps=20, others=others(symbols - 1), correlation=value)
    assert correlation.least_eigenvalue(drawn.held.matrices[0]) > -1e-12
    assert np.isfinite(drawn.prices).all()
    if least > -1.0:
        with pytest.raises(InputError, match="world.correlation = "):
            world(1, others=others(symbols - 1), correlation=least - 1e-6)


def test_pairs_that_contradict_each_other_are_replaced_and_said():
    """Nothing is repaired in silence."""
    rows = ((0, 1, 1.0), (1, 2, 1.0), (0, 2, 0.0))
    scenario = Scenario(world=World(steps=30, others=others(2), correlations=rows))
    result = engine.run(scenario)
    (note,) = result.compiled.notes
    assert "COIN-B and COIN-A 1 to 0.7607" in note and "COIN-C and COIN-A 0 to 0.1573" in note
    assert result.compiled.held.matrices[0][0, 1] == pytest.approx(0.76069, abs=1e-5)
    fine = scenario.with_values(**{"world.correlations": ((0, 1, 0.9),)})
    assert engine.run(fine).compiled.notes == ()


# Settings


WRONG = [
    ({"correlation": -0.51}, "world.correlation", "-0.5 .. 1"),
    ({"regime_correlation": -0.9}, "world.regime_correlation", "-0.5 .. 1"),
    ({"correlation_jumps": ((3, -0.8, 1),)}, "world.correlation_jumps[0].correlation", "3 symbols"),
    ({"correlations": ((0, 3, 0.1),)}, "world.correlations[0]", "0 .. 2"),
    ({"correlations": ((1, 1, 0.1),)}, "world.correlations[0]", "two different"),
    ({"correlations": ((0, 1, 0.1), (1, 0, 0.2))}, "world.correlations[1]", "once"),
    ({"correlations": ((0, 1.5, 0.1),)}, "world.correlations[0].second", "whole number"),
    ({"tail": 2}, "world.tail", "3 .. 60"),
    ({"others": others(8)}, "world.others", "at most 7 rows"),
    ({"others": ((100.0, 0.5, 0.0, 1.0),)}, "world.others[0].depth", "USD per 1 %"),
]


@pytest.mark.parametrize(("values", "field", "allowed"), WRONG)
def test_a_wrong_setting_is_named_with_what_is_allowed(values, field, allowed):
    with pytest.raises(InputError) as caught:
        Scenario(world=World(**{"others": others(2), **values}))
    assert caught.value.field == field and allowed in caught.value.allowed


def test_the_bound_on_work_counts_symbols():
    """A link cannot buy eight books for the price of one."""
    base = {"accounts.count": 20_000, "world.steps": 5_000}
    check_work(Scenario().with_values(**base), APP_MAX_WORK)
    many = Scenario().with_values(**base, **{"world.others": others(7)})
    with pytest.raises(InputError, match="x symbols = 800000000"):
        check_work(many, APP_MAX_WORK)
    with pytest.raises(InputError, match="x symbols"):
        many.with_values(**{"accounts.count": 1_000_000})


def test_a_price_that_runs_away_names_its_step():
    with pytest.raises(InputError, match=r"world: price at step \d+"):
        world(steps=20_000, dt=3_600.0, others=((1.0, 20.0, 1e6, 1.0),))


# Runs


@pytest.mark.parametrize("seed", range(40))
def test_kernel_and_twin_agree_on_drawn_worlds(seed):
    """Several symbols included; events, balances and prices, bit for bit."""
    agree(engine.run(random_scenario(700 + seed)))


def test_each_symbol_has_its_own_book_and_accounts():
    """Depth is each symbol's own; accounts are dealt over the symbols in turn."""
    values = {"world.others": THREE, "world.correlation": 0.4, "book.thinning": 1.0,
              "world.shocks": ((100, -0.06, 20),), "accounts.count": 300}  # fmt: skip
    result = engine.run(Scenario().with_values(**values))
    assert result.compiled.symbols == ("COIN-A", "COIN-B", "COIN-C")
    depth = [result.series_frame(k)["depth_usd"].iloc[0] for k in range(3)]
    assert depth == pytest.approx([4e6, 2e6, 5e5], rel=1e-6)
    assert result.account_frame()["symbol"].value_counts().tolist() == [100, 100, 100]
    assert set(result.event_frame()["symbol"]) == set(result.compiled.symbols)
    assert result.conservation == {"quote": 0.0, "base": 0.0}
    assert result.compiled.inputs.calm == pytest.approx([1.0, 1.5, 2.0 / 0.6])


def test_every_symbol_can_be_known_beforehand():
    """The opening numbers are those of the symbol that is asked for."""
    values = {"world.others": THREE, "world.correlation": 0.4, "accounts.count": 300,
              "world.shocks": ((100, -0.06, 20),)}  # fmt: skip
    result = engine.run(Scenario().with_values(**values))
    for k in range(3):
        price = result.compiled.fundamental[0, k]
        known = engine.beforehand(result, k)
        assert known["depth"] == (4e6, 2e6, 5e5)[k]
        assert 0.5 * price < known["first_below"] < price < known["first_above"] < 1.5 * price
        engine.happened(result, k)
