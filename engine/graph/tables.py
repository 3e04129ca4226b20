"""The graph as tables in USD, coins and seconds, of a size that a screen can draw."""

import numpy as np
import pandas as pd

from engine.graph.cascade import KEPT, graph, liquidation_prices, wave_edges, waves
from engine.record import Record

SHOWN_EDGES = 1_500  # edges of a picture; the heaviest by USD, the others are counted


def trigger_frame(result: Record) -> pd.DataFrame:
    """One row a margin trigger, in log order.

    event, time_s [s], account, symbol, side; price [USD/coin] at which it met its margin; closed
    [USD] by force because of it; forced, outside [fraction] shares of the push; generation [1];
    since_s [s] from the forced orders that pushed it, mean by share (0: none did)
    """
    found, dt = graph(result), result.scenario.world.dt
    rows = result.events[found.event]
    return pd.DataFrame(
        {
            "event": found.event,
            "time_s": rows["step"] * dt,
            "account": rows["account"],
            "symbol": np.array(result.compiled.symbols, dtype=object)[rows["symbol"]],
            "side": np.where(rows["base"] > 0.0, "long", "short"),
            "price": liquidation_prices(result),
            "closed": found.closed,
            "forced": found.forced,
            "outside": found.outside,
            "generation": found.generation,
            "since_s": found.since * dt,
        }
    )


def wave_frame(result: Record) -> pd.DataFrame:
    """One row a wave: the triggers of one step, symbol and side, which the same marks pushed.

    wave, step, time_s [s], symbol, side, triggers, price [USD/coin] mean by USD, level [1] the
    same over the opening price, closed [USD], forced [fraction] and generation [1], means by USD
    """
    nodes = waves(result)
    names, starts = result.compiled.symbols, result.compiled.fundamental[0]
    return pd.DataFrame(
        {
            "wave": np.arange(len(nodes)),
            "step": [node.step for node in nodes],
            "time_s": [node.step * result.scenario.world.dt for node in nodes],
            "symbol": [names[node.symbol] for node in nodes],
            "side": ["long" if node.side > 0 else "short" for node in nodes],
            "triggers": [len(node.rows) for node in nodes],
            "price": [node.price for node in nodes],
            "level": [node.price / starts[node.symbol] for node in nodes],
            "closed": [node.closed for node in nodes],
            "forced": [node.forced for node in nodes],
            "generation": [node.generation for node in nodes],
        }
    )


def edge_frame(result: Record, keep: float = KEPT, most: int = SHOWN_EDGES) -> pd.DataFrame:
    """Edges between waves: kind, parent, child (places in `wave_frame`), share [fraction], usd.

    Of each child the parents that carry `keep` of its push; kind `outside` (parent -1) is the
    outside world, `rest` all further forced orders as one edge, from the largest of them. usd
    [USD]: share of what was closed in the child. The `most` heaviest, heaviest first.
    """
    nodes = waves(result)
    rows = [
        (kind, parent, child, share, share * nodes[child].closed)
        for kind, parent, child, share in wave_edges(result, nodes, keep)
    ]
    frame = pd.DataFrame(rows, columns=["kind", "parent", "child", "share", "usd"])
    return frame.sort_values("usd", ascending=False, kind="stable", ignore_index=True).head(most)


def generation_frame(result: Record) -> pd.DataFrame:
    """Forced USD by generation: generation, usd, share [fraction]; empty if nothing was closed.

    usd : S(n), what came down a line of exactly n forced orders; the last row holds all deeper
    """
    sizes = graph(result).sizes
    total = float(sizes.sum())
    last = int(np.flatnonzero(sizes > 0.005 * total).max(initial=-1)) if total > 0.0 else -1
    kept = np.append(sizes[:last], sizes[last:].sum()) if last >= 0 else sizes[:0]
    share = kept / total if total > 0.0 else kept
    return pd.DataFrame({"generation": np.arange(len(kept)), "usd": kept, "share": share})
