"""Small studies that a note draws: the same lanes at many settings, and costs over a grid.

A lane is a name with the settings it changes. Every row of a study comes from a run or from a
function of the engine; nothing is fitted or smoothed.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from engine.core import impact, trajectory
from engine.scenario.errors import InputError
from engine.scenario.schema import Scenario
from engine.simulation import run
from engine.studies import costs
from engine.totals import totals

Lanes = Mapping[str, Mapping[str, Any]]


def sweep(
    scenario: Scenario, lanes: Lanes, points: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The totals of each lane at each point: `{"lane": ..., "point": k, **totals}` a row.

    A point is a set of changed settings; what a lane changes comes after it. A point that cannot
    be used with a lane is left out. All lanes of a point share one world.
    """
    rows = []
    for k, point in enumerate(points):
        for name, changes in lanes.items():
            try:
                changed = scenario.with_values(**{**point, **changes})
            except InputError:
                continue
            rows.append({"lane": name, "point": k, **totals(run(changed))})
    return rows


def over_depth(scenario: Scenario, lanes: Lanes, depths: Iterable[float]) -> pd.DataFrame:
    """`sweep` over the depth of the book: depth [USD per 1 %], lane, and the totals."""
    values = list(depths)
    frame = pd.DataFrame(sweep(scenario, lanes, [{"book.depth": float(d)} for d in values]))
    frame.insert(0, "depth", [float(values[k]) for k in frame["point"]])
    return frame.drop(columns="point")


def boundary(frame: pd.DataFrame, metric: str, first: str, second: str) -> float | None:
    """Depth [USD per 1 %] from which lane `second` has the smaller metric; None if it never has.

    frame : of `over_depth`. The last depth at which `first` is the smaller and the next one are
    joined by a straight line in the logarithms of depth and of the two metrics' ratio.
    """
    table = frame.pivot(index="depth", columns="lane", values=metric).sort_index()
    table = table[(table[first] > 0.0) & (table[second] > 0.0)]
    ratio = np.log(table[first].to_numpy() / table[second].to_numpy())
    depth = np.log(table.index.to_numpy(dtype=float))
    ahead = np.flatnonzero(ratio < 0.0)
    if not len(ahead) or ahead[-1] + 1 >= len(ratio):
        return None
    k = ahead[-1]
    part = -ratio[k] / (ratio[k + 1] - ratio[k])
    return float(np.exp(depth[k] + part * (depth[k + 1] - depth[k])))


def over_leverage(
    scenario: Scenario, lanes: Lanes, leverages: Iterable[float], durations: Iterable[int]
) -> pd.DataFrame:
    """`sweep` over leverage and speed: leverage [1], duration [step], lane, and the totals.

    The highest leverage is set to each value and the lowest keeps its ratio to it; the largest
    shock takes each duration, with its size and start as they are.
    """
    ratio = scenario.accounts.leverage_low / scenario.accounts.leverage_high
    step, size, _ = max(scenario.world.shocks, key=lambda shock: abs(shock[1]), default=(0, 0.0, 1))
    places = [(float(x), int(d)) for d in durations for x in leverages]
    points = [
        {
            "accounts.leverage_high": leverage,
            "accounts.leverage_low": max(leverage * ratio, 1.0),
            "world.shocks": ((step, size, duration),) if size else (),
        }
        for leverage, duration in places
    ]
    frame = pd.DataFrame(sweep(scenario, lanes, points))
    frame.insert(0, "leverage", [places[k][0] for k in frame["point"]])
    frame.insert(1, "duration", [places[k][1] for k in frame["point"]])
    return frame.drop(columns="point")


