"""Replay: episodes, a reader's own files, links that ask for them, and files that are refused."""

import io
import json
import math
import random
import re
from urllib.parse import parse_qsl

import numpy as np
import pytest

import engine
from pages.ui import content
from pages.ui.replay import given as own
from pages.ui.takeaway import files
from tests.test_pages import address, click, opened, seen, texts

PAGE = "pages/page_replay.py"


def candles(bars=240, seed=1, fall=0.12, name="BTCUSDT-spot-1m.csv"):
    """A made-up file of one-minute candles that falls in its middle."""
    rng = np.random.default_rng(seed)
    close = 60_000 * np.exp(np.cumsum(rng.normal(0, 0.0004, bars)))
    close[bars // 2 :] *= 1.0 - fall
    first = np.r_[60_000.0, close[:-1]]
    high, low = np.maximum(first, close) * 1.0002, np.minimum(first, close) * 0.9998
    rows = [
        f"{1_700_000_000_000 + 60_000 * i},{a:.2f},{b:.2f},{c:.2f},{d:.2f},12.5"
        for i, (a, b, c, d) in enumerate(zip(first, high, low, close, strict=True))
    ]
    return name, ("open_time,open,high,low,close,volume\n" + "\n".join(rows) + "\n").encode()


TABLE = b"side,size_coin,entry,leverage\nlong,2,60000,20\nshort,1,60000,5\nlong,0.5,59900,15\n"
TIERS = b"floor,rate,max_leverage\n0,0.01,50\n100000,0.02,20\n1000000,0.05,10\n"
BRACKETS = [
    {
        "symbol": "ETHUSDT",
        "notionalCoef": 1.5,
        "brackets": [
            {"bracket": 2, "initialLeverage": 20, "notionalCap": 1e6, "notionalFloor": 100000,
             "maintMarginRatio": 0.02, "cum": 1000.0},
            {"bracket": 1, "initialLeverage": 50, "notionalCap": 100000, "notionalFloor": 0,
             "maintMarginRatio": 0.01, "cum": 0.0},
        ],
    },
    {"symbol": "BTCUSDT", "brackets": [
        {"bracket": 1, "initialLeverage": 125, "notionalCap": 50000, "notionalFloor": 0,
         "maintMarginRatio": 0.004, "cum": 0.0}]},
]  # fmt: skip


# --- episodes ---


def test_an_episode_passes_through_its_published_prices():
    assert len(engine.episodes()) == 7
    for episode in engine.episodes():
        world = episode.scenario.world
        path = engine.run(
            episode.scenario.with_values(**{"accounts.count": 5})
        ).compiled.fundamental
        for (step, multiple), (minute, usd) in zip(world.waypoints, episode.waypoints, strict=True):
            assert step * world.dt == pytest.approx(minute * 60.0, abs=world.dt)
            assert path[step, 0] == pytest.approx(usd, rel=1e-9)
            assert multiple * world.price == pytest.approx(usd, rel=1e-12)


def test_what_is_said_of_an_episode_has_its_sources():
    for episode in engine.episodes():
        cited = set(re.findall(r"[a-z0-9_]+", " ".join(re.findall(r"\[([^\]]+)\]", episode.facts))))
        assert cited == set(episode.sources) <= set(content.sources())
        assert "oise of" in episode.about


@pytest.mark.parametrize("name", ["2025-10-10", "2022-05-09"])
def test_an_episode_opens_labelled_with_facts_and_sources(name):
    episode = next(e for e in engine.episodes() if e.name == name)
    link = engine.link(engine.View(episode.scenario, page="replay"))
    app = opened(dict(parse_qsl(link.lstrip("?"))), PAGE)
    assert not app.exception and not app.error
    said = texts(app)
    assert "not the market's own ticks" in said and episode.about in said
    assert episode.facts.split("[")[0].strip() in said.replace("\\$", "$")
    assert seen(app).scenario == episode.scenario and "f" in address(app)


# --- own files ---


def upload(app, key, *named):
    """Put files into an upload field."""
    field = app.file_uploader(key=key)
    chosen = [(name, data, "text/csv") for name, data in named]
    return field.set_value(chosen if key in ("own_candles", "own_funding") else chosen[0]).run()


def begun(query=None):
    app = opened(query, PAGE)
    app.segmented_control(key="replay_source_widget").set_value("own").run()
    return app


def test_candles_are_run_at_once_and_the_link_asks_its_receiver_for_them():
    """Two sessions: the second sees what to upload, refuses others, and gets the same bits."""
    name, data = candles()
    app = begun()
    assert "Columns of a candle file: open time, open, high, low, close, volume" in texts(app)
    app = upload(app, "own_candles", (name, data))
    assert not app.exception and not app.error
    sent = address(app)
    view = seen(app)
    assert view.scenario.world.source == "replay" and "f" in sent and "event" in sent
    world = engine.replay_world([engine.read_candles(data, name=name)])
    assert view.scenario == engine.replay_scenario(world)

    other = opened(sent, PAGE)
    assert content.note("replay").meta["needed"] in texts(other)
    assert world.data in str(other.table[0].value)
    wrong = upload(other, "own_candles", candles(seed=2))
    assert content.note("replay").meta["needed"] in texts(wrong)
    assert {**address(wrong), "f": sent["f"]} == sent
    right = upload(wrong, "own_candles", (name, data))
    assert address(right) == sent and not right.exception
    assert content.note("replay").meta["needed"] not in texts(right)


def test_other_files_than_the_links_run_only_when_the_reader_says_so():
    app = upload(begun(), "own_candles", candles())
    other = upload(opened(address(app), PAGE), "own_candles", candles(seed=2))
    click(other, "adopt")
    assert not other.exception and seen(other).scenario.world.data != seen(app).scenario.world.data
    assert "f" in address(other)


def test_accounts_and_tiers_of_ones_own_are_in_the_run_and_in_the_link():
    app = upload(begun(), "own_candles", candles())
    upload(app, "own_table", ("a.csv", TABLE))
    upload(app, "own_tiers", ("t.csv", TIERS))
    assert not app.exception and not app.error
    scenario = seen(app).scenario
    table, tiers = engine.read_table(TABLE), engine.read_tiers(TIERS, name="t.csv")
    assert scenario.accounts.data == engine.table_hash(table) and scenario.accounts.count == 3
    assert scenario.venue.tiers == tiers.name
    world = engine.replay_world([engine.read_candles(candles()[1], name=candles()[0])])
    results = engine.compare(scenario, world=world, table=table, tiers=tiers)
    assert results[seen(app).policy].fingerprint.startswith(address(app)["f"])
    other = opened(address(app), PAGE)
    assert all(h in str(other.table[0].value) for h in (tiers.name, scenario.accounts.data))


def test_code_of_a_replay_says_which_files_it_needs():
    name, data = candles()
    world = engine.replay_world([engine.read_candles(data, name=name)])
    tiers = engine.read_tiers(TIERS, name="t.csv")
    scenario = engine.replay_scenario(world).with_values(**{"venue.tiers": tiers.name})
    given, arguments = files._given(engine.run(scenario, world=world, tiers=tiers))
    assert world.data in given and tiers.name in given
    assert arguments == ", world=world, tiers=tiers"


def test_several_symbols_are_walked_within_the_work_a_page_allows():
    """Long candles are walked in fewer steps; too many are refused with the number that fits."""
    series = [
        engine.read_candles(candles(4_000, seed=k, name="")[1], name=f"{s}-spot-1m.csv")
        for k, s in enumerate(("BTCUSDT", "ETHUSDT", "SOLUSDT"))
    ]
    world = own._world(own.Given(series=series), engine.Scenario())
    assert world.steps_per_bar == 8
    own.check(engine.replay_scenario(world), world)
    with pytest.raises(engine.InputError, match="accounts.count x world.steps x symbols"):
        more = engine.replay_scenario(world).with_values(**{"accounts.count": 3_000})
        own.check(more, world)


def test_data_of_a_reader_stays_in_the_session():
    """Nothing of it is in the caches that all sessions share, nor on disk."""
    from pages.ui import cached

    app = upload(begun(), "own_candles", candles(seed=5))
    assert "f" in address(app)
    assert cached.compare.__wrapped__ is not None
    view = seen(app)
    with pytest.raises(engine.InputError, match="world.source"):  # a scenario alone has no candles
        cached.compare(view.scenario, "replay")


# --- tiers ---


def test_tiers_are_read_as_csv_and_as_the_brackets_of_the_interface():
    """Deductions follow from continuity: 100,000 x (2 % - 1 %) = 1,000 USD."""
    csv = engine.read_tiers(TIERS, name="own.csv")
    assert list(csv.deductions) == [0.0, 1_000.0, 31_000.0]
    text = json.dumps(BRACKETS).encode()
    assert engine.tier_symbols(text, name="b.json") == ("ETHUSDT", "BTCUSDT")
    eth = engine.read_tiers(text, name="b.json", symbol="ETHUSDT")
    assert list(eth.floors) == [0.0, 1e5] and list(eth.deductions) == [0.0, 1_000.0]
    alone = engine.read_tiers(json.dumps(BRACKETS[0]["brackets"]).encode(), name="b.json")
    assert alone.name == eth.name != csv.name
    with pytest.raises(engine.InputError, match="one symbol's brackets"):
        engine.read_tiers(text, name="b.json")


def test_own_tiers_decide_when_a_limit_triggers():
    scenario = engine.presets()[0].scenario
    tiers = engine.read_tiers(b"floor,rate,max_leverage\n0,0.03,30\n", name="t.csv")
    scenario = scenario.with_values(**{"venue.tiers": tiers.name})
    result = engine.run(scenario, tiers=tiers)
    assert engine.explain(result, 0).text
    assert engine.limits(result.event_frame()).shape[0] > 0
    with pytest.raises(engine.InputError, match="venue.tiers"):
        engine.run(scenario)
    with pytest.raises(engine.InputError, match="venue.tiers"):
        engine.run(scenario, tiers=engine.read_tiers(TIERS, name="t.csv"))


@pytest.mark.parametrize(
    "text, row, column",
    [
        (b"floor,rate,max_leverage\n5,0.01,50\n", 1, "floor"),
        (b"floor,rate,max_leverage\n0,0.01,50\n100,0.005,20\n", 2, "rate"),
        (b"floor,rate,max_leverage\n0,0.01,50\n100,0.02,60\n", 2, "max_leverage"),
        (b"floor,rate,max_leverage\n0,0.05,50\n", 1, "max_leverage"),
        (b"floor,rate,max_leverage,deduction\n0,0.01,50,0\n100,0.02,20,7\n", 2, "deduction"),
        (b"floor,rate,max_leverage\n0,nan,50\n", 1, "rate"),
        (b"floor,rate,max_leverage\n0,1_0,50\n", 1, "rate"),
        ("floor,rate,max_leverage\n０,0.01,50\n".encode(), 1, "floor"),
    ],
)
def test_wrong_tiers_are_named_by_row_and_column(text, row, column):
    with pytest.raises(engine.InputError) as told:
        engine.read_tiers(text, name="own.csv")
    assert f"row {row}" in str(told.value) and column in str(told.value)


def test_a_column_that_stands_twice_is_refused():
    with pytest.raises(engine.InputError, match="each column once"):
        engine.read_tiers(b"floor,floor,rate,max_leverage\n0,0,0.01,50\n", name="own.csv")


# --- hostile files ---

SEEDS = [candles(40)[1], TABLE, TIERS, json.dumps(BRACKETS).encode()]
PIECES = [b",", b"\n", b"-", b"1e999", b"nan", b"\0", b"\xff", b'"', b"[" * 3_000, b"9" * 400]
PIECES += [
    b"{}",
    b"=cmd|'/C calc'!A0",
    b"<script>",
    b"\xe2\x80\xae",
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
]


def broken(number):
    """A file made from a good one by a few random cuts, copies and insertions."""
    dice = random.Random(number)
    data = bytearray(SEEDS[number % len(SEEDS)])
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data) + 1)
        what = dice.randrange(4)
        if what == 0:
            del data[at : at + dice.randint(1, 30)]
        elif what == 1:
            data[at:at] = dice.choice(PIECES)
        elif what == 2 and data:
            data[min(at, len(data) - 1)] = dice.randrange(256)
        else:
            data[at:at] = data[at : at + 200] * dice.randint(1, 20)
    return bytes(data)


