"""A change, what it proves, and the answer a reader gets."""

from dataclasses import dataclass
from typing import Any

Value = float | str


@dataclass(frozen=True)
class Change:
    """One thing that differs from a run: settings, or the collateral or positions of one account.

    Hashable, so that a run is made once.
    """

    settings: tuple[tuple[str, Any], ...] = ()
    row: int = -1
    extra: float = 0.0  # [tick] of collateral
    lots: tuple[float, ...] | None = None  # positions in place of its own


@dataclass(frozen=True)
class Proof:
    """One run: the value, the change that gives it, whether the event happens, the result."""

    value: Value
    change: Change
    happens: bool
    fingerprint: str


@dataclass(frozen=True)
class Prevention:
    """The smallest change on one axis that avoids an event, and what is known of the axis.

    `proofs` are two runs: at `needed` the event does not happen; one step of the axis nearer to
    `now` (or at `now`, where the axis is a choice) it does. None and empty where nothing that was
    tried avoids it.
    """

    axis: str
    title: str
    unit: str
    now: Value
    needed: Value | None
    step: float  # least difference of two values, 0 for a choice
    how: str  # closed form, search or choice
    monotone: bool  # on the values tried: at most one change of the answer on each side of `now`
    spans: tuple[tuple[Value, Value], ...]  # values that avoid it, by the values tried
    tried: int  # runs
    tried_from: Value
    tried_to: Value
    proofs: tuple[Proof, ...]
    instead: str  # what becomes of the account in the run that avoids it
    sentence: str
