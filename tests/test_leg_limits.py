"""Liquidation prices of single legs against the plain definition, in every mode."""

import numpy as np
import pytest

from engine.log.legs import Account, correlations, first_several
from tests.test_several_agreement import result_of


def gap(account, k, price):
    """Equity less requirement with leg `k` at another price, the others at their marks."""
    marks = account.marks.copy()
    marks[k] = price
    moved = Account(
        account.result, account.row, account.quote, account.base, marks, account.rho
    )  # fmt: skip
    return moved.worth() - moved.needed()


def first_breach(account, k):
    """The nearest price of a fine grid at which the account meets its requirement, or None."""
    long = account.base[k] > 0.0
    grid = np.linspace(1.0, 0.0001, 1_500) if long else np.linspace(1.0, 12.0, 4_000)
    prices = account.marks[k] * grid
    return next((price for price in prices if gap(account, k, price) <= 0.0), None)


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_the_price_of_a_leg_is_where_equity_meets_the_requirement(seed):
    """The first crossing as the price moves against the leg, the other legs standing still."""
    result = result_of(seed)
    frame, first = result.account_frame(), first_several(result)
    names = list(result.compiled.symbols)
    for row in frame[frame["account"] >= first].itertuples():
        k, opening = names.index(row.symbol), result.compiled
        account = Account(
            result, row.account, float(opening.quote[row.account]), opening.base[row.account],
            result.raw[0].copy(), correlations(result, 0),
        )  # fmt: skip
        if account.worth() <= account.needed():
            continue
        told = row.liquidation_price * opening.units.price
        found = first_breach(account, k)
        if found is None:
            assert told == 0.0 or told > 12.0 * account.marks[k] or told < 0.001 * account.marks[k]
            continue
        assert told == pytest.approx(found, abs=0.004 * account.marks[k])
        assert abs(gap(account, k, told)) <= 1e-6 * abs(account.base[k]) * told
