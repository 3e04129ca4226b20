"""Accounts with several legs: drawn from the rows of `accounts.portfolios`."""

from dataclasses import dataclass

import numpy as np

from engine.core.credit import open_credit
from engine.core.legs import requirement
from engine.core.maths import exp_each, total
from engine.core.random import Stream, fill_normal
from engine.scenario.errors import InputError
from engine.scenario.margining import check_symbols
from engine.scenario.population import Population
from engine.scenario.rulebooks import Rulebook, load
from engine.scenario.schema import Scenario

RANGE = 2**32  # draws kept for one attribute, as in the population
PORTFOLIO_SIZE, PORTFOLIO_ENTRY = 5, 6  # further attributes of accounts; entries take one a leg
MODES = ("cross", "portfolio", "scan")


@dataclass(frozen=True, eq=False)
class Portfolios:
    """Multi-leg accounts at the opening: C accounts, K symbols."""

    size_coin: np.ndarray  # (C, K) coin, long positive, 0 for no leg
    entry: np.ndarray  # (C, K) USD per coin
    collateral: np.ndarray  # (C,) USD in cash
    coins: np.ndarray  # (C, K) coin held as collateral

    def __len__(self) -> int:
        return len(self.size_coin)


def no_portfolios(symbols: int) -> Portfolios:
    """No multi-leg accounts."""
    none = np.zeros((0, symbols))
    return Portfolios(none, none, np.zeros(0), none)


def draw_portfolios(
    scenario: Scenario, prices: np.ndarray, book: Rulebook | None = None
) -> Portfolios:
    """Draw the accounts of all rows at the opening prices (K,) [USD/coin].

    size        the gross notional of a row is shared log-normally with spread `size_spread`, and
                within an account by the size of the weights; their signs are the sides
    entry       opening price * exp(entry_spread * z), one draw a leg
    collateral  gross notional at entry / leverage, topped up to the requirement in force at the
                opening plus `headroom` of the gross notional
    coins       `coin_share` of the collateral is held in the coin of symbol `coin`, at the
                opening price less its haircut
    """
    accounts, rows = scenario.accounts, scenario.accounts.portfolios
    symbols = len(prices)
    check_symbols(scenario.margin, accounts, symbols)
    if not rows:
        return no_portfolios(symbols)
    counts = [row[0] for row in rows]
    weight = exp_each(accounts.size_spread * _normals(scenario.seed, PORTFOLIO_SIZE, sum(counts)))
    sizes, leverage, start = [], [], 0
    for count, notional, lever, *weights in rows:
        part = weight[start : start + count]
        signed = np.array((*weights, *[0.0] * symbols)[:symbols])
        mix = signed / float(np.abs(signed).sum()) / prices
        sizes.append((part * (notional / total(part)))[:, None] * mix)
        leverage += [lever] * count
        start += count
    size = np.concatenate(sizes)
    drawn = [_normals(scenario.seed, PORTFOLIO_ENTRY + k, len(size)) for k in range(symbols)]
    entry = np.column_stack(
        [prices[k] * exp_each(accounts.entry_spread * z) for k, z in enumerate(drawn)]
    )
    bought = np.abs(size * entry).sum(axis=1)
    gain = (size * (prices - entry)).sum(axis=1)
    needed = needed_at(scenario, size, prices, book) + accounts.headroom * np.abs(
        size * prices
    ).sum(1)
    collateral = np.maximum(bought / np.array(leverage), needed - gain)
    return in_coins(scenario, Portfolios(size, entry, collateral, np.zeros_like(size)), prices)


def in_coins(scenario: Scenario, drawn: Portfolios, prices: np.ndarray) -> Portfolios:
    """The part of the collateral that is held in coins, so that it counts for the same amount."""
    accounts, coins = scenario.accounts, drawn.coins.copy()
    share = accounts.coin_share
    counted = prices[min(accounts.coin, len(prices) - 1)] * (1.0 - scenario.margin.haircut)
    if share == 0.0:
        return drawn
    if counted <= 0.0:
        raise InputError("margin.haircut", scenario.margin.haircut, "below 1 with coin collateral")
    held = np.maximum(drawn.collateral, 0.0) * share
    coins[:, accounts.coin] = held / counted
    return Portfolios(drawn.size_coin, drawn.entry, drawn.collateral - held, coins)


def needed_at(
    scenario: Scenario, size: np.ndarray, prices: np.ndarray, book: Rulebook | None = None
) -> np.ndarray:
    """Requirement (C,) [USD] of positions (C, K) [coin] at prices (K,), in the mode in force."""
    margin, book = scenario.margin, book or load(scenario.venue.rulebook)
    credit = np.zeros((4, len(prices), len(prices)))
    open_credit(opening_correlation(scenario), 1.0, np.ones(len(prices)), credit)
    scans, mode = scan_table(scenario, len(prices)), MODES.index(margin.mode)
    values = size * prices
    margins = np.sign(size) * leg_maintenance(book, np.abs(values))
    return np.array([
        requirement(margins[c], values[c], credit[0], scans, mode, float(margin.floor))
        for c in range(len(size))
    ])  # fmt: skip


def leg_maintenance(book: Rulebook, notional: np.ndarray) -> np.ndarray:
    """Maintenance margin [USD] of each notional; none where nothing is held."""
    return np.where(notional > 0.0, book.maintenance(notional), 0.0)


def opening_correlation(scenario: Scenario) -> float:
    """Correlation of all pairs at the opening: scripted from step 0, or the setting."""
    script = scenario.margin.script
    return float(script[0][1] if script and script[0][0] == 0 else scenario.margin.correlation)


def scripted_correlation(scenario: Scenario, steps: int) -> np.ndarray:
    """Published correlation by step (T,) if it is scripted, else (1,) the opening one."""
    opening = opening_correlation(scenario)
    if not scenario.margin.script:
        return np.array([opening])
    rho = np.full(max(steps, 2), opening)
    for step, correlation in scenario.margin.script:
        rho[step:] = correlation
    return rho


def scan_table(scenario: Scenario, symbols: int) -> np.ndarray:
    """Joint moves (S, K) of the scan mode; symbols beyond the fourth do not move."""
    rows = scenario.margin.scans
    table = np.zeros((len(rows), symbols))
    for s, moves in enumerate(rows):
        table[s, : len(moves)] = moves[:symbols]
    return table


def with_portfolios(people: Population, several: Portfolios) -> Population:
    """The population with a row for each multi-leg account, in sums over its legs.

    side is that of the net notional at entry, size_coin and entry are 0, symbol is -1.
    """
    if len(several) == 0:
        return people
    value = several.size_coin * several.entry
    gross, none = np.abs(value).sum(axis=1), np.zeros(len(several))
    whole = several.collateral + (several.coins * several.entry).sum(axis=1)
    return Population(
        side=np.append(people.side, np.where(value.sum(axis=1) >= 0.0, 1, -1)),
        size_coin=np.append(people.size_coin, none),
        entry=np.append(people.entry, none),
        leverage=np.append(people.leverage, gross / np.maximum(whole, 1e-9)),
        collateral=np.append(people.collateral, whole),
        isolated=np.append(people.isolated, none.astype(bool)),
        symbol=np.append(people.symbol, np.full(len(several), -1)),
    )


def _normals(seed: int, attribute: int, count: int) -> np.ndarray:
    out = np.empty(count)
    fill_normal(out, seed, int(Stream.POPULATION), attribute * RANGE)
    return out
