"""The only caches of the pages. Shared by all sessions: a room on one preset computes once."""

from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from typing import Any, TypeVar

import streamlit as st

import engine
from pages.ui import (
    budget,
    cascade_tables,
    charts_cost,
    charts_fair,
    charts_size,
    charts_surface,
    funding_tables,
    lanes,
    legs,
    opening_table,
    subjects,
    tables,
)
from pages.ui.amounts import usd
from pages.ui.background import Background
from pages.ui.long_work import Stoppable

SEEDS = 100
OWN = 6  # answers kept in a session that has data of its own
Answer = TypeVar("Answer", bound=Callable[..., Any])


@lru_cache(maxsize=256)
def _key(scenario: Any) -> str:
    """What a scenario is stored under: every setting, in full. Streamlit's own way takes 2 ms."""
    return repr(scenario)


HASH: dict[Any, Any] = {
    engine.Scenario: _key,
    subjects.Pair: _key,
    subjects.Own: lambda own: own.key,
}


def stored(entries: int, waiting: str | bool = False) -> Callable[[Answer], Answer]:
    """Keep the last `entries` answers for all sessions. A new one is charged to its reader.

    What is computed from a reader's own data is kept in that reader's session alone.

    waiting : what a reader is told meanwhile; False for work too short to speak of
    """

    def keep(function: Answer) -> Answer:
        @wraps(function)
        def charged(*given: Any, **named: Any) -> Any:
            with budget.spending():
                return function(*given, **named)

        kept = {"max_entries": entries, "hash_funcs": HASH, "show_spinner": waiting}
        for_all = st.cache_resource(**kept)(charged)
        for_one = st.cache_resource(scope="session", **kept | {"max_entries": OWN})(charged)

        @wraps(function)
        def answer(*given: Any, **named: Any) -> Any:
            own = bool(given) and isinstance(given[0], subjects.Own)
            return (for_one if own else for_all)(*given, **named)

        return answer  # type: ignore[return-value]

    return keep


@stored(32, "Running …")
def compare(scenario: Any, page: str) -> dict[str, Any]:
    """The lanes of a page on one world."""
    return subjects.runs(scenario, page)


@stored(32)
def trace(scenario: Any, page: str, symbol: int = 0, lane: str | None = None) -> dict[str, Any]:
    """What the timeline draws: all lanes, or one alone."""
    results = compare(scenario, page)
    return engine.trace(results if lane is None else {lane: results[lane]}, symbol)


@stored(64)
def events(scenario: Any, page: str, lane: str) -> Any:
    """The event table of one lane."""
    return tables.event_table(compare(scenario, page)[lane])


@stored(64)
def limits(scenario: Any, page: str, lane: str) -> Any:
    """The events of one lane in which a margin limit triggered."""
    return engine.limits(compare(scenario, page)[lane].event_frame())[["event", "step"]]


@stored(32)
def outcome(scenario: Any, page: str) -> dict[str, list[str]]:
    """The outcome as a table."""
    known = lanes.of(page)
    return tables.outcome(compare(scenario, page), known.titles, known.noun)


@stored(32)
def ladder(scenario: Any, page: str) -> Any:
    """The opening crowd and how far each mark went."""
    return tables.ladder(compare(scenario, page))


@stored(256)
def explain(scenario: Any, page: str, lane: str, event: int) -> tuple[Any, Any]:
    """One event, explained, and the parts of its loss as bars."""
    told = engine.explain(compare(scenario, page)[lane], event)
    return told, tables.parts(told)


@stored(32)
def remedies(scenario: Any, page: str, lane: str, event: int, whole: bool) -> Background:
    """What would have prevented an event: of its account, or of everything; then who caused it."""
    result = compare(scenario, page)[lane]
    if not whole:
        axes = engine.OWN_AXES
        return Background(lambda pool: (engine.preventions(result, event, axes, pool=pool), ()))
    return Background(lambda pool: engine.by_reruns(result, event, pool))


@stored(32)
def beforehand(scenario: Any, page: str) -> Any:
    """What the opening state tells, beside what happened in each lane."""
    results = compare(scenario, page)
    known = engine.beforehand(next(iter(results.values())))
    return opening_table.opening(known, results, lanes.of(page).titles)


