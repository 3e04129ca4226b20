"""Words and numbers a page adds to an explanation: they say what the log says."""

import re
from types import SimpleNamespace

import pytest

import engine
from engine.causes.attribution import Part
from pages.ui import amounts, charts, charts_fair, colours, opening_table, tables, telling

SCENARIO = engine.presets()[0].scenario


@pytest.fixture(scope="module")
def results():
    return engine.compare(SCENARIO)


def first(result, rule):
    """The first event of a rule, explained."""
    frame = result.event_frame()
    return engine.explain(result, int(frame.index[frame["rule"] == rule][0]))


@pytest.mark.parametrize(("preset", "lane"), [("few-winners", "incremental"), (None, "market")])
def test_the_filled_in_formula_gives_both_sides(results, preset, lane):
    """Worked out by hand, the line under the formula gives the two numbers shown, to the cent."""
    chosen = [p.scenario for p in engine.presets() if p.name == preset]
    result = engine.compare(chosen[0])[lane] if chosen else results[lane]
    events = result.event_frame()
    limits = events.index[events["rule"] == "maintenance"]
    assert len(limits) > 200
    for event in limits:
        told = engine.explain(result, int(event))
        line = telling.filled_in(told).replace(",", "").replace("×", "*")
        sides = re.sub(r"\|([^|]*)\|", r"abs(\1)", line).split("<=")
        shown = [telling.amount(x, "USD") for x in (told.value, told.limit)]
        assert [telling.amount(eval(side), "USD") for side in sides] == shown, event


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
    """Among the forced orders, the most negative one."""
    frame = results["market"].event_frame()
    told = engine.explain(results["market"], int(frame.index[frame["rule"] == "maintenance"][-1]))
    took = {part.event: part.amount for part in told.parts if part.kind == "forced"}
    assert took[telling.largest_order(told)] == min(took.values()) < 0.0


@pytest.mark.parametrize(
    ("kind", "amount", "named"),
    [("forced", -1.02, 7), ("forced", -0.9, None), ("forced", 50.0, None), ("crowd", -50.0, None)],
)
def test_only_a_forced_order_of_some_weight_is_named(kind, amount, named):
    """An order of the crowd was not forced; one of less than 1 % of all parts says nothing."""
    parts = (Part("Outside move", "outside", -100.0), Part("an order", kind, amount, 7))
    assert telling.largest_order(SimpleNamespace(parts=parts)) == named


def test_winners_who_paid_are_named_beside_the_fund():
    """A debt that the fund paid in full may still have cost winners; then the table says so."""
    preset = next(p.scenario for p in engine.presets() if p.name == "small-fund")
    result = engine.run(preset)
    known = engine.beforehand(result)
    told = opening_table.opening(known, {"queue": result}, {"queue": "Queue"})
    gave = f"{result.metrics['adl_haircut']:,.0f}"
    assert result.metrics["adl_haircut"] > 0.0
    assert told["What then happened"][-1].endswith(f"winners gave up \\${gave} (ADL)")
    none = opening_table.opening(known | {"coverage": None}, {}, {})["Known at the opening"][-1]
    assert "no such debt; the fund holds" in none


def test_a_correlation_change_is_told_of_the_venue_and_coins_keep_their_names():
    """Not of the row of its fees; COIN-A stays in capitals among the parts of a loss."""
    preset = next(p.scenario for p in engine.presets() if p.name == "hedge-trigger")
    result = engine.run(preset)
    assert ". The venue.\n" in first(result, "correlation_change").text
    assert "outside move, COIN-A" in first(result, "maintenance").text


def test_bad_debt_is_named_with_who_paid_it():
    """Whole dollars that add up to the debt, though the fund was refilled on the way."""
    result = engine.run(next(p.scenario for p in engine.presets() if p.name == "few-winners"))
    told = opening_table.opening(engine.beforehand(result), {"queue": result}, {"queue": "Queue"})
    said = told["What then happened"]
    assert said[-2].endswith("of bad debt")
    debt, fund, everybody, winners = (
        int(x.replace(",", "")) for x in re.findall(r"\$([\d,]+)", said[-1])
    )
    assert debt == round(result.metrics["bad_debt"]) == fund + everybody
    assert everybody == round(result.metrics["socialised_loss"]) > fund
    assert winners == round(result.metrics["adl_haircut"])


@pytest.fixture(scope="module", params=["few-winners", "hedge-saves", "thin-book"])
def settled(request):
    """A run that may have bankruptcies and winners deleveraged."""
    return engine.run(next(p.scenario for p in engine.presets() if p.name == request.param))