READERS = {
    "candles": lambda data: engine.read_candles(data, name="BTCUSDT-spot.csv"),
    "funding": lambda data: engine.read_funding(data, name="f.csv"),
    "table": lambda data: engine.read_table(data),
    "tiers": lambda data: engine.read_tiers(data, name="t.json"),
    "symbols": lambda data: engine.tier_symbols(data, name="t.json"),
}


@pytest.mark.parametrize("kind", READERS)
def test_a_broken_file_is_refused_in_words_or_read(kind):
    """Four hundred damaged files: each is read, or refused in one printable sentence."""
    refused = 0
    for number in range(400):
        try:
            READERS[kind](broken(number))
        except engine.InputError as error:
            refused += 1
            assert len(str(error)) < 600 and "Traceback" not in str(error)
    assert refused > 100


@pytest.mark.parametrize("key, name", [("own_candles", "BTC.csv"), ("own_tiers", "t.json")])
def test_a_wrong_file_gets_its_row_and_column_on_the_page_and_nothing_else_breaks(key, name):
    app = begun()
    bad = candles()[1].replace(b",12.5\n", b",much\n", 1)
    if key == "own_tiers":
        bad = json.dumps([{**BRACKETS[1], "brackets": [{**BRACKETS[1]["brackets"][0], "cum": 9}]}])
        bad = bad.encode()
    upload(app, key, (name, bad))
    assert not app.exception and not app.error
    said = texts(app)
    assert "row 1" in said and ("volume" if key == "own_candles" else "deduction") in said
    upload(app, "own_candles", candles())
    assert not app.exception


def test_a_file_that_is_too_large_is_refused_before_it_is_read():
    class Huge(io.BytesIO):
        name, size = "huge.csv", own.MAX_BYTES + 1

        def getvalue(self):
            raise AssertionError("read")

    with pytest.raises(engine.InputError, match="size in bytes"):
        own._bytes(Huge())
    assert math.isfinite(own.MAX_BYTES)