@stored(32)
def funding_paths(scenario: Any, page: str) -> Any:
    """Volatility, standing funding rate and closures along the run of every lane."""
    return funding_tables.by_lane(
        {lane: engine.funding_path(run) for lane, run in compare(scenario, page).items()}
    )


@stored(32)
def bleed(scenario: Any, page: str, rate: float) -> dict[str, Any]:
    """What payments do to the way to liquidation, beside what the runs paid."""
    return funding_tables.bleed(compare(scenario, page), scenario, rate)


@stored(32)
def lorenz(scenario: Any, page: str) -> Any:
    """Lorenz curves of what winners lost."""
    return charts_fair.lorenz_rows(compare(scenario, page), lanes.of(page).titles)


@stored(32)
def treated(scenario: Any, page: str) -> dict[str, list[str]]:
    """How the accounts were treated in each lane."""
    return charts_fair.treated(compare(scenario, page), lanes.of(page).titles)


@stored(32)
def losses(scenario: Any, page: str, lane: str) -> dict[str, list[str]]:
    """The largest single losses of a lane, and who paid them."""
    return charts_fair.accounts_table(compare(scenario, page)[lane])


@stored(32, "Running …")
def ordered(scenario: Any, page: str, lane: str) -> dict[str, list[str]]:
    """What the order of accounts and of orders does in one lane."""
    changed = scenario.with_values(**lanes.of(page).changes[lane])
    return charts_fair.ordered(engine.order_effects(changed))


@stored(64)
def cascade_tree(scenario: Any, page: str, lane: str) -> tuple[Any, Any, str]:
    """The tree of forced flow of one lane: rows to draw, its table, its finding."""
    return cascade_tables.tree(compare(scenario, page), lane)


@stored(32)
def cascade_loop(scenario: Any, page: str) -> tuple[Any, dict[str, Any]]:
    """The cascade multiplier by price with each lane's furthest mark, and the opening's numbers."""
    return cascade_tables.loop(compare(scenario, page))


@st.cache_data(max_entries=64, show_spinner=False)
def qr(address: str) -> str:
    """A QR code as SVG: white behind, so that it scans in the dark as well."""
    import segno

    return segno.make(address, error="m").svg_inline(
        scale=4, border=4, dark="#000", light="#fff", omitsize=False
    )


@stored(4)
def failing_presets(page: str) -> list[Any]:
    """The scenarios of a page, each in its own world, in which its lanes do not differ."""
    changes = lanes.of(page).changes
    known = lanes.presets(page)
    return [p for p in known if not engine.trial(p.scenario, p.scenario.seed, changes).holds]


# --- the hedge ---


@stored(64)
def account(scenario: Any, page: str, lane: str) -> Any:
    """An account with several legs over time, in one lane; None where there is none."""
    return legs.account(compare(scenario, page), lane)


@stored(64)
def promises(scenario: Any, page: str, lane: str) -> Any:
    """What that account's legs promise at the opening; None where there is none."""
    return legs.promises(compare(scenario, page), lane)


@stored(32)
def measured(scenario: Any, page: str) -> list[dict[str, Any]]:
    """Correlation measured before and after it changed, with its correction, lane by lane."""
    return legs.measured(compare(scenario, page), lanes.of(page).titles)


@stored(4, "Running …")
def held(preset: str, bands: tuple[float, ...], window: int) -> dict[float, Any]:
    """Two coins with one holder, for each band that it leaves alone."""
    return engine.by_band(lanes.preset(preset).scenario, bands, window)


# --- the band ---


@stored(32)
def bands(scenario: Any, page: str) -> Any:
    """One row a lane: the band known at the opening, and what of it was used."""
    return engine.band_picture(compare(scenario, page))


@stored(64)
def band_of(scenario: Any, page: str, lane: str) -> tuple[Any, Any]:
    """The band of one lane over prices and over time."""
    result = compare(scenario, page)[lane]
    return engine.band_prices(result), engine.band_waits(result)


@stored(16)
def rulebooks(scenario: Any) -> Any:
    """The band beforehand under every rulebook, ready to read."""
    return tables.rulebook_bands(engine.band_by_rulebook(scenario, engine.rulebook_names()))


