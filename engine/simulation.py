"""Run a scenario: world, accounts, kernel, and the result a reader can question."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from engine.asked import check_lanes, check_scenario
from engine.causes import attribution, contributions
from engine.core.loop import simulate
from engine.core.state import Count
from engine.core.workspace import workspace
from engine.log import frames
from engine.metrics import Metrics
from engine.monitor.operator import operate
from engine.record import Record
from engine.scenario.compile import Compiled, compile_scenario, reductions
from engine.scenario.errors import InputError
from engine.scenario.params import kernel_params
from engine.scenario.population import Population
from engine.scenario.portfolios import Portfolios
from engine.scenario.rulebooks import Rulebook
from engine.scenario.schema import Scenario, reseeded

Lanes = Mapping[str, Mapping[str, Any]]
POLICIES = ("market", "incremental", "auction")
POLICY_LANES: Lanes = {name: {"liquidation.policy": name} for name in POLICIES}
OPENS_WITH = ("liquidation.liquidators", "liquidation.liquidator_capital")  # opening balances
MAX_EVENTS = 1_000_000  # rows a run may log; beyond it the scenario is refused
MAX_RANKED = 50_000_000  # accounts that rankings and shared losses may look at, likewise: 2 s


EXACT = 2.0**52  # ticks or lots that a balance holds exactly, with room for one more movement


def check_exact(scenario: Scenario, state: Any) -> None:
    """Refuse a run whose crowd or funding compounded beyond what balances hold exactly."""
    if not (scenario.crowd.on or scenario.funding.on):
        return
    size = max(float(np.abs(state.quote).max()), float(np.abs(state.base).max()))
    if (logged := int(state.count[Count.RECORDS])) > 0:
        size = max(size, float(np.abs(state.log["quote"][:logged]).max()))
    if size > EXACT:
        name, value = "crowd.leverage", scenario.crowd.leverage
        if not scenario.crowd.on:
            name, value = "funding.cap", scenario.funding.cap
        raise InputError(name, value, "lower: the gains outgrow whole ticks")


@dataclass(frozen=True, eq=False)
class Result(Record):
    """A run and what can be read out of it: tables in coins and USD, totals, causes."""

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the whole event log, the final balances and the prices of every step."""
        digest = hashlib.sha256()
        for part in (self.events, self.quote, self.base, self.mid, self.raw):
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()

    @cached_property
    def causes(self) -> np.ndarray:
        """For each event the earlier event that contributed most to it; -1 the outside world."""
        return contributions.causes(self)

    @cached_property
    def toxic(self) -> np.ndarray:
        """For each event whether it is a slice that lowered the margin ratio it should raise."""
        return attribution.toxic(self)

    @cached_property
    def metrics(self) -> Metrics:
        """Numbers of the run by name: totals at once, the rest when asked for."""
        return Metrics(self)

    @cached_property
    def conservation(self) -> dict[str, float]:
        """Worst imbalance of quote [tick] and base [lot] over all steps and symbols: zero."""
        return frames.conservation(self)

    @property
    def balances(self) -> list[dict[str, Any]]:
        """Final balances by row, in USD and coin."""
        return frames.balances(self)

    def event_frame(self) -> pd.DataFrame:
        """One row an event, in log order."""
        return frames.event_frame(self)

    def series_frame(self, symbol: int = 0) -> pd.DataFrame:
        """One row a step."""
        return frames.series_frame(self, symbol)

    def account_frame(self) -> pd.DataFrame:
        """One row an account: how it opened and how it ended."""
        return frames.account_frame(self)

    def ledger(self) -> Iterator[tuple]:
        """The opening balances, then every movement, in whole ticks and lots."""
        return frames.ledger(self)


def run_compiled(compiled: Compiled, policy: str | None = None) -> Result:
    """Run one policy on a world that is already drawn, with the operator of its scenario."""
    scenario = compiled.scenario
    if policy is not None and policy != scenario.liquidation.policy:
        scenario = scenario.with_values(**{"liquidation.policy": policy})
        compiled = replace(compiled, scenario=scenario)
    if not scenario.monitor.operated:
        return run_once(compiled)
    scripted = reductions(scenario, len(compiled.inputs.symbol))
    result, actions = operate(lambda rows: run_once(with_reductions(compiled, rows)), scripted)
    return replace(result, actions=actions)


def with_reductions(compiled: Compiled, rows: np.ndarray) -> Compiled:
    """The same with other own reductions (J, 3): step, account, share."""
    return replace(compiled, inputs=compiled.inputs._replace(reductions=rows))


