"""The reader's own files: read, checked, kept in the session alone, and held against a link."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st

import engine
from pages.ui import boundary, budget, content, subjects

DATA = ("world.data", "funding.data", "accounts.data", "venue.tiers")  # settings that are hashes
MAX_FILES = 8
MAX_BYTES = 5 * 2**20  # of one file, as the server takes
LEAST_STEPS = 4  # in one candle


@dataclass
class Given:
    """What the reader's files hold; None where there is no such file, or one that is refused."""

    series: list[Any] = field(default_factory=list)
    rates: list[Any] = field(default_factory=list)
    world: Any = None
    table: Any = None
    tiers: Any = None
    refused: bool = False

    @property
    def hashes(self) -> dict[str, str]:
        """Setting -> the hash of what is here."""
        found = {
            "world.data": self.world.data if self.world else "",
            "funding.data": self.world.funding.data if self.world and self.world.funding else "",
            "accounts.data": engine.table_hash(self.table) if self.table is not None else "",
            "venue.tiers": self.tiers.name if self.tiers is not None else "",
        }
        return {path: text for path, text in found.items() if text}


def needed(scenario: Any) -> dict[str, str]:
    """Setting -> the hash of a file that a scenario cannot do without."""
    values = {path: value for path, _, value in engine.settings(scenario)}
    return {path: values[path] for path in DATA if values[path]}


def draw(scenario: Any) -> Given:
    """The upload fields, and what is in them."""
    meta, given = content.note("replay").meta, Given()
    st.markdown(meta["upload"])
    files = st.file_uploader(
        meta["candles"], accept_multiple_files=True, key="own_candles", help=meta["candles_help"]
    )
    st.markdown(meta["candles_columns"])
    with st.expander(meta["more"], key="own_more"):
        rates = st.file_uploader(meta["funding"], accept_multiple_files=True, key="own_funding")
        table = st.file_uploader(meta["table"], key="own_table", help=meta["table_help"])
        tiers = st.file_uploader(meta["tiers"], key="own_tiers", help=meta["tiers_help"])
        if tiers is not None:
            _tiers(given, tiers, meta)
    for file in files[:MAX_FILES]:
        _into(given, partial(_keep, given.series, "candles", file))
    for file in rates[:MAX_FILES]:
        _into(given, partial(_keep, given.rates, "funding", file))
    if len(files) > MAX_FILES or len(rates) > MAX_FILES:
        boundary.problem(engine.InputError("files", len(files), f"at most {MAX_FILES}"))
        given.refused = True
    if given.series and not given.refused:
        _into(given, lambda: setattr(given, "world", _world(given, scenario)))
    if table is not None:
        symbols = len(given.world.symbols) if given.world else 1
        _into(given, lambda: setattr(given, "table", _read("table", table, symbols)))
    return given


def _keep(place: list[Any], kind: str, file: Any) -> None:
    place.append(_read(kind, file))


def _into(given: Given, read: Callable[[], Any]) -> None:
    """Read one file; where it cannot be used say why, and remember that one is missing."""
    try:
        with budget.spending():
            read()
    except engine.InputError as error:
        given.refused = True
        boundary.problem(error)


def _tiers(given: Given, file: Any, meta: dict[str, Any]) -> None:
    """One symbol's tiers; a file with several asks which."""

    def read() -> None:
        names = engine.tier_symbols(_bytes(file), name=file.name)
        chosen = names[0] if names else None
        if len(names) > 1:
            chosen = st.selectbox(meta["symbol"], names, key="own_tiers_symbol")
        given.tiers = _read("tiers", file, chosen)

    _into(given, read)


def _bytes(file: Any) -> bytes:
    if file.size > MAX_BYTES:
        raise engine.InputError(
            f"{file.name[:80]}, size in bytes", file.size, f"at most {MAX_BYTES:,}"
        )
    data: bytes = file.getvalue()
    return data


def _read(kind: str, file: Any, more: Any = None) -> Any:
    """What a file holds, read once a session."""
    data = _bytes(file)
    stamp = (kind, file.name, hashlib.sha256(data).hexdigest(), more)
    kept: dict[Any, Any] = st.session_state.setdefault("own_read", {})
    if stamp not in kept:
        read: dict[str, Callable[[], Any]] = {
            "candles": lambda: engine.read_candles(data, name=file.name),
            "funding": lambda: engine.read_funding(data, name=file.name),
            "table": lambda: engine.read_table(data, more),
            "tiers": lambda: engine.read_tiers(data, name=file.name, symbol=more),
        }
        kept[stamp] = read[kind]()
        for old in list(kept)[: max(len(kept) - 2 * MAX_FILES - 2, 0)]:
            del kept[old]
    return kept[stamp]


def _world(given: Given, scenario: Any) -> Any:
    """The candles as a world, walked as the link says, else as finely as the work allows."""
    mine = scenario.world.source == "replay"
    asked = scenario.world.steps_per_bar
    world = engine.replay_world(given.series, asked, given.rates)
    if mine and world.data == scenario.world.data:
        return world
    count = engine.Scenario().accounts.count if given.table is None else len(given.table)
    each = count * len(world.symbols) * (len(world.prices) // world.steps_per_bar)
    fits = engine.APP_MAX_WORK // each
    if fits < LEAST_STEPS:
        bars = len(world.prices) // world.steps_per_bar
        most = engine.APP_MAX_WORK // (LEAST_STEPS * count * len(world.symbols))
        raise engine.InputError("candles, bars", bars, f"at most {most:,} here, {count:,} accounts")
    if fits < world.steps_per_bar:
        world = engine.replay_world(given.series, fits, given.rates)
    return world


def adopted(given: Given, scenario: Any) -> Any:
    """The scenario that runs what is here: its own accounts, book and rules stay."""
    usual = engine.Scenario()
    base = scenario if scenario.world.source == "replay" else None
    values: dict[str, Any] = {"accounts.data": "", "venue.tiers": "", "funding.data": ""}
    made = engine.replay_scenario(given.world, base)
    if base is not None and base.accounts.data and given.table is None:
        values["accounts.count"] = usual.accounts.count
    values |= given.hashes
    if given.table is not None:
        values["accounts.count"] = len(given.table)
    scenario = made.with_values(**values)
    check(scenario, given.world)
    return scenario


def check(scenario: Any, world: Any) -> None:
    """Raise InputError where the run asks for more than a page allows, all symbols counted."""
    engine.check_work(scenario, engine.APP_MAX_WORK, engine.APP_MAX_AUCTION_WORK)
    work = scenario.accounts.count * scenario.world.steps * len(world.symbols)
    if work > engine.APP_MAX_WORK:
        name = "accounts.count x world.steps x symbols"
        raise engine.InputError(name, work, f"at most {engine.APP_MAX_WORK:,} here")


def subject(given: Given, scenario: Any) -> Any:
    """What is run."""
    check(scenario, given.world)
    return subjects.Own(scenario, given.world, given.table, given.tiers)
