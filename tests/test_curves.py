"""Auction curves and takes, in floats and in the whole numbers that contracts use."""

from fractions import Fraction

import numpy as np
import pytest

from engine.core import curves
from engine.core import fixed_point as whole


@pytest.mark.parametrize(
    "rounding, up, down",
    [(whole.FLOOR, 3, -4), (whole.CEILING, 4, -3),
     (whole.HALF_UP, 4, -3), (whole.TOWARD_ZERO, 3, -3)],
)  # fmt: skip
def test_each_rounding_goes_its_named_way(rounding, up, down):
    """7 / 2 and -7 / 2 under every rule."""
    assert (whole.divide(7, 2, rounding), whole.divide(-7, 2, rounding)) == (up, down)


def test_an_unknown_rounding_is_refused_by_name():
    """The error names the field, the value and what is allowed."""
    with pytest.raises(ValueError, match="rounding = 'nearest' is not one of"):
        whole.divide(1, 2, "nearest")


def test_decimals_become_whole_units_without_binary_error():
    """0.1 is a tenth, and what is whole stays whole on the way back."""
    assert whole.to_units(0.1, whole.RAY) == 10**26
    assert whole.from_units(whole.to_units(17.6, whole.WAD), whole.WAD) == 17.6
    assert isinstance(whole.from_units(5 * whole.WAD, whole.WAD), int)


@pytest.mark.parametrize("seconds", [0, 1, 30, 59, 600])
def test_float_and_contract_prices_agree(seconds):
    """The float curves follow the contracts' whole-number curves to the last digits."""
    top, cut = 5 * whole.RAY, whole.to_units(0.99, whole.RAY)
    stair = float(Fraction(whole.ray_exponential_decrease(top, cut, seconds, 5), whole.RAY))
    assert curves.stairstep_exponential(5.0, 0.99, 5, seconds) == pytest.approx(stair, rel=1e-13)
    each = float(Fraction(whole.ray_exponential_decrease(top, cut, seconds), whole.RAY))
    assert curves.exponential_decrease(5.0, 0.99, seconds) == pytest.approx(each, rel=1e-13)
    line = float(Fraction(whole.ray_linear_decrease(top, 600, seconds), whole.RAY))
    assert curves.linear_decrease(5.0, 600.0, seconds) == pytest.approx(line, abs=1e-13)


def test_whole_power_is_repeated_multiplication():
    """Powers of a half are exact; any base to the 0 is 1."""
    assert [curves.whole_power(0.5, n) for n in (0, 1, 2, 7)] == [1.0, 0.5, 0.25, 0.5**7]
    assert curves.whole_power(0.99, 90) == pytest.approx(0.99**90, rel=1e-14)


# debt 110, lot 40, dust 22 at a price of 5: MakerDAO dss src/test/clip.t.sol, takeSetup
@pytest.mark.parametrize(
    "debt, amount, price, want",
    [
        pytest.param(110, 25, 5, (True, 22, 110), id="capped by the debt"),
        pytest.param(110, 22, 5, (True, 22, 110), id="exactly the debt"),
        pytest.param(110, 11, 5, (True, 11, 55), id="leaves the auction open"),
        pytest.param(110, 18, 5, (True, 17.6, 88), id="shrinks so that the dust is left"),
        pytest.param(110, 40, 2, (True, 40, 80), id="the whole lot may leave any debt"),
        pytest.param(22, 1, 5, (False, 0, 0), id="refused: debt is not above the dust"),
        pytest.param(22, 40, 5, (True, 4.4, 22), id="all of a small debt"),
    ],
)
def test_take_follows_the_contract(debt, amount, price, want):
    """Floats and whole units give the same slice and payment."""
    assert curves.take(float(debt), 40.0, float(price), float(amount), 22.0) == pytest.approx(want)
    units = debt * whole.RAD, 40 * whole.WAD, price * whole.RAY, amount * whole.WAD, 22 * whole.RAD
    took, part, paid = curves.take_exact(*units, True)
    assert (took, part, paid) == (
        want[0], whole.to_units(want[1], whole.WAD), whole.to_units(want[2], whole.RAD)
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(50))
def test_no_take_collects_more_than_the_debt_or_sells_more_than_the_lot(seed):
    """Whatever is asked: paid <= debt, slice <= lot, and a remainder of debt is never dust."""
    debt, lot, price, amount, dust = np.random.default_rng(seed).uniform(0.1, 50, 5)
    took, part, paid = curves.take(debt, lot, price, amount, dust)
    assert paid <= debt and part <= lot * (1 + 1e-15)
    left = debt - paid
    assert not took or part >= lot or left == 0 or left >= dust * (1 - 1e-12)