def run_once(compiled: Compiled) -> Result:
    """One run of what is compiled, nobody acting on it."""
    scenario = compiled.scenario
    p = kernel_params(scenario, compiled.units)
    if len(compiled.inputs.reductions) > 0:
        p = p._replace(scheduled=1)
    # Rows that are not written take no memory; a log that does not fit costs a second run.
    capacity = min(16 * len(compiled.inputs.symbol) + 1_024, MAX_EVENTS)
    while True:
        state = workspace(p, compiled.inputs, compiled.quote, compiled.base, capacity)
        count = simulate(p, compiled.inputs, state, MAX_EVENTS, MAX_RANKED)
        if state.count[Count.WORK] > MAX_RANKED:
            raise InputError(
                "scenario", "too many rankings or limit changes", "fewer accounts or more fund"
            )
        if count > MAX_EVENTS:
            raise InputError(
                "scenario", f"more than {count - 1:,} events", f"at most {MAX_EVENTS:,}"
            )
        if count <= capacity:
            break
        capacity = int(count)  # the run is deterministic: repeat it with a log that fits
    check_exact(scenario, state)
    return Result.read(scenario, compiled, p, state)


GIVEN: dict[str, tuple[type, str]] = {
    "table": (Population, "accounts of engine.read_table"),
    "portfolios": (Portfolios, "portfolios of engine.scenario.portfolios"),
    "tiers": (Rulebook, "margin tiers of engine.read_tiers"),
}


def check_given(given: Mapping[str, Any]) -> None:
    """Raise InputError unless what the reader brings has been read by the engine."""
    world = given.get("world")
    if world is not None and not isinstance(getattr(world, "prices", None), np.ndarray):
        raise InputError("world", world, "a world of engine.replay_world, or None")
    for name, (kind, allowed) in GIVEN.items():
        value = given.get(name)
        if value is not None and not isinstance(value, kind):
            raise InputError(name, value, f"{allowed}, or None")


def run(
    scenario: Scenario,
    *,
    world: Any = None,
    table: Population | None = None,
    portfolios: Portfolios | None = None,
    tiers: Rulebook | None = None,
) -> Result:
    """Run a scenario under its own policy. A pure function of its arguments.

    world : prices of a replay, from `engine.replay`; table : accounts given by the reader;
    portfolios : multi-leg accounts in place of those of `accounts.portfolios`; tiers : margin tiers
    given by the reader.
    """
    given = {"world": world, "table": table, "portfolios": portfolios, "tiers": tiers}
    check_scenario(scenario)
    check_given(given)
    return run_compiled(compile_scenario(scenario, **given))


def compare(
    scenario: Scenario,
    lanes: Lanes | None = None,
    *,
    world: Any = None,
    table: Population | None = None,
    tiers: Rulebook | None = None,
) -> dict[str, Result]:
    """Run variants of a scenario on the same world and the same accounts, by name.

    lanes : name -> the settings that it changes, e.g. {"late": {"mark.lag": 5}}; None: the three
        policies. The world is drawn from the seed by purpose, so all lanes share what their own
        changes do not touch. Raises InputError where a change cannot be used.
    """
    return dict(variants(scenario, lanes).on(world=world, table=table, tiers=tiers))


@dataclass(frozen=True, eq=False)
class Variants:
    """A scenario and its lanes, checked once, to be run in many worlds."""

    scenario: Scenario
    lanes: Mapping[str, tuple[Scenario, bool]]  # by name; whether world and accounts are shared

    def on(
        self,
        seed: int | None = None,
        *,
        world: Any = None,
        table: Population | None = None,
        tiers: Rulebook | None = None,
    ) -> Iterator[tuple[str, Result]]:
        """Each lane's result in the world of a seed; None: of the scenario's own."""
        given = {"world": world, "table": table, "tiers": tiers}
        check_given(given)
        base = compile_scenario(reseeded(self.scenario, seed), **given)
        for name, (changed, shared) in self.lanes.items():
            lane = reseeded(changed, seed)
            if shared:
                yield name, run_compiled(replace(base, scenario=lane))
            else:
                yield name, run_compiled(compile_scenario(lane, **given))


def variants(scenario: Scenario, lanes: Lanes | None = None) -> Variants:
    """The lanes of a scenario, see `compare`. Raises InputError where a change cannot be used."""
    chosen = POLICY_LANES if lanes is None else lanes
    check_scenario(scenario)
    check_lanes(chosen)
    made = {
        name: (scenario.with_values(**changes), all(map(_only_rules, changes)))
        for name, changes in chosen.items()
    }
    return Variants(scenario, made)


def _only_rules(path: str) -> bool:
    """True for a setting that world, accounts and opening balances do not depend on."""
    return path.partition(".")[0] in ("mark", "liquidation") and path not in OPENS_WITH
