"""Rulebooks: dated, sourced, continuous, and never changed."""

import hashlib
import re
import tomllib
from decimal import Decimal

import numpy as np
import pytest

from engine.scenario.errors import InputError
from engine.scenario.rulebooks import EVIDENCE, FOLDER, Rulebook, load, names, parse

FROZEN = {
    "plain": "5d28730af44af025",
    "plain-tiers": "e1a19780ec722ebb",
    "binance-btcusdt-2024-10-24": "ffb7004009446fb1",
    "binance-dogeusdt-2024-10-24": "5ed823ccafea4e1a",
    "binance-ethusdt-2024-10-24": "a37ab35462ea4e17",
    "bybit-btcusdt-undated": "497d482f84eddac2",
    "hyperliquid-btc-undated": "4bd14bd24b19d937",
}
ARRAYS = ("floors", "rates", "deductions", "max_leverage")


def digest(book: Rulebook) -> str:
    numbers = [value.hex() for key in ARRAYS for value in getattr(book, key).tolist()]
    return hashlib.sha256(" ".join(numbers).encode()).hexdigest()[:16]


def raw(name: str) -> dict:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(), parse_float=Decimal)


def test_numbers_of_a_name_never_change():
    """Links hold a rulebook's name, so its numbers are frozen, and none may disappear."""
    assert {name: digest(load(name)) for name in names()} == FROZEN


@pytest.mark.parametrize("name", names())
def test_every_rulebook_says_where_it_comes_from(name):
    """Each has a title, source, evidence mark and a date, or says that the date is unknown."""
    book = load(name)
    assert book.name == name and book.title and book.source and book.note and book.venue
    assert book.evidence in EVIDENCE
    if re.search(r"\d{4}-\d\d-\d\d$", name):
        assert name.endswith(book.as_of)
    else:
        assert book.as_of == ("unknown" if name.endswith("-undated") else "none")


@pytest.mark.parametrize("name", names())
def test_margin_is_continuous(name):
    """On each floor both tiers ask the same margin, and margin is the largest of the tier lines."""
    book = load(name)
    lower = book.floors[1:] * book.rates[:-1] - book.deductions[:-1]
    upper = book.floors[1:] * book.rates[1:] - book.deductions[1:]
    assert lower == pytest.approx(upper, rel=1e-12)
    notional = np.geomspace(10.0, 2e9, 500)
    lines = notional[:, None] * book.rates - book.deductions
    assert book.maintenance(notional) == pytest.approx(lines.max(axis=1), rel=1e-12)


def test_published_figures():
    """Figures that the venues state themselves come out."""
    binance = load("binance-btcusdt-2024-10-24")
    assert binance.maintenance(600_000.0) == 600_000 * 0.005 - 50
    assert binance.deductions[-1] == 421_481_450
    assert load("bybit-btcusdt-undated").deductions[-1] == 1_482_000
    hyperliquid = load("hyperliquid-btc-undated")
    assert (hyperliquid.rates == 0.5 / hyperliquid.max_leverage).all()
    assert load("plain").maintenance(60_000.0) == 300.0


def test_a_floor_belongs_to_the_upper_tier():
    """The tier of a notional just below, on and above a floor."""
    notional = np.array([0.0, 99_999.99, 100_000.0, 1e9])
    assert load("plain-tiers").tier(notional).tolist() == [0, 0, 1, 3]


@pytest.mark.parametrize("name", ["nasdaq", "../venues/plain", "plain.toml", ""])
def test_unknown_names_are_refused_with_the_list(name):
    """An unknown rulebook is a clear error that lists those there are."""
    with pytest.raises(InputError, match="venue.rulebook.*plain, plain-tiers, binance-btcusdt"):
        load(name)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"deduction": 501}, "tier 2: deduction should be 500"),
        ({"floor": 0}, "tier 2: floor does not ascend"),
        ({"rate": Decimal("0.004")}, "tier 2: rate does not ascend"),
        ({"rate": Decimal("1.5")}, "tier 2: rate is not in"),
        ({"max_leverage": 101}, "tier 2: leverage is too high"),
    ],
)
def test_a_wrong_file_is_found_on_loading(change, problem):
    """A slip in a tier is named when the file is read."""
    table = raw("plain-tiers")
    table["tier"][1].update(change)
    with pytest.raises(ValueError, match=problem):
        parse(table, "plain-tiers")


def test_numbers_cannot_be_changed_in_memory():
    """A rulebook is shared by all sessions, so its arrays are read-only."""
    with pytest.raises(ValueError, match="read-only"):
        load("plain").rates[0] = 0.1
