"""Who caused a margin trigger: shares by re-running coalitions, and what would have been enough.

The outcome of a coalition is the account's distance to its limit (equity less requirement) at the
step of the event, in the run in which only the coalition takes part. Players are

    sources   the few accounts whose forced orders took most from it, and everybody else together;
              one that takes no part holds no position, so it is never forced to trade
    causes    outside move, forced flow of others, funding ...: see `engine.reruns.switches`

The shares are those of Shapley: they add up to the distance with everybody less the distance with
nobody. Beside them stands what each does alone (the run without it), and the smallest sets without
which *this* event (`engine.reruns.sought`) does not happen.

An account that was left alone until the event holds no position in these runs and is led along
their prices (`engine.reruns.shadow`): its own order cannot disturb the answer. One that had traded
takes part in each of them; its own earlier fills stay as they were, and the marks and the funding
are those of the run. With everybody in, the distance is that of the log, or nothing is told.

Add-ons, halts and outages are those of each run: the requirement has the add-ons of its step, and
an event is avoided where no margin check finds it; a check that stood still finds nothing.
Bankruptcies and auto-deleveraging are led back to the trigger they follow from.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.asked import event_of
from engine.causes.attribution import Disagreement, movements
from engine.causes.coalitions import shapley, smallest_removals
from engine.core.state import Rule
from engine.log.legs import column_of
from engine.record import Record
from engine.reruns.accounts import without
from engine.reruns.shadow import Shadow
from engine.reruns.sought import Sought, sought
from engine.reruns.sources import sources, trigger_behind
from engine.reruns.switches import CAUSES, Setup, active, run_setup, switched_off
from engine.reruns.workers import workers
from engine.scenario.errors import InputError

MOST_SOURCES = 5  # named one by one; everybody else is the sixth player
MOST_CAUSES = 7  # 128 runs
JOINED = (("forced", "crowd"), ("addons", "guards"), ("funding", "fees"), ("lag", "thinning"))


@dataclass(frozen=True)
class Share:
    """One player: its share, what the run without it alone changes, whether that is enough."""

    name: str
    title: str
    amount: float  # USD of distance to the limit, negative: it took from it
    alone: float  # USD, distance with everybody less distance without this one
    enough: bool  # without it alone the event does not happen
    row: int = -1  # of a source


@dataclass(frozen=True)
class Blame:
    """Who or what caused a margin trigger."""

    event: int  # the trigger; of a bankruptcy the one it follows from
    account: int
    by: str  # source or cause
    shares: tuple[Share, ...]
    whole: float  # USD, distance with everybody less distance with nobody
    without: float  # USD, distance with nobody
    distance: float  # USD, distance with everybody: that of the event
    enough: tuple[tuple[str, ...], ...]  # smallest sets (titles) without which it is avoided
    runs: int
    bystander: bool | None  # avoided without the forced flow of others; by source only


@dataclass(frozen=True, eq=False)
class Case:
    """A margin trigger, and how a run of a coalition is read."""

    result: Record
    number: int

    @cached_property
    def row(self) -> int:
        """The account."""
        return int(self.result.events[self.number]["account"])

    @cached_property
    def what(self) -> Sought:
        """The event as it is looked for in other runs."""
        found = sought(self.result, self.number)
        assert found is not None  # a margin trigger of an account
        return found

    @cached_property
    def own(self) -> list[dict]:
        """What moved its balances before, funding aside."""
        every = movements(self.result, self.row, self.number)
        return [m for m in every if m["rule"] != Rule.FUNDING]

    @property
    def left_alone(self) -> bool:
        """Whether nothing but funding had moved it."""
        return not self.own and not self.reduces

    @property
    def reduces(self) -> bool:
        """Whether it is to close a part by itself in the run."""
        return bool((self.result.compiled.inputs.reductions[:, 1] == self.row).any())

    @cached_property
    def setup(self) -> Setup:
        """The run itself; an account that was left alone is taken out."""
        compiled = self.result.compiled
        if self.left_alone:
            compiled = without(compiled, np.array([self.row]))
        return Setup(compiled, self.result.params)

    def read(self, run: Record) -> tuple[float, bool]:
        """Distance [tick] at the step of the event, and whether the event is avoided."""
        step, opening = int(self.result.events[self.number]["step"]), self.result.compiled
        quote, base = float(opening.quote[self.row]), opening.base[self.row]
        shadow = Shadow(run, self.row, len(run.mid) - 1)
        if self.left_alone:
            value, limit = shadow.path(quote, base)
            far = value - limit
            return float(far[step]), bool((far[shadow.checked(base)] > 0.0).all())
        quote, base = self.balances(run, step)
        value, limit = shadow.path(quote, base, funded=False)
        return float(value[step] - limit[step]), not self.what.happens(run.events)

    def balances(self, run: Record, step: int) -> tuple[float, np.ndarray]:
        """Cash and positions at the event: own fills as they were, funding of the run."""
        opening, symbols = self.result.compiled, run.mid.shape[1]
        quote, base = float(opening.quote[self.row]), opening.base[self.row].copy()
        paid = run.events[(run.events["rule"] == Rule.FUNDING) & (run.events["step"] <= step)]
        own = list(self.own)
        for event in [*paid, None]:
            while own and (event is None or own[0]["step"] < event["step"]):
                m = own.pop(0)
                quote += m["received"] - m["fee"]
                base[column_of(m, symbols)] += m["qty"]
            if event is not None:
                quote -= float(event["price"]) * base[int(event["symbol"])]
        return quote, base


def blame(
    result: Record, number: int, by: str = "source", pool: Executor | None = None
) -> Blame | None:
    """Shares of the players in the margin trigger behind event `number`; None if there are none.

    by : "source" or "cause"
    pool : who makes the re-runs, None for threads of its own

    Raises InputError naming the argument that cannot be used.
    """
    number = event_of(result, number)
    if not isinstance(by, str) or by not in ("source", "cause"):
        raise InputError("by", by, "source or cause")
    trigger = trigger_behind(result, number)
    if trigger < 0 or int(result.events[trigger]["account"]) >= result.accounts:
        return None
    case = Case(result, trigger)
    if by == "source":
        names, titles, rows, make = source_players(case)
    else:
        names, titles, rows, make = cause_players(case)
    if not names:
        return None

    def outcome(mask: int) -> tuple[float, bool]:
        return case.read(run_setup(make(mask)))

    with workers(pool) as hands:
        found = list(hands.map(outcome, range(1 << len(names))))
    return told(case, by, (names, titles, rows), found)


def told(case: Case, by: str, players: tuple, found: list[tuple[float, bool]]) -> Blame:
    """The answer, once the run of everybody is the run of the log."""
    names, titles, rows = players
    tick, event = case.result.compiled.units.tick, case.result.events[case.number]
    v, avoided = [x * tick for x, _ in found], [x for _, x in found]
    logged = float(event["value"] - event["limit"]) * tick
    size = max(abs(float(event["value"])), abs(float(event["limit"])), 1.0) * tick
    if abs(v[-1] - logged) > 1e-9 * size or avoided[-1]:
        raise Disagreement(f"event {case.number}: the run of everybody is not the run of the log")
    amounts, everybody = shapley(v), len(v) - 1
    shares = [
        Share(
            names[i], titles[i], amounts[i], v[everybody] - v[everybody ^ 1 << i],
            avoided[everybody ^ 1 << i], rows[i],
        )
        for i in range(len(names))
    ]  # fmt: skip
    enough = smallest_removals(avoided)
    return Blame(
        event=case.number,
        account=case.row,
        by=by,
        shares=tuple(sorted(shares, key=lambda share: share.amount)),
        whole=v[-1] - v[0],
        without=v[0],
        distance=v[-1],
        enough=tuple(tuple(titles[i] for i in group) for group in enough),
        runs=len(v),
        bystander=avoided[0] if by == "source" else None,
    )


Players = tuple[list[str], list[str], list[int], Callable[[int], Setup]]


def source_players(case: Case) -> Players:
    """The accounts that took most from it, and everybody else together."""
    rows = [row for row, _ in sources(case.result, case.number)[:MOST_SOURCES]]
    rest = np.setdiff1d(np.arange(case.result.accounts), [*rows, case.row])
    names, titles = [str(row) for row in rows], [f"Account {row:,}" for row in rows]
    shown = list(rows)
    groups = [np.array([row]) for row in rows]
    if len(rest):
        names.append("others")
        titles.append("All other accounts")
        shown.append(-1)
        groups.append(rest)

    def make(mask: int) -> Setup:
        out = [group for i, group in enumerate(groups) if not mask >> i & 1]
        if not out:
            return case.setup
        return Setup(without(case.setup.compiled, np.concatenate(out)), case.setup.params)

    return names, titles, shown, make


def cause_players(case: Case) -> Players:
    """Causes that are there; where there are more than seven, related ones are one."""
    found = [[name] for name in active(case.result, case.row)]
    for pair in JOINED:
        if len(found) > MOST_CAUSES and all([name] in found for name in pair):
            found = [group for group in found if group[0] not in pair]
            found.append(list(pair))
    titles = [" and ".join(CAUSES[name] for name in group) for group in found]

    def make(mask: int) -> Setup:
        off = [name for i, group in enumerate(found) if not mask >> i & 1 for name in group]
        return switched_off(case.setup, off, case.row)

    return ["+".join(group) for group in found], titles, [-1] * len(found), make
