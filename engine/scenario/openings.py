"""What the venue lets accounts open: positions cut to its caps, collateral that meets its add-ons.

An account with several legs has one leverage: what it may open is shared by its legs as it asked
for them. Its collateral is topped up without the concentration add-on.
"""

from dataclasses import replace

import numpy as np

from engine.scenario.population import Population, top_up
from engine.scenario.portfolios import Portfolios
from engine.scenario.rulebooks import Rulebook
from engine.scenario.schema import Scenario

LEAST = 1e-300  # a leg is never cut to nothing: one lot is opened, as of a single position


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
        collateral = people.collateral.copy()
        top_up(
            collateral, people.side, size, people.entry, price, room,
            book.floors, book.rates, book.deductions,
        )  # fmt: skip
        people = replace(people, collateral=collateral)
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


def let_open_legs(scenario: Scenario, wished: Portfolios, prices: np.ndarray) -> Portfolios:
    """The accounts with several legs as the venue lets them open.

    First each leg is cut to the exposure limit at its entry. Then, where the notional of all legs
    is above the cap times the collateral (coins at the opening price less their haircut), all legs
    shrink by the same factor, so that hedges stay hedges.
    """
    rails, size = scenario.guardrails, wished.size_coin
    if not len(wished):
        return wished
    if rails.exposure_limit > 0.0:
        most = rails.exposure_limit / wished.entry
        size = np.clip(size, -most, most)
    if rails.leverage_cap > 0.0:
        counted = wished.collateral + wished.coins @ (prices * (1.0 - scenario.margin.haircut))
        gross = np.maximum((np.abs(size) * wished.entry).sum(axis=1), LEAST)
        factor = np.maximum(rails.leverage_cap * counted / gross, LEAST)
        # What was cut before stays as it is, to the bit.
        size = size * np.where(factor < 1.0 - 1e-12, factor, 1.0)[:, None]
    return replace(wished, size_coin=size)


def concentration_rate(notches: tuple, share: np.ndarray) -> np.ndarray:
    """Rate [1] added to positions that are `share` of the depth."""
    starts = np.array([start for start, _ in notches])
    rates = np.array([0.0, *(rate for _, rate in notches)])
    return rates[np.searchsorted(starts, share, side="right")]


def asked_lots(
    scenario: Scenario, wished: Population, several: Portfolios, lot: float
) -> np.ndarray:
    """Lots that each account asked for, then each leg; nothing where the venue has no caps."""
    rails = scenario.guardrails
    if rails.leverage_cap == 0.0 and rails.exposure_limit == 0.0:
        return np.zeros(0)
    legs = several.size_coin.ravel()
    lots = np.maximum(np.rint(np.append(wished.size_coin, np.abs(legs)) / lot), 1.0)
    lots[len(wished.size_coin) :][legs == 0.0] = 0.0
    return lots
