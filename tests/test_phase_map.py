"""The phase map: its cells are runs, its verdicts are those of the harm, its page shows them."""

import time

import numpy as np
import pytest

import engine
from engine.sweeps import grid, phase, work
from engine.sweeps import plan as plans
from engine.sweeps.axes import AXES, moved
from engine.sweeps.plan import make_plan
from pages.ui import charts_phase, content
from pages.ui.phase import rows, state
from pages.ui.phase.work import Job
from tests.test_pages import address, opened, texts
from tests.test_sweeps import SMALL

PAGE = "pages/page_phase_map.py"
with pytest.MonkeyPatch.context() as patch:  # four times four cells, so that tests are quick
    patch.setattr(phase, "SIZES", (4,))
    MAP = engine.PhaseMap(SMALL, size=4, seeds=5, x="depth", y="leverage")
SIDE = 4


@pytest.fixture(scope="module")
def job():
    """A map, run to its end."""
    job = Job(MAP)
    for cell, values in MAP.run(threads=2):
        job.done[cell] = values
    return job


def test_a_cell_holds_the_runs_of_its_place(job):
    """Metrics, policies, worlds: each number is the one that `compare` gives."""
    assert set(job.done) == {(i, j) for i in range(SIDE) for j in range(SIDE)}
    for (i, j), seed in (((0, 0), 0), ((3, 2), 4)):
        results = engine.compare(MAP.at(i, j, seed, "market"))
        for m, name in enumerate(phase.METRICS):
            for p, policy in enumerate(engine.POLICIES):
                assert job.done[i, j][m, p, seed] == results[policy].metrics[name]


@pytest.mark.parametrize("preset", ["two-books", "crowded-longs"])
def test_short_cuts_of_a_sweep_change_no_number(preset):
    """Metrics read alone, and one undisturbed run for all policies: as the whole groups give."""
    scenario = next(p.scenario for p in engine.presets() if p.name == preset)
    scenario = scenario.with_values(**{"accounts.count": 300, "world.steps": 400})
    plan = make_plan(scenario, None, [3], None, phase.METRICS)
    found = work.run_task(plan.job, plan.tasks[0], plan.version)
    results = engine.compare(scenario.with_values(seed=3)).values()
    names = plan.job.metrics
    assert found == [[one.metrics[name] for name in names] for one in results]


def test_a_map_stops_and_goes_on_without_running_a_cell_twice(monkeypatch):
    """What was finished is not run again, and nothing is missing."""
    monkeypatch.setattr(plans, "TASK_MS", 8.0)
    some = dict(zip(*_first(MAP, 5), strict=True))
    rest = dict(MAP.run(threads=1, done=set(some)))
    assert len(some) == 5 and set(some) | set(rest) == set(MAP.order)
    assert not set(some) & set(rest)


def _first(chosen, count):
    cells, values = [], []
    for cell, found in chosen.run(threads=1, stop=lambda: len(cells) >= count):
        if len(cells) < count:
            cells.append(cell)
            values.append(found)
    return cells, values


def test_the_map_fills_from_coarse_to_fine():
    """Every eighth cell first; until a finer one is run the coarse one stands for its block."""
    order = grid.coarse_to_fine(20, 20)
    assert len(set(order)) == 400 and order[:9] == [(i, j) for j in (0, 8, 16) for i in (0, 8, 16)]
    done = {(0, 0): "a", (4, 4): "b"}
    assert grid.standing_for(0, 0, done) == ((0, 0), True)
    assert grid.standing_for(3, 7, done) == ((0, 0), False)
    assert grid.standing_for(6, 5, done) == ((4, 4), False)
    assert grid.standing_for(9, 1, done) is None


def test_values_of_an_axis():
    assert grid.values("depth", 1e6, 1.6e7, 5) == [1e6, 2e6, 4e6, 8e6, 1.6e7]
    assert grid.values("crowding", 0.5, 0.9, 5) == [0.5, 0.6, 0.7, 0.8, 0.9]
    assert grid.values("latency", 0, 4, 20) == [0, 1, 2, 3, 4]
    assert all(len(grid.values(name, *axis.usual, 20)) == 20 for name, axis in AXES.items())


