"""Does it matter in which order accounts stand? The same run again, with the order changed."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from engine.fairness.measures import unequal_fills
from engine.scenario.population import Population
from engine.scenario.schema import Scenario
from engine.simulation import Result, run


@dataclass(frozen=True)
class OrderEffect:
    """What one change of order did to the accounts."""

    name: str
    changed: int  # accounts that end with another worth
    moved: float  # USD: sum of the differences, up or down
    unequal_bp: float  # how far orders of one step and side were filled apart


def permuted(people: Population, order: np.ndarray) -> Population:
    """The same accounts in another order of rows: row j is the old row `order[j]`."""
    return replace(
        people,
        **{
            spec.name: value[order]
            for spec in fields(people)
            if isinstance(value := getattr(people, spec.name), np.ndarray)
        },
    )


def worth(result: Result) -> np.ndarray:
    """What every account is worth at the last mark (A,) [tick], positions in whole ticks."""
    n = result.accounts
    last = result.raw[max(len(result.raw) - 1 - result.params.lag, 0)]
    lots = result.base[:n, : len(last)]
    return result.quote[:n] + np.rint(lots * last).sum(axis=1)


def order_effects(scenario: Scenario, *, world: Any = None) -> tuple[OrderEffect, ...]:
    """Run a scenario four times and hold the worth of every account against the first run.

    netted               one price for all orders of a step: the first run
    netted, reversed     the same with the accounts in reverse order of rows
    sequential           one order after the other, by risk score, then row
    sequential, reversed the same in reverse order of rows, held against `sequential`

    Where execution is fair to equals, a change of rows changes nothing.
    """
    netted = scenario.with_values(**{"venue.execution": "netted"})
    sequential = scenario.with_values(**{"venue.execution": "sequential"})
    first = run(netted, world=world)
    people = first.compiled.population
    turned = permuted(people, np.arange(len(people))[::-1])
    back = run(netted, world=world, table=turned)
    one_by_one = run(sequential, world=world, table=people)
    other = run(sequential, world=world, table=turned)
    tick = first.compiled.units.tick

    def effect(name: str, result: Result, against: Result, reverse: bool) -> OrderEffect:
        mine = worth(result)[::-1] if reverse else worth(result)
        off = np.abs(mine - worth(against))
        return OrderEffect(
            name, int((off > 1.0).sum()), float(off.sum()) * tick, unequal_fills(result)
        )

    return (
        effect("netted", first, first, False),
        effect("netted, reversed", back, first, True),
        effect("sequential", one_by_one, first, False),
        effect("sequential, reversed", other, one_by_one, True),
    )