# --- size before leverage, five basis points ---

DEPTHS = tuple(1e6 * 2**k for k in range(8))
FALLS = (0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.12)
SIZES = (1e5, 3e5, 1e6, 3e6, 1e7, 3e7)
SELL_WITHIN = 120.0  # s, for the chart of slices
LEVERAGES = (10.0, 20.0, 30.0, 50.0, 75.0, 100.0, 125.0)
DURATIONS = (2, 10, 30, 60, 180, 600)


@stored(16, "Running eight depths …")
def depths(scenario: Any, page: str) -> Any:
    """The lanes of a page over the depth of the book."""
    return engine.over_depth(scenario, lanes.of(page).changes, DEPTHS)


def crossing(scenario: Any, page: str) -> str:
    """The finding of the runs over depth: where half the size saves more, or at how many depths."""
    at = engine.boundary(depths(scenario, page), "slippage_usd", "half_size", "half_leverage")
    if at is None:
        return charts_size.ahead(depths(scenario, page))
    place = usd(float(f"{at:.2g}")).replace("$", "\\$")
    return f"Below a depth of about {place} half the size saves more, above it half the leverage"


@stored(16)
def region(scenario: Any) -> Any:
    """Which halving saves more slippage, over depth and fall, in closed form."""
    return charts_surface.region_rows(engine.halving(scenario, DEPTHS, FALLS))


@stored(32)
def surface(scenario: Any, leverage: float) -> Any:
    """Cost of one order over size and depth, as a share of its margin."""
    book = scenario.book
    found = engine.surface(SIZES, DEPTHS[::2], (leverage,), book.shape, book.half_spread)
    return charts_surface.surface_rows(found)


@stored(32)
def one_order(scenario: Any, leverage: float) -> Any:
    """Either halving for one position of half the depth, alone in the book."""
    book, rate = scenario.book, 0.005
    found = engine.one_order(
        book.depth / 2.0, book.depth, leverage, rate, book.shape, book.half_spread
    )
    return tables.one_order(found)


@stored(16)
def slices(scenario: Any) -> tuple[float, Any]:
    """An order as large as the depth, sold in slices."""
    book = scenario.book
    found = engine.slicing(book.depth, book.depth, book.shape, book.recovery, SELL_WITHIN)
    return book.depth, charts_size.slicing_rows(found)


@stored(16, "Running leverages and speeds …")
def leverages(scenario: Any, page: str) -> Any:
    """The first two lanes of a page over leverage and the speed of the move."""
    changes = dict(list(lanes.of(page).changes.items())[:2])
    return engine.over_leverage(scenario, changes, LEVERAGES, DURATIONS)


@stored(1)
def steps() -> Any:
    """Margin steps that two costs take, over leverage."""
    every = [float(x) for x in range(5, 126)]
    found = {"five": engine.step_table(every, 0.0005, 0.005)}
    found["ten"] = engine.step_table(every, 0.001, 0.005)
    return charts_cost.steps_rows(found, (20.0, 50.0, 100.0))


@stored(1)
def step_words() -> Any:
    """Margin steps as a table, at a few leverages."""
    return tables.margin_steps(
        engine.step_table((5.0, 10.0, 20.0, 50.0, 75.0, 100.0), 0.0005, 0.005)
    )


class Experiment(Stoppable):
    """Variants of a scenario over many seeds, one result a seed."""

    def __init__(self, scenario: Any, changes: dict[str, Any], also: frozenset[str]):
        super().__init__(SEEDS)
        self.scenario = scenario
        self.changes = changes
        self.also = also
        self.done: list[Any] = []

    def results(self, seeds: range) -> Any:
        """What is run, one result a seed."""
        return engine.trials(self.scenario, seeds, self.changes, self.also)

    def parts(self) -> Iterator[Any]:
        return iter(self.results(range(len(self.done), SEEDS)))

    def keep(self, part: Any) -> None:
        self.done.append(part)


@stored(24)
def experiment(scenario: Any, page: str) -> Experiment:
    """The experiment on one scenario; readers with the same settings share it."""
    return Experiment(scenario, lanes.of(page).changes, lanes.metrics_of(page))
