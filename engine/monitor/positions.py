"""Who held what at each step, rebuilt from the movements of a finished run.

Only accounts with one position are followed; those with several have no limit price of their own.
"""

import numpy as np

from engine.core.jit import kernel
from engine.core.margin import liquidation_price
from engine.log.movements import movements
from engine.record import Record
from engine.totals import marks

BINS = 8_192  # of prices, from zero to BIN_TOP times the opening price
BIN_TOP = 4.0
REACH = 0.01  # of the mark: how far "around the mark" goes


@kernel
def place_of(price, top):
    """Bin of a price; -1 for none."""
    if not 0.0 < price < top:
        return -1
    return int(price / top * BINS)


@kernel
def put(i, side, quote, base, key, held, top, inputs):
    """Count (side 1) or take out (side -1) the lots of an account at its liquidation price."""
    if base[i] == 0.0:
        return
    if side > 0.0:
        price = liquidation_price(quote[i], base[i], inputs.floors, inputs.rates, inputs.deductions)
        key[i] = place_of(price, top)
    if key[i] >= 0:
        held[0 if base[i] > 0.0 else 1, key[i]] += side * abs(base[i])


@kernel
def near(held, mark, top):
    """Lots that are liquidated if the mark moves by REACH: the worse of both directions."""
    at, out = int(mark / top * BINS), np.zeros(2)
    for j in range(max(int(mark * (1.0 - REACH) / top * BINS), 0), min(at + 1, BINS)):
        out[0] += held[0, j]
    for j in range(min(at, BINS), min(int(mark * (1.0 + REACH) / top * BINS) + 1, BINS)):
        out[1] += held[1, j]
    return max(out[0], out[1])


@kernel
def walk(moves, k, own, quote, base, mark, inputs, out):
    """Follow the accounts `own` of symbol k step by step.

    quote, base : (A,) opening balances, followed in place; mark : (T,) [tick/lot]; out : (T, 4)
    gross and net position [lot], cash [tick], and lots that a move of REACH would liquidate
    """
    top = BIN_TOP * inputs.f[0, k]
    key, held = np.full(len(own), -1), np.zeros((2, BINS))
    gross = net = cash = 0.0
    for i in range(len(own)):
        if own[i]:
            gross, net, cash = gross + abs(base[i]), net + base[i], cash + quote[i]
            put(i, 1.0, quote, base, key, held, top, inputs)
    m = 0
    for t in range(len(mark)):
        while m < len(moves) and moves[m]["step"] == t:
            move = moves[m]
            for side in (-1.0, 1.0):  # the payer gives ticks and gets lots
                i = move["payer"] if side < 0.0 else move["payee"]
                if i >= len(own) or not own[i]:
                    continue
                put(i, -1.0, quote, base, key, held, top, inputs)
                lots = -side * move["lots"]
                gross += abs(base[i] + lots) - abs(base[i])
                net += lots
                cash += side * move["ticks"]
                base[i] += lots
                quote[i] += side * move["ticks"]
                put(i, 1.0, quote, base, key, held, top, inputs)
            m += 1
        out[t, 0], out[t, 1], out[t, 2] = gross, net, cash
        out[t, 3] = near(held, mark[t], top)


def single(result: Record, symbol: int) -> np.ndarray:
    """Accounts (A,) whose one position is in this symbol."""
    return result.compiled.inputs.symbol == symbol


def walked(result: Record, symbol: int) -> np.ndarray:
    """(T, 4): gross, net [lot], cash [tick] of these accounts after each step, and lots near."""
    opening, n = result.compiled, result.accounts
    mark = marks(result)[:, symbol] * opening.units.price
    out = np.zeros((len(mark), 4))
    quote, base = opening.quote[:n].copy(), opening.base[:n, symbol].copy()
    walk(movements(result), symbol, single(result, symbol), quote, base, mark, opening.inputs, out)
    return out


def holdings(result: Record, symbol: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Cash [tick] and position [lot] (A,) of every account after a step."""
    opening, n = result.compiled, result.accounts
    moves = movements(result)
    moves = moves[moves["step"] <= step]
    quote, base = opening.quote[:n].copy(), opening.base[:n, symbol].copy()
    mine = moves["symbol"] == symbol
    for side, sign in (("payee", 1.0), ("payer", -1.0)):
        rows = moves[side]
        here = (rows >= 0) & (rows < n)
        quote += sign * np.bincount(rows[here], moves["ticks"][here], n)
        here &= mine
        base -= sign * np.bincount(rows[here], moves["lots"][here], n)
    return quote, base
