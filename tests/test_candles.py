"""Real candle files: reading, checking, aligning, and the path within a bar."""

import gzip
import io
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.scenario import bars, candle_table, unpack
from engine.scenario.bars import align, bar_path, walk, waypoints
from engine.scenario.candles import Gap, build, name_parts, read_candles
from engine.scenario.errors import InputError
from tests.shared import SHARED

KLINES = SHARED / "data" / "klines" if SHARED else None
FILES = sorted(KLINES.rglob("*.csv*")) if KLINES else []
needs_shared = pytest.mark.skipif(not FILES, reason="the shared candle files are not here")

START = 1_621_426_800_000  # 2021-05-19 12:20 UTC
MINUTE = 60_000
ROWS = [
    ("100.0", "103.0", "99.0", "101.5", "12.5"),
    ("101.5", "102.0", "95.25", "96.0", "40"),
    ("96.0", "99.0", "90.1", "98.0", "77.125"),
    ("98.0", "98.0", "97.0", "97.5", "0"),
]
HEADER = "open_time,open,high,low,close,volume"


def csv_text(times, rows=ROWS, header=HEADER, tail=""):
    """A candle file: `times` are written as they are, `tail` follows each row."""
    lines = [",".join([str(time), *row]) + tail for time, row in zip(times, rows, strict=True)]
    return ("\n".join(([header] if header else []) + lines) + "\n").encode()


def minutes(count=4, scale=1):
    return [(START + i * MINUTE) * scale for i in range(count)]


