"""Who is in profit on the other side of a position that nobody takes, and who gives first.

A step that closes many accounts asks for winners again and again. Between two orders of a group
that share one mark only the winners who gave something change, so their queue is made once and kept
in order (accounts with several legs excepted: all their legs count).
"""

import numpy as np

from engine.core.jit import kernel
from engine.core.legs import cash_of
from engine.core.margin import equity
from engine.core.rows import heapify, pop, push

SAMPLE = 32  # winners looked at to guess whose score is among the first


@kernel(bare=True)
def profit_cap(quote, base, entry, side, price, mark):
    """Lots a winner can give up at `price`: all it holds, or as many as its profit pays for.

    `side` is +1 when a long is being closed, so winners are shorts. A winner that closes at a
    price worse than the mark loses |mark - price| a lot, at most its unrealised profit and what
    it is worth.
    """
    profit = min((mark - entry) * base, equity(quote, base, mark))
    if base * side >= 0.0 or profit <= 0.0:
        return 0.0
    haircut = side * (price - mark)
    if haircut <= 0.0:
        return abs(base)
    return min(abs(base), np.floor(profit / haircut))


@kernel(bare=True)
def winner_cap(t, w, k, side, price, mark, p, inputs, state):
    """`profit_cap` of an account; none while it is being liquidated itself."""
    status = state.watch[w]["status"]
    if status == 1 or status == 3 or status == 5:
        return 0.0
    cash, entry = cash_of(t, w, k, p, inputs, state), entry_of(w, k, inputs)
    return profit_cap(cash, state.base[w, k], entry, side, price, mark)


@kernel(bare=True)
def entry_of(i, k, inputs):
    """Entry price of a position [tick/lot]."""
    if inputs.symbol[i] >= 0:
        return inputs.entry[i]
    return inputs.legs[i - (len(inputs.symbol) - len(inputs.legs)), k]


@kernel(bare=True)
def score_of(cash, base, entry, mark):
    """Rank of a winner, the lowest asked first: minus profit per entry notional times leverage.

    Source: Binance, "What is auto-deleveraging (ADL)": PnL percentage times effective leverage.
    """
    gain = (mark - entry) * base / (abs(base) * entry)
    worth = max(equity(cash, base, mark), 1.0)
    return -gain * (abs(base) * mark / worth)


@kernel(bare=True)
def may_rank(state):
    """Count one ranking; false in a run that is given up, where one step may ask for thousands."""
    state.count[7] += len(state.watch)
    return state.count[0] <= state.count[8] and state.count[7] <= state.count[9]


@kernel
def winners(t, k, side, price, mark, p, inputs, state):
    """Who can give up lots of its profit: (rows, caps, scores), the lowest score asked first.

    Ties go by row; see `score_of`.
    """
    accounts = len(state.watch) if may_rank(state) else 0
    rows = np.empty(accounts, np.int64)
    caps = np.empty(accounts)
    score = np.empty(accounts)
    n = 0
    for w in range(accounts):
        if state.base[w, k] * side >= 0.0:  # most accounts, where there are several symbols
            continue
        cap = winner_cap(t, w, k, side, price, mark, p, inputs, state)
        if cap >= 1.0:
            cash, entry = cash_of(t, w, k, p, inputs, state), entry_of(w, k, inputs)
            rows[n], caps[n] = w, cap
            score[n] = score_of(cash, state.base[w, k], entry, mark)
            n += 1
    return rows[:n], caps[:n], score[:n]


@kernel(bare=True)
def make_queue(k, side, mark, inputs, state):
    """Put every account in profit on the other side of `side` into the queue."""
    n = 0
    for w in range(len(state.watch)):
        base = state.base[w, k]
        if base * side >= 0.0 or (mark - inputs.entry[w]) * base <= 0.0:
            continue
        status = state.watch[w]["status"]
        if status == 1 or status == 3 or status == 5:
            continue
        state.score[w] = score_of(state.quote[w], base, inputs.entry[w], mark)
        state.queue[n] = w
        n += 1
    state.count[17] = sift(n, state)
    state.count[18] = np.int64(side)


@kernel(bare=True)
def sift(n, state):
    """Put the first of `n` winners in order, and the others behind them in none.

    A heap of those at or before the second of a sample, about one in sixteen: few winners are
    asked at all, and to order everybody takes longer than to score them. Returns their number.
    """
    queue, score = state.queue, state.score
    first, second = np.inf, np.inf
    for j in range(0, n, max(n // SAMPLE, 1)):
        own = score[queue[j]]
        if own < first:
            first, second = own, first
        elif own < second:
            second = own
    front, following = 0, -1
    for j in range(n):
        w = queue[j]
        if score[w] <= second:
            queue[j] = queue[front]
            queue[front] = w
            front += 1
        elif following < 0 or is_before(w, following, score):
            following = w
    heapify(queue, front, score)
    state.count[20], state.count[21] = n - front, following
    return front


@kernel(inline=True, bare=True)
def is_before(w, other, score):
    """Whether a winner is asked before another; equal scores go by row."""
    return score[w] < score[other] or (score[w] == score[other] and w < other)


@kernel(bare=True)
def in_front(n, state):
    """Winners in order, the next one among them: all of them once those in front are used up."""
    rest = state.count[20]
    if rest == 0 or (n > 0 and is_before(state.queue[0], state.count[21], state.score)):
        return n
    heapify(state.queue, n + rest, state.score)
    state.count[20] = 0
    return n + rest


@kernel(bare=True)
def take_first(n, state):
    """Take the next winner from the `n` in order; those behind them close up."""
    w = pop(state.queue, n, state.score)
    state.queue[n - 1] = state.queue[n - 1 + state.count[20]]
    return w


@kernel(bare=True)
def put_back(n, aside, k, mark, inputs, state):
    """Put the last `aside` of the room back among the first `n`, ranked by what they hold now."""
    accounts = len(state.queue)
    for j in range(accounts - aside, accounts):
        w = state.queue[j]
        state.score[w] = score_of(state.quote[w], state.base[w, k], inputs.entry[w], mark)
        state.queue[n + state.count[20]] = state.queue[n]
        push(state.queue, n, state.score, w)
        n += 1
    state.count[17] = n


@kernel(bare=True)
def forget_queue(rest, state):
    """Make the queue anew if an account that goes on with `rest` may belong to it."""
    if state.count[18] * rest < 0.0:
        state.count[18] = 0
