"""Everything that re-runs say about one event, for a terminal or a program."""

from dataclasses import asdict, dataclass
from typing import Any

from engine.causes.blame import Blame, blame
from engine.causes.blame_words import blame_lines
from engine.remedies.prevention import preventions
from engine.remedies.told import Prevention
from engine.simulation import Result


@dataclass(frozen=True)
class Report:
    """What would have prevented an event, and who caused it."""

    remedies: tuple[Prevention, ...]
    caused: tuple[Blame, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "remedies": [asdict(remedy) for remedy in self.remedies],
            "caused": [asdict(blamed) for blamed in self.caused],
        }

    def lines(self) -> list[str]:
        """One line an answer, under two headings."""
        if not self.remedies:
            return ["", "No re-runs: this is no margin trigger, bankruptcy or ADL fill."]
        lines = ["", "What would have prevented it, each proved by two runs:"]
        lines += [f"  {remedy.sentence}" for remedy in self.remedies]
        if self.caused:
            lines += ["", f"Who caused it (limit of event {self.caused[0].event}):"]
        return [*lines, *(f"  {line}" for found in self.caused for line in blame_lines(found))]


def of(result: Result, number: int) -> Report:
    """All re-runs of one event."""
    remedies = preventions(result, number)
    found = [blame(result, number, by) for by in ("cause", "source")] if remedies else []
    return Report(remedies, tuple(each for each in found if each is not None))
