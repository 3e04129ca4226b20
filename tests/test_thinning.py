"""Fewer points for the eye, with no extreme lost; packed lines that come back."""

import base64

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.log.thinning import extreme_rows, furthest_from, histogram, pack, shares, thin, whole

FINITE = st.floats(-1e9, 1e9, allow_nan=False)


@given(st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=400), st.integers(20, 200))
def test_no_extreme_is_lost(pairs, most):
    """The smallest and the largest value of each line, and both ends, are among the rows."""
    lines = [np.array(column) for column in zip(*pairs, strict=True)]
    rows = extreme_rows(lines, most)
    assert len(rows) <= max(most, min(len(pairs), most))
    assert rows[0] == 0 and rows[-1] == len(pairs) - 1
    assert np.all(np.diff(rows) > 0)
    for line in lines:
        assert line[rows].min() == line.min() and line[rows].max() == line.max()


def test_every_bucket_keeps_its_own_spikes():
    """A short spike in a long calm line survives, wherever it is."""
    for place in range(0, 100_000, 7_919):
        line = np.zeros(100_000)
        line[place] = -5.0
        assert line[extreme_rows([line], 1_000)].min() == -5.0


def test_a_frame_keeps_the_rows_of_its_extremes():
    frame = pd.DataFrame({"price": np.sin(np.arange(5_000) / 50.0), "step": np.arange(5_000)})
    small = thin(frame, ["price"], 300)
    assert len(small) <= 300
    assert small["price"].max() == frame["price"].max()


@given(st.lists(FINITE, min_size=1, max_size=60))
def test_a_packed_line_comes_back(values):
    """Within half a step of a 65,535th of its range."""
    line = np.array(values)
    packed = pack(line)
    steps = np.frombuffer(base64.b64decode(packed["data"]), "<u2")
    if not packed["data"]:
        steps = np.zeros(packed["length"])
    back = packed["low"] + steps * packed["unit"]
    assert back == pytest.approx(line, abs=0.51 * (line.max() - line.min()) / 65_535 + 1e-6)


def test_whole_numbers_and_shares_come_back():
    numbers = np.array([0, 1, 70_000, 2**32 - 1])
    assert np.frombuffer(base64.b64decode(whole(numbers)), "<u4").tolist() == numbers.tolist()
    back = np.frombuffer(base64.b64decode(shares(np.array([0.0, 0.5, 1.0]))), np.uint8) / 255
    assert back == pytest.approx([0.0, 0.5, 1.0], abs=1 / 510)


def test_a_histogram_adds_up_by_side():
    """Each account is counted once, with its notional; one without a price is left out."""
    frame = pd.DataFrame(
        {
            "side": ["long", "long", "short", "long"],
            "price": [10.0, 11.0, 19.0, np.nan],
            "usd": [1.0, 2.0, -4.0, 8.0],
        }
    )
    bars = histogram(frame, "price", "usd", 10.0, 20.0, 5)
    assert bars.groupby("side")["usd"].sum().to_dict() == {"long": 3.0, "short": 4.0}


def test_the_furthest_price_may_be_above_or_below():
    assert furthest_from(np.array([100.0, 90.0, 105.0]), 100.0) == 90.0
    assert furthest_from(np.array([100.0, 90.0, 115.0]), 100.0) == 115.0
