"""The why panel: what would have prevented an event and who caused it, as a reader meets them."""

import time

import pytest

import engine
from pages.ui import background, budget, prevented, telling
from tests.test_pages import click, explained, opened, texts

LIMIT = 1_113  # of the opening scenario under market liquidation: its last limit


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """The page waits for its re-runs, so that no test polls."""
    monkeypatch.setattr(prevented, "PATIENCE", 60.0)


def cells(app):
    """All text in the tables of the page."""
    return [str(cell) for table in app.table for cell in table.value.to_numpy().ravel()]


def test_the_least_change_of_the_account_stands_beside_the_event():
    """Collateral, leverage and size: what it was, what avoids it; the button asks for the rest."""
    app = explained("market", LIMIT)
    assert not app.exception and not app.error
    result = engine.compare(engine.presets()[0].scenario)["market"]
    found = engine.preventions(result, LIMIT, engine.OWN_AXES)
    assert len(found) == 3
    for remedy in found:
        assert engine.prevention_amount(remedy.now, remedy.unit) in cells(app)
        needed = engine.prevention_amount(remedy.needed, remedy.unit)
        assert any(cell.startswith(needed) for cell in cells(app))
        assert telling.proof(remedy) in texts(app)
    assert "Which cause took it to its limit" not in texts(app)


def test_everything_else_is_tried_on_demand_and_says_who_did_it():
    """Depth, mark and path with their values; shares that add up; the bystander is named."""
    app = click(explained("market", LIMIT), "venue")
    assert not app.exception and not app.error
    said = cells(app)
    assert {"Depth of the book", "Mark price", "Liquidation", "Forced flow of others"} <= set(said)
    assert "bystander" in texts(app) and "Leaving out any one of these" in texts(app)
    assert "Fees of forced orders: none of" in texts(app)
    assert not any(button.key == "venue" for button in app.button)
    app.number_input(key="event_number").set_value(0).run()
    assert "Forced flow of others" not in cells(app), "the answer of another event stays away"


def test_an_event_that_follows_from_a_limit_has_no_such_table():
    """A fill of a forced order is explained by its limit."""
    app = explained("market", LIMIT + 1)
    assert prevented.HEADING not in texts(app) and not app.exception


def test_re_runs_that_fail_are_said_in_words(monkeypatch):
    """The rest of the page stands."""

    def broken(*_given, **_named):
        raise RuntimeError("no")

    monkeypatch.setattr(engine, "preventions", broken)
    app = explained("market", 2)
    assert "These re-runs could not be made." in texts(app) and not app.exception


def test_work_beside_the_page_is_waited_for_and_may_fail():
    """Its value, or that it failed; never both."""
    done = background.Background(lambda pool: 7)
    assert done.wait(30.0) and done.over and done.value == 7 and not done.failed
    failed = background.Background(lambda pool: 1 // 0)
    assert failed.wait(30.0) and failed.failed and failed.value is None


def test_work_beside_the_page_is_charged_to_who_asked(monkeypatch):
    """All of its threads, though the page did not wait for them."""
    monkeypatch.setattr(budget, "PROCESS", budget.Budget())
    monkeypatch.setattr(budget, "reader", lambda: "me")

    def busy(_number):
        until = time.thread_time() + 0.02
        while time.thread_time() < until:
            pass

    work = background.Background(lambda pool: list(pool.map(busy, range(3))))
    assert work.wait(30.0) and not work.failed
    assert 0.06 <= budget.PROCESS.purses["me"].used < 30.0


def test_text_of_the_engine_is_not_taken_for_markdown():
    """Stars, dollars and brackets are shown as they are."""
    assert telling.plain("a*b $1 [x]") == "a\\*b \\$1 \\[x\\]"


def test_the_arithmetic_opens_beside_each_line():
    """A cut that restores the buffer shows its reason and its size; the steps are a click away."""
    result = engine.compare(engine.presets()[0].scenario)["incremental"]
    limits = engine.limits(result.event_frame())["event"]
    number = next(n for n in limits if len(engine.explain(result, int(n)).cut) > 2)
    app = explained("incremental", number)
    told = engine.explain(result, int(number))
    assert told.threshold in texts(app) and "\n".join(told.cut) in texts(app)
    assert telling.plain(told.cut[-1]) in texts(app)


def test_the_page_of_several_legs_has_its_remedies():
    """All legs at a share of their size, by formula, proved by two runs."""
    preset = next(p for p in engine.presets() if p.name == "hedge-trigger")
    page = "pages/page_the_hedge.py"
    changes = {lane.name: lane.changes for lane in engine.lanes("the-hedge")}
    lane = "hedge" if "hedge" in changes else next(iter(changes))
    result = engine.compare(preset.scenario, changes)[lane]
    number = int(engine.limits(result.event_frame())["event"].iloc[0])
    view = engine.View(
        preset.scenario, page="the-hedge", lane=lane, event=number, fingerprint=result.fingerprint
    )
    query = dict(pair.split("=", 1) for pair in engine.link(view).lstrip("?").split("&"))
    app = opened(query, page=page)
    assert not app.exception and not app.error
    assert "Position" in cells(app) and "formula + 2 runs" in cells(app)
