"""What an explanation says in words is true, readable, and recomputes from its inputs alone."""

import math

import numpy as np
import pytest

from engine import Scenario, compare, explain
from engine.core.state import Rule

ROUGH = {
    "accounts.count": 300,
    "accounts.leverage_low": 50.0,
    "accounts.leverage_high": 200.0,
    "world.shocks": ((100, -0.2, 50), (600, 0.3, 100)),
}
POOR = {
    "venue.insurance_fund": 0.0,
    "liquidation.fallback": "backstop",
    "venue.backstop_capital": 3e6,
}


def told(rule, changes, most=12):
    """Explanations of up to `most` events of a rule, over the three policies."""
    out = []
    for result in compare(Scenario().with_values(**{**ROUGH, **changes})).values():
        found = np.flatnonzero(result.events["rule"] == rule)
        out += [explain(result, n) for n in found[:: max(len(found) // most, 1)]]
    return out


def named(explanation):
    return {name: value for name, value, _ in explanation.inputs}


def test_a_liquidator_that_is_short_buys_back():
    unwound = told(Rule.UNWIND, {"world.shocks": ((100, 0.1, 300),), "accounts.leverage_low": 10.0})
    assert any(named(e)["position"] < 0.0 for e in unwound)
    for e in unwound:
        assert ("bought back" in e.text) == (named(e)["position"] < 0.0)
        assert ("sold" in e.text) == (named(e)["position"] > 0.0)


@pytest.mark.parametrize(("price", "digits"), [(0.1, "0.0"), (1e-6, "0.0000")])
def test_the_price_of_a_cheap_coin_has_its_digits(price, digits):
    readings = told(Rule.MAINTENANCE, {"world.price": price})
    assert readings and not any("mark of 0.00 " in e.text for e in readings)
    assert any(f"mark of {digits}" in e.text for e in readings)


def test_what_winners_and_the_vault_give_recomputes_from_the_inputs():
    adl = told(Rule.ADL_FILL, POOR)
    vault = told(Rule.BACKSTOP_TAKE, POOR)
    assert adl and vault
    for e in adl:
        i = named(e)
        haircut = -math.copysign(1.0, i["position"]) * (i["price"] - i["mark"])
        profit = (i["mark"] - i["entry"]) * i["position"]
        profit = min(profit, i["cash"] + i["position"] * i["mark"])
        cap = abs(i["position"]) if haircut <= 0.0 else profit / haircut
        assert e.value == pytest.approx(i["taken"])
        assert e.limit == pytest.approx(min(cap, abs(i["position"])), abs=1.01 * i["lot"])
    for e in vault:
        i = named(e)
        side = math.copysign(1.0, i["position"])
        each = i["mark"] + max(side * (i["price"] - i["mark"]), 0.0)
        lots = math.floor((i["vault is worth"] - i["vault holds"]) / each / i["lot"] + 1e-6)
        assert e.value == pytest.approx(i["taken"] * i["mark"])
        assert e.limit == pytest.approx(max(lots, 0) * i["lot"] * i["mark"])


def test_a_change_of_tier_gives_both_rates():
    changes = told(Rule.LIMIT_CHANGE, {"venue.rulebook": "binance-btcusdt-2024-10-24"})
    assert changes
    for e in changes:
        assert (e.value, e.limit) == (named(e)["rate of the tier"], named(e)["rate before"])


def test_a_fund_that_is_overdrawn_is_not_said_to_hold_money():
    payments = told(Rule.FUND_PAYMENT, {"world.price": 1e-6}, 10_000)
    assert any(e.limit < 0.0 for e in payments)
    assert not any("held -" in e.text for e in payments)


def test_a_trigger_says_that_an_auction_offers_the_position_and_does_not_close_it():
    """Its position may stay open until a liquidator takes it, or for ever."""
    result = compare(Scenario().with_values(**ROUGH))["auction"]
    found = np.flatnonzero(result.events["rule"] == Rule.MAINTENANCE)
    assert len(found)
    for n in found[:: max(len(found) // 12, 1)]:
        offered, amount = explain(result, n).cut
        assert offered == "The policy offers the whole position at auction."
        assert amount.startswith("On offer: ")
