"""What a reader takes away: a file that needs nothing, tables that read back, code that agrees."""

import io
import re
import subprocess
import sys
import threading
import xml.etree.ElementTree as xml
from dataclasses import replace
from html import escape
from pathlib import Path

import pandas as pd
import pytest
import vl_convert

import engine
from pages.ui import budget, cached, lanes, note_hedge
from pages.ui.takeaway import files, handout, section, stills

ROOT = Path(__file__).resolve().parent.parent
PLACE = "https://forced-flow.example.org/"


def taken_from(page, lane=None, event=0, scenario=None, picture=None):
    """Everything of one view of a note."""
    known = lanes.of(page)
    lane = lane or known.names[1]
    scenario = scenario or lanes.presets(page)[0].scenario
    chosen = {"policy": lane, "lane": None} if known.are_policies else {"lane": lane}
    view = replace(engine.View(scenario, page=page), event=event, **chosen)
    address = f"{PLACE}{page}{engine.link(view)}"
    return section.collect(replace(view, lane=lane), address, picture)


@pytest.fixture(scope="module")
def taken():
    return taken_from("three-ways-out", event=30)


@pytest.fixture(scope="module")
def page(taken):
    return handout.html(taken, cached.qr(taken.address)).decode()


def test_a_handout_needs_nothing_from_outside(page):
    """No script, no file, no font and no picture is fetched; only links lead away."""
    assert "<script" not in page and "url(" not in page and " src=" not in page
    assert "@import" not in page and "<link" not in page
    led = set(re.findall(r"(?:href|action)='([^']*)'", page))
    assert led and all(address.startswith("https://") for address in led)
    others = re.sub(r"href='[^']*'|xmlns(?::xlink)?=\"[^\"]*\"|>https://[^<]*<", "", page)
    others = others.split("<h2>Compute it again")[0]
    assert "http://" not in others and "https://" not in others


def test_a_handout_says_who_made_it_and_how_to_open_it(page, taken):
    """Version, fingerprint and link; the words of the note; the why of the event; the code."""
    assert f"Forced Flow {engine.__version__}" in page
    assert taken.result.fingerprint[:12] in page
    assert taken.address.replace("&", "&amp;") in page
    told = engine.explain(taken.result, 30)
    assert told.title in page and told.text.splitlines()[0] in page
    limit = int(taken.result.triggers[30])
    answers = [remedy.sentence for remedy in engine.preventions(taken.result, limit)]
    assert len(answers) > 10 and all(escape(sentence) in page for sentence in answers)
    assert "What surprised people" in page and "[1]" in page and "Educational" in page
    assert "engine.run(scenario)" in page


@pytest.fixture
def asked(taken, monkeypatch):
    """A click on the handout, and the purse of whoever clicks."""
    monkeypatch.setattr(budget, "PROCESS", budget.Budget())
    monkeypatch.setattr(budget, "reader", lambda: "me")
    purse = budget.PROCESS.purses["me"] = budget.Purse(at=budget.PROCESS.clock())
    qr = cached.qr(taken.address)
    return section._in_session(lambda: handout.html(taken, qr)), purse


class Clocks(threading.local):
    """Processor time of each thread and one clock on the wall, moved by hand."""

    wall = 0.0  # of the class: all threads see the same
    used = 0.0

    def thread_time(self):
        return self.used

    def perf_counter(self):
        return Clocks.wall


def test_a_handout_is_charged_whole_to_who_asked(asked, monkeypatch):
    """Its re-runs in other threads, and its charts, which a library draws in its own."""
    drawn, helped, real, clocks = [], [], budget.PROCESS.helped, Clocks()

    def busy(_):
        clocks.used += 2.0

    def slowly(*_, **__):
        Clocks.wall += 0.5
        drawn.append(0.5)
        return '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="100"></svg>'

    def helping(seconds):
        helped.append(seconds)
        real(seconds)

    monkeypatch.setattr(Clocks, "wall", 0.0)
    monkeypatch.setattr(budget, "time", clocks)
    monkeypatch.setattr(engine, "preventions", lambda *_, pool: tuple(pool.map(busy, "ab"))[2:])
    monkeypatch.setattr(vl_convert, "vegalite_to_svg", slowly)
    monkeypatch.setattr(budget.PROCESS, "helped", helping)
    asked[0]()
    both = 2 * 2 * 2.0  # the event and the limit behind it, on two threads each
    assert len(drawn) > 10 and sorted(helped) == [*drawn, both]
    assert budget.PROCESS.spent == asked[1].used == sum(helped)