def numbers(text):
    return [float(x.replace(",", "")) for x in re.findall(r"-?\b[\d,]+\.\d+", text)]


def told_of(result, rule):
    """Some events of a rule, explained."""
    events = result.event_frame()
    found = events.index[events["rule"] == rule]
    return [engine.explain(result, int(n)) for n in found[:: max(len(found) // 20, 1)]]


def test_a_bankruptcy_says_how_the_collateral_became_what_is_missing(settled):
    """Cents that add up, from the collateral of the opening to the cash of the event."""
    opening, unit = settled.compiled, settled.compiled.units.tick
    for told in told_of(settled, "bankruptcy"):
        line = told.text.splitlines()[1].partition("Collateral of ")[2]
        left, _, right = line.partition(" = ")
        signed = [float(x.replace(" ", "").replace(",", "")) for x in re.findall(
            r"(?:[+-] )?[\d,]+\.\d\d", left)]  # fmt: skip
        assert sum(signed) == pytest.approx(numbers(right)[0], abs=1e-6)
        assert numbers(right)[0] == round(told.value, 2) < 0.0
        i = told.account
        start = opening.quote[i] + opening.base[i, 0] * opening.inputs.entry[i]
        assert signed[0] == pytest.approx(start * unit, abs=0.006)
        assert telling.filled_in(told).endswith(" < 0")


def test_a_winner_is_told_its_limit_and_its_loss_in_numbers(settled):
    """The filled formula can be computed again; the losses of all add up to the metric."""
    events = settled.event_frame()
    all_adl = [engine.explain(settled, int(n)) for n in events.index[events["rule"] == "adl_fill"]]
    costs = [{name: x for name, x, _ in told.inputs} for told in all_adl]
    total = sum(given["cost against the mark"] for given in costs)
    assert total == pytest.approx(settled.metrics["adl_haircut"], abs=1e-3)
    for told, given in zip(all_adl, costs, strict=True):
        right = telling.filled_in(told).partition("<=")[2]
        right = re.sub(r"(?<=\d),(?=\d{3})", "", right).replace("×", "*")
        right = re.sub(r"\|([^|]+)\|", r"abs(\1)", right)
        allowed = eval(right, {"__builtins__": {}, "min": min, "abs": abs})  # a formula of ours
        assert allowed == pytest.approx(told.limit, rel=1e-3, abs=2 * given["lot"])
        assert "rounded down" in told.threshold and "Tier" not in told.text + told.threshold
        assert {unit for *_, unit in told.symbols} <= {"coin", "USD", "USD/coin"}
        cost = given["cost against the mark"]
        word = "lost" if cost > 0.005 else "gained" if cost < -0.005 else "lost nothing"
        assert f"Against the mark it {word}" in told.text
        if abs(cost) > 0.005:
            product = re.search(r"by that \(([\d,.]+) coin x ([\d,.]+) USD", told.text)
            coins, apart = (float(x.replace(",", "")) for x in product.groups())
            assert f"{word} {coins * apart:,.2f} USD by that" in told.text
            assert f"{abs(cost):,.2f} USD" in told.text


def test_the_bars_of_forced_flow_add_up_to_the_amount_of_the_reading(settled):
    for told in told_of(settled, "maintenance"):
        said = telling.forced_flow(told, tables.parts(told))
        forced = [part.amount for part in told.parts if part.kind == "forced"]
        if len(forced) < 2:
            assert said == ""
            continue
        found = [float(x.replace(",", "")) for x in re.findall(r"[+-][\d,]+\.\d\d", said)]
        assert found[0] == round(sum(forced), 2)
        assert f"forced flow of all steps until now, {len(forced)} orders, {found[0]:+z,.2f}" in (
            told.text
        )
        assert len(found) == 1 or found[1] + found[2] == pytest.approx(found[0], abs=1e-6)


@pytest.mark.parametrize(
    ("kind", "name", "group"),
    [("outside", "Outside move", "outside"), ("forced", "Forced flow: a 3", "forced"),
     ("crowd", "Crowd flow: a 3", "willed"), ("reducing", "Reducing flow: a 3", "willed"),
     ("fees", "Fees", "cost"), ("lag", "Mark lag", "other")],
)  # fmt: skip
def test_a_part_has_the_colour_that_its_legend_names(kind, name, group):
    assert tables.cause(kind, name) == group
    legend = [title for title, *_ in charts.keys("light", {})["parts"]]
    assert legend[list(colours.palette("light")["cause"]).index("willed")].endswith("not forced")
    assert legend[0] == "Outside move", "as the part itself is called"


def test_one_way_out_is_not_called_one_of_several():
    ways = SimpleNamespace(sentence="Half the size."), SimpleNamespace(sentence="A deeper book.")
    assert "this is enough: Half the size." in telling.moment(SimpleNamespace(prevented=ways[:1]))
    assert "any one of these is enough" in telling.moment(SimpleNamespace(prevented=ways))
    assert telling.moment(SimpleNamespace(prevented=())) == ""
    blamed = SimpleNamespace(enough=(("Mark lag",),))
    assert telling.enough(blamed) == "Leaving this out avoids it: Mark lag."
    blamed.enough = (("Mark lag",), ("Fees",))
    assert telling.enough(blamed) == "Leaving out any one of these avoids it: Mark lag; Fees."


@pytest.mark.parametrize("amount", [-0.004, -0.0, 0.0, 0.004])
def test_zero_has_no_minus(amount):
    assert telling.signed(amount) == "+0.00" and charts_fair.short(amount) == "$0"
    assert telling.amount(amount, "USD") == "0.00 USD"
    assert telling.number(amount / 1e5, "USD") == "0.00"
    assert telling.number(0.004, "USD") == "0.004", "parts of a cent count in a formula"


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "$0"), (500, "$500"), (5e5, "$500k"), (2e6, "$2M"), (1e9, "$1B"), (1e10, "$10B")],
)
def test_an_amount_is_said_in_its_largest_unit(value, said):
    assert amounts.usd(value) == said