def test_a_verdict_is_clear_only_where_other_worlds_would_agree():
    """Always ahead: clear. Ahead by one world: open. The same harm, or none: alike."""
    mean, seeds = engine.HARMS["slippage"], tuple(range(20))
    base = np.linspace(100.0, 200.0, 20)
    clear = phase.verdict(np.array([base, base - 20.0, base + 5.0]), mean, seeds)
    assert (clear.state, clear.winner, clear.share) == ("clear", "incremental", 1.0)
    lucky = base.copy()
    lucky[7] -= 60.0
    odd = phase.verdict(np.array([base, lucky, base + 5.0]), mean, seeds)
    assert odd.winner == "incremental" and odd.state == "open" and 0.5 < odd.share < 0.75
    for same in (np.zeros((3, 20)), np.array([base, base * 1.001, base * 1.002])):
        assert phase.verdict(same, mean, seeds).state == "alike"


def test_a_tail_looks_at_the_worst_worlds_only():
    """Low on average and terrible once: least by the mean, not by the tail."""
    steady, wild = np.full(20, 100.0), np.full(20, 10.0)
    wild[11] = 1_000.0
    values = np.array([steady, wild, steady + 50.0])
    seeds = tuple(range(20))
    assert phase.verdict(values, phase.Harm("slippage_usd"), seeds).winner == "incremental"
    told = phase.verdict(values, engine.HARMS["bad_debt"], seeds)
    assert told.winner == "market" and told.harm["incremental"] == 1_000.0 and told.worst == 11


def test_resampling_keeps_worlds_paired():
    """A small, constant lead is clear though the worlds differ far more from each other."""
    base = np.array([1.0, 1e3, 1e4, 10.0, 500.0] * 4)
    told = phase.verdict(np.array([base, base * 0.98, base * 1.05]), engine.HARMS["adl"], range(20))
    assert told.state == "clear" and told.share == 1.0
    for policy, (low, high) in told.interval.items():
        assert low < told.harm[policy] < high
    low, high = told.interval["market"]
    means = np.random.default_rng(5).choice(base, (20_000, len(base))).mean(axis=1)  # other draws
    assert (low, high) == pytest.approx(np.quantile(means, (0.025, 0.975)), rel=0.1)
    assert rows.interval("adl", *told.interval["market"]) == f"${low:,.0f} to ${high:,.0f}"


@pytest.mark.parametrize(
    "options, field",
    [
        ({"x": "gravity"}, "x"),
        ({"y": "depth"}, "y"),
        ({"size": 21}, "size"),
        ({"seeds": 1_000}, "seeds"),
        ({"x_range": (3e6, 2e6)}, "depth"),
        ({"x_range": (1.0, 2e6)}, "depth"),
        ({"scenario": SMALL.with_values(**{"world.shocks": ()}), "y": "speed"}, "world.shocks"),
        (
            {"scenario": SMALL.with_values(**{"accounts.count": 100_000}), "size": 20},
            "account-steps of the map",
        ),
    ],
)
def test_a_map_that_cannot_be_is_refused(options, field):
    with pytest.raises(engine.InputError) as refused:
        engine.PhaseMap(**({"scenario": SMALL} | options)).check()
    assert refused.value.field == field


@pytest.mark.parametrize("name", AXES)
def test_every_axis_can_be_mapped(name):
    """All seven axes, on the scenario the page opens with, inside what a page may ask for."""
    other = "speed" if name != "speed" else "depth"
    chosen = engine.PhaseMap(engine.presets()[0].scenario, x=name, y=other)
    chosen.check()
    here = moved(chosen.scenario, chosen.place(3, 2))
    assert chosen.at(3, 2, 5, "auction") == here.with_values(
        **{"seed": 5, "liquidation.policy": "auction"}
    )


@pytest.mark.parametrize("harm", engine.HARMS)
def test_rows_and_table_say_the_same(job, harm):
    found = job.verdicts(job.done, harm)
    cells = rows.cells(MAP, found, harm, (1, 0))
    assert [(cell["i"], cell["j"]) for cell in cells if cell["opened"]] == [(1, 0)]
    table = rows.table(MAP, found, harm, {"depth": "Depth", "leverage": "Leverage"})
    assert len(cells) == len(table["Verdict"]) == SIDE**2
    for cell, verdict, winner in zip(cells, table["Verdict"], table["Least harm"], strict=True):
        assert rows.STATES[cell["state"]] == verdict
        assert cell["winner"] == (winner.lower() or "alike")
        assert (cell["sign"] == "?") == (verdict == "not decided")
    part = rows.cells(MAP, {(0, 0): found[0, 0]}, harm, (1, 0))
    assert [cell["state"] for cell in part[1:]] == ["coarse"] * (SIDE**2 - 1)
    assert {cell["said"] for cell in rows.cells(MAP, {}, harm, (1, 0))} == {"Not run yet"}


