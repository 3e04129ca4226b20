"""Accounts at the opening: their laws, their independence, and the door for tables."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.maths import exp_each, log, total
from engine.core.random import fill_normal, fill_uniform, uniform
from engine.scenario import population
from engine.scenario.errors import InputError
from engine.scenario.population import Population, draw, from_table
from engine.scenario.rulebooks import load, names
from engine.scenario.schema import Accounts, Scenario, Venue

PRICE = 60_000.0
ATTRIBUTES = ("side", "size_coin", "entry", "leverage", "collateral", "isolated", "symbol")
FROZEN = "e4c6c27fdf58bbd3"


def crowd(seed: int = 1, rulebook: str = "plain", **accounts) -> Population:
    scenario = Scenario(seed=seed, accounts=Accounts(**accounts), venue=Venue(rulebook=rulebook))
    return draw(scenario, PRICE)


def digest() -> str:
    people = crowd(seed=9, rulebook="binance-btcusdt-2024-10-24", count=3_000, size_spread=2.0)
    data = b"".join(getattr(people, name).tobytes() for name in ATTRIBUTES)
    return hashlib.sha256(data).hexdigest()[:16]


def surplus(people: Population, rulebook: str = "plain") -> np.ndarray:
    """Distance of equity from maintenance margin at the opening, as a share of notional."""
    notional = people.size_coin * PRICE
    equity = people.collateral + people.side * people.size_coin * (PRICE - people.entry)
    return (equity - load(rulebook).maintenance(notional)) / notional


def test_open_interest_is_what_was_asked():
    """Long plus short notional at the opening price is the open interest, for any spread."""
    for spread in (0.0, 1.2, 3.0):
        people = crowd(size_spread=spread, open_interest=3e8)
        assert total(people.size_coin * PRICE) == pytest.approx(3e8, rel=1e-12)
        assert len(people) == 2_000 and (people.size_coin > 0).all()


def test_sizes_are_log_normal():
    """The logarithm of size has the spread asked for and no skew."""
    logs = np.log(crowd(count=100_000, size_spread=1.2).size_coin)
    centred = (logs - logs.mean()) / logs.std()
    assert logs.std() == pytest.approx(1.2, rel=0.01)
    assert abs((centred**3).mean()) < 0.03


def test_leverage_is_log_uniform():
    """Equal factors of leverage hold equal shares of the accounts, between the two ends."""
    leverage = crowd(count=100_000, leverage_low=2.0, leverage_high=50.0).leverage
    place = np.log(leverage / 2.0) / np.log(25.0)
    assert leverage.min() >= 2.0 and leverage.max() <= 50.0
    assert np.histogram(place, 10, (0, 1))[0] == pytest.approx(10_000, rel=0.04)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.77, 1.0])
def test_shares_are_met_closely(share):
    """Long and isolated accounts make up the share asked for, within four accounts."""
    for count in (1, 10, 777, 20_000):
        people = crowd(count=count, long_share=share, isolated_share=share)
        for chosen in (people.side == 1, people.isolated):
            assert abs(chosen.sum() - count * share) < 4
            if share in (0.0, 1.0):
                assert chosen.sum() == count * share


def test_attributes_are_unrelated():
    """Side, size, leverage, entry and isolation show no correlation with each other or the row."""
    people = crowd(count=50_000, isolated_share=0.5)
    columns = [people.side, np.log(people.size_coin), np.log(people.leverage)]
    columns += [people.entry, people.isolated, np.arange(50_000)]
    matrix = np.corrcoef(np.array(columns, float))
    assert abs(matrix - np.eye(6)).max() < 0.02


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({"long_share": 0.1}, {"side", "collateral"}),
        ({"leverage_high": 20.0}, {"leverage", "collateral"}),
        ({"isolated_share": 0.1}, {"isolated", "collateral"}),
        ({"entry_spread": 0.02}, {"entry", "collateral"}),
        ({"size_spread": 0.3}, {"size_coin", "collateral"}),
        ({"wallet": 3.0}, {"collateral"}),
    ],
)
def test_changing_one_distribution_leaves_the_others(change, changed):
    """Each attribute has draws of its own."""
    before, after = crowd(), crowd(**change)
    different = {
        name for name in ATTRIBUTES if (getattr(before, name) != getattr(after, name)).any()
    }
    assert different == changed


def test_more_accounts_keep_the_first_ones():
    """Account i is the same whatever the count; only the scale of sizes follows the total."""
    few, many = crowd(count=100), crowd(count=1_000)
    for name in ("side", "entry", "leverage", "isolated"):
        assert (getattr(few, name) == getattr(many, name)[:100]).all()
    ratio = few.size_coin / many.size_coin[:100]
    assert ratio == pytest.approx(ratio[0], rel=1e-12)


@pytest.mark.parametrize("rulebook", names())
def test_the_rulebook_caps_leverage(rulebook):
    """No account has more leverage than its notional at entry allows."""
    people = crowd(rulebook=rulebook, leverage_high=200.0, open_interest=1e10, size_spread=2.0)
    book = load(rulebook)
    most = book.max_leverage[book.tier(people.size_coin * people.entry)]
    assert (people.leverage <= most).all() and (people.leverage == most).any()


@given(
    headroom=st.floats(0.0, 0.3),
    entry_spread=st.floats(0.0, 0.5),
    rulebook=st.sampled_from(names()),
    seed=st.integers(0, 2**31 - 1),
)
@settings(max_examples=40, deadline=None)
def test_nobody_starts_nearer_than_the_headroom(headroom, entry_spread, rulebook, seed):
    """Every account opens the headroom above maintenance; only those that must post more."""
    people = crowd(
        seed, rulebook, count=300, headroom=headroom, entry_spread=entry_spread, wallet=0.5
    )
    distance = surplus(people, rulebook)
    assert distance.min() >= headroom - 1e-12
    margin = people.size_coin * people.entry / people.leverage
    posted = np.where(people.isolated, margin, margin * 1.5)
    untouched = distance > headroom + 1e-9
    assert people.collateral[untouched] == pytest.approx(posted[untouched], rel=1e-12)
    assert (people.collateral >= posted).all()


@pytest.mark.parametrize("rulebook", names())
def test_accounts_have_the_bits_of_their_formulas(rulebook):
    """What one kernel draws in a pass is what the formulas of `draw` give array by array."""
    a, seed, price, book = Accounts(count=3_000, wallet=0.7), 5, 61_234.5, load(rulebook)
    drawn = draw(Scenario(seed=seed, accounts=a), price, book)

    def draws(fill, attribute):
        out = np.empty(a.count)
        fill(out, seed, population.DRAWS, attribute * population.RANGE)
        return out

    def share(attribute, stride):
        start = uniform(seed, population.DRAWS, attribute * population.RANGE)
        turns = start + stride * np.arange(a.count)
        return turns - np.floor(turns)

    weight = exp_each(a.size_spread * draws(fill_normal, population.SIZE))
    size = weight * (a.open_interest / total(weight) / price)
    entry = price * exp_each(a.entry_spread * draws(fill_normal, population.ENTRY))
    side = np.where(share(population.SIDE, population.GOLDEN) < a.long_share, 1, -1)
    isolated = share(population.ISOLATED, population.SQRT_TWO) < a.isolated_share
    low, high = a.leverage_low, a.leverage_high
    u = draws(fill_uniform, population.LEVERAGE)
    wanted = np.clip(exp_each(log(low) + u * (log(high) - log(low))), low, high)
    leverage = np.minimum(wanted, book.max_leverage[book.tier(size * entry)])
    margin = size * entry / leverage
    needed = book.maintenance(size * price) + a.headroom * (size * price)
    needed -= side * size * (price - entry)
    posted = np.maximum(np.where(isolated, margin, margin * (1.0 + a.wallet)), needed)
    expected = (side, size, entry, leverage, posted, isolated, np.zeros(a.count, int))
    for name, column in zip(vars(drawn), expected, strict=True):
        np.testing.assert_array_equal(getattr(drawn, name), column, name)


@pytest.mark.laws
def test_frozen_population():
    """Stored links depend on these bits: the same on a plain processor and in plain Python."""
    assert digest() == FROZEN


TABLE = b"""side,size_coin,entry,leverage,isolated
long,1.5,60000,20,true
Short,0.25,61000.5,10,no
"""


def test_a_csv_table_of_accounts():
    """Collateral follows from leverage, and the optional columns have their defaults."""
    people = from_table(TABLE)
    assert people.side.tolist() == [1, -1] and people.isolated.tolist() == [True, False]
    assert people.collateral.tolist() == [4_500.0, 0.25 * 61_000.5 / 10]
    assert people.symbol.tolist() == [0, 0] and len(people) == 2
    for name in ATTRIBUTES:
        drawn = getattr(crowd(count=2), name)
        assert getattr(people, name).dtype == drawn.dtype


def test_a_frame_and_its_csv_are_the_same_table():
    """A DataFrame and the CSV it writes give the same accounts; collateral may replace leverage."""
    frame = pd.DataFrame(
        {
            "Entry": [100.0, 7.0],
            "side": ["short", "long"],
            "collateral": [12.5, 3],
            "size_coin": [1, 0.3],
            "isolated": [True, False],
            "symbol": [0, 1],
        }
    )
    from_frame = from_table(frame, symbols=2)
    from_csv = from_table(b"\xef\xbb\xbf" + frame.to_csv(index=False).encode(), symbols=2)
    for name in ATTRIBUTES:
        assert getattr(from_frame, name).tolist() == getattr(from_csv, name).tolist()
    assert from_frame.leverage.tolist() == [8.0, 0.3 * 7.0 / 3.0]
    assert from_frame.symbol.tolist() == [0, 1]


HEAD = b"side,size_coin,entry,leverage\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (HEAD + b"long,1,100,5\nup,1,100,5", r"table row 2, column side = 'up': .*long or short"),
        (HEAD + b"long,-1,100,5", "table row 1, column size_coin = '-1'"),
        (HEAD + b"long,nan,100,5", "table row 1, column size_coin = 'nan'"),
        (HEAD + b"long,1,inf,5", "table row 1, column entry = 'inf'"),
        (HEAD + b"long,1,100,", "table row 1, column leverage = ''"),
        (HEAD + b"long,1,100", "table row 1 = .*4 values"),
        (HEAD, "table rows = 0: allowed is 1 .. 1,000,000"),
        (b"", "table rows = 0"),
        (b"side,entry,leverage\nlong,1,2", "a column size_coin as well"),
        (b"side,size_coin,entry\nlong,1,2", "one of leverage and collateral"),
        (b"side,side,entry\nlong,1,2", "table columns = 'side': allowed is each column once"),
        (HEAD.replace(b"leverage", b"lever"), "table columns = 'lever': allowed is one of side"),
        (HEAD[:-1] + b",colour\nlong,1,1,1,red", "table columns = 'colour': allowed is one of"),
        (HEAD[:-1] + b",symbol\nlong,1,1,1,1", "table row 1, column symbol = '1'"),
        (HEAD[:-1] + b",isolated\nlong,1,1,1,maybe", "column isolated = 'maybe'.*true or false"),
        (b"\xff\xfe\x00", "table = 'byte 0': allowed is text in UTF-8"),
        (HEAD + b'"long,1,1,1', "a CSV file"),
    ],
)
def test_a_bad_table_names_row_and_column(data, message):
    """Each fault of a table is one line that says where it is and what is allowed."""
    with pytest.raises(InputError, match=message) as caught:
        from_table(data)
    assert "\n" not in str(caught.value)


def test_tables_are_bounded(monkeypatch):
    """A table with too many rows or bytes is refused before it is read whole."""
    monkeypatch.setattr(population, "MAX_ROWS", 3)
    with pytest.raises(InputError, match="table rows = 4"):
        from_table(HEAD + b"long,1,100,5\n" * 9)
    with pytest.raises(InputError, match="table rows = 5"):
        from_table(pd.DataFrame({"side": ["long"] * 5}))
    monkeypatch.setattr(population, "MAX_BYTES", 10)
    with pytest.raises(InputError, match="bytes"):
        from_table(HEAD)


@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(
            st.lists(st.sampled_from(["long", "1", "-1", "1e400", "", '"', "x", "\r", "\x00", "0"]))
        ).map(lambda rows: HEAD + "\n".join(",".join(row) for row in rows).encode()),
    )
)
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_read_or_refused_cleanly(data):
    """Whatever the bytes, the answer is accounts or an InputError."""
    try:
        people = from_table(data)
    except InputError:
        return
    assert np.isfinite(people.collateral).all() and (people.size_coin > 0).all()
