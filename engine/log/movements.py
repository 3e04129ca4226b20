"""Every movement of money in a run, rebuilt from its events, and the proof that none is missing.

A movement is one call of a ledger verb: a `trade` (lots against ticks) or a `transfer` (ticks).
The payer gives `ticks` to the payee; in a trade the payee gives `lots` to the payer, who is the
buyer. All amounts are whole, so sums are exact.

| event          | movements                                                                  |
|----------------|----------------------------------------------------------------------------|
| slice, unwind  | trade of the row with the book; fees                                       |
| reduction      | the same; the taker fee only                                               |
| auction take   | trade of the account with the liquidator in `counter`; fees                |
| backstop take  | trade of the account with the vault                                        |
| ADL fill       | trade of the winner (`account`) with the account closed (`counter`)        |
| fund payment   | transfer from the insurance fund to the account                            |
| collateral sale| trade of the account's coins with the book; fees                           |
| socialised loss| transfer from the account to the insurance fund                            |
| crowd          | trade of the trader with the book                                          |
| funding        | transfer of index * lots from each row with a position to the book         |

Fees are two transfers: the taker fee, rint(rate * |ticks|) but no more than was charged in all, to
the venue, and the rest to the insurance fund.
"""

from collections.abc import Iterator

import numpy as np

from engine.core.jit import kernel
from engine.core.ledger import trade, transfer
from engine.record import Record

VERBS = ("transfer", "trade")
OUTSIDE = -1  # payer of the opening balances

MOVEMENT = np.dtype(
    [
        ("event", "i4"),
        ("step", "i4"),
        ("verb", "i2"),  # place in VERBS
        ("symbol", "i2"),  # column of the base: coins held as collateral follow the symbols
        ("payer", "i4"),
        ("payee", "i4"),
        ("ticks", "f8"),
        ("lots", "f8"),
    ],
    align=True,
)


@kernel(bare=True)
def put(out, n, event, step, verb, symbol, payer, payee, ticks, lots):
    """Write movement `n` if there is room; returns the next place."""
    if n < out.shape[0]:
        row = out[n]
        row["event"] = event
        row["step"] = step
        row["verb"] = verb
        row["symbol"] = symbol
        row["payer"] = payer
        row["payee"] = payee
        row["ticks"] = ticks
        row["lots"] = lots
    return n + 1


@kernel(bare=True)
def is_trade(rule):
    """Whether an event of this rule is a trade of its row with the row on the other side."""
    filled = rule == 3 or rule == 5 or rule == 7 or rule == 10
    return filled or rule == 12 or rule == 15 or rule == 21 or rule == 22


@kernel(bare=True)
def pay_funding(event, e, base, book, out, n):
    """Movements of a settlement: each row with `base` (R, K) in the symbol pays index * lots."""
    symbol, step = int(event["symbol"]), int(event["step"])
    for row in range(base.shape[0]):
        ticks = event["price"] * base[row, symbol]
        if row == book or ticks == 0.0:
            continue
        if ticks > 0.0:
            n = put(out, n, e, step, 0, symbol, row, book, ticks, 0.0)
        else:
            n = put(out, n, e, step, 0, symbol, book, row, -ticks, 0.0)
    return n


@kernel(bare=True)
def list_movements(events, accounts, symbols, taker_fee, base, out):
    """Movements of all events in order into `out`; returns how many there are.

    symbols : K; base : (R, K or 2 K) opening positions, followed from event to event in place
    """
    n = 0
    for e in range(len(events)):
        event = events[e]
        rule, step, symbol = int(event["rule"]), int(event["step"]), int(event["symbol"])
        row, other, amount = int(event["account"]), int(event["counter"]), event["amount"]
        if rule == 9:
            n = put(out, n, e, step, 0, symbol, accounts + 1, row, amount, 0.0)
        elif rule == 11:
            n = put(out, n, e, step, 0, symbol, row, accounts + 1, -amount, 0.0)
        elif rule == 20:
            n = pay_funding(event, e, base, accounts, out, n)
        elif is_trade(rule):
            symbol += symbols if rule == 15 else 0
            base[row, symbol] += event["qty"]
            base[other, symbol] -= event["qty"]
            if event["qty"] > 0.0:
                n = put(out, n, e, step, 1, symbol, row, other, -amount, event["qty"])
            else:
                n = put(out, n, e, step, 1, symbol, other, row, amount, -event["qty"])
            taker = min(event["fee"], np.rint(taker_fee * abs(amount)))
            if taker > 0.0:
                n = put(out, n, e, step, 0, symbol, row, accounts + 2, taker, 0.0)
            if event["fee"] > taker:
                rest = event["fee"] - taker
                n = put(out, n, e, step, 0, symbol, row, accounts + 1, rest, 0.0)
    return n


