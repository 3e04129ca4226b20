"""The same world and the same accounts under other settings of the venue."""

from dataclasses import replace
from typing import Any

import numpy as np

from engine.scenario.compile import Compiled, addon_tables, compile_scenario, opening
from engine.scenario.openings import asked_lots, let_open_legs, within_caps
from engine.scenario.population import Population
from engine.scenario.portfolios import scripted_correlation, with_portfolios
from engine.scenario.schema import Scenario

OPENING = ("liquidation.liquidators", "liquidation.liquidator_capital")
PLAIN = (  # read by the kernel, not by the opening
    "venue.taker_fee", "venue.liquidation_fee", "guardrails.band", "guardrails.breaker_move",
)  # fmt: skip
DEPTHS = ("book.depth", "world.others")
OPENED = (  # what a venue lets accounts open, and what it then asks of them
    "guardrails.leverage_cap", "guardrails.exposure_limit",
    "guardrails.volatility_addon", "guardrails.concentration_addon",
)  # fmt: skip


def only_rules(path: str) -> bool:
    """True for a setting that neither world, accounts nor opening balances depend on."""
    return path in PLAIN or (
        path.partition(".")[0] in ("mark", "liquidation") and path not in OPENING
    )


def singles_of(compiled: Compiled) -> Population:
    """The accounts with one position."""
    n, people = len(compiled.population) - len(compiled.portfolios), compiled.population
    return Population(**{name: column[:n] for name, column in vars(people).items()})


def changed(compiled: Compiled, changes: dict[str, Any]) -> Compiled:
    """`compiled` with settings changed; it is shared as far as they leave it as it is.

    The accounts are those of `compiled`, whatever the settings say about drawing them. Of a replay
    only what the venue sets can change, as its candles are not kept. Raises InputError where a
    value cannot be used.
    """
    scenario = compiled.scenario.with_values(**changes)
    if all(only_rules(path) for path in changes):
        return replace(compiled, scenario=scenario)
    if all(path in DEPTHS for path in changes):
        return with_depth(compiled, scenario)
    if all(path in OPENED for path in changes):
        return with_guardrails(compiled, scenario)
    if scenario.world.source == "replay":
        return with_cap(compiled, scenario)
    return compile_scenario(scenario, table=singles_of(compiled), portfolios=compiled.portfolios)


def with_depth(compiled: Compiled, scenario: Scenario) -> Compiled:
    """Only the depth of the books differs: of further symbols nothing else in their rows."""
    depths = np.array([scenario.book.depth])
    if scenario.world.source == "generated":
        depths = np.array([scenario.book.depth, *(row[2] for row in scenario.world.others)])
    depth = depths / compiled.fundamental[0] / compiled.units.lot
    return replace(compiled, scenario=scenario, inputs=compiled.inputs._replace(depth=depth))


def with_cap(compiled: Compiled, scenario: Scenario) -> Compiled:
    """A replay: rates of the time of its candles, at most the cap (inf stands for no settlement),
    and the correlation that the venue publishes.
    """
    cap, script = scenario.funding.cap, compiled.inputs.script
    script = np.where(np.isinf(script), script, np.clip(script, -cap, cap))
    rho = scripted_correlation(scenario, len(compiled.fundamental))
    inputs = compiled.inputs._replace(script=script, rho=rho)
    return replace(compiled, scenario=scenario, inputs=inputs)


def with_guardrails(compiled: Compiled, scenario: Scenario) -> Compiled:
    """Other caps on what is opened, and other add-ons; nobody posts more for them than before."""
    wished, wanted, units = singles_of(compiled), compiled.portfolios, compiled.units
    people, prices = within_caps(scenario, wished), compiled.fundamental[0]
    several = let_open_legs(scenario, wanted, prices)
    quote, base, entry = opening(scenario, people, several, units, prices)
    inputs = compiled.inputs._replace(
        entry=entry, asked=asked_lots(scenario, wished, wanted, units.lot),
        **addon_tables(scenario, len(compiled.inputs.rates)),
    )  # fmt: skip
    return replace(
        compiled, scenario=scenario, inputs=inputs, quote=quote, base=base,
        population=with_portfolios(people, several), portfolios=several,
    )  # fmt: skip
