"""Real funding rates: every file reads, the formula holds in them, and a replay pays them."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import engine
from engine.cli import main
from engine.core import funding
from engine.core.state import Rule
from engine.scenario.errors import InputError
from engine.scenario.funding_files import LARGEST, read_funding
from tests import fuzzing
from tests.shared import SHARED

FOLDER = SHARED / "data" / "funding" if SHARED else None
FILES = sorted(FOLDER.iterdir()) if FOLDER else []
needs_shared = pytest.mark.skipif(not FILES, reason="the shared funding files are not here")
HYPERLIQUID = "hyperliquid-BTC-hourly-with-premium-2023.json"
MS = 1_621_411_200_000  # 2021-05-19 08:00
HOURS_8 = 28_800_000

CSV = "funding_time,funding_rate\n" + "\n".join(f"{MS + i * HOURS_8},{i}e-5" for i in range(5))
BINANCE = "calc_time,funding_interval_hours,last_funding_rate\n" + "\n".join(
    f"{MS + i * HOURS_8 + 3},8,0.000{i}" for i in range(5)
)
ROWS = [{"coin": "BTC", "fundingRate": f"0.000{i}", "premium": "0.0004", "time": MS + i * 3_600_000}
        for i in range(5)]  # fmt: skip
BYBIT = [{"symbol": "BTCUSDT", "fundingRate": f"0.000{i}",
          "fundingRateTimestamp": str(MS - i * HOURS_8)} for i in range(5)]  # fmt: skip
SEEDS = [
    CSV.encode(),
    BINANCE.encode(),
    json.dumps(ROWS).encode(),
    json.dumps({"result": {"list": BYBIT}}).encode(),
    b"date,rate\n2021-05-19T08:00:00Z,0.0001\n2021-05-19T16:00:00Z,-0.0002\n",
]


@needs_shared
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_shared_file_reads(path):
    """Times rise, rates are small, the symbol is known, and reading twice gives one hash."""
    found = read_funding(path)
    assert len(found) > 100 and (np.diff(found.times) > 0).all()
    assert np.abs(found.rates).max() <= 0.004
    assert found.symbol == path.name.split("-")[0] or found.symbol == "BTC"
    assert read_funding(path).sha256 == found.sha256


@needs_shared
def test_hyperliquid_rows_obey_the_formula():
    """(premium + clamp(0.0001 - premium, +-0.0003)) / 8 of all 212 hours from 8 to 16 June 2023."""
    found = read_funding(FOLDER / HYPERLIQUID)
    first, last = (np.datetime64(t).astype("datetime64[ms]").astype(int)
                   for t in ("2023-06-08T01:00", "2023-06-16T20:59"))  # fmt: skip
    chosen = (found.times >= first) & (found.times <= last)
    assert chosen.sum() == 212
    for premium, rate in zip(found.premiums[chosen], found.rates[chosen], strict=True):
        told = funding.funding_rate(float(premium), 0.0001, 0.0003) / 8.0
        assert told == pytest.approx(rate, abs=1.01e-8)


@pytest.mark.parametrize("data", SEEDS, ids=["csv", "binance", "hyperliquid", "bybit", "iso"])
def test_formats_of_several_venues(data):
    found = read_funding(data, name="BTCUSDT-funding.csv")
    assert found.symbol in ("BTCUSDT", "BTC") and (np.diff(found.times) > 0).all()
    assert found.times[-1] >= MS and np.isfinite(found.rates).all()


@pytest.mark.parametrize(
    "text, names",
    [
        ("", "header"),
        ("a,b\n1,2\n", "a column funding_time"),
        ("time,rate\n", "at least one"),
        ("time,rate\n1621411200000,0.5\n", "row 1, rate"),
        ("time,rate\n1621411200000,nan\n", "row 1, rate"),
        ("time,rate\n1621411200000,1_0\n", "row 1, rate"),
        ("time,rate\n1621411200000,0.0001\n1621411200000,0.0001\n", "row 2, time"),
        ("time,rate\n1621411200000,0.0001,3\n", "row 1"),
        ("time,rate\n1621411200000,0.0001\nnow,0.1\n", "row 2, time"),
        ("time,rate\n99,0.0001\n", "row 1, open_time"),
        ("[1, 2]", "list of objects"),
        ("[" * 100_000, "JSON"),
        ('[{"time": 1621411200000, "rate": true}]', "row 1, rate"),
        ('[{"time": 1621411200000, "rate": 1e-4}, {"time": 1621440000000}]', "row 2, rate"),
        ('[{"coin": "A", "time": 1621411200000, "rate": 0}, '
         '{"coin": "B", "time": 1621440000000, "rate": 0}]', "one symbol"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_its_place(text, names):
    with pytest.raises(InputError, match=names):
        read_funding(text.encode(), name="x.csv")


PLACES = st.floats(0, 1)
TOKENS = st.sampled_from(
    [b"", b",", b"\n", b'"', b"nan", b"inf", b"-", b"1e400", b"0x1", b"[", b"{", b"}", b":", b"\0",
     b"\xff", b"9" * 30, b"null", b"true", b"2021-02-30", b" "]
)  # fmt: skip
EDITS = st.lists(st.tuples(PLACES, st.integers(0, 12), TOKENS | st.binary(max_size=4)), max_size=4)


@settings(
    max_examples=fuzzing.cases(600), deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(st.sampled_from(SEEDS) | st.binary(max_size=200), EDITS)
def test_whatever_bytes_arrive_are_read_soundly_or_refused(data, edits):
    for place, length, new in edits:
        at = int(place * len(data))
        data = data[:at] + new + data[at + length :]
    try:
        found = read_funding(data, name="BTCUSDT.csv")
    except InputError as error:
        assert len(str(error)) < 1_500
        return
    assert len(found) == len(found.rates) > 0
    assert (np.diff(found.times) > 0).all() and (np.abs(found.rates) <= LARGEST).all()


# On the steps of a replay


def world(rates=BINANCE, bars=2_000, start=MS - HOURS_8 // 2):
    lines = [f"{start + i * 60_000},100,101,99,100,1" for i in range(bars)]
    candles = engine.read_candles("\n".join(lines).encode(), name="BTCUSDT-spot-1m.csv")
    given_rates = [engine.read_funding(rates.encode(), name="BTCUSDT.csv")] if rates else []
    return engine.replay_world([candles], 4, funding=given_rates)


def test_a_line_that_would_fill_the_memory_is_refused():
    """Ten million empty cells, in the header or below it, are never made."""
    for text in ("time,rate," + 10_000 * ",", "time,rate\n1," + 10_000 * ","):
        with pytest.raises(engine.InputError, match="line [12].*at most 4,096 characters"):
            engine.read_funding(text.encode(), name="wide.csv")


def test_a_replay_pays_the_rates_of_the_file_at_their_times():
    """Stamps some milliseconds late belong to their minute; what lies outside is left out."""
    found = world()
    result = engine.run(engine.replay_scenario(found), world=found)
    paid = result.events[result.events["rule"] == Rule.FUNDING]
    assert paid["step"].tolist() == [240 * 4, 720 * 4, 1_200 * 4, 1_680 * 4]
    assert paid["value"].tolist() == [0.0, 0.0001, 0.0002, 0.0003]
    assert engine.explain(result, 1).rule == "funding"
    assert result.conservation == {"quote": 0.0, "base": 0.0}


def test_a_scenario_asks_for_its_own_rates():
    found = world()
    scenario = engine.replay_scenario(found)
    assert engine.replay_scenario(world(None)).funding.data == "" != scenario.funding.data
    with pytest.raises(InputError, match="funding.data"):
        engine.run(scenario, world=world(None))
    with pytest.raises(InputError, match="hash of these rates"):
        engine.run(scenario, world=world(BINANCE.replace("0.0003", "0.0004")))
    drawn = engine.Scenario().with_values(**{"funding.data": scenario.funding.data})
    with pytest.raises(InputError, match="replay"):
        engine.run(drawn)


def test_rates_of_another_time_or_symbol_are_refused():
    with pytest.raises(InputError, match="time of the candles"):
        world(start=MS + 50 * HOURS_8)
    with pytest.raises(InputError, match="symbol of the candles"):
        world(json.dumps(ROWS))


def test_settlements_in_missing_bars_are_counted():
    start = MS - HOURS_8 // 2
    lines = [f"{start + i * 60_000},100,101,99,100,1" for i in range(2_000) if not 700 < i < 760]
    candles = engine.read_candles("\n".join(lines).encode(), name="BTCUSDT-spot-1m.csv")
    rates = engine.read_funding(BINANCE.encode(), name="BTCUSDT.csv")
    found = engine.replay_world([candles], 4, funding=[rates])
    assert any("1 funding settlements fall into missing bars" in note for note in found.notes)
    assert len(found.funding.steps) == 3


@needs_shared
def test_the_crowded_rate_of_may_2021_is_paid_on_the_real_candles():
    """+0.036 % at 08:00 and -0.090 % at 16:00 of 19 May (Binance, BTC)."""
    candles = engine.read_candles(SHARED / "data/klines/2021-05-china/BTCUSDT-spot-1h.csv.gz")
    rates = read_funding(FOLDER / "BTCUSDT-binance-8h-event-windows.csv")
    found = engine.replay_world([candles], funding=[rates])
    result = engine.run(engine.replay_scenario(found), world=found)
    paid = result.events[result.events["rule"] == Rule.FUNDING]
    assert paid["value"].min() == pytest.approx(-0.0009, abs=1e-5)
    assert paid["value"].max() == pytest.approx(0.00098653, abs=1e-9)
    assert result.metrics["funding_paid"] > 0.0


def test_the_command_line_replays_real_rates(tmp_path, capsys):
    """`replay --funding` pays them; without candles, or with a wrong file, one line says why."""
    candles, rates = tmp_path / "BTCUSDT-spot-1m.csv", tmp_path / "BTCUSDT-funding.csv"
    start = MS - HOURS_8 // 2
    candles.write_text("\n".join(f"{start + i * 60_000},100,101,99,100,1" for i in range(2_000)))
    rates.write_text(BINANCE)
    assert main(["replay", str(candles), "--funding", str(rates), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["events"]["funding"] == 4 and report["metrics"]["funding_paid"] > 0.0
    assert main(["run", "calm", "--funding", str(rates)]) == 2
    assert "given together with candle files" in capsys.readouterr().err
    assert main(["replay", str(candles), "--funding", str(candles)]) == 2
    assert "a column funding_time" in capsys.readouterr().err
    given = ["run", "calm", "--candles", str(candles), "--funding", str(rates), "--json"]
    assert main(given) == 0
    assert json.loads(capsys.readouterr().out)["events"]["funding"] == 4