# Drift protocol-v2 math/auction/tests.rs, calculate_auction_prices: oracle 100
@pytest.mark.parametrize(
    "side, limit, want",
    [
        (1, 0, (100_000_000, 100_500_000)), (-1, 0, (100_000_000, 99_500_000)),
        (1, 90_000_000, (89_550_000, 90_000_000)), (1, 99_999_999, (99_500_000, 99_999_999)),
        (1, 110_000_000, (100_000_000, 100_500_000)), (1, 100_400_000, (100_000_000, 100_400_000)),
        (-1, 110_000_000, (110_550_000, 110_000_000)),
        (-1, 100_000_001, (100_500_001, 100_000_001)),
        (-1, 90_000_000, (100_000_000, 99_500_000)), (-1, 99_999_999, (100_000_000, 99_999_999)),
    ],
)  # fmt: skip
def test_order_auction_bounds_match_drift(side, limit, want):
    """Start and end for both sides, without a limit and with better and worse ones."""
    assert whole.order_auction_bounds(100_000_000, side, limit) == want


@pytest.mark.parametrize("side, want", [(1, [1_000_000, 1_003_300, 1_010_000]),
                                        (-1, [1_010_000, 1_006_700, 1_000_000])])  # fmt: skip
def test_an_order_auction_rounds_in_the_makers_favour(side, want):
    """Buys round down to the tick and sells up, and after the duration the price stays."""
    start, end = (0, 10_000) if side > 0 else (10_000, 0)
    got = [whole.order_auction_price(start, end, 3, n, side, 1_000_000, 100) for n in (0, 1, 9)]
    assert got == want


def test_the_liquidators_fee_waits_grows_and_stops():
    """Nothing before 1,500 slots, then 1 ppm a slot of the whole wait, then the cap (Drift)."""
    fees = [curves.fee_ramp(20_000, 50_000, 1, 1_500, n) for n in (0, 1_499, 1_500, 10_000, 10**6)]
    assert fees == [20_000, 20_000, 21_500, 30_000, 50_000]


def test_an_auction_restarts_after_tail_or_below_cusp():
    """Exactly at the limit it goes on (dss clip.t.sol, test_auction_reset_*)."""
    assert not curves.auction_is_stale(5.0, 4.5, 3600, 3600, 0.5)
    assert curves.auction_is_stale(5.0, 4.5, 3601, 3600, 0.5)
    assert not curves.auction_is_stale(5.0, 2.5, 10, 3600, 0.5)
    assert curves.auction_is_stale(5.0, 2.49, 10, 3600, 0.5)


def test_initial_margin_grows_with_open_interest_and_rounds_up():
    """dYdX v4 liquidity_tier_test.go: rate floored in ppm, margin rounded up in quantums."""
    caps = 25_000_000_000_000, 60_000_000_000_000
    rate = whole.scaled_initial_ppm(200_000, 28_123_456_789_123, *caps)
    assert rate == 271_393
    assert whole.margin_quantums(500_000, rate) == 135_697


def test_powers_round_half_up_as_the_contract_does():
    """The worst deviation of a 50m price over ten minutes is the one dss abaci.t.sol prints."""
    cut = whole.RAY - whole.to_units(1.123456789, whole.RAY // 100)
    assert whole.stairstep_deviation(50_000_000 * whole.RAY, cut, 5, 600) == 50_625_678
    assert whole.power(5, 2, 10) == 3 and whole.power(5, 2, 10, whole.FLOOR) == 2


@pytest.mark.parametrize("cash", [-4_123.456789, 150.000001, -6_000.7])
def test_a_shared_bankruptcy_price_is_rounded_up_by_less_than_a_quantum(cash):
    """Closing at the rounded price never needs the fund, and gives away less than 1e-6."""
    sizes, prices = {"BTC": "0.1", "ETH": "-1.3"}, {"BTC": 50_000, "ETH": 3_001}
    rates = {"BTC": 0.1, "ETH": 0.05}
    got = whole.shared_bankruptcy_quantums(cash, sizes, prices, rates, "ETH", "0.7")
    collateral = Fraction(str(cash)) + 5_000 - Fraction("1.3") * 3_001
    freed, total = Fraction("0.7") * 3_001 / 20, 500 + Fraction("1.3") * 3_001 / 20
    exact = (-Fraction("0.7") * 3_001 - collateral * freed / total) * whole.PPM
    assert 0 <= got - exact < 1
