"""Whatever bytes arrive, the candle reader returns sound candles or raises InputError, soon."""

import gzip
import io
import resource
import time
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.scenario.candles import read_candles
from engine.scenario.errors import InputError
from tests import fuzzing

MAX_SECONDS = 10.0  # a case takes milliseconds; this only tells a hang from a busy machine
MAX_GROWTH = 300 * 2**20  # [bytes] of memory, over all cases
CASES = {"mutated": 700, "packed": 500, "bytes": 200, "text": 200, "table": 250}


def cases(kind):
    """Settings for so many cases of a kind."""
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
    count = fuzzing.cases(CASES[kind])
    return settings(max_examples=count, deadline=None, suppress_health_check=quiet)


def _file(stamp, header=None, extra=""):
    lines = [
        f"{stamp(i)},{100 + i},{103 + i},{98.5 + i},{101 + i}.25,{i}.5{extra}" for i in range(8)
    ]
    return "\n".join([header, *lines] if header else lines).encode() + b"\n"


MS = 1_621_426_800_000
HEADER = "open_time,open,high,low,close,volume"
BINANCE = HEADER + ",close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
SEEDS = [
    _file(lambda i: MS + i * 60_000, HEADER),
    _file(lambda i: MS + i * 60_000, BINANCE, ",1,2,3,4,5,0"),
    _file(lambda i: (MS + i * 60_000) * 1000, extra=",1,2,3,4,5,0"),
    _file(lambda i: MS // 1000 + i * 3600),
    _file(lambda i: f"2021-05-19 {12 + i}:00:00+03:00", HEADER + ",returns", ",0.1"),
    _file(lambda i: f"2021-05-19T{12 + i}:00:00Z"),
]
MARKS = [b"", b",", b",,", b"\n", b"\n\n", b"\r", b'"', b"'", b";", b"\t", b" ", b"#", b"\\", b"%s"]
WORDS = b"nan inf - -1 0 1e400 1e-400 0x10 1_0 True NA now NaT T Z +99:99 -00:00".split()
DATES = [b"2021-02-30", b"9999-12-31", b"0000-00-00"]
BYTES = [
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xd9\xa3",
    b"9" * 40,
    b"a" * 5000,
    HEADER.encode() + b"\n",
]
TOKENS = [*MARKS, *WORDS, *DATES, *BYTES]

place = st.floats(0, 1)  # where, as a share of the length
digit = st.tuples(place, st.just(1), st.sampled_from([b"0", b"1", b"2", b"9"]))
wild = st.tuples(  # bytes taken out there, bytes put in
    place, st.integers(0, 12), st.one_of(st.sampled_from(TOKENS), st.binary(max_size=4))
)
edits_or_none = st.one_of(st.just([]), st.lists(wild, max_size=3))


def mutate(data, edits):
    """`data` with each edit made in turn."""
    for place, length, new in edits:
        at = int(place * len(data))
        data = data[:at] + new + data[at + length :]
    return data


def pack(data, way):
    """`data` in one of the wrappings."""
    if way == "gzip":
        return gzip.compress(data, 1, mtime=0)
    if way == "gzip twice":
        return gzip.compress(gzip.compress(data, 1, mtime=0), 1, mtime=0)
    if way == "two members":
        return gzip.compress(data[:99], 1, mtime=0) + gzip.compress(data[99:], 1, mtime=0)
    buffer = io.BytesIO()
    method = zipfile.ZIP_STORED if way == "zip, stored" else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo("BTCUSDT-1m.csv"), data, method)
        if way == "two files":
            archive.writestr(zipfile.ZipInfo("b.csv"), data, method)
    return buffer.getvalue()


def read(data, name="BTCUSDT-perp-1m.csv"):
    """The reader's promise: sound candles, or an InputError of one line, and neither late."""
    started = time.perf_counter()
    try:
        candles = read_candles(data, name=name)
    except InputError as error:
        assert "\n" not in str(error) and len(str(error)) < 600 and "allowed is" in str(error)
        candles = None
    assert time.perf_counter() - started < MAX_SECONDS
    if candles is None:
        return None
    steps = np.diff(candles.times)
    assert len(candles) >= 2 and candles.bar_seconds >= 1
    assert (steps > 0).all() and (steps % (candles.bar_seconds * 1000) == 0).all()
    assert (
        sum(gap.bars for gap in candles.gaps) == (steps // (candles.bar_seconds * 1000) - 1).sum()
    )
    assert (candles.low > 0).all() and np.isfinite(candles.high).all()
    assert (candles.low <= np.minimum(candles.open, candles.close)).all()
    assert (candles.high >= np.maximum(candles.open, candles.close)).all()
    assert (candles.volume >= 0).all() and np.isfinite(candles.volume).all()
    candles.summary()
    return candles


@pytest.fixture(scope="module", autouse=True)
def memory_stays_bounded():
    """The whole module may not need more than MAX_GROWTH on top of what was there."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < MAX_GROWTH


@pytest.mark.parametrize("data", SEEDS, ids=range(len(SEEDS)))
def test_the_files_that_are_mutated_are_good_ones(data):
    """Untouched, each seed reads, in every wrapping too; else the fuzzing would prove little."""
    plain = read(data)
    assert len(plain) == 8
    for way in ("gzip", "two members", "zip", "zip, stored"):
        assert read(pack(data, way)).sha256 == plain.sha256


@given(
    st.sampled_from(SEEDS),
    st.one_of(st.lists(digit, min_size=1, max_size=3), st.lists(wild, min_size=1, max_size=4)),
    place,
)
@cases("mutated")
def test_a_mutated_file_is_read_or_refused(data, edits, keep):
    """A few bytes exchanged; one case in ten is also cut short."""
    data = mutate(data, edits)
    read(data[: int(len(data) * keep)] if keep < 0.1 else data)


@given(
    st.sampled_from(SEEDS),
    st.sampled_from(["gzip", "gzip twice", "two members", "zip", "zip, stored", "two files"]),
    st.lists(digit, max_size=1),
    edits_or_none,
    st.one_of(st.just(1.0), place),
)
@cases("packed")
def test_a_damaged_archive_is_read_or_refused(data, way, digits, edits, keep):
    """gzip and zip, bytes exchanged in the file or in the archive itself, whole or cut short."""
    data = mutate(pack(mutate(data, digits), way), edits)
    read(data[: int(len(data) * keep)])


@given(
    st.sampled_from([b"", b"\x1f\x8b\x08\0", b"PK\x03\x04", b"PK\x05\x06"]), st.binary(max_size=300)
)
@cases("bytes")
def test_random_bytes_are_refused(magic, data):
    """Nothing but noise, with or without the first bytes of an archive."""
    assert read(magic + data) is None


@given(st.text(max_size=200), st.text(max_size=60))
@cases("text")
def test_random_text_and_names_are_refused(text, name):
    """Any Unicode text under any file name."""
    read(text.encode("utf-8", "surrogatepass"), name)


cell = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(repr),
    st.datetimes().map(str),
    st.sampled_from(
        [f"{MS + i * 60_000}" for i in range(4)] + ["100", "101", "", "open_time", "open"]
    ),
)


@given(st.lists(st.lists(cell, max_size=8), max_size=6), st.booleans())
@cases("table")
def test_tables_of_odd_cells_are_read_or_refused(rows, headed):
    """Commas in the right places, but anything between them."""
    lines = ([HEADER] if headed else []) + [",".join(row) for row in rows]
    read("\n".join(lines).encode())
