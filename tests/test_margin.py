"""Margin arithmetic: tiers, liquidation prices, and what would have held."""

import numpy as np
import pytest

from engine.core import margin, slices
from engine.core.jit import kernel

# Binance BTCUSDT, the first brackets of 24 Oct 2024.
FLOORS = np.array([0.0, 50_000.0, 600_000.0, 3_000_000.0, 12_000_000.0])
RATES = np.array([0.004, 0.005, 0.0065, 0.01, 0.02])
DEDUCTIONS = margin.deductions(FLOORS, RATES)
ONE = np.array([0.0])


def any_account(seed):
    """A random account: quote, base; long or short, small or many tiers large."""
    rng = np.random.default_rng(seed)
    base = rng.choice([-1.0, 1.0]) * 10 ** rng.uniform(-2, 3)
    entry, leverage = 10 ** rng.uniform(1, 5), rng.uniform(1.1, 45)
    return margin.cash_after_entry(abs(base) * entry / leverage, base, entry), base


@pytest.mark.parametrize("seed", range(200))
def test_at_the_liquidation_price_equity_is_maintenance(seed):
    """Equity meets maintenance in the tier of that very price, and is above it on the safe side."""
    quote, base = any_account(seed)
    price = margin.liquidation_price(quote, base, FLOORS, RATES, DEDUCTIONS)

    def spare(mark):
        value = margin.notional(base, mark)
        tier = margin.tier_of(value, FLOORS)
        return margin.equity(quote, base, mark) - margin.maintenance(value, tier, RATES, DEDUCTIONS)

    assert spare(price) == pytest.approx(0.0, abs=1e-9 * abs(quote))
    safe = 1.001 if base > 0 else 0.999
    assert spare(price * safe) > 0 > spare(price / safe)


def test_maintenance_is_continuous_at_every_floor():
    """Both tiers ask the same margin at their common floor, so a boundary is no cliff."""
    for tier in range(1, len(FLOORS)):
        below, above = (margin.maintenance(FLOORS[tier], k, RATES, DEDUCTIONS)
                        for k in (tier - 1, tier))  # fmt: skip
        assert below == pytest.approx(above, rel=1e-12)


def test_a_boundary_belongs_to_the_tier_the_table_says():
    """Tables of floors give a boundary to the upper tier, tables of limits to the lower one."""
    assert [margin.tier_of(n, FLOORS) for n in (0.0, 49_999.9, 50_000.0, 1e9)] == [0, 0, 1, 4]
    limits = np.array([1_000.0, 3_000.0, 8_000.0])
    assert [margin.tier_within(n, limits) for n in (0.0, 1_000.0, 1_000.1, 9_999.0)] == [0, 0, 1, 2]


def test_a_long_that_cannot_be_liquidated_has_no_positive_price():
    """A long that paid for itself in full has a liquidation price of zero or less."""
    assert margin.liquidation_price(0.0, 1.0, FLOORS, RATES, DEDUCTIONS) <= 0.0
    assert margin.liquidation_price(5.0, 1.0, FLOORS, RATES, DEDUCTIONS) <= 0.0


@pytest.mark.parametrize(
    "wallet, other_pnl, other_mm, size, entry, rate, deduction, price",
    [
        pytest.param(1535443.01, -56354.57, 71200.81144, 3683.979, 1456.84, 0.1, 135365.0, 1153.26,
                     id="long ETH beside a BTC position"),
        pytest.param(1535443.01, -448192.89, 356512.508, 109.488, 32481.98, 0.025, 16300.0,
                     26316.89, id="long BTC beside an ETH position"),
    ],
)  # fmt: skip
def test_cross_liquidation_price_matches_binance(
    wallet, other_pnl, other_mm, size, entry, rate, deduction, price
):
    """The other position counts by its profit and its requirement (freqtrade test_binance.py)."""
    free = margin.free_collateral(wallet, other_pnl, other_mm)
    quote = margin.cash_after_entry(free, size, entry)
    assert margin.tier_liquidation_price(quote, size, rate, deduction) == pytest.approx(
        price, abs=0.005
    )


def test_an_inverse_contract_is_the_linear_one_on_the_inverted_price():
    """Kraken's inverse long of 1,000 at 8,000 with 0.01 BTC: zero equity at 7,407, mark 7,481."""
    entry, base = margin.inverse(8_000.0), -1_000.0
    quote = margin.cash_after_entry(0.01, base, entry)
    assert margin.inverse(margin.bankruptcy_price(quote, base)) == pytest.approx(7_407, abs=0.5)
    price = margin.tier_liquidation_price(quote, base, 0.01, 0.0)
    assert margin.inverse(price) == pytest.approx(7_481, abs=0.5)


@pytest.mark.parametrize("side, mark", [(1, 95.0), (-1, 105.0)], ids=["long", "short"])
def test_what_would_have_held_holds_exactly(side, mark):
    """With the collateral, size or leverage the formulas name, equity is just the maintenance."""
    entry, collateral, size, rate = 100.0, 50.0, 10.0, 0.005
    rates = np.array([rate])

    def spare(collateral, size):
        quote = margin.cash_after_entry(collateral, side * size, entry)
        needed = margin.maintenance(margin.notional(size, mark), 0, rates, ONE)
        return margin.collateral_to_hold(quote, side * size, mark, needed)

    assert spare(collateral + spare(collateral, size), size) == pytest.approx(0.0, abs=1e-9)
    best = margin.size_to_hold(collateral, side, entry, mark, rate)
    assert spare(collateral, best) == pytest.approx(0.0, abs=1e-9)
    leverage = margin.leverage_to_hold(side, entry, mark, rate)
    assert spare(size * entry / leverage, size) == pytest.approx(0.0, abs=1e-9)


def test_a_tick_is_exact_for_decimal_prices():
    """A price already on the tick stays there, whatever its binary form."""
    assert margin.round_to_tick(0.3, 0.1, True) == 0.3
    assert margin.round_to_tick(7735.3725, 0.5, True) == 7735.5
    assert margin.round_to_tick(7735.3725, 0.5, False) == 7735.0


@kernel
def _breach(quote, base, mark, floors, rates, amounts):
    value = abs(base) * mark
    needed = margin.maintenance(value, margin.tier_of(value, floors), rates, amounts)
    toxic = slices.slice_toxicity_threshold(0.006, 0.5, 0.01)
    price = margin.liquidation_price(quote, base, floors, rates, amounts)
    return margin.equity(quote, base, mark) <= needed, price, toxic


def test_a_kernel_gets_the_bits_that_a_reader_gets():
    """Merged into a caller, the formulas return exactly what they return when called alone."""
    quote, base = any_account(7)
    price = margin.liquidation_price(quote, base, FLOORS, RATES, DEDUCTIONS)
    _, inlined, toxic = _breach(quote, base, price, FLOORS, RATES, DEDUCTIONS)
    assert inlined == price
    assert toxic == slices.slice_toxicity_threshold(0.006, 0.5, 0.01)
