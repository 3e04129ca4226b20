"""Beforehand, scored: the cases, the measures, the stored run, and the page."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pandas as pd
import pytest

import engine
from engine.sweeps import scored, stored
from pages.ui import charts_scored, content, scored_rows
from tests.test_pages import address, opened, texts

FILE = content.ROOT / "beforehand.csv"
FRAME, LINK, MADE = engine.read_scored(FILE)
BASE = engine.read_link(LINK).scenario
SMALL = BASE.with_values(**{"accounts.count": 100, "world.steps": 400})


def test_the_sequence_of_halton_as_published():
    assert [scored.halton(k, 2) for k in range(6)] == [1 / 2, 1 / 4, 3 / 4, 1 / 8, 5 / 8, 3 / 8]
    assert [scored.halton(k, 3) for k in range(4)] == pytest.approx([1 / 3, 2 / 3, 1 / 9, 4 / 9])


def test_cases_fill_their_ranges_and_take_each_policy_as_often():
    places = [scored.place_of(k) for k in range(1_000)]
    for name, (low, high) in scored.RANGES.items():
        values = [place[name] for place in places]
        assert low <= min(values) < low * 1.1 and high * 0.9 < max(values) <= high
    shares = pd.Series([place["policy"] for place in places]).value_counts(normalize=True)
    assert set(shares.index) == set(engine.POLICIES) and shares.between(0.32, 0.35).all()


@pytest.mark.parametrize("case", [0, 613, 1_999])
def test_the_stored_run_is_what_the_engine_computes(case):
    """Where this fails the engine has changed: make it again, see engine/sweeps/stored.py."""
    row, now = FRAME.iloc[case], scored.score_case(BASE, case)
    assert list(FRAME.columns) == list(now)
    assert row["case"] == case and row["policy"] == now["policy"]
    for name, value in now.items():
        if name != "policy":
            assert row[name] == pytest.approx(value, rel=2e-6, abs=1e-12), name


def test_the_stored_run_says_what_made_it():
    assert len(FRAME) == stored.CASES >= 2_000 and FRAME["case"].tolist() == list(range(len(FRAME)))
    assert BASE == engine.presets()[0].scenario and engine.__version__ in MADE


def test_the_note_says_what_the_stored_run_shows():
    rho = {name: engine.rank_correlation(FRAME, name)[0] for name in engine.SCORED}
    words = {name: scored_rows.word(value) for name, value in rho.items()}
    assert words == {
        "band": "well", "cost": "well", "multiplier": "roughly", "fund": "roughly",
        "frontier": "poorly",
    }  # fmt: skip
    bins = engine.calibration(FRAME, "band")
    assert (bins["after_low"] <= bins["before"]).all()
    cost = engine.calibration(FRAME, "cost")
    assert (cost["after_low"][:3] > cost["before"][:3]).all()
    push = FRAME["multiplier_before"]
    assert FRAME["multiplier_after"][push < 0.2].mean() == pytest.approx(0.01, abs=0.002)
    assert FRAME["multiplier_after"][push >= 1.8].mean() > 1 / 3
    toxic = FRAME["frontier_after"]
    assert toxic[FRAME["frontier_before"] < 0].mean() == pytest.approx(0.06, abs=0.005)
    high = FRAME["frontier_before"] >= FRAME["frontier_before"].quantile(0.75)
    assert toxic[high].mean() == pytest.approx(0.13, abs=0.005)
    assert FRAME["fund_after"][FRAME["fund_before"] >= 0.05].median() >= 1.0


def test_nothing_of_the_run_is_read_beforehand():
    """What is foretold is the same whatever happens to the log, the prices and the balances."""
    result = engine.run(scored.case_scenario(SMALL, 5))
    other = replace(
        result, events=result.events[:0], mid=result.mid * 0.5, raw=result.raw * 0.5,
        quote=result.quote * 0.0, base=result.base * 0.0,
    )  # fmt: skip
    assert scored.foretold(result) == scored.foretold(other)
    with pytest.raises(AssertionError):  # the log no longer leads to the prices
        scored.came_true(other)


def test_cases_are_the_same_on_any_number_of_threads():
    one, two = (engine.score_beforehand(SMALL, range(40, 65), threads=n) for n in (1, 3))
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert one["case"].tolist() == list(range(40, 65))
    with pytest.raises(engine.InputError, match="cases"):
        engine.score_beforehand(SMALL, 0)


def test_spearman_as_pandas_has_it():
    """Ties at their mean rank; nothing where one side does not vary."""
    one = np.array([1.0, 2.0, 2.0, 5.0, 4.0, 2.0])
    other = np.array([3.0, 3.0, 8.0, 9.0, 1.0, 2.0])
    want = pd.Series(one).rank().corr(pd.Series(other).rank())
    assert scored.spearman(one, other) == pytest.approx(want)
    assert scored.spearman(one, np.ones(6)) == 0.0
    assert scored.spearman(one, one**3) == pytest.approx(1.0)


def made(before, after):
    return pd.DataFrame({"case": range(len(before)), "cost_before": before, "cost_after": after})


def test_bins_hold_equally_many_cases_with_their_means():
    bins = engine.calibration(made(np.arange(80.0), 2 * np.arange(80.0)), "cost", bins=4)
    assert bins["cases"].tolist() == [20] * 4
    assert bins["before"].tolist() == [9.5, 29.5, 49.5, 69.5]
    assert bins["after"].tolist() == [19.0, 59.0, 99.0, 139.0]
    half = 2.0930 * np.std(2 * np.arange(20.0), ddof=1) / 20**0.5
    assert bins["after_high"].iloc[0] - 19.0 == pytest.approx(half, rel=1e-4)
    alike = engine.calibration(made(np.zeros(10), np.arange(10.0)), "cost")
    assert alike["cases"].tolist() == [10]


def test_the_most_misleading_cases_come_first():
    after = np.arange(50.0)
    after[3], after[44] = 100.0, -1.0
    found = engine.misleads(made(np.arange(50.0), after), "cost", most=1)
    assert found["case"].tolist() == [3, 44]
    assert found["gap"].iloc[0] > 0.9 and found["gap"].iloc[1] < -0.8
    with pytest.raises(engine.InputError, match="number"):
        engine.misleads(made([1.0], [1.0]), "luck")


@pytest.mark.parametrize("name", engine.SCORED)
def test_each_number_has_words_and_a_chart(name):
    meta = content.note("beforehand").meta
    assert set(meta["numbers"]) == set(engine.SCORED) and set(meta["terms"]) <= set(
        content.glossary()
    )
    told = meta["numbers"][name]
    spec = charts_scored.calibration("light", name, told["before"], told["after"])
    assert len(spec["layer"]) == 2 + (name in charts_scored.SAME)
    bins = engine.calibration(FRAME, name)
    if name == "band":  # the page's own words on how far a bound is from what happened
        last, shows = bins.iloc[-1], content.note("beforehand").sections["What it shows"]
        assert f"{last.before:.2f} on average, used {last.after:.2f}" in shows
    table = scored_rows.calibration_table(bins, told)
    assert table["Cases"].sum() == len(FRAME)
    row = engine.misleads(FRAME, name).iloc[0]
    assert scored_rows.misled(row, name).startswith("worse than foretold")


def test_the_page_shows_the_stored_run_and_opens_what_misled(monkeypatch):
    app = opened({"number": "multiplier", "policy": "auction"}, "pages/page_beforehand.py")
    assert not app.exception
    assert f"Stored run: {len(FRAME):,} cases" in texts(app)
    count = int((FRAME["policy"] == "auction").sum())
    assert f"Cascade multiplier orders {count:,} cases" in texts(app)
    app.selectbox(key="scored_number").select("cost").run()
    assert address(app) == {"number": "cost", "policy": "auction"}
    assert "Liquidation cost orders" in texts(app)
    wrong = opened({"number": "luck", "policy": "auction"}, "pages/page_beforehand.py")
    told = " ".join(block.value for block in wrong.text)
    assert "number = 'luck'" in told and "multiplier" in told and not wrong.exception


def test_new_cases_are_run_on_demand(monkeypatch):
    from pages.ui import scored as page

    monkeypatch.setattr(page, "NEW", 30)
    job = page.own_run.__wrapped__()
    rows = list(chain.from_iterable(part for _, part in job._source(lambda: False, {2_010})))
    assert sorted(row["case"] for row in rows) == [*range(2_000, 2_010), *range(2_020, 2_030)]