def test_words_exist_for_every_axis_harm_and_state():
    meta = content.note("phase-map").meta
    assert set(meta["axes"]) == set(AXES) and set(meta["harms"]) == set(engine.HARMS)
    assert set(meta["states"]) == set(rows.STATES)
    assert set(meta["terms"]) <= set(content.glossary())
    spec = charts_phase.phase("dark", "Depth", "Speed", ("a", "b"), ("c",))
    assert spec["layer"][0]["mark"]["type"] == "rect"
    assert spec["layer"][0]["encoding"]["opacity"]["scale"]["type"] == "ordinal"
    assert "'open'" in str(spec["layer"][1]) and spec["layer"][1]["mark"]["type"] == "point"
    assert "hatched" in {shape for _, _, shape in charts_phase.key("dark", False)}


QUERY = {
    "v": "3", "s": "fast-drop", "c": "accounts.count~60~~world.steps~230", "x": "leverage",
    "y": "crowding", "harm": "slippage", "xr": "10_50", "n": "8", "w": "5", "cell": "2_3",
}  # fmt: skip


def test_an_address_restores_the_map():
    choice, problems = state.read(QUERY)
    assert not problems
    assert (choice.map.x, choice.map.y, choice.harm, choice.cell) == (
        "leverage", "crowding", "slippage", (2, 3),
    )  # fmt: skip
    assert choice.map.x_range == (10.0, 50.0) and choice.map.y_range is None
    assert (choice.map.size, choice.map.seeds, choice.map.scenario.accounts.count) == (8, 5, 60)
    assert state.read(state.fields(choice)) == (choice, [])


@pytest.mark.parametrize(
    "change, field",
    [
        ({"x": "gravity"}, "x"),
        ({"harm": "sorrow"}, "harm"),
        ({"n": "400"}, "size"),
        ({"w": "-1"}, "w"),
        ({"xr": "50_10"}, "leverage"),
        ({"xr": "1e309_1"}, "xr"),
        ({"xr": "many"}, "xr"),
        ({"cell": "8_0"}, "cell"),
        ({"cell": "<b>"}, "cell"),
        ({"s": "no-such"}, "s"),
        ({"c": "accounts.count~60~~world.shocks~none", "x": "speed"}, "world.shocks"),
    ],
)  # fmt: skip
def test_a_wrong_field_of_an_address_is_named_and_left_out(change, field):
    choice, problems = state.read({**QUERY, **change})
    assert [problem.field for problem in problems][0] == field
    choice.map.check()


@pytest.fixture(scope="module")
def page():
    """The page at a small map, run."""
    app = opened(QUERY, PAGE)
    app.button(key="phase_start").click().run()
    for _ in range(300):
        if app.get("vega_lite_chart") and app.button(key="phase_stop").disabled:
            return app
        time.sleep(0.1)
        app.run()
    raise AssertionError("the map did not finish")


def test_the_page_runs_a_map_and_opens_a_cell(page):
    """Finding, chart, numbers of the chosen cell, and links to its worlds with their results."""
    assert not page.exception
    assert "Least harm, of 64 cells" in texts(page) and "One cell" in texts(page)
    assert page.button(key="phase_start").disabled
    links = page.get("page_link")
    assert len(links) == 2
    from urllib.parse import parse_qsl

    query = dict(parse_qsl(links[0].proto.query_string))
    view = engine.read_link(query)
    assert not view.problems and view.policy in engine.POLICIES
    assert view.scenario.accounts.long_share == pytest.approx(0.5571)
    assert engine.run(view.scenario).fingerprint[:12] == query["f"]


def test_another_harm_needs_no_new_run_and_moves_the_address(page):
    page.selectbox(key="phase_harm").select("unfairness").run()
    assert address(page)["harm"] == "unfairness"
    assert page.button(key="phase_start").disabled and page.get("vega_lite_chart")
    page.selectbox(key="phase_i").select(7).run()
    assert address(page)["cell"] == "7_3"
    page.selectbox(key="phase_x").select("crowding").run()  # the same axis twice: they swap
    now = address(page)
    assert (now["x"], now["y"]) == ("crowding", "leverage") and "xr" not in now
    assert not page.button(key="phase_start").disabled


def test_the_key_says_what_the_palest_cells_are_while_the_map_fills_in(page):
    (more,) = set(charts_phase.key("light", True)) - set(charts_phase.key("light", False))
    assert "not run yet" in more[0]
    assert "not run yet" not in " ".join(part.proto.body for part in page.get("html"))
