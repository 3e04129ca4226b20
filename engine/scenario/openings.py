"""What the venue lets accounts open: positions cut to its caps, collateral that meets its add-ons.

Holds for accounts with one position; the legs of a portfolio are opened as they are given.
"""

from dataclasses import replace

import numpy as np

from engine.scenario.population import Population, least_collateral
from engine.scenario.rulebooks import Rulebook
from engine.scenario.schema import Scenario


def let_open(
    scenario: Scenario,
    wished: Population,
    drawn: bool,
    depths: np.ndarray,
    prices: np.ndarray,
    book: Rulebook,
) -> Population:
    """The accounts as the venue lets them open.

    Entry notional is at most the cap times the collateral, and at most the exposure limit. Drawn
    accounts are topped up to the requirement with the concentration add-on of the opening, so that
    nobody is due by it at once; collateral of accounts from a table stays as it is given.
    """
    rails, people = scenario.guardrails, within_caps(scenario, wished)
    if drawn and rails.concentration_addon:
        price, symbol, size = prices[people.symbol], people.symbol, people.size_coin
        room = scenario.accounts.headroom + concentration_rate(
            rails.concentration_addon, size * price / depths[symbol % len(depths)]
        )
        least = least_collateral(people.side, size, people.entry, price, room, book)
        people = replace(people, collateral=np.maximum(people.collateral, least))
    return people


def within_caps(scenario: Scenario, wished: Population) -> Population:
    """Positions cut to the leverage cap and the exposure limit."""
    rails, size = scenario.guardrails, wished.size_coin
    if not rails.on:
        return wished
    if rails.leverage_cap > 0.0:
        size = np.minimum(size, rails.leverage_cap * wished.collateral / wished.entry)
    if rails.exposure_limit > 0.0:
        size = np.minimum(size, rails.exposure_limit / wished.entry)
    return replace(wished, size_coin=size, leverage=wished.leverage * (size / wished.size_coin))


def concentration_rate(notches: tuple, share: np.ndarray) -> np.ndarray:
    """Rate [1] added to positions that are `share` of the depth."""
    starts = np.array([start for start, _ in notches])
    rates = np.array([0.0, *(rate for _, rate in notches)])
    return rates[np.searchsorted(starts, share, side="right")]


def asked_lots(scenario: Scenario, wished: Population, lot: float, several: int) -> np.ndarray:
    """Lots (A,) that each account asked for; nothing where the venue has no caps."""
    rails = scenario.guardrails
    if rails.leverage_cap == 0.0 and rails.exposure_limit == 0.0:
        return np.zeros(0)
    lots = np.maximum(np.rint(wished.size_coin / lot), 1.0)
    return np.append(lots, np.zeros(several))