def zipped(files, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def candles(times, symbol="BTCUSDT", price=100.0, venue_kind="spot"):
    """Minute bars at `times` (in minutes from START) that all look alike."""
    times = START + np.array(times) * MINUTE
    columns = [np.full(len(times), price * ratio) for ratio in (1, 1.01, 0.98, 1.005, 1)]
    return build(symbol, venue_kind, times, columns, 60)


PLAIN = csv_text(minutes())


# --- formats ---------------------------------------------------------------------------------

QUOTED = b"\n".join(
    b",".join(b'"%s"' % cell for cell in line.split(b",")) for line in PLAIN.splitlines()
)
OFFSETS = ["2021-05-19 15:20:00+03:00", "2021-05-19 14:21:00+02:00"]
OFFSETS += ["2021-05-19 17:52:00+05:30", "2021-05-19 12:23:00+00:00"]
WAYS = {
    "header": PLAIN,
    "no header": csv_text(minutes(), header=None),
    "twelve columns": csv_text(minutes(), header=None, tail=",1,2,3,4,5,0"),
    "seconds": csv_text([time // 1000 for time in minutes()]),
    "microseconds": csv_text(minutes(scale=1000), header=None),
    "gzip": gzip.compress(PLAIN),
    "two gzip members": gzip.compress(PLAIN[:70]) + gzip.compress(PLAIN[70:]),
    "zip": zipped({"BTCUSDT-1m-2021-05.csv": PLAIN}),
    "zip, stored": zipped({"klines/": b"", "klines/a.csv": PLAIN}, zipfile.ZIP_STORED),
    "byte-order mark": b"\xef\xbb\xbf" + PLAIN,
    "Windows lines": PLAIN.replace(b"\n", b"\r\n"),
    "no last line feed": PLAIN.rstrip(),
    "blanks after commas": PLAIN.replace(b",", b", "),
    "quoted": QUOTED,
    "other names and order": csv_text(
        [f"BTC,{time}" for time in minutes()], header="Symbol,Timestamp,Open,High,Low,Close,Vol"
    ),
    "ISO, UTC": csv_text([f"2021-05-19T12:2{i}:00Z" for i in range(4)]),
    "ISO, no offset": csv_text([f"2021-05-19 12:2{i}" for i in range(4)], header=None),
    "ISO, offset changes": csv_text(OFFSETS),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_write_the_same_bars_reads_the_same(way):
    """Header, columns, unit of time, offsets and compression change nothing, hash included."""
    read = read_candles(WAYS[way], name="BTCUSDT-spot-1m.csv")
    assert read.times.tolist() == minutes()
    assert read.close.tolist() == [101.5, 96.0, 98.0, 97.5]
    assert read.volume.tolist() == [12.5, 40.0, 77.125, 0.0]
    assert (read.symbol, read.venue_kind, read.bar_seconds) == ("BTCUSDT", "spot", 60)
    assert read.gaps == ()
    assert read.sha256 == "b5ef7aa9427fd4aa"


def test_clock_changes_are_neither_gaps_nor_repeats():
    """Hours around both clock changes of 2021 in Helsinki are 60 minutes apart in UTC."""
    spring = ["02:00:00+02:00", "04:00:00+03:00", "05:00:00+03:00", "06:00:00+03:00"]
    autumn = ["03:00:00+03:00", "03:00:00+02:00", "04:00:00+02:00", "05:00:00+02:00"]
    for day, clock in [("2021-03-28", spring), ("2021-10-31", autumn)]:
        read = read_candles(csv_text([f"{day} {time}" for time in clock]))
        assert read.bar_seconds == 3600 and read.gaps == ()
        assert np.diff(read.times).tolist() == [3_600_000] * 3


def test_prices_are_the_nearest_doubles_of_the_text():
    """Every decimal is rounded once, as Python itself does."""
    texts = [f"{1 + i / 7:.{i % 15 + 1}f}" for i in range(500)] + ["0.00004007", "88.123456789012"]
    read = read_candles(csv_text(minutes(len(texts)), [(text,) * 5 for text in texts]))
    assert read.open.tolist() == [float(text) for text in texts]


def test_the_hash_follows_every_number_and_nothing_else():
    """One changed digit in any column gives another hash; another name does not."""
    hashes = {read_candles(PLAIN).sha256, read_candles(PLAIN, name="ETHUSDT-perp.csv").sha256}
    assert len(hashes) == 1
    for old, new in [
        ("103.0", "103.1"),
        ("95.25", "95.24"),
        ("77.125", "77.5"),
        ("97.5,", "97.6,"),
    ]:
        hashes.add(read_candles(swap(old, new)).sha256)
    assert len(hashes) == 5


def test_the_arrays_cannot_be_changed():
    """Candles are frozen, their arrays too."""
    read = read_candles(PLAIN)
    with pytest.raises(ValueError, match="read-only"):
        read.close[0] = 1.0


@pytest.mark.parametrize(
    "name, parts",
    [
        ("BTCUSDT-perp-1m.csv.gz", ("BTCUSDT", "perp")),
        ("DOGEUSDT-mark-1h.csv", ("DOGEUSDT", "mark")),
        ("1000PEPEUSDT-spot-5m-us.zip", ("1000PEPEUSDT", "spot")),
        ("LUNAUSDT-1m-2022-05.csv.gz", ("LUNAUSDT", "unknown")),
        ("BTC_USDT-5m.csv", ("BTCUSDT", "unknown")),
        ("BTCUSD_PERP-1m-2024-01.zip", ("BTCUSD", "perp")),
        ("<script>.csv", ("UNKNOWN", "unknown")),
    ],
)
def test_symbol_and_kind_come_from_the_file_name(name, parts):
    """The name's first word is the symbol; a later one may say spot, perp or mark."""
    assert name_parts(name) == parts


def test_missing_bars_are_listed_and_not_filled():
    """Two absent minutes are one gap with its first missing time, its end and its size."""
    late = [START + minute * MINUTE for minute in (0, 1, 4, 5)]
    read = read_candles(csv_text(late))
    assert len(read) == 4
    assert read.gaps == (Gap(START + 2 * MINUTE, START + 4 * MINUTE, 2),)
    assert read.summary()["missing"] == 2
    assert read.summary()["gaps"][0]["start"] == "2021-05-19T12:22:00+00:00"


# --- what is refused -------------------------------------------------------------------------


def swap(old, new):
    """The plain file with one piece of text exchanged."""
    assert PLAIN.decode().count(str(old)) >= 1
    return PLAIN.decode().replace(str(old), str(new)).encode()


LAST = START + 3 * MINUTE
REFUSED = {
    "empty": (b"", "first line"),
    "only a header": (HEADER.encode(), "first line"),
    "one bar": (csv_text(minutes(1), ROWS[:1]), "rows = 1"),
    "five columns": (b"1,2,3,4,5\n2,2,3,4,5\n", "columns = 5"),
    "no volume in the header": (swap("volume", "size"), "volume or vol"),
    "a word": (swap("95.25", "abc"), "row 2, low = 'abc'"),
    "an empty cell": (swap("95.25", ""), "row 2, low = ''"),
    "a short row": (swap("97.0,97.5,0", "97.0"), "row 4, close = ''"),
    "not a number": (swap("95.25", "nan"), "row 2, low"),
    "infinite": (swap("103.0", "inf"), "row 1, high = inf"),
    "zero price": (swap("90.1", "0"), "row 3, low = 0.0"),
    "negative volume": (swap("77.125", "-1"), "row 3, volume = -1.0"),
    "huge price": (swap("103.0", "1e300"), "row 1, high = 1e+300"),
    "low above close": (swap("95.25", "97.0"), "row 2, low = 97.0: allowed is at most"),
    "high below close": (swap("99.0,90.1", "97.0,90.1"), "row 3, high = 97.0: allowed is at least"),
    "a repeated time": (swap(START + MINUTE, START), "row 2, open_time"),
    "unsorted": (csv_text(minutes()[::-1]), "later than the row before"),
    "off the grid": (swap(LAST, LAST + 1), "multiple of 60 s"),
    "half a second": (csv_text([START + i * 500 for i in range(4)]), "bar length in ms"),
    "two units": (swap(LAST, LAST * 1000), "row 4, open_time"),
    "nanoseconds": (csv_text(minutes(scale=10**6)), "microseconds since 1970"),
    "part of a ms": (csv_text([time * 1000 + 1 for time in minutes()]), "whole number of ms"),
    "the year 1999": (csv_text([f"1999-01-01 00:0{i}" for i in range(4)]), "2009 to 2099"),
    "now": (csv_text(["2021-05-19 12:20", "now", "today", "x"]), "row 2, open_time = 'now'"),
    "a 13th month": (csv_text([f"2021-13-01 00:0{i}" for i in range(4)]), "row 1, open_time"),
    "offsets in some rows": (
        csv_text(["2021-05-19 12:20", *(f"2021-05-19 12:2{i}Z" for i in (1, 2, 3))]),
        "offsets in every row or in none",
    ),
    "an open quote": (swap("95.25", '"95.25'), "rows"),
    "semicolons": (PLAIN.replace(b",", b";"), "header"),
    "binary": (PLAIN + b"\0", "not binary"),
    "not UTF-8": (PLAIN + b"\xff", "UTF-8"),
    "half a gzip": (gzip.compress(PLAIN)[:-9], "whole gzip"),
    "damaged gzip": (gzip.compress(PLAIN)[:-9] + b"123456789", "whole gzip"),
    "half a zip": (zipped({"a.csv": PLAIN})[:-9], "whole gzip or zip"),
    "gzip in a zip": (zipped({"a.gz": gzip.compress(PLAIN, mtime=0)}), "text"),
    "two files in a zip": (zipped({"a.csv": PLAIN, "b.csv": PLAIN}), "files in the zip = 2"),
    "an empty zip": (zipped({}), "files in the zip = 0"),
    "LZMA in a zip": (zipped({"a.csv": PLAIN}, zipfile.ZIP_LZMA), "zip method = 14"),
    "a long first line": (b"9" * 10_000, "first line"),
    "many columns": (b"1," * 1000 + b"1\n", "columns = 1001"),
    "many gzip members": (gzip.compress(b"") * 2_000, "gzip members = 2000"),
    "many zip members": (
        zipped({f"{i}/": b"" for i in range(50)} | {"a": PLAIN}),
        "in the zip = 51",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_file_is_refused_in_one_clear_line(case):
    """The message names the place and what is allowed there."""
    data, message = REFUSED[case]
    with pytest.raises(InputError) as refused:
        read_candles(data, name="BTCUSDT-1m.csv")
    assert message in str(refused.value)
    assert ": allowed is " in str(refused.value)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 400


def test_a_path_must_be_an_existing_file(tmp_path):
    """Folders, devices and absent files are named; a path that exists is read."""
    for path in (tmp_path, tmp_path / "none.csv", "/dev/zero", "a\0b"):
        with pytest.raises(InputError, match="an existing file"):
            read_candles(path)
    with pytest.raises(InputError, match="a path or bytes"):
        read_candles(7)
    file = tmp_path / "ETHUSDT-mark-1m.txt"  # its ending says nothing about its packing
    file.write_bytes(gzip.compress(PLAIN))
    assert read_candles(file).symbol == read_candles(str(file)).symbol == "ETHUSDT"


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zipped({"a.csv": data})])
def test_a_bomb_costs_no_more_than_the_limit(pack, monkeypatch):
    """What unpacks to 64 times the limit is refused before it is unpacked."""
    monkeypatch.setattr(unpack, "MAX_TEXT_BYTES", 2**20)
    bomb = pack(bytes(64 * 2**20))
    tracemalloc.start()
    with pytest.raises(InputError, match="size in bytes unpacked"):
        read_candles(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2**20


def test_size_rows_and_cells_are_bounded(monkeypatch):
    """A file over the limits is refused before pandas sees it."""
    monkeypatch.setattr(candle_table, "MAX_CELLS", 23)
    with pytest.raises(InputError, match="cells = 24: allowed is at most 23"):
        read_candles(PLAIN)
    monkeypatch.setattr(candle_table, "MAX_ROWS", 3)
    with pytest.raises(InputError, match="rows = 4: allowed is at most 3"):
        read_candles(PLAIN)
    monkeypatch.setattr(unpack, "MAX_FILE_BYTES", 10)
    with pytest.raises(InputError, match="at most 10"):
        read_candles(PLAIN)


# --- the shared files ------------------------------------------------------------------------


@needs_shared
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name[:-7]}")
def test_every_shared_file_loads(path):
    """Symbol, kind, bar length and gaps are what the file's name and notes say."""
    read = read_candles(path)
    words = path.name.removesuffix(".csv.gz").split("-")
    assert read.symbol == words[0]
    assert read.venue_kind == (words[1] if words[1] in ("spot", "perp", "mark") else "unknown")
    lengths = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600}
    assert read.bar_seconds == next(lengths[word] for word in words if word in lengths)
    assert bool(read.gaps) == (read.symbol == "LUNAUSDT")
    path = bar_path(read, 4).prices
    assert path.min() == read.low.min() and path.max() == read.high.max()


@needs_shared
def test_luna_stops_for_18_days():
    """The gap between the old coin and the new one is reported with its 26,240 minutes."""
    read = read_candles(KLINES / "2022-05-luna" / "LUNAUSDT-1m-2022-05.csv.gz")
    assert [gap.bars for gap in read.gaps] == [26_240]
    assert read.summary()["gaps"] == [
        {"start": "2022-05-13T00:40:00+00:00", "end": "2022-05-31T06:00:00+00:00", "bars": 26_240}
    ]
    path = bar_path(read, 4)
    bar = int(path.gap_steps[0]) // 4
    assert path.gap_bars.tolist() == [26_240]
    assert path.prices[bar * 4] == read.open[bar] != read.close[bar - 1]
    with pytest.raises(InputError, match="2022-05-13T00:40"):
        bar_path(read, 4, across_gaps="refuse")


@needs_shared
@pytest.mark.parametrize("day", ["2021-05-china", "2021-12-04"])
@pytest.mark.parametrize("symbol", ["BTCUSDT", "DOGEUSDT", "SOLUSDT"])
def test_hours_with_offsets_match_the_hours_of_spot(day, symbol):
    """The zoned perp file and the UTC spot file cover the same hours at nearly the same price."""
    perp = read_candles(KLINES / day / f"{symbol}-perp-1h-tz.csv.gz")
    spot = read_candles(KLINES / day / f"{symbol}-spot-1h.csv.gz")
    both = align([perp, spot])
    assert np.array_equal(perp.times, spot.times)
    assert all(sum(row[1:]) == 0 for row in both.dropped)
    apart = np.abs(np.log(perp.close / spot.close))
    shifted = np.abs(np.log(perp.close[1:] / spot.close[:-1]))  # as if an hour were lost
    assert np.median(shifted) > 3 * np.median(apart)


@needs_shared
def test_micro_and_milliseconds_are_the_same_bars():
    """The same day from two sources agrees bar by bar, although one counts in microseconds."""
    folder = KLINES / "2025-10-10"
    micro = read_candles(folder / "BTCUSDT-spot-5m-us.csv.gz")
    milli = read_candles(folder / "BTCUSDT-spot-5m.csv.gz")
    assert micro.sha256 == milli.sha256


# --- several symbols -------------------------------------------------------------------------


def test_alignment_keeps_common_bars_and_counts_the_rest():
    """Bars before, after and inside are counted per symbol, and the hole stays a gap."""
    both = align([candles([0, 1, 2, 3, 4, 5, 6]), candles([2, 3, 5, 6, 7], "ETHUSDT", 50.0)])
    assert ((both.times - START) // MINUTE).tolist() == [2, 3, 5, 6]
    assert [tuple(row) for row in both.dropped] == [("BTCUSDT", 2, 1, 0), ("ETHUSDT", 0, 0, 1)]
    hole = Gap(START + 4 * MINUTE, START + 5 * MINUTE, 1)
    assert [one.gaps for one in both.candles] == [(hole,), (hole,)]
    path = bar_path(both, 5)
    assert path.prices.shape == (20, 2)
    assert path.gap_steps.tolist() == [10] and path.gap_bars.tolist() == [1]
    assert np.array_equal(path.prices[:, 1], bar_path(both.candles[1], 5).prices)


def test_what_cannot_be_aligned_is_refused():
    """Other bar lengths, no common bar, the same series twice, none or too many at all."""
    one = candles([0, 1, 2])
    hours = build("ETHUSDT", "spot", one.times * 60, [one.open] * 5, 3600)
    with pytest.raises(InputError, match="ETHUSDT, bar length in seconds = 3600: allowed is 60"):
        align([one, hours])
    with pytest.raises(InputError, match="common open times"):
        align([one, candles([7, 8], "ETHUSDT")])
    with pytest.raises(InputError, match="one series"):
        align([one, candles([0, 1])])
    for many in ([], [one] * (bars.MAX_SYMBOLS + 1)):
        with pytest.raises(InputError, match="symbols = "):
            align(many)
    assert align([one, candles([0, 1], venue_kind="perp")]).symbols == ("BTCUSDT", "BTCUSDT")


# --- within a bar ----------------------------------------------------------------------------


@st.composite
def one_bar(draw):
    """Open, high, low, close in a possible order."""
    low, inner, other, high = sorted(draw(st.lists(st.floats(1e-6, 1e6), min_size=4, max_size=4)))
    opened, close = draw(st.permutations([inner, other]))
    return opened, high, low, close


@given(st.lists(one_bar(), min_size=1, max_size=6), st.integers(4, 40))
@settings(max_examples=200, deadline=None)
def test_the_path_visits_open_extremes_and_close_in_order(rows, steps):
    """Each waypoint is hit exactly, the nearer extreme first, and no leg turns back."""
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    at = waypoints(steps)
    assert at[0] == 0 and at[3] == steps - 1 and at[0] < at[1] < at[2] < at[3]
    assert abs(at[1] - (steps - 1) / 3) <= 0.5 and abs(at[2] - 2 * (steps - 1) / 3) <= 0.5
    paths = walk(*columns, steps).reshape(len(rows), steps)
    for (opened, high, low, close), path in zip(rows, paths, strict=True):
        down, up = opened - low, high - opened
        if abs(down - up) > 1e-11 * opened:
            assert path[at[1]] == (low if down < up else high)
        assert {path[at[1]], path[at[2]]} == {low, high}
        assert path[0] == opened and path[-1] == close
        assert path.min() == low and path.max() == high
        for start, end in zip(at[:-1], at[1:], strict=True):
            leg = np.diff(path[start : end + 1])
            assert (leg >= 0).all() or (leg <= 0).all()


def test_equal_distance_goes_to_the_low_first():
    """Also where decimals are not exact: 100.2 lies midway between 100.1 and 100.3."""
    for opened, high, low in [(100.0, 101.0, 99.0), (100.2, 100.3, 100.1), (0.3, 0.4, 0.2)]:
        path = walk(*(np.array([value]) for value in (opened, high, low, opened)), 4)
        assert path.tolist() == [opened, low, high, opened]


def test_a_path_in_numbers():
    """One bar in ten steps, worked by hand: 100, down to 97, up to 106, close at 103."""
    path = walk(*(np.array([value]) for value in (100.0, 106.0, 97.0, 103.0)), 10)
    assert path.tolist() == [100, 99, 98, 97, 100, 103, 106, 105, 104, 103]


@pytest.mark.parametrize(
    "start, end",
    [
        (START + MINUTE, START + 3 * MINUTE),
        ("2021-05-19T12:21", "2021-05-19T12:23"),
        ("2021-05-19 14:21+02:00", "2021-05-19 12:22:00.001Z"),
    ],
)
def test_range_of_the_path_by_time(start, end):
    """Start is included and end is not; ms, ISO text and offsets mean the same moment."""
    path = bar_path(read_candles(PLAIN), 4, start, end)
    assert path.prices.tolist() == [101.5, 102.0, 95.25, 96.0, 96.0, 99.0, 90.1, 98.0]
    assert path.bar_times.tolist() == minutes()[1:3] and path.seconds_per_step == 15.0


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"steps_per_bar": 3}, "steps_per_bar = 3"),
        ({"steps_per_bar": 4.5}, "steps_per_bar = 4.5"),
        ({"steps_per_bar": True}, "steps_per_bar = True"),
        ({"steps_per_bar": 10**9}, "steps_per_bar"),
        ({"start": "yesterday"}, "start = 'yesterday'"),
        ({"start": START * 2}, "a range with bars"),
        ({"end": START}, "a range with bars"),
        ({"across_gaps": "fill"}, "across_gaps = 'fill'"),
    ],
)
def test_bad_settings_of_a_path_are_named(arguments, message):
    """Every argument has its bounds and its message."""
    with pytest.raises(InputError, match=message):
        bar_path(read_candles(PLAIN), **({"steps_per_bar": 4} | arguments))


def test_the_length_of_a_path_is_bounded(monkeypatch):
    """Bars x steps x symbols has a limit, checked before anything is allocated."""
    monkeypatch.setattr(bars, "MAX_PRICES", 15)
    with pytest.raises(InputError, match="4 bars x 4 steps x 1 symbols"):
        bar_path(read_candles(PLAIN), 4)


@pytest.mark.parametrize("column", ["symbol", "Ticker", " pair"])
def test_two_symbols_in_one_file_are_refused(column):
    """Their prices would be walked as one path; a column of one symbol is read past."""
    head = f"{column},open_time,open,high,low,close,volume\n"
    rows = [f"{who},{1_600_000_000_000 + 60_000 * k},1,2,0.5,1,1\n" for k, who in enumerate("AAB")]
    assert len(read_candles((head + "".join(rows[:2])).encode(), name="a.csv")) == 2
    with pytest.raises(InputError, match="row 3, .* = 'B': allowed is A"):
        read_candles((head + "".join(rows)).encode(), name="a.csv")
