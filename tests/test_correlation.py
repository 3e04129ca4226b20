"""Correlation measured and its formulas: published numbers, laws, and days on which it fell."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.core import correlation as matrices
from engine.scenario.bars import align
from engine.scenario.schema import Scenario
from engine.studies import correlation as measuring
from tests.shared import SHARED

FILE = SHARED / "reference" / "literature_examples.json" if SHARED else None
ROWS = json.loads(FILE.read_text("utf-8")) if FILE and FILE.is_file() else []
EXAMPLES = {row["id"]: row for row in ROWS if row["topic"] == "correlation"}
KLINES = SHARED / "data" / "klines" if SHARED else None
TOLERANT = {"higham_3x3": 1e-5, "nag_nearest_correlation": 2e-5, "t_copula_tail": 5e-5}
CASES = {}


def case(function):
    """Register the function that answers the published example of the same name."""
    CASES[function.__name__] = function
    return function


@case
def forbes_rigobon(rho, delta):
    measured = measuring.inflated(rho, delta)
    return {"measured": measured, "corrected": measuring.corrected(measured, delta)}


@case
def t_copula_tail(nu, rho):
    return {"table": [[measuring.tail_dependence(r, v) for r in rho] for v in nu]}


@case
def joint_crash_gauss_vs_t(rho, q, nu):
    normal, fat = measuring.joint_crash(rho, q), measuring.joint_crash(rho, q, nu)
    return {"gaussian": normal, "t4": fat, "ratio": fat / normal}


@case
def gaussian_conditional_correlation(rho, z):
    return {"corr": [measuring.conditional_correlation(rho, each) for each in z]}


@case
def higham_3x3(A):
    found = matrices.nearest(np.array(A, float))
    return {"X": found, "frobenius_distance": float(np.linalg.norm(found - A))}


@case
def nag_nearest_correlation(G):
    found = matrices.nearest(np.array(G, float))
    return {"row1": found[0], "x23": found[1, 2]}


@case
def equicorrelation_stress(n, sigma, rho):
    vol = [measuring.book_volatility(n, sigma, r) for r in rho]
    return {
        "vol": vol,
        "ratio_to_calm": [v / vol[0] for v in vol],
        "min_rho": measuring.least_common(n),
    }


@case
def pair_hedge_correlation(s, rho):
    return {
        "hedged": [measuring.pair_volatility(s, r, -1) for r in rho],
        "long_long": [measuring.pair_volatility(s, r, 1) for r in rho],
    }


@case
def regime_switch(p_calm_to_stress, p_stress_to_calm):
    found = measuring.regimes(p_calm_to_stress, p_stress_to_calm)
    return {
        "stationary": [found.calm, found.stress],
        "durations": [found.calm_steps, found.stress_steps],
        "eigenvalue": found.memory,
        "half_life": found.half_life,
    }


@pytest.mark.skipif(not EXAMPLES, reason="the reference folder is not beside the repo")
@pytest.mark.parametrize("name", CASES)
def test_published_numbers(name):
    example = EXAMPLES[name]
    found, close = CASES[name](**example["inputs"]), TOLERANT.get(name, 1e-8)
    if name == "joint_crash_gauss_vs_t":
        close = 1e-5
    assert set(found) == set(example["expected"])
    for key, expected in example["expected"].items():
        got = np.array(found[key], float)
        assert got == pytest.approx(np.array(expected, float), rel=close, abs=close), key


# Laws


@given(rho=st.floats(-0.999, 0.999), rise=st.floats(-0.9, 50.0))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_the_correction_undoes_the_inflation(rho, rise):
    assert measuring.corrected(measuring.inflated(rho, rise), rise) == pytest.approx(rho, abs=1e-9)


@given(rho=st.floats(-0.95, 0.95), freedom=st.integers(1, 60))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_joint_crash_tends_to_tail_dependence(rho, freedom):
    """Rarer and rarer, the chance that both crash tends to the tail dependence of the copula."""
    limit = measuring.tail_dependence(rho, freedom)
    near, far = (measuring.joint_crash(rho, q, freedom) for q in (0.05, 0.001))
    assert 0.0 <= limit <= far + 1e-6 or abs(far - limit) < 0.02
    assert abs(far - limit) <= abs(near - limit) + 1e-3


def test_student_and_normal_laws_are_known_at_known_points():
    """Cauchy in closed form, a table of quantiles, and the normal law as the limit."""
    for x in (-3.0, -0.2, 0.0, 1.0):
        assert measuring.student_below(x, 1) == pytest.approx(0.5 + np.arctan(x) / np.pi, abs=1e-12)
    assert measuring.student_quantile(0.975, 10) == pytest.approx(2.228139, abs=1e-6)
    assert measuring.student_quantile(0.01, 4) == pytest.approx(-3.746947, abs=1e-6)
    assert measuring.student_below(-1.3, 1e7) == pytest.approx(
        measuring.normal_below(-1.3), abs=1e-6
    )
    assert measuring.joint_crash(0.0, 0.01) == pytest.approx(0.01, abs=1e-9)
    assert measuring.joint_crash(1.0, 0.01) == 1.0 and measuring.joint_crash(-1.0, 0.01, 4) == 0.0


def test_effective_positions_count_independent_risks():
    """n where unrelated, one where all the same, unbounded where a hedge is perfect."""
    alike = np.full((4, 4), 0.5) + 0.5 * np.eye(4)
    assert measuring.effective_positions(np.ones(4), np.eye(4)) == pytest.approx(4.0)
    assert measuring.effective_positions(np.ones(4), np.ones((4, 4))) == pytest.approx(1.0)
    assert measuring.effective_positions(np.ones(4), alike) == pytest.approx(4 / 2.5)
    assert measuring.effective_positions(np.array([1.0, -1.0]), np.ones((2, 2))) == np.inf
    assert measuring.regimes(0.0, 0.1).stress == 0.0
    assert measuring.regimes(0.5, 0.5).half_life == 0.0


# Measured in runs


PAIR = {"world.others": ((3_000.0, 0.8, 2e6, 1.0),), "world.steps": 6_000, "accounts.count": 20}


def run(**changes) -> engine.Result:
    return engine.run(Scenario().with_values(**PAIR, **changes))


def test_a_moving_window_is_the_plain_correlation_of_its_steps():
    result = run(**{"world.correlation": 0.6})
    for every in (1, 7):
        frame = measuring.correlation_frame(result, window=300, every=every)
        logs = np.log(result.compiled.fundamental)
        for t in (300, 1_234, 5_999):
            moves = (logs[t - 300 + every : t + 1] - logs[t - 300 : t + 1 - every]).T
            assert frame["fundamental"][t] == pytest.approx(np.corrcoef(moves)[0, 1], abs=1e-9)
        assert frame["fundamental"][:300].isna().all() and (frame["held"] == 0.6).all()


def test_a_scripted_jump_is_seen_in_the_measured_correlation():
    """Fundamental, mid and mark show it; with constant volatility the correction changes little."""
    jump = {"world.correlation": 0.2, "world.correlation_jumps": ((3_000, 0.95, 3_000),)}
    frame = measuring.correlation_frame(run(**jump, **{"mark.rule": "last"}), window=1_000)
    for name in ("fundamental", "mid", "mark", "corrected"):
        assert frame[name][2_999] == pytest.approx(0.2, abs=0.12), name
        assert frame[name][5_500] == pytest.approx(0.95, abs=0.03), name
    assert frame["held"][[2_999, 3_000]].tolist() == [0.2, 0.95]


def test_a_rise_of_volatility_alone_is_taken_back_by_the_correction():
    """A common shock on the first symbol alone inflates what is measured, not what is corrected."""
    r = np.random.default_rng(3)
    x = np.concatenate([r.normal(size=20_000), 2.0 * r.normal(size=20_000)])
    y = 0.5 * x + np.sqrt(0.75) * r.normal(size=40_000)
    prices = [100.0 * np.exp(np.cumsum(np.append(0.0, 1e-4 * each))) for each in (x, y)]
    found = measuring.comovement(*prices, slice(0, 20_001), slice(20_001, 40_001))
    assert found.before == pytest.approx(0.5, abs=0.02)
    assert found.during == pytest.approx(0.7559, abs=0.02)
    assert found.corrected == pytest.approx(0.5, abs=0.03)
    assert found.returns == (20_000, 19_999)


def test_a_price_that_stands_still_has_no_correlation():
    result = run(**{"world.volatility": 0.0})
    frame = measuring.correlation_frame(result, window=100)
    assert frame[["fundamental", "corrected"]].isna().all().all()
    flat = measuring.comovement(np.ones(50), np.ones(50), slice(0, 20), slice(20, 50))
    assert np.isnan(flat.during)


# Days on which it fell


def day(folder: str, files: tuple[str, str], *spans: tuple[str, str]) -> list:
    """Comovement before and in each later span, from the closes of two candle files."""
    names = [KLINES / folder / name for name in files] if KLINES else []
    if not names or not all(name.is_file() for name in names):
        pytest.skip("the candles are not beside the repo")
    both = align([engine.read_candles(name) for name in names])
    closes = [one.close for one in both.candles]

    def within(span):
        begin, end = (np.datetime64(text, "ms").astype(np.int64) for text in span)
        return (both.times >= begin) & (both.times < end)

    return [measuring.comovement(*closes, within(spans[0]), within(span)) for span in spans[1:]]


DECEMBER = (
    ("2021-11-29", "2021-12-03T11:00"),
    ("2021-12-03T20:00", "2021-12-04T20:00"),
    ("2021-12-04T20:00", "2021-12-06T00:00"),
)
MAY = (
    ("2022-05-07", "2022-05-08T12:00"),
    ("2022-05-12T00:00", "2022-05-12T12:00"),
    ("2022-05-12T12:00", "2022-05-13T00:30"),
)


AUGUST = (
    ("2023-08-15", "2023-08-17T12:00"),
    ("2023-08-17T21:00", "2023-08-17T23:00"),
    ("2023-08-18T00:00", "2023-08-18T12:00"),
)
# Folder, pair, stretches; then correlation before, during, after, and corrected during.
FELL = [
    ("2021-12-04", "SOLUSDT-spot-1h.csv.gz", DECEMBER, 0.60, 0.48, 0.78, 0.21),
    ("2022-05-luna", "LUNAUSDT-1m-2022-05.csv.gz", MAY, 0.63, 0.28, 0.12, 0.06),
]
ROSE = [
    ("2021-12-04", "DOGEUSDT-spot-1h.csv.gz", DECEMBER, 0.51, 0.94, 0.75, 0.75),
    ("2021-12-04", "ETHUSDT-spot-1h.csv.gz", DECEMBER, 0.83, 0.90, 0.85, 0.64),
    ("2022-05-luna", "SOLUSDT-spot-1m.csv.gz", MAY, 0.76, 0.79, 0.79, 0.27),
    ("2023-08-17", "NEARUSDT-perp-1m.csv.gz", AUGUST, 0.49, 0.86, 0.63, 0.07),
]


def bitcoin(coin):
    """Bitcoin's file of the same length and kind."""
    kind = "perp" if "perp" in coin else "spot"
    return f"BTCUSDT-{kind}-{'1h' if '1h' in coin else '1m'}.csv.gz"