def movements(result: Record) -> np.ndarray:
    """Every movement of a run in order (records of MOVEMENT)."""
    fee, opening, symbols = result.params.taker_fee, result.compiled.base, result.mid.shape[1]
    none = np.empty(0, MOVEMENT)
    count = list_movements(result.events, result.accounts, symbols, fee, opening.copy(), none)
    out = np.empty(count, MOVEMENT)
    list_movements(result.events, result.accounts, symbols, fee, opening.copy(), out)
    return out


@kernel(bare=True)
def replay(events, moves, symbols, quote, base, worst):
    """Apply all movements to opening balances, in place.

    Before each event the balances its record shows must be those of the replay; returns the first
    event where they are not, else -1. `worst` (1 + K,) gets the largest imbalance met: |sum of
    quote - opening sum| and the same of each base, followed movement by movement from the balances
    as they are stored, so an amount too large to be held exactly would show.
    """
    off = np.float64(0.0)
    m = 0
    for e in range(len(events)):
        event = events[e]
        row, symbol = int(event["account"]), int(event["symbol"])
        symbol += symbols if event["rule"] == 15 else 0
        if quote[row] != event["quote"] or base[row, symbol] != event["base"]:
            return e
        while m < len(moves) and moves[m]["event"] == e:
            move = moves[m]
            payer, payee, k = int(move["payer"]), int(move["payee"]), int(move["symbol"])
            held_a, held_b, lots_a, lots_b = (
                quote[payer],
                quote[payee],
                base[payer, k],
                base[payee, k],
            )
            if move["verb"] == 1:
                trade(quote, base, k, payer, payee, move["lots"], move["ticks"])
            else:
                transfer(quote, payer, payee, move["ticks"])
            off += (quote[payer] - held_a) + (quote[payee] - held_b)
            worst[0] = max(worst[0], abs(off))
            drift = (base[payer, k] - lots_a) + (base[payee, k] - lots_b)
            worst[1 + k] = max(worst[1 + k], abs(drift))
            m += 1
    for k in range(base.shape[1]):
        worst[1 + k] = max(worst[1 + k], abs(base[:, k].sum()))
    return -1


def conservation(result: Record) -> dict[str, float]:
    """Largest imbalance of quote [tick] and base [lot] over every movement and symbol: zero.

    Replays the run from its opening balances. Raises AssertionError, naming the event, where the
    log does not show the balances that its own movements lead to.
    """
    opening = result.compiled
    quote, base = opening.quote.copy(), opening.base.copy()
    worst = np.zeros(1 + base.shape[1])
    symbols = result.mid.shape[1]
    wrong = replay(result.events, movements(result), symbols, quote, base, worst)
    if wrong >= 0:
        row = int(result.events[wrong]["account"])
        raise AssertionError(f"event {wrong}: logged balances of row {row} do not follow")
    for name, replayed, final in (("quote", quote, result.quote), ("base", base, result.base)):
        if not np.array_equal(replayed, final):
            row = int(np.argwhere(replayed != final)[0][0])
            raise AssertionError(f"final {name} of row {row} does not follow from the events")
    worst[0] = max(worst[0], abs(result.quote.sum() - opening.quote.sum()))
    return {"quote": float(worst[0]), "base": float(worst[1:].max())}


def ledger(result: Record) -> Iterator[tuple[int, str, int, int, int, int, str]]:
    """(step, verb, payer, payee, ticks, lots, symbol): opening balances, then every movement.

    Rows are numbered as in `Result.balances`. An opening balance has the verb "opening", the payer
    -1 and what the payee holds, `lots` being its own. In a trade `ticks` go from payer to payee and
    `lots` the other way; a transfer moves ticks alone.
    """
    opening = result.compiled
    names = (*opening.symbols, *(f"{name} collateral" for name in opening.symbols))
    for row in range(len(opening.quote)):
        held = np.flatnonzero(opening.base[row])
        ticks = int(opening.quote[row])
        for k in held if len(held) else (0,):
            yield 0, "opening", OUTSIDE, row, ticks, int(opening.base[row, k]), names[k]
            ticks = 0
    for move in movements(result).tolist():
        _, step, verb, symbol, payer, payee, ticks, lots = move
        yield step, VERBS[verb], payer, payee, int(ticks), int(lots), names[symbol]