def slicing(
    size: float, depth: float, shape: int, recovery: float, duration: float, most: int = 12
) -> pd.DataFrame:
    """Cost of selling `size` within `duration` in 1 .. `most` equal slices, in basis points.

    slices; simulated : slice by slice through the book (`costs.sliced_cost`); best, steady : the
    Obizhaeva-Wang closed forms of the cheapest schedule and of a constant rate over the same time,
    for a flat book, whatever its shape here; other_model : Almgren and Chriss, where the impact of
    each slice is gone before the next, eta = kappa tau / 2 and no permanent part.
    """
    kappa, rho, rows = 0.01 / depth, 1.0 / recovery, []
    for n in range(1, most + 1):
        pause = duration / (n - 1) if n > 1 else 0.0
        tau = duration / n
        trades = np.full(n, size / n)
        other = trajectory.expected_cost(trades, tau, 0.0, 0.0, kappa * tau / 2.0)
        rows.append(
            {
                "slices": n,
                "simulated": costs.sliced_cost(size, depth, n, pause, recovery, shape) * 1e4,
                "best": impact.optimal_cost(kappa, size, rho, duration) / size * 1e4,
                "steady": impact.steady_cost(kappa, size, rho, duration) / size * 1e4,
                "other_model": other / size * 1e4,
            }
        )
    return pd.DataFrame(rows)


def surface(
    sizes: Iterable[float], depths: Iterable[float], leverages: Iterable[float], shape: int,
    half_spread: float,
) -> pd.DataFrame:  # fmt: skip
    """Cost of one forced order over size, depth and leverage, exact fills of the book.

    size [USD], depth [USD per 1 %], leverage [1]; cost_bp of notional; of_margin [fraction] of the
    position's collateral; steps : margin steps it takes (infinite: all of the margin).
    """
    rows = []
    for size in sizes:
        for depth in depths:
            cost = costs.order_cost(size, depth, shape, half_spread)
            for leverage in leverages:
                rows.append(
                    {
                        "size": size, "depth": depth, "leverage": leverage, "cost_bp": cost * 1e4,
                        "of_margin": cost * leverage, "steps": costs.margin_steps(leverage, cost),
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def one_order(
    size: float, depth: float, leverage: float, maintenance: float, shape: int, half_spread: float
) -> pd.DataFrame:
    """What either halving does for one position closed in one order, nobody else in the book.

    change : as it is, half the size, half the leverage; cost_bp of notional; of_margin [fraction];
    steps : margin steps the cost takes; room [fraction] : fall of the price to maintenance, the
    cost of closing put aside. Half the leverage leaves the cost and doubles the margin.
    """
    cases = {
        "As it is": (size, leverage),
        "Half the size": (size / 2.0, leverage),
        "Half the leverage": (size, leverage / 2.0),
    }
    rows = []
    for change, (usd, times) in cases.items():
        cost = costs.order_cost(usd, depth, shape, half_spread)
        rows.append(
            {
                "change": change, "cost_bp": cost * 1e4, "of_margin": cost * times,
                "steps": costs.margin_steps(times, cost),
                "room": costs.room(times, maintenance, cost),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def halving(scenario: Scenario, depths: Iterable[float], falls: Iterable[float]) -> pd.DataFrame:
    """Which halving saves more slippage, over depth and outside fall, in closed form.

    depth [USD per 1 %], fall [fraction]; as_is, half_size, half_leverage [bp] as in `costs.halved`,
    for the longs of the scenario; ahead : "size", "leverage", or "neither" where they differ by
    less than a tenth or nobody is reached.
    """
    people, rows = scenario.accounts, []
    rate = 0.005
    for depth in depths:
        for fall in falls:
            found = costs.halved(
                people.open_interest * people.long_share, depth, fall, rate, people.leverage_low,
                people.leverage_high,
            )  # fmt: skip
            size, leverage = found["half_size"], found["half_leverage"]
            close = abs(size - leverage) <= 0.1 * max(size, leverage)
            ahead = "neither" if close else "size" if size < leverage else "leverage"
            bp = {name: value * 1e4 for name, value in found.items()}
            rows.append({"depth": depth, "fall": fall, **bp, "ahead": ahead})
    return pd.DataFrame(rows)


def step_table(leverages: Iterable[float], cost: float, maintenance: float) -> pd.DataFrame:
    """What a cost takes from a margin, by leverage.

    leverage; effective leverage after it; steps taken; of_room : share of the distance from initial
    to maintenance margin (infinite where there is none).
    """
    rows = [
        {
            "leverage": x,
            "effective": costs.effective_leverage(x, cost),
            "steps": costs.margin_steps(x, cost),
            "of_room": costs.share_of_room(x, maintenance, cost),
        }
        for x in leverages
    ]
    return pd.DataFrame(rows)