def test_a_row_says_where_the_event_comes_and_goes():
    """Leverage of 19x does not avoid it though 23.38x does: each value the row names is run."""
    result = engine.run(next(p.scenario for p in engine.presets() if p.name == "few-winners"))
    collateral, leverage, size = engine.preventions(result, 415, engine.OWN_AXES)
    assert not collateral.monotone and "It comes and goes" in collateral.sentence
    rows = telling.remedies([leverage, size])
    assert not leverage.monotone and len(leverage.spans) == 2
    low, high = leverage.spans
    said = rows["Avoids it"][0]
    assert re.fullmatch(r"only ([\d.]+)x to ([\d.]+)x or ([\d.]+)x to ([\d.]+)x, not between", said)
    assert [float(x) for x in re.findall(r"[\d.]+", said)] == [
        pytest.approx(x, rel=1e-4) for x in (*high, *low)
    ]
    assert low[1] < high[0] < high[1] == leverage.needed < leverage.now
    assert rows["Proved by"][0] == f"2 runs at {leverage.needed:.5g}x; ⇅ it comes and goes"
    assert rows["Avoids it"][1].startswith(f"only {size.spans[1][0]:g} to {size.needed:g} or ")
    assert rows["Avoids it"][1].endswith(" coin, not between")


def test_a_row_of_one_direction_names_the_least_change():
    """Less leverage than that avoids it too, so the row says no more."""
    result = engine.run(next(p.scenario for p in engine.presets() if p.name == "few-winners"))
    (leverage,) = engine.preventions(result, 317, ("leverage",))
    rows = telling.remedies([leverage])
    assert leverage.monotone and rows["Proved by"][0] in ("2 runs", "formula + 2 runs")
    assert rows["Avoids it"] == [f"{leverage.needed:.5g}x"]


def test_a_part_of_nothing_has_no_bar():
    """Below half a cent; a part of some cents has them on its label. The bars still add up."""
    amounts = (-8_000.0, 4_000.0, -700.0, -300.0, -200.0, 0.3, 0.004, 1e-9, -60.0)
    kinds = ("outside", "entry", "slippage", "forced", "forced", "fees", "lag", "lag", "forced")
    drawn = tables.parts(
        SimpleNamespace(parts=[Part(kind, kind, x) for kind, x in zip(kinds, amounts, strict=True)])
    )
    assert [f"{x:.2f}" for x in drawn["amount"]][-2:] == ["0.30", "-60.00"]
    assert not any(re.search(r"[+-]0$", label) for label in drawn["label"])
    assert drawn["label"].iloc[-2] == "1 more, cost  +0.30"
    assert drawn["stop"].iloc[-1] == pytest.approx(sum(amounts), abs=1e-9)
    assert drawn["amount"].sum() == pytest.approx(sum(amounts), abs=0.005)
    assert drawn.index.tolist() == list(range(len(drawn)))
    only = tables.parts(SimpleNamespace(parts=[Part("Mark lag", "lag", 0.0)]))
    assert only["label"].tolist() == ["Mark lag  +0.00"], "there is always a bar"
