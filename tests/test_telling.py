"""Words and numbers a page adds to an explanation: they say what the log says."""

import re

import pytest

import engine
from pages.ui import tables, telling

SCENARIO = engine.presets()[0].scenario


@pytest.fixture(scope="module")
def results():
    return engine.compare(SCENARIO)


def first(result, rule):
    """The first event of a rule, explained."""
    frame = result.event_frame()
    return engine.explain(result, int(frame.index[frame["rule"] == rule][0]))


def test_the_filled_in_formula_gives_both_sides(results):
    """Worked out by hand, the line under the formula gives the two numbers of the event."""
    told = first(results["market"], "maintenance")
    line = telling.filled_in(told).replace(",", "").replace("×", "*")
    left, right = re.sub(r"\|([^|]*)\|", r"abs(\1)", line).split("<=")
    assert eval(left) == pytest.approx(told.value, abs=0.01)
    assert eval(right) == pytest.approx(told.limit, abs=0.01)


def test_a_formula_in_words_is_left_alone(results):
    """Where a rule is told in words, no numbers are put into a sentence."""
    assert telling.filled_in(first(results["market"], "slice")) == ""


def test_a_chain_of_causes_runs_back_in_time(results):
    """Each step of the chain is the earlier event that the log names, six at most."""
    table = tables.event_table(results["market"])
    causes = results["market"].event_frame()["cause"]
    for event in table.index[table["cause"].notna()][-5:]:
        found = telling.chain(table, int(event))
        assert 1 <= len(found) <= telling.CHAIN
        assert found[0] == causes.iloc[event] and found == sorted(found, reverse=True)


def test_bands_are_few_and_lose_nothing(results):
    """At most eight rows, with all coins and all dollars of the fills."""
    frame = results["market"].event_frame()
    orders = frame.index[frame["rule"] == "slice"]
    told = max((engine.explain(results["market"], int(n)) for n in orders[:60]), key=_fills)
    rows = telling.bands(told)
    coins, prices = rows["Coin"], rows["USD per coin"]
    assert len(told.fills) > len(coins) and len(coins) <= telling.BANDS
    assert sum(coins) == pytest.approx(sum(fill.quantity for fill in told.fills))
    paid = sum(coin * price for coin, price in zip(coins, prices, strict=True))
    assert paid == pytest.approx(sum(fill.quantity * fill.price for fill in told.fills))


def _fills(told):
    return len(told.fills)


def test_the_largest_order_is_the_part_that_took_most(results):
    """Among the parts that name an event, the most negative one."""
    frame = results["market"].event_frame()
    told = engine.explain(results["market"], int(frame.index[frame["rule"] == "maintenance"][-1]))
    took = {part.event: part.amount for part in told.parts if part.event is not None}
    assert took[telling.largest_order(told)] == min(took.values()) < 0.0
