"""Everything that re-runs say about one event, for a terminal or a program."""

from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from typing import Any, TextIO

from engine import reports
from engine.causes.blame import Blame, blame
from engine.causes.blame_words import blame_lines
from engine.explanation import explain
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


def by_reruns(
    result: Result, number: int, pool: Executor | None = None
) -> tuple[tuple[Prevention, ...], tuple[Blame, ...]]:
    """All re-runs of one event: what would have prevented it, and who caused it."""
    remedies = preventions(result, number, pool=pool)
    found = [blame(result, number, by, pool) for by in ("cause", "source")] if remedies else []
    return remedies, tuple(each for each in found if each is not None)


def write(result: Result, number: int, remedies: bool, as_json: bool, out: TextIO) -> None:
    """The explanation of one event, with what re-runs say of it if that is asked for."""
    told = explain(result, number)
    found = Report(*by_reruns(result, number)) if remedies else None
    if as_json:
        report = reports.explanation_report(told)
        reports.write_json(report if found is None else report | found.as_dict(), out)
    else:
        lines = [] if found is None else found.lines()
        out.write("\n".join([told.text.rstrip("\n"), *lines]) + "\n")
