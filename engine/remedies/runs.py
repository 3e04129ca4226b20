"""Re-runs of a result with one change, each made once."""

from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from engine.core.state import Rule
from engine.record import Record
from engine.remedies.told import Change, Proof, Value
from engine.remedies.wording import SPARED
from engine.reruns.accounts import with_collateral, with_position
from engine.reruns.settings import changed
from engine.reruns.sought import Sought
from engine.scenario.compile import Compiled
from engine.scenario.errors import InputError
from engine.simulation import Result, run_compiled


def compiled_with(result: Result, change: Change) -> Compiled:
    """What the changed run starts from; world and accounts are shared with `result`."""
    compiled = result.compiled
    if compiled.scenario is not result.scenario:  # `run_compiled` was given another policy
        compiled = changed(compiled, {"liquidation.policy": result.scenario.liquidation.policy})
    if change.settings:
        compiled = changed(compiled, dict(change.settings))
    if change.extra:
        compiled = with_collateral(compiled, change.row, change.extra)
    if change.lots is not None:
        compiled = with_position(compiled, change.row, np.array(change.lots))
    return compiled


def rerun(result: Result, change: Change) -> Result:
    """The run of `result` with one change. Raises InputError where it cannot be run."""
    return run_compiled(compiled_with(result, change))


@dataclass(frozen=True, eq=False)
class Runs:
    """Whether an event happens under each change that is asked about; threads may share it."""

    result: Result
    sought: Sought
    kept: dict[Change, Future[bool | None]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def happens(self, change: Change) -> bool | None:
        """Whether the event happens; None where the change cannot be run."""
        return self.tried(change)[0]

    def tried(self, change: Change) -> tuple[bool | None, Result | None]:
        """Whether the event happens, and the run if it was made just now.

        Another thread that is at the same run is waited for. Runs are not kept: their logs are
        long, and of most of them nothing but the answer is asked.
        """
        with self.lock:
            known = self.kept.get(change)
            mine = self.kept.setdefault(change, Future())
        if known is not None:
            return known.result(), None
        made = None
        try:
            made = rerun(self.result, change)
            mine.set_result(self.sought.happens(made.events))
        except InputError:
            mine.set_result(None)
        except BaseException as error:
            mine.set_exception(error)
        return mine.result(), made

    def prove(
        self, value: Value, change: Change, made: Result | None = None
    ) -> tuple[Proof, Result]:
        """One run as a proof, and the run itself; `made` where it is at hand."""
        if made is None:
            made = rerun(self.result, change) if change != Change() else self.result
        happens = self.sought.happens(made.events)
        return Proof(value, change, happens, made.fingerprint), made

    def became(self, made: Record) -> str:
        """What becomes of the account in a run that avoids the event."""
        mine = made.events[made.events["account"] == self.sought.account]
        triggers = int(((mine["rule"] == Rule.MAINTENANCE) & (mine["parent"] < 0)).sum())
        told = []
        if triggers:
            told.append("meets its limit once" if triggers == 1 else f"meets it {triggers} times")
        if (mine["rule"] == Rule.BANKRUPTCY).any():
            told.append("ends bankrupt")
        taken = int((mine["rule"] == Rule.ADL_FILL).sum())
        if taken:
            told.append(f"is auto-deleveraged {'once' if taken == 1 else f'{taken} times'}")
        return " and ".join(told) or SPARED