@pytest.mark.parametrize(("folder", "coin", "spans", "before", "fell", "after", "corrected"), FELL)
def test_on_some_days_correlation_with_bitcoin_fell(
    folder, coin, spans, before, fell, after, corrected
):
    """The coin whose own book empties, or whose issuer fails, goes its own way."""
    during, later = day(folder, (bitcoin(coin), coin), *spans)
    assert during.before == pytest.approx(before, abs=0.006)
    assert during.during == pytest.approx(fell, abs=0.006) and fell < before
    assert later.during == pytest.approx(after, abs=0.006)
    assert during.corrected == pytest.approx(corrected, abs=0.006)
    assert during.rise > 4.0


@pytest.mark.parametrize(("folder", "coin", "spans", "before", "rose", "after", "corrected"), ROSE)
def test_the_same_days_with_coins_that_moved_closer(
    folder, coin, spans, before, rose, after, corrected
):
    """It rose for others; corrected for bitcoin's own variance, only DOGE's still did."""
    during, later = day(folder, (bitcoin(coin), coin), *spans)
    assert during.before == pytest.approx(before, abs=0.006)
    assert during.during == pytest.approx(rose, abs=0.006) and rose > before
    assert later.during == pytest.approx(after, abs=0.006)
    assert during.corrected == pytest.approx(corrected, abs=0.006)
    assert (during.corrected > during.before) == ("DOGE" in coin)
