"""Who can pay whom when everybody settles at once: clearing of debts on shared collateral.

Party i owes `liabilities[i, j]` to party j and holds `external[i]` besides; all in one currency. A
clearing vector p says what each pays in all:

    p_i = min(pbar_i, external_i + sum_j Pi_ji p_j),   pbar_i = sum_j L_ij,   Pi_ij = L_ij / pbar_i

Limited liability, and all creditors of one debtor alike. There is a greatest and a least such
vector; they differ only where debts go round in a circle that nobody outside feeds.

Source: L. Eisenberg and T. Noe, "Systemic Risk in Financial Systems", Management Science 47 (2001).
"""

from dataclasses import dataclass

import numpy as np

from engine.scenario.errors import InputError

MOST_PARTIES = 2_000  # a linear system is solved for each round of defaults
MOST_ROUNDS = 100_000  # of the iteration from below
CLOSE = 1e-13  # of the largest debt: two payments this close are one


@dataclass(frozen=True, eq=False)
class Clearing:
    """What each party pays, and who could not."""

    payments: np.ndarray  # (N,) paid in all
    owed: np.ndarray  # (N,) pbar
    equity: np.ndarray  # (N,) external + received - paid
    rounds: tuple[tuple[int, ...], ...]  # parties in default after each round, growing

    @property
    def recovery(self) -> np.ndarray:
        """Share of its debt that each party pays; 1 where it owes nothing."""
        safe = np.where(self.owed > 0.0, self.owed, 1.0)
        return np.where(self.owed > 0.0, self.payments / safe, 1.0)


def greatest_clearing(liabilities: np.ndarray, external: np.ndarray) -> Clearing:
    """The greatest clearing vector, by fictitious defaults.

    Start with everybody paying in full. Whoever then cannot is in default and passes on what it
    has; what that leaves is solved as a linear system, and looked at again. The set of defaults
    only grows, so at most N rounds are needed. Shapes (N, N) and (N,).
    """
    debts, cash, owed, shares = _checked(liabilities, external)
    paid, failed = owed.copy(), np.zeros(len(owed), bool)
    rounds: list[tuple[int, ...]] = []
    close = CLOSE * max(float(owed.max(initial=0.0)), 1.0)
    for _ in range(len(owed)):
        now = failed | (cash + shares.T @ paid < owed - close)
        if (now == failed).all():
            break
        failed = now
        rounds.append(tuple(np.flatnonzero(failed).tolist()))
        paid = _paid_by(failed, cash, owed, shares)
    return _clearing(paid, cash, owed, shares, rounds)


def _paid_by(
    failed: np.ndarray, cash: np.ndarray, owed: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """Payments if exactly `failed` (D) pass on all they have and the others (S) pay in full:

    p_D = e_D + Pi_DD' p_D + Pi_SD' pbar_S
    """
    paid = owed.copy()
    given = (cash + shares.T @ np.where(failed, 0.0, owed))[failed]
    system = np.eye(int(failed.sum())) - shares[np.ix_(failed, failed)].T
    solved, *_ = np.linalg.lstsq(system, given, rcond=None)
    paid[failed] = np.clip(solved, 0.0, owed[failed])
    return paid


def least_clearing(liabilities: np.ndarray, external: np.ndarray) -> Clearing:
    """The least clearing vector: nobody pays until money has reached him, iterated from zero.

    At most MOST_ROUNDS rounds; raises InputError if the payments still move by then.
    """
    debts, cash, owed, shares = _checked(liabilities, external)
    paid = np.zeros(len(owed))
    close = CLOSE * max(float(owed.max(initial=0.0)), 1.0)
    for _ in range(MOST_ROUNDS):
        following = np.minimum(owed, cash + shares.T @ paid)
        moved = float(np.abs(following - paid).max(initial=0.0))
        paid = following
        if moved <= close:
            failed = tuple(np.flatnonzero(paid < owed - close).tolist())
            return _clearing(paid, cash, owed, shares, [failed] if failed else [])
    raise InputError("liabilities", "payments that keep moving", f"{MOST_ROUNDS:,} rounds at most")


def _clearing(
    paid: np.ndarray, cash: np.ndarray, owed: np.ndarray, shares: np.ndarray, rounds: list
) -> Clearing:
    return Clearing(paid, owed, cash + shares.T @ paid - paid, tuple(rounds))


def _checked(
    liabilities: np.ndarray, external: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Debts, cash, what each owes in all, and the share of it that goes to each creditor."""
    debts, cash = np.asarray(liabilities, float), np.asarray(external, float)
    if debts.ndim != 2 or debts.shape != (len(cash), len(cash)) or len(cash) > MOST_PARTIES:
        raise InputError("liabilities", debts.shape, f"N by N for N <= {MOST_PARTIES:,} parties")
    for name, values in (("liabilities", debts), ("external", cash)):
        if not (np.isfinite(values).all() and (values >= 0.0).all()):
            raise InputError(name, "a negative or endless number", "numbers from 0 on")
    if np.diagonal(debts).any():
        raise InputError("liabilities", "a debt to oneself", "zeros on the diagonal")
    owed = debts.sum(axis=1)
    return debts, cash, owed, debts / np.where(owed > 0.0, owed, 1.0)[:, None]


def venue_clearing(gains: np.ndarray, collateral: np.ndarray, fund: float) -> Clearing:
    """A venue that settles all accounts at once: losers pay it, it pays the winners.

    gains : (A,) profit since the opening [USD], losses negative; collateral : (A,) what each has to
    pay with; fund : insurance fund, at least 0. Parties are the accounts and, last, the venue. Its
    recovery is the share of their profit that winners get; one less it is their haircut.
    """
    gains, collateral = np.asarray(gains, float), np.asarray(collateral, float)
    lost, won = np.maximum(-gains, 0.0), np.maximum(gains, 0.0)
    paid = np.minimum(lost, np.maximum(collateral, 0.0))
    owed, venue = float(won.sum()), fund + float(paid.sum())
    out = min(owed, venue)
    share = out / owed if owed > 0.0 else 1.0
    failed = tuple(np.flatnonzero(paid < lost).tolist())
    both = (failed, (*failed, len(gains))) if out < owed else (failed,)
    equity = np.append(np.maximum(collateral, 0.0) - paid + won * share, venue - out)
    return Clearing(
        np.append(paid, out), np.append(lost, owed), equity, both if failed or out < owed else ()
    )
