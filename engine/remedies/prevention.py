"""What would have prevented an event: each axis by closed form or search, proved by two runs."""

from collections.abc import Collection, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

from engine.asked import event_of, names_of, step_of
from engine.remedies import closed
from engine.remedies.account_axes import account_axes, source_axis
from engine.remedies.axes import Axis
from engine.remedies.guard_axes import guard_axes
from engine.remedies.runs import Runs, compiled_with
from engine.remedies.search import Found, search
from engine.remedies.told import Change, Prevention, Proof, Value
from engine.remedies.venue_axes import venue_axes
from engine.remedies.wording import sentence
from engine.reruns.shadow import Shadow
from engine.reruns.sought import KINDS, sought
from engine.reruns.workers import workers
from engine.scenario.compile import Compiled
from engine.simulation import Result

OWN_AXES = ("collateral", "leverage", "size")  # of the account itself
NAMES = (  # of all axes
    *OWN_AXES, "source", "lag", "rule", "policy", "depth", "fee", "funding", "correlation", "cap",
    "exposure", "volatility", "concentration", "band", "breaker",
)  # fmt: skip
PREVENTABLE = tuple(rule.name.lower() for rule in KINDS)
NOTHING: Mapping[int, Result] = {}
Made = tuple[int, Result]  # a value and its run


def axes_of(result: Result, number: int) -> list[Axis]:
    """Every axis that means something for an event, those of its account first."""
    event = result.events[number]
    source = source_axis(result, number)
    return [
        *account_axes(result, int(event["account"])),
        *([source] if source else []),
        *venue_axes(result, int(event["step"])),
        *guard_axes(result),
    ]


def preventions(
    result: Result,
    number: int,
    axes: Collection[str] | None = None,
    until: int | None = None,
    pool: Executor | None = None,
) -> tuple[Prevention, ...]:
    """For event `number` the smallest change on each axis that avoids it, proved by two runs.

    axes : names of those to look at, None for all
    until : step up to which the event must not happen, None for the whole run; see
        `engine.reruns.sought` for what *this* event is in another run
    pool : who makes the re-runs, None for threads of its own

    Of margin triggers, bankruptcies and auto-deleveraging fills of accounts; empty for others.
    Raises InputError naming the argument that cannot be used.
    """
    number = event_of(result, number)
    asked = None if axes is None else names_of("axes", axes, NAMES)
    until = None if until is None else step_of(result, until, "until")
    event = result.events[number]
    first = int(event["parent"]) if event["rule"] == 1 and event["parent"] >= 0 else number
    what = sought(result, first, until)
    if what is None:
        return ()
    chosen = [axis for axis in axes_of(result, first) if asked is None or axis.name in asked]
    runs = Runs(result, what)
    compiled = compiled_with(result, Change())
    shadow = None
    if closed.applies(result, first, what):
        shadow = closed.shadow_of(compiled, what)
    with workers(pool) as hands:
        return in_threads(Work(runs, shadow, compiled), chosen, hands)


def in_threads(work: "Work", chosen: list[Axis], hands: Executor) -> tuple[Prevention, ...]:
    """The answer of each axis.

    All points that are tried in any case come first, so that no thread is left with the one axis
    whose runs are long; the guardrails first of all, as what they hold back makes runs longer.
    """
    slow = chosen[::-1]
    for axis in slow:
        for k in () if work.has_form(axis) else axis.grid:
            hands.submit(work.happens, axis, k)
    return tuple(hands.map(work.answer, slow))[::-1]


@dataclass(frozen=True, eq=False)
class Work:
    """One event: the re-runs made for it, and the path of its account if it has a closed form."""

    runs: Runs
    shadow: Shadow | None
    compiled: Compiled

    def has_form(self, axis: Axis) -> bool:
        """Whether a closed form may spare the search of an axis."""
        return self.shadow is not None and axis.name in OWN_AXES

    def answer(self, axis: Axis) -> Prevention:
        """The nearest value of one axis that avoids the event."""
        told = self.by_form(axis, self.shadow) if self.shadow is not None else None
        return self.by_search(axis) if told is None else told

    def by_form(self, axis: Axis, shadow: Shadow) -> Prevention | None:
        """By closed form; None where there is none, or the runs do not agree with it."""
        k = closed.candidate(axis, shadow, self.compiled)
        if k is None or k == axis.now:
            return None
        short = k + (1 if k < axis.now else -1)
        ends = (axis.grid[-1], k) if axis.name == "collateral" else (k, min(axis.grid))
        low, high = min(*ends, k), max(*ends, k)
        found = Found(k, short, True, ((low, high),), 3)
        told = self.tell(axis, found, "closed form")
        avoids, happens = told.proofs
        return told if happens.happens and not avoids.happens else None

    def by_search(self, axis: Axis) -> Prevention:
        """By re-runs over the grid, then between the two neighbours nearest to the present."""
        latest: dict[bool | None, Made] = {}

        def happens(k: int) -> bool | None:
            answer, made = self.runs.tried(axis.change(k))
            if made is not None:
                latest[answer] = (k, made)
            return answer

        found = search(axis.now, list(axis.grid), happens, axis.far)
        if axis.options and found.avoids is not None:  # a choice has no neighbours
            found = Found(found.avoids, axis.now, True, found.spans, found.tried)
        how = "choice" if axis.options else "search"
        return self.tell(axis, found, how, dict(latest.values()))

    def happens(self, axis: Axis, k: int) -> bool | None:
        """Whether the event happens at one value of an axis."""
        return self.runs.happens(axis.change(k))

    def tell(
        self, axis: Axis, found: Found, how: str, at_hand: Mapping[int, Result] = NOTHING
    ) -> Prevention:
        """The answer with its two proofs; at_hand : runs by value that need not be made again."""
        proofs: tuple[Proof, ...] = ()
        instead = ""
        if found.avoids is not None and found.happens is not None:
            good, made = self.prove(axis, found.avoids, at_hand)
            bad, _ = self.prove(axis, found.happens, at_hand)
            proofs, instead = (good, bad), self.runs.became(made)
        ends = [*axis.grid, axis.now]
        told = Prevention(
            axis=axis.name,
            title=axis.title,
            unit=axis.unit,
            now=axis.shown_now,
            needed=None if found.avoids is None else axis.value(found.avoids),
            step=axis.step,
            how=how,
            monotone=found.monotone,
            spans=spans_shown(axis, found),
            tried=found.tried,
            tried_from=axis.value(min(ends)),
            tried_to=axis.value(max(ends)),
            proofs=proofs,
            instead=instead,
            sentence="",
        )
        return Prevention(**{**vars(told), "sentence": sentence(told)})

    def prove(self, axis: Axis, k: int, at_hand: Mapping[int, Result]) -> tuple[Proof, Result]:
        """The run at one value; at the present value nothing changes."""
        change = Change() if k == axis.now else axis.change(k)
        return self.runs.prove(axis.value(k), change, at_hand.get(k))


def spans_shown(axis: Axis, found: Found) -> tuple[tuple[Value, Value], ...]:
    """The ranges of a search as values; each word of a choice by itself."""
    spans = found.spans
    if axis.options:
        spans = tuple((k, k) for low, high in spans for k in range(low, high + 1))
    return tuple((axis.value(low), axis.value(high)) for low, high in spans)
