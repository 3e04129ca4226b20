"""What a row paid or got at each funding settlement, from the log."""

from typing import Any

import numpy as np

from engine.core.state import Rule
from engine.record import Record


def funding_movements(
    result: Record, row: int, settled: Any, numbers: np.ndarray, rows: list[dict]
) -> list[dict]:
    """Movements of a row at the settlements `settled`, events `numbers`: -index * lots it held.

    rows : the other movements of the row, as `engine.causes.attribution.movements` has them;
        they say what it held
    """
    found = []
    trades = [m for m in rows if m["rule"] != Rule.COLLATERAL_SALE]  # coins pay no funding
    for k in np.unique(settled["symbol"]):
        mine = sorted((m["event"], m["qty"]) for m in trades if m["symbol"] == k)
        at = np.array([event for event, _ in mine], np.int64)
        held = np.concatenate([[0.0], np.cumsum([qty for _, qty in mine])])
        here = settled["symbol"] == k
        lots = result.compiled.base[row, k] + held[np.searchsorted(at, numbers[here])]
        for event, n, position in zip(settled[here], numbers[here], lots, strict=True):
            if position != 0.0:
                received = 0.0 - float(event["price"]) * float(position)
                found.append(
                    {
                        "event": int(n),
                        "step": int(event["step"]),
                        "symbol": int(k),
                        "qty": 0.0,
                        "price": 0.0,
                        "received": received,
                        "fee": 0.0,
                        "rule": Rule.FUNDING,
                    }
                )
    return found
