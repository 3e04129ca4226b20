"""What is taken away besides pictures: tables, settings, and the lines that compute it again."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import engine
from pages.ui.takeaway.stills import Still


@dataclass(frozen=True, eq=False)
class Taken:
    """One view of a page with everything that is in it."""

    page: str
    title: str
    claim: str
    sections: dict[str, str]  # Markdown by heading, with [keys] of sources
    sources: tuple[str, ...]
    noun: str  # what a lane is called
    titles: dict[str, str]  # lane -> title
    results: dict[str, Any]
    lane: str
    event: int | None
    address: str  # the whole link
    drawn: Callable[[], tuple[Still, ...]]  # the page's charts, made when they are asked for
    differences: dict[str, list[str]] | None = None  # of two scenarios side by side
    needed: tuple[str, ...] = ()  # files that the receiver has to bring, in words

    @cached_property
    def stills(self) -> tuple[Still, ...]:
        """The page's charts."""
        return self.drawn()

    @property
    def result(self) -> Any:
        """The run in view."""
        return self.results[self.lane]

    @property
    def stem(self) -> str:
        """Of the names of its files: page, lane and result."""
        return f"forced-flow-{self.page}-{self.lane}-{self.result.fingerprint[:12]}"

    @property
    def query(self) -> str:
        """The link without the place where the app runs."""
        return "?" + self.address.partition("?")[2]


def events(taken: Taken) -> Any:
    """All events of the run in view."""
    return taken.result.event_frame()


def series(taken: Taken) -> Any:
    """Prices, book and fund of the run in view, one row a step and symbol."""
    names = taken.result.compiled.symbols
    frames = [taken.result.series_frame(k).assign(symbol=name) for k, name in enumerate(names)]
    return frames[0] if len(frames) == 1 else _stacked(frames)


def _stacked(frames: list[Any]) -> Any:
    import pandas as pd

    return pd.concat(frames, ignore_index=True)


TABLES: dict[str, Callable[[Taken], Any]] = {"events": events, "series": series}


def csv(taken: Taken, table: str) -> bytes:
    """A table as CSV: numbers as Python writes them, so that they read back to the same bits."""
    text: str = TABLES[table](taken).to_csv(index=False)
    return text.encode()


def parquet(taken: Taken, table: str) -> bytes:
    """A table as Parquet."""
    buffer = io.BytesIO()
    TABLES[table](taken).to_parquet(buffer, index=False)
    return buffer.getvalue()


def toml(taken: Taken) -> bytes:
    """Every setting of the run in view, with its unit, range and meaning."""
    head = f"# {taken.title}, {taken.titles[taken.lane]}: Forced Flow {engine.__version__}\n"
    fingerprint = f"# result {taken.result.fingerprint}\n# {taken.address}\n"
    return (head + fingerprint + engine.scenario_to_toml(taken.result.scenario)).encode()


SNIPPET = """\
# {title}, {lane}. Made with Forced Flow {version}; save it in the folder
# that holds `engine` and run it there: .venv/bin/python this_file.py
import engine

{scenario}
{given}result = engine.run(scenario{arguments})
for name in ("liquidated_notional", "slippage_bp", "bad_debt"):
    print(f"{{name:20}} {{result.metrics[name]:18,.2f}}")
{event}assert result.fingerprint == "{fingerprint}", result.fingerprint
"""
EXPLAIN = "print(engine.explain(result, {event}).text)\n"


def python(taken: Taken) -> bytes:
    """A short script that computes the run in view again and compares the fingerprint."""
    result = taken.result
    event = (
        f"print(engine.explain(result, {taken.event}).text)\n" if taken.event is not None else ""
    )
    given, arguments = _given(result)
    text = SNIPPET.format(
        title=taken.title,
        lane=taken.titles[taken.lane],
        version=engine.__version__,
        scenario=_scenario(result.scenario),
        given=given,
        arguments=arguments,
        event=event,
        fingerprint=result.fingerprint,
    )
    return text.encode()


def _scenario(scenario: Any) -> str:
    """The scenario as a link, which keeps its meaning in later versions; as TOML if too long."""
    try:
        return f'scenario = engine.read_link("{engine.link(engine.View(scenario))}").scenario'
    except engine.InputError:
        return f"scenario = engine.scenario_from_toml('''\n{engine.scenario_to_toml(scenario)}''')"


def _given(result: Any) -> tuple[str, str]:
    """Lines that read the reader's own files, and how they are handed to the run."""
    lines, arguments = [], []
    scenario = result.scenario
    if scenario.world.source == "replay":
        lines.append(f"# candles with the hash {scenario.world.data}: name your files here")
        lines.append("candles = [engine.read_candles(path) for path in [...]]")
        lines.append("world = engine.replay_world(candles, scenario.world.steps_per_bar)")
        arguments.append("world=world")
    if scenario.accounts.data:
        lines.append(f"# accounts with the hash {scenario.accounts.data}")
        lines.append('table = engine.read_table(open("accounts.csv", "rb").read())')
        arguments.append("table=table")
    if scenario.venue.tiers:
        lines.append(f"# margin tiers with the hash {scenario.venue.tiers}")
        lines.append('tiers = engine.read_tiers("tiers.csv")')
        arguments.append("tiers=tiers")
    return "".join(f"{line}\n" for line in lines), "".join(f", {x}" for x in arguments)
