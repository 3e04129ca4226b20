"""Rulebooks: the margin tiers of a venue at a date, with their source, from `content/venues/`.

A name stands for its numbers for ever, because links hold it: a venue's new table is a new file
with a new date. Figures are read as decimals, so the check of the deductions is exact.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np

from engine.scenario.errors import InputError

FOLDER = Path(__file__).parents[2] / "content" / "venues"
EVIDENCE = {
    "D": "official documentation of the venue",
    "S": "a secondary source",
    "T": "invented for teaching",
}


@dataclass(frozen=True, eq=False)
class Rulebook:
    """Margin tiers: maintenance margin of notional n is n * rate - deduction of its tier [USD].

    A notional on a floor belongs to the upper tier. The arrays are read-only, one value a tier.
    """

    name: str
    title: str
    venue: str
    symbol: str
    as_of: str  # ISO date; "unknown": the source has none; "none": not a real venue
    source: str
    evidence: str  # a key of EVIDENCE
    note: str
    floors: np.ndarray  # USD notional, ascending from 0
    rates: np.ndarray  # fraction of notional, ascending
    deductions: np.ndarray  # USD
    max_leverage: np.ndarray  # descending

    def tier(self, notional: np.ndarray | float) -> np.ndarray:
        """Tier, from 0, of each notional [USD]."""
        return np.searchsorted(self.floors, notional, side="right") - 1

    def maintenance(self, notional: np.ndarray | float) -> np.ndarray:
        """Maintenance margin of each notional [USD]."""
        tier = self.tier(notional)
        return notional * self.rates[tier] - self.deductions[tier]


@cache
def names() -> tuple[str, ...]:
    """Every rulebook there is, the plain ones first."""
    found = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return tuple(sorted(found, key=lambda name: not name.startswith("plain")))


@cache
def load(name: str) -> Rulebook:
    """The rulebook of that name. Raises InputError for an unknown one."""
    if name not in names():
        raise InputError("venue.rulebook", name, "one of " + ", ".join(names()))
    with open(FOLDER / f"{name}.toml", "rb") as file:
        return parse(tomllib.load(file, parse_float=Decimal), name)


def parse(table: dict, name: str) -> Rulebook:
    """Build a rulebook from its file, or raise ValueError saying what is wrong with the file."""
    words = {key: table[key] for key in Rulebook.__annotations__ if key in table}
    tiers = table["tier"]
    _require(table["name"] == name, name, "name differs from the file's")
    _require(table["evidence"] in EVIDENCE, name, "unknown evidence mark")
    if table["as_of"] not in ("unknown", "none"):
        date.fromisoformat(table["as_of"])
    _check_tiers(name, tiers)
    return Rulebook(
        **words,
        floors=_column(tiers, "floor"),
        rates=_column(tiers, "rate"),
        deductions=_column(tiers, "deduction"),
        max_leverage=_column(tiers, "max_leverage"),
    )


def _check_tiers(name: str, tiers: list[dict]) -> None:
    """Tiers start at 0, ascend and are continuous, and no initial margin is below maintenance.

    deduction[n] = deduction[n-1] + floor[n] * (rate[n] - rate[n-1]), exactly.
    """
    first = tiers[0]
    _require(first["floor"] == 0 and first["deduction"] == 0, name, "first tier is not at 0")
    for n, tier in enumerate(tiers):
        at = f"tier {n + 1}"
        _require(0 < tier["rate"] < 1, name, f"{at}: rate is not in 0 .. 1")
        _require(tier["rate"] * tier["max_leverage"] <= 1, name, f"{at}: leverage is too high")
        if n == 0:
            continue
        below = tiers[n - 1]
        _require(tier["floor"] > below["floor"], name, f"{at}: floor does not ascend")
        _require(tier["rate"] > below["rate"], name, f"{at}: rate does not ascend")
        _require(tier["max_leverage"] < below["max_leverage"], name, f"{at}: leverage rises")
        expected = below["deduction"] + tier["floor"] * (tier["rate"] - below["rate"])
        _require(tier["deduction"] == expected, name, f"{at}: deduction should be {expected}")


def _column(tiers: list[dict], key: str) -> np.ndarray:
    values = np.array([float(tier[key]) for tier in tiers])
    values.flags.writeable = False
    return values


def _require(holds: bool, name: str, problem: str) -> None:
    if not holds:
        raise ValueError(f"rulebook {name}: {problem}")
