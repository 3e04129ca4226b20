"""What one run left behind, before anybody reads anything out of it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np

from engine.core.state import Params, Row, State
from engine.core.unfold import full_log
from engine.log.descent import trigger_of
from engine.scenario.compile import Compiled
from engine.scenario.schema import Scenario

CROWD = ("trend followers", "carry traders", "leverage fund")


@dataclass(frozen=True, eq=False)
class Record:
    """What happened in one run, in whole lots and ticks.

    `events` holds one record per decision (see `engine.core.state.EVENT`); `quote` (R,) and
    `base` (R, K) are the final balances; `mid`, `raw` (the mark before its lag) and, where the run
    needed it, `sigma` are (T, K).
    """

    scenario: Scenario
    compiled: Compiled = field(repr=False)
    params: Params = field(repr=False)
    events: np.ndarray = field(repr=False)
    quote: np.ndarray = field(repr=False)
    base: np.ndarray = field(repr=False)
    mid: np.ndarray = field(repr=False)
    raw: np.ndarray = field(repr=False)
    sigma: np.ndarray = field(repr=False)
    # Warnings of the monitor's operator (J, 3): step, account, share. They stand among the
    # reductions of `compiled.inputs` as well.
    actions: np.ndarray = field(default_factory=lambda: np.empty((0, 3)), repr=False)

    @classmethod
    def read(cls, scenario: Scenario, compiled: Compiled, p: Params, state: State) -> Self:
        """What a finished run, whose log did not overflow, left in its state."""
        return cls(
            scenario=scenario,
            compiled=compiled,
            params=p,
            events=full_log(p, compiled.inputs, state),
            quote=state.quote,
            base=state.base,
            mid=state.mid,
            raw=state.raw,
            sigma=state.sigma,
        )

    @cached_property
    def triggers(self) -> np.ndarray:
        """For each event the margin event it descends from, -1 if none: see `trigger_of`."""
        return trigger_of(self.events)

    @property
    def policy(self) -> str:
        """Liquidation path that was in force."""
        return self.scenario.liquidation.policy

    @property
    def accounts(self) -> int:
        """Number of accounts; the rows after them are the book, the fund and so on."""
        return len(self.compiled.inputs.symbol)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know about the input."""
        return self.compiled.notes

    def row_name(self, row: int) -> str:
        """What a row of the ledger is: an account, the book, the fund ..."""
        place = row - self.accounts
        if place < 0:
            return f"account {row}"
        fixed = ("book", "insurance fund", "venue fees", "vault")
        if place < Row.LIQUIDATOR:
            return fixed[place]
        crowd = place - Row.LIQUIDATOR - self.params.liquidators
        return CROWD[crowd] if crowd >= 0 else f"liquidator {place - Row.LIQUIDATOR}"