def test_who_used_up_his_time_gets_no_handout(asked):
    """It is refused before anything is run, and nobody waits."""
    make, purse = asked
    purse.used = budget.BURST + 2 * budget.PATIENCE * budget.REFILL
    with pytest.raises(budget.Busy, match="There is room for your next run in about"):
        make()
    assert budget.PROCESS.refused == 1 and budget.PROCESS.spent == 0.0


def test_words_of_strangers_are_escaped_in_a_handout(taken):
    """A name out of a file or a link cannot become a tag."""
    evil = replace(taken, title="<script>alert(1)</script>", needed=("<img src=x onerror=y>",))
    made = handout.html(evil, cached.qr(evil.address)).decode()
    assert "<script" not in made and "<img" not in made and "&lt;script&gt;" in made


@pytest.mark.parametrize("theme", stills.THEMES)
def test_every_chart_is_a_whole_picture(taken, theme):
    """Each SVG is well-formed, has its title, its key and marks; the PNG has its size."""
    assert [still.name for still in taken.stills] == ["path", "crowd", "parts"]
    for still in taken.stills:
        root = xml.fromstring(stills.svg(still, theme))
        words = " ".join(root.itertext())
        assert all(name in words for name, _, _ in still.keys[theme])
        assert still.title.split()[0] in words
        marks = {e.tag.rpartition("}")[2] for e in root.iter()}
        assert {"path", "text", "rect"} <= marks
    data = stills.png(taken.stills[0], theme)
    assert data.startswith(b"\x89PNG") and int.from_bytes(data[16:20], "big") >= 2 * stills.WIDTH


def test_the_notes_own_chart_is_taken_in_both_themes():
    """The picture of a note comes first, with the colours of either theme."""
    own = taken_from("the-hedge", picture=note_hedge.picture).stills[0]
    assert own.name == "picture" and own.specs["light"] != own.specs["dark"]
    assert stills.svg(own, "light") != stills.svg(own, "dark")


@pytest.mark.parametrize("table", files.TABLES)
def test_tables_read_back(taken, table):
    """CSV and Parquet hold every row and every bit of every number."""
    given = files.TABLES[table](taken).reset_index(drop=True)
    assert len(given) > 100
    parquet = pd.read_parquet(io.BytesIO(files.parquet(taken, table)))
    pd.testing.assert_frame_equal(parquet, given, check_dtype=False)
    csv = pd.read_csv(io.BytesIO(files.csv(taken, table)))
    numbers = given.select_dtypes("number").columns
    pd.testing.assert_frame_equal(csv[numbers], given[numbers], check_dtype=False, check_exact=True)


def test_the_series_of_several_symbols_name_them():
    found = files.series(taken_from("the-hedge"))
    assert found["symbol"].nunique() == 2 and len(found) == 2 * found["step"].nunique()


def test_the_settings_read_back(taken):
    """The TOML file is the scenario of the lane in view."""
    text = files.toml(taken).decode()
    assert engine.scenario_from_toml(text) == taken.result.scenario
    assert taken.result.fingerprint in text and engine.__version__ in text


def run(code: bytes):
    command = [sys.executable, "-c", code.decode()]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_the_code_computes_the_same_result_again(taken):
    """Run by somebody else it prints the numbers; with another seed it says that they differ."""
    code = files.python(taken)
    done = run(code)
    assert done.returncode == 0, done.stderr
    assert f"{taken.result.metrics['slippage_bp']:,.2f}" in done.stdout
    assert engine.explain(taken.result, 30).text.splitlines()[0] in done.stdout
    other = code.replace(b"engine.run(scenario", b"engine.run(scenario.with_values(seed=8)")
    with pytest.raises(AssertionError):
        exec(other, {})


def test_the_code_holds_a_scenario_that_no_link_can_hold(taken):
    """Where a link would be too long, the settings themselves stand in the code."""
    many = tuple((step, 0.0123456789, 17) for step in range(0, 1_500, 10))[:16]
    scenario = taken.result.scenario
    rows = {"world.shocks": many, "book.cancels": tuple((s, d, 0.987654321) for s, _, d in many)}
    rows["world.waypoints"] = tuple((s + 1, 1.0123456789012345) for s, *_ in many)
    rows["accounts.reductions"] = tuple((s, s, 0.1234567890123456) for s, *_ in many)
    rows["world.correlation_jumps"] = tuple((s, 0.12345678901234567, 17) for s, *_ in many)
    rows["accounts.portfolios"] = ()
    long = scenario.with_values(**rows)
    text = files._scenario(long)
    if "read_link" in text:
        pytest.fail("this scenario was meant to be too long for a link")
    space = {"engine": engine}
    exec(text, space)
    assert space["scenario"] == long
