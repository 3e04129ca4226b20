"""The cascade as a graph: which forced orders pushed which margin trigger, and how far down.

Nodes are margin triggers with what was closed by force because of them [USD]. An edge j -> i is the
share w_ij of the move of the mark against account i that the forced orders of trigger j made (see
`engine.core.lineage`); the rest of the shares came from the outside world. From the shares follow

    generation         g(i) = sum_j w_ij (1 + g(j)), the outside world counting 0
    size               S(n) = sum_i USD_i P_i(n): forced USD down a line of n forced orders
    branching ratio    sum_i USD_i sum_j w_ij / sum_i USD_i = 1 - S(0) / sum_n S(n)

Everything is computed from the log of a finished run, on demand.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.causes.attribution import FILLS, book_path
from engine.core import attribution as core
from engine.core.lineage import DEEP, lineage
from engine.core.margin import liquidation_price
from engine.core.state import Rule
from engine.log.addons import added_at
from engine.log.descent import liquidated_ticks, trigger_of
from engine.record import Record

KEPT = 0.95  # of the shares of a trigger: parents that are told one by one
WAVES = 400  # waves whose edges are looked up; the largest by USD
SEVERAL = 6  # accounts of several symbols that are looked up in each
LOOKED_AT = 200_000_000  # waves x events, likewise


class Lost(AssertionError):
    """The log does not lead to the positions at its triggers: no graph rather than a false one."""


@dataclass(frozen=True, eq=False)
class Graph:
    """One row a margin trigger, in log order (N,)."""

    event: np.ndarray  # number of the event
    closed: np.ndarray  # [USD] closed by force because of it
    forced: np.ndarray  # [fraction] share of earlier forced orders, sum_j w_ij
    other: np.ndarray  # [fraction] share of orders nobody was forced to (crowd, own reductions)
    outside: np.ndarray  # [fraction] share of the outside price, of thinning and of a clamp
    generation: np.ndarray  # [1] g
    line: np.ndarray  # (N, DEEP) [fraction] P(n); the last column holds all deeper lines
    since: np.ndarray  # [step] from the forced orders that pushed it, mean by share; 0 if none
    root: np.ndarray  # (E,) row of the trigger an event descends from, -1 if none

    @property
    def by_forced(self) -> float:
        """USD closed by force because of earlier forced flow."""
        return float((self.closed * self.forced).sum())

    @property
    def branching(self) -> float:
        """Branching ratio: USD that forced flow caused, over all forced USD; 0 if there is none."""
        total = float(self.closed.sum())
        return self.by_forced / total if total > 0.0 else 0.0

    @property
    def sizes(self) -> np.ndarray:
        """S(n) [USD], (DEEP,): forced USD by generation. Sums to all of it."""
        return self.closed @ self.line


def graph(result: Record) -> Graph:
    """The graph of a run. Work grows with events and steps, not with pairs of them."""
    kept = result.__dict__.setdefault("_graph", {})
    if "graph" not in kept:
        kept["graph"] = _graph(result)
    return kept["graph"]


def _graph(result: Record) -> Graph:
    events, trigger = result.events, trigger_of(result.events)
    numbers = np.flatnonzero(events["rule"] == Rule.MAINTENANCE)
    root = np.where(trigger >= 0, np.searchsorted(numbers, trigger), -1)
    line, share = np.zeros((len(numbers), DEEP)), np.zeros((len(numbers), 5))
    dx, thin = _book(result)
    moves, compiled = np.isin(events["rule"], _FILLS), result.compiled
    odd = lineage(
        events, moves, root, dx, thin, compiled.base.copy(), result.params, compiled.inputs,
        result.mid, result.raw, line, share,
    )  # fmt: skip
    if odd:
        raise Lost(f"{odd} triggers hold another position than the log leads to")
    inside = root >= 0
    closed = np.bincount(root[inside], liquidated_ticks(events)[inside], len(numbers))
    since = np.where(share[:, 0] > 0.0, events["step"][numbers] - share[:, 4], 0.0)
    return Graph(
        event=numbers, closed=closed * result.compiled.units.tick, forced=share[:, 0],
        other=share[:, 1], outside=share[:, 2], generation=share[:, 3], line=line, since=since,
        root=root,
    )  # fmt: skip


def _book(result: Record) -> tuple[np.ndarray, np.ndarray]:
    """Displacement of each order (E,), and of changes of depth (T, K)."""
    paths = [book_path(result, k) for k in range(result.mid.shape[1])]
    dx = np.zeros(len(result.events))
    for path in paths:
        dx += path.dx
    return dx, np.column_stack([path.thin for path in paths])


def graph_numbers(result: Record) -> dict[str, float]:
    """The graph in four numbers; all zero in a run without forced flow.

    branching_ratio [fraction] : forced USD caused by forced flow over all forced USD
    forced_by_forced [USD] : the former of the two
    mean_generation [1] : mean of g, weighted by USD
    deepest_generation [1] : largest g
    """
    found = graph(result)
    total = float(found.closed.sum())
    mean = float((found.closed * found.generation).sum()) / total if total > 0.0 else 0.0
    return {
        "branching_ratio": found.branching,
        "forced_by_forced": found.by_forced,
        "mean_generation": mean,
        "deepest_generation": float(found.generation.max(initial=0.0)),
    }


def pushes(result: Record, number: int) -> np.ndarray:
    """Shares w (N,) of the forced orders of each trigger in margin trigger `number`, by row.

    The positions of the account at that event are followed through the log; O(E + T) work.
    """
    found, events = graph(result), result.events
    i = int(np.searchsorted(found.event, number))
    flow = np.zeros(len(events))
    row = events[number]
    s = max(int(row["step"]) - result.params.check_lag, 0)
    weights = np.zeros(s + 1)
    lots = _held(result, number)
    for k in np.flatnonzero(lots):
        part, path = np.zeros(len(events)), book_path(result, int(k))
        market = (s, int(k), result.params, result.compiled.inputs, result.mid, result.raw)
        core.impulse_weights(*market, weights)
        core.add_contributions(s, int(k), -lots[k], events, path.dx, weights, part)
        flow += np.maximum(part, 0.0)
    mine = (found.root >= 0) & (flow > 0.0)
    pushed = np.bincount(found.root[mine], flow[mine], len(found.event))
    total = float(pushed.sum())
    return pushed * (found.forced[i] / total) if total > 0.0 else pushed


def _held(result: Record, number: int) -> np.ndarray:
    """Lots (K,) of the account of an event, just before it."""
    events, symbols = result.events[:number], result.mid.shape[1]
    account = int(result.events[number]["account"])
    lots = result.compiled.base[account, :symbols].copy()
    moves = np.isin(events["rule"], _FILLS)
    for sign, name in ((1.0, "account"), (-1.0, "counter")):
        mine = moves & (events[name] == account)
        if sign < 0.0:
            mine &= events["account"] != account
        lots += sign * np.bincount(events["symbol"][mine], events["qty"][mine], symbols)[:symbols]
    return lots


_FILLS = [rule for rule in FILLS if rule != Rule.COLLATERAL_SALE]  # that one moves coins, no leg


@dataclass(frozen=True)
class Parents:
    """Where one trigger came from: the parents that together carry KEPT of it, and the rest."""

    event: int
    outside: float  # [fraction] outside world, thinning, clamp and other orders
    kept: tuple[tuple[int, float], ...]  # (event of the parent, share), largest first
    rest: float  # [fraction] all further forced orders, as one edge


def parents(result: Record, number: int, keep: float = KEPT) -> Parents:
    """The parents of margin trigger `number` that carry `keep` of its positive share.

    The outside world is a parent like any other: where it alone carries that much, no forced order
    is told one by one.
    """
    found, share = graph(result), pushes(result, number)
    order = np.argsort(-share, kind="stable")
    order = order[share[order] > 0.0]
    outside = 1.0 - float(share.sum())
    carried = outside + np.cumsum(share[order])
    most = int(np.searchsorted(carried, keep - 1e-12)) + 1 if outside < keep else 0
    kept = tuple((int(found.event[j]), float(share[j])) for j in order[:most])
    return Parents(int(number), outside, kept, float(share[order[most:]].sum()))


@dataclass(frozen=True, eq=False)
class Wave:
    """Margin triggers of one step, symbol and side.

    The same marks pushed all of them alike, but for accounts of several symbols.
    """

    step: int
    symbol: int
    side: int  # 1 long, -1 short
    rows: np.ndarray  # rows of the graph
    closed: float  # [USD]
    generation: float  # mean by USD
    forced: float  # share of forced flow, mean by USD
    price: float  # [USD/coin] liquidation price, mean by USD


def liquidation_prices(result: Record) -> np.ndarray:
    """Price (N,) [USD/coin] at which each trigger's account met its margin, from what it then held.

    Zero where no positive price does, and for accounts of several symbols the mark at the check.
    """
    found, inputs = graph(result), result.compiled.inputs
    rows = result.events[found.event]
    out, added = np.empty(len(rows)), added_at(result, np.asarray(found.event))
    for n, row in enumerate(rows):
        if inputs.symbol[row["account"]] < 0 or row["base"] == 0.0:
            out[n] = row["mark"]
            continue
        price = liquidation_price(
            row["quote"], row["base"], inputs.floors, inputs.rates + added[n], inputs.deductions
        )
        out[n] = max(price, 0.0)
    return out / result.compiled.units.price


def waves(result: Record) -> list[Wave]:
    """The triggers of a run by step, symbol and side, in that order."""
    found, rows = graph(result), result.events[graph(result).event]
    side = np.where(rows["base"] > 0.0, 1, -1)
    key = np.column_stack((rows["step"], rows["symbol"], side)).astype(np.int64)
    names, place = np.unique(key, axis=0, return_inverse=True)
    price = liquidation_prices(result)
    order = np.argsort(place.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(place.ravel(), minlength=len(names)))
    out: list[Wave] = []
    if not len(rows):
        return out
    for (step, symbol, way), mine in zip(names, np.split(order, ends[:-1]), strict=True):
        usd = found.closed[mine]
        weight = usd / usd.sum() if usd.sum() > 0.0 else np.full(len(mine), 1.0 / len(mine))
        out.append(
            Wave(
                int(step),
                int(symbol),
                int(way),
                mine,
                float(usd.sum()),
                float(weight @ found.generation[mine]),
                float(weight @ found.forced[mine]),
                float(weight @ price[mine]),
            )  # fmt: skip
        )
    return out


def _wave_pushes(result: Record, wave: Wave) -> np.ndarray:
    """Shares w (N,) of the forced orders of each trigger in a wave, mean by USD.

    One account of a single symbol stands for all such; of several symbols the largest SEVERAL do.
    """
    found, rows = graph(result), wave.rows[np.argsort(-graph(result).closed[wave.rows])]
    accounts = result.events["account"][found.event[rows]]
    several = result.compiled.inputs.symbol[accounts] < 0
    share, total = np.zeros(len(found.event)), 0.0
    for group, most in ((rows[~several], 1), (rows[several], SEVERAL)):
        weight = max(float(found.closed[group].sum()), 1e-9) if len(group) else 0.0
        some = group[:most]
        part = np.maximum(found.closed[some], 1e-9)
        for row, own in zip(some, part / max(float(part.sum()), 1e-9), strict=True):
            share += weight * own * pushes(result, int(found.event[row]))
        total += weight
    return share / total


def wave_edges(
    result: Record, nodes: list[Wave], keep: float = KEPT
) -> Iterator[tuple[str, int, int, float]]:
    """Edges (kind, parent, child, share) between waves, by place in `nodes`.

    Of each child an edge `outside` (parent -1), the parents that carry `keep` of its share, largest
    first, and all further forced orders as one edge `rest`, from the largest of them. The largest
    waves by USD are looked up, at most WAVES.
    """
    found = graph(result)
    of = np.full(len(found.event), -1)
    for n, wave in enumerate(nodes):
        of[wave.rows] = n
    most = min(WAVES, max(LOOKED_AT // max(len(result.events), 1), 1))
    for child in sorted(range(len(nodes)), key=lambda n: -nodes[n].closed)[:most]:
        share = _wave_pushes(result, nodes[child])
        grouped = np.bincount(of, share, len(nodes))
        outside = 1.0 - float(grouped.sum())
        yield "outside", -1, child, outside
        told = outside
        for parent in np.argsort(-grouped, kind="stable"):
            if grouped[parent] <= 0.0:
                break
            if told >= keep - 1e-12:
                yield "rest", int(parent), child, 1.0 - told
                break
            told += float(grouped[parent])
            yield "forced", int(parent), child, float(grouped[parent])
