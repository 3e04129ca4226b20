"""The adapter reads any example of a kind: both sides, lists, formulas in words, no ids."""

import pytest

from tests.published import LeftOut, reproduce

GENERAL = "LP=(WB-TMM_other+UPNL_other+cum-side*size*EP)/(size*MMR-side*size)"


def ask(venue, topic, inputs, expected=None, formula=None):
    """Reproduce an example that carries no id, no words and no values."""
    example = {"venue": venue, "topic": topic, "inputs": inputs, "expected": expected}
    return reproduce(example | ({"formula": formula} if formula else {}))


def test_a_list_of_cases_gives_a_list_of_answers():
    """Sides, entries and leverages may be lists; text like entry*size/leverage is worked out."""
    inputs = {"side": ["long", "short"], "leverage": [5, 5], "entry": 8, "size": 1.0, "mmr": 0.01,
              "maint_amount": 0.01, "wallet_balance": "entry*size/leverage"}  # fmt: skip
    got = ask("Binance USD-M", "liquidation_price", inputs, [None, None], GENERAL)
    assert got == pytest.approx([6.454545454545454, 9.514851485148514], rel=1e-12)


def test_the_rest_of_a_cross_account_counts():
    """Requirement and profit of other positions enter under any name that says other."""
    inputs = {"wallet_balance": 1535443.01, "tmm_other": 71200.81144, "upnl_other": -56354.57,
              "maint_amount": 135365.0, "side": 1, "size": 3683.979, "entry": 1456.84,
              "mmr": 0.1}  # fmt: skip
    got = ask("Binance USD-M", "liquidation_price", inputs, None, GENERAL)
    assert got == pytest.approx(1153.26, abs=0.005)


def test_the_formula_decides_where_a_venue_has_two_rules():
    """Bybit's isolated margin is fixed at entry; its inverse contract is priced in the coin."""
    inputs = {"entry": 20_000, "size": 1, "leverage": 50, "mmr": 0.005}
    shape = {"im": None, "mm": None, "lp": None}
    got = ask("Bybit", "liquidation_price", inputs, shape, "LP=EP-(IM-MM)/size-extra/size")
    assert got == {"im": 400.0, "mm": 100.0, "lp": 19_700.0}
    coin = {"contracts": 10_000, "entry": 8_000, "balance_btc": 0.5, "taker": 0.00075}
    assert ask("Bybit", "bankruptcy", coin) == pytest.approx(5_718.57, abs=0.005)


def test_linear_bankruptcy_has_two_sides():
    """Entry times one minus or plus one over the leverage."""
    got = ask("Bybit", "bankruptcy", {"entry": 8_000, "leverage": 20}, {"long": 0, "short": 0})
    assert got == pytest.approx({"long": 7_600, "short": 8_400})


def test_a_take_may_come_later_on_the_curve():
    """40 at the price of 60 s costs 109.43 and sells the whole lot (dss clip.t.sol)."""
    inputs = {"tab": 110, "lot": 40, "top": 5, "chost": 22, "amt": 40, "t": 60}
    got = ask("MakerDAO", "auction", inputs, {"slice": None, "owe": None, "lot_left": None})
    assert got["owe"] == pytest.approx(109.4313284781523, rel=1e-12)
    assert (got["slice"], got["lot_left"]) == (40, 0)


def test_a_price_above_the_takers_limit_is_refused():
    """The taker's maximum is checked against the auction's price."""
    inputs = {"tab": 110, "lot": 40, "top": 5, "chost": 22, "amt": 22, "price": 5, "max": 4}
    got = ask("MakerDAO", "auction", inputs, {"slice": None, "lot_left": None, "result": None})
    assert got == {"slice": 0, "lot_left": 40, "result": "refused"}


def test_half_a_position_goes_bankrupt_at_half_the_price():
    """dYdX: the quote an account must get for half of its only position, in quantums."""
    inputs = {"quote": -5000, "positions": {"BTC": "0.1"}, "oracle": {"BTC": 50000}, "mmf": 0.1,
              "delta": "-0.05", "market": "BTC"}  # fmt: skip
    assert ask("dYdX v4", "bankruptcy", inputs) == 2_500_000_000


def test_sizes_along_a_slope_and_tiers_by_leverage():
    """Deribit's 25 BTC and Hyperliquid's three leverage tiers."""
    deribit = {"size": 25, "price": 100_000, "im0": 0.02, "mm0": 0.01, "slope_per_btc": 5e-5}
    got = ask("Deribit", "tiers", deribit, {"im_usd": None, "mm_usd": None})
    assert got == pytest.approx({"im_usd": 53_125, "mm_usd": 28_125})
    bounds = {"bounds": [0, 20_000, 100_000], "max_leverage": [10, 5, 3]}
    got = ask("Hyperliquid", "tiers", bounds, [None] * 3)
    assert got == pytest.approx([0.0, 1_000.0, 23_000 / 3])


@pytest.mark.parametrize(
    "topic, inputs, reason",
    [
        ("portfolio_margin", {}, "portfolio margin is not in the engine"),
        ("tiers", {"colour": 3}, "no engine rule for margin tiers takes these inputs"),
        ("liquidation_price", {"entry": "__import__('os')", "leverage": 2, "mmr": 0.1}, "formula"),
        ("liquidation_price", {"entry": "5 BTC", "leverage": 2, "mmr": 0.1}, "formula"),
        ("liquidation_price", {"leverage": 2, "mmr": 0.1}, "none of entry, price"),
    ],
)
def test_what_cannot_be_answered_says_why(topic, inputs, reason):
    """Nothing is guessed and no text is run: the reason names what is missing."""
    with pytest.raises(LeftOut, match=reason):
        ask("Somewhere", topic, inputs)
