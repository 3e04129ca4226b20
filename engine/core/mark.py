"""Five ways to make the price that margin is computed from."""

from engine.core.jit import kernel


@kernel(inline=True, bare=True)
def next_mark(rule, f, mid, average, alpha, clamp):
    """The mark before its lag, and the moving average after this step.

    rule : 0 last (the mid), 1 last_ema (moving average of the mid), 2 index (the fundamental
        price), 3 index_ema (index times one plus the moving average of the basis, clamped),
        4 median of last, index and the moving average of the mid
    average : moving average so far: of the mid [tick/lot], for rule 3 of the basis [1]

    Source: venues publish mixtures of these: Binance and Bybit the median form, BitMEX and OKX
    the index plus a moving average of the basis.
    """
    if rule == 1:
        average += alpha * (mid - average)
        return average, average
    if rule == 0:
        return mid, average
    if rule == 2:
        return f, average
    if rule == 3:
        average += alpha * ((mid / f - 1.0) - average)
        return f * (1.0 + min(max(average, -clamp), clamp)), average
    average += alpha * (mid - average)
    low, high = min(mid, f), max(mid, f)
    return min(max(average, low), high), average


@kernel(inline=True, bare=True)
def lagged(raw, step, lag, symbol):
    """The mark `lag` steps ago; before the start it is the opening mark."""
    past = step - lag
    return raw[past if past > 0 else 0, symbol]
