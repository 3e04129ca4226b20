"""What the production kernel is compared with in its own environment: C and vectorised NumPy."""

import sys
from collections.abc import Callable

import numpy as np

from tests.benchmarks.cascade import Cascade
from tests.shared import SHARED


def c_kernel() -> tuple[Callable | None, str]:
    """The hand-written C event kernel, or None and the reason why there is none."""
    if SHARED is None or not (SHARED / "bench" / "_ckernels.py").is_file():
        return None, "the C kernel is not beside the repository"
    sys.path.insert(0, str(SHARED / "bench"))
    try:
        import _ckernels

        return _ckernels.runner(_ckernels.build(), "event_bucket_soa"), ""
    except Exception as error:  # no compiler, or one that refuses the flags
        return None, f"no C compiler: {error}"
    finally:
        sys.path.pop(0)


def numpy_scan(case: Cascade) -> int:
    """Vectorised NumPy: stored liquidation prices, two comparisons a step. Returns the limits."""
    start, mmr, decay, inverse_depth, alpha, fraction, fee_rate, fund = case.params
    p, k = case.p.copy(), case.k.copy()
    price_of = -k / (p - mmr * np.abs(p))
    longs, shorts = price_of[: case.NL], price_of[case.NL :]
    f, volume, mark, limits = start, 0.0, start, 0
    series = np.empty((3, len(case.g)))
    for t, growth in enumerate(case.g):
        f *= growth
        volume *= decay
        mid = f * (1.0 - volume * inverse_depth)
        mark += alpha * (mid - mark)
        below, above = longs >= mark, shorts <= mark
        if below.any() or above.any():
            hit = np.concatenate([np.flatnonzero(below), np.flatnonzero(above) + case.NL])
            held, cash = p[hit], k[hit]
            size = np.abs(held)
            lots = np.where(cash + held * mark < 0.0, size, np.ceil(fraction * size))
            sold = np.where(held > 0.0, lots, -lots)
            net = sold.sum()
            price = f * (1.0 - (volume + 0.5 * net) * inverse_depth)
            volume += net
            fee = np.rint(fee_rate * (lots * price))
            cash, held = cash + np.rint(sold * price), held - sold
            done = held == 0.0
            paid = np.where(done, np.clip(cash, 0.0, fee), fee)
            cash -= paid
            short = np.where(done & (cash < 0.0), cash, 0.0)
            cash -= short
            fund += paid.sum() + short.sum()
            limits += len(hit)
            p[hit], k[hit] = held, cash
            with np.errstate(divide="ignore", invalid="ignore"):
                new = -cash / (held - mmr * np.abs(held))
            price_of[hit] = np.where(done, np.where(hit < case.NL, -1e300, 1e300), new)
        series[:, t] = mid, mark, fund
    return limits
