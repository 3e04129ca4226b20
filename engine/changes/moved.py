"""One account and what a change of a limit did to it."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Moved:
    """Requirement before and after a change, at the same prices [tick]."""

    account: int
    notional: float
    before: float
    after: float
    worth: float
    due: bool  # free and above its limit before the change, at or below it after

    def with_notional(self, more: float) -> "Moved":
        """The same with more notional beside it."""
        return replace(self, notional=self.notional + more)
