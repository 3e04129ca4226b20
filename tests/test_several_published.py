"""Published numbers on margins of several legs, through the functions the engine runs on."""

import json

import numpy as np
import pytest

from engine.core.leg_limits import correlation_step, stressed_correlations
from engine.core.legs import requirement, worst_loss, worth_beside
from engine.core.margin import liquidation_price, maintenance, notional
from tests.shared import SHARED

FOLDER = SHARED / "reference" if SHARED else None
NAMES = ("literature_examples.json", "venue_examples.json")
ROWS = [row for n in NAMES if FOLDER for row in json.loads((FOLDER / n).read_text("utf-8"))]
EXAMPLES = {row["id"]: row for row in ROWS}
pytestmark = pytest.mark.skipif(not ROWS, reason="the reference folder is not beside the repo")
NONE = np.zeros((0, 2))


def example(name):
    """Inputs and expected values of an example."""
    return EXAMPLES[name]["inputs"], EXAMPLES[name]["expected"]


def test_cross_margin_breach():
    """Equity, requirement, shortfall and gain per leg of a cross account."""
    given, wanted = example("cross_margin_breach")
    size, entry, mark = np.array(given["legs"], float).T
    quote = given["cash"] - float((size * entry).sum())
    equity = worth_beside(quote, size, mark, -1, 0.0)
    margins = np.sign(size) * maintenance(
        notional(size, mark), 0, np.array([given["mm"]]), np.zeros(1)
    )
    need = requirement(margins, size * mark, np.eye(2), NONE, 0, 0.0)
    assert equity == pytest.approx(wanted["equity"], rel=1e-9)
    assert need == pytest.approx(wanted["requirement"], rel=1e-9)
    assert need - equity == pytest.approx(wanted["shortfall"], rel=1e-9)
    assert (size * (mark - entry)).tolist() == pytest.approx(wanted["leg_pnl"])


def test_pair_hedge_correlation():
    """A drop of correlation hurts the pair, a jump hurts two longs."""
    given, wanted = example("pair_hedge_correlation")
    s = float(given["s"])
    for rho, hedged, longs in zip(given["rho"], wanted["hedged"], wanted["long_long"], strict=True):
        full = np.array([[1.0, rho], [rho, 1.0]])
        for legs, risk in ((np.array([s, -s]), hedged), (np.array([s, s]), longs)):
            assert requirement(legs, legs, full, NONE, 1, 0.0) == pytest.approx(risk, rel=1e-9)


def test_equicorrelation_stress():
    """Ten equal longs under three correlations."""
    given, wanted = example("equicorrelation_stress")
    n = given["n"]
    legs, none = np.full(n, given["sigma"] / n), np.zeros((0, n))
    for rho, risk in zip(given["rho"], wanted["vol"], strict=True):
        full = np.full((n, n), rho) + (1.0 - rho) * np.eye(n)
        assert requirement(legs, legs, full, none, 1, 0.0) == pytest.approx(risk, rel=1e-9)


def test_frtb_correlation_scenarios():
    """The high and the low case of a stressed correlation."""
    given, wanted = example("frtb_correlation_scenarios")
    high, low = stressed_correlations(np.array(given["rho"]))
    assert high.tolist() == pytest.approx(wanted["high"], abs=1e-12)
    assert low.tolist() == pytest.approx(wanted["low"], abs=1e-12)


def test_dcc_one_step():
    """One step of a dynamic conditional correlation after a joint shock."""
    given, wanted = example("dcc_one_step")
    mean = np.array([[1.0, given["rho_bar"]], [given["rho_bar"], 1.0]])
    q, rho = correlation_step(
        np.array(given["Q"]), mean, np.array(given["z"]), given["a"], given["b"]
    )
    assert q == pytest.approx(np.array(wanted["Q"]), rel=1e-9)
    assert rho[0, 1] == pytest.approx(wanted["rho"], rel=1e-9)


def test_span_takes_the_worst_of_its_risk_array():
    """Sixteen moves of a scan range: the requirement is the largest loss."""
    given, array = example("span-risk-array-spx")
    moves = np.array(array, float).reshape(-1, 1) / given["scan"]
    worst = worst_loss(np.array([float(given["scan"] * given["position"])]), moves)
    assert -worst == pytest.approx(min(array))
    needed, wanted = example("span-requirement")
    del wanted
    assert worst == pytest.approx(-needed["array_min"])


def test_dydx_counts_the_other_leg_by_its_margin():
    """Liquidation price of a short beside another leg, which stays where it is."""
    given, price = example("dydx-docs-cross-lp")
    eth, strk = given["eth"], given["strk"]
    other = abs(strk["size"]) * strk["price"] * strk["mmf"]
    cash = given["equity"] - eth["size"] * eth["price"] - other
    found = liquidation_price(cash, eth["size"], np.zeros(1), np.array([eth["mmf"]]), np.zeros(1))
    assert found == pytest.approx(price, abs=0.01)
