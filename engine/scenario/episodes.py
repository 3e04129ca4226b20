"""Published episodes as stylised paths: a few published prices, straight lines and noise between.

Read from content/episodes.toml. Accounts, book and rules are those of a plain replay: the schema's
defaults with leverage up to 20. A path is not the market's own ticks, and says so.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.scenario.replay import PLAIN
from engine.scenario.schema import Scenario

FILE = Path(__file__).parents[2] / "content" / "episodes.toml"


@dataclass(frozen=True)
class Episode:
    """One episode: its scenario, and what was published about it."""

    name: str
    title: str
    about: str  # which market, from when, and what lies between the waypoints
    scenario: Scenario
    facts: str  # with [keys] of sources
    sources: tuple[str, ...]
    waypoints: tuple[tuple[float, float], ...]  # minutes after the start, price [USD]


@cache
def episodes() -> tuple[Episode, ...]:
    """The published episodes, the latest first."""
    table = tomllib.loads(FILE.read_text("utf-8"))
    return tuple(_episode(name, row) for name, row in table.items())


def _episode(name: str, row: dict) -> Episode:
    price, dt = float(row["waypoints"][0][1]), float(row["dt"])
    points = tuple((float(minute), float(usd)) for minute, usd in row["waypoints"])
    steps = [round(minute * 60.0 / dt) for minute, _ in points]
    scenario = Scenario().with_values(
        **PLAIN,
        **{
            "world.price": price,
            "world.dt": dt,
            "world.steps": steps[-1] + 1,
            "world.volatility": float(row["volatility"]),
            "world.waypoints": tuple(
                (step, usd / price) for step, (_, usd) in zip(steps, points, strict=True)
            ),
        },
    )
    return Episode(
        name=name,
        title=row["title"],
        about=f"{row['symbol']}, from {row['start']}. {row['noise']}",
        scenario=scenario,
        facts=row["facts"],
        sources=tuple(row["sources"]),
        waypoints=points,
    )
