"""Your turn: the smallest change of one setting that avoids the cascade, judged by a run.

size of a change = max(new / old, old / new) [1]

Twice as much and half as much are both 2.00. The cascade is avoided where forced orders close at
most half of what they close in the room's scenario, in the variant the room looks at. The values
that can be tried lie on a grid of 5 %, so that a room asks for a bounded number of runs.
"""

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import streamlit as st

import engine
from pages.ui import cached, controls, lanes
from pages.ui.room.rules import Room
from pages.ui.room.scene import Scene

GOAL = 0.5  # most that may still be closed, of what the scenario closes [1]
RATIO, STEPS = 1.05, 33  # 1.05 ** 33 = 5.0
CLOSED = "liquidated_notional"
# Beside the note's own controls: what every venue and every crowd has.
ALWAYS = (
    {"path": "book.depth", "label": "Depth of the book", "format": "usd"},
    {"path": "accounts.leverage_high", "label": "Highest leverage", "format": "times"},
    {"path": "shock.move", "label": "Outside move", "format": "percent"},
)
_ONE = threading.Semaphore(1)  # a run at a time: two cores serve the room


@dataclass(frozen=True)
class Knob:
    """A setting that may be changed, and the values it may take, in order."""

    path: str
    label: str
    format: str
    base: float
    values: tuple[float, ...]
    dt: float  # s of a step

    def shown(self, value: float) -> str:
        """A value as it is read aloud."""
        if self.path == "shock.move":
            return f"{100 * value:+z.3g}%"
        if self.format == "percent":
            return f"{100 * value:.3g}%"
        if self.format == "seconds" and self.path.startswith("shock."):
            value *= self.dt
        rounded = float(f"{value:.3g}")
        return controls.FORMATS[self.format](rounded)


def size(before: float, after: float) -> float:
    """How large a change is [1]: 1 is none, 2 is twice or half as much."""
    return max(after / before, before / after)


def lane(scene: Scene, room: Room) -> str:
    """The variant to break: the one in view; where nothing is closed there, where most is."""
    closed = {name: run.metrics[CLOSED] for name, run in scene.results().items()}
    seen = scene.lane(room)
    return seen if closed[seen] > 0.0 else max(closed, key=lambda name: closed[name])


@lru_cache(maxsize=128)
def knobs(scene: Scene, lane: str) -> tuple[Knob, ...]:
    """What can be changed: numbers that the variant itself does not decide."""
    specs = {path: (spec, value) for path, spec, value in engine.settings(scene.scenario)}
    wanted = {c["path"]: c for c in (*scene.note.meta.get("controls", ()), *ALWAYS)}
    decided = set(scene.known.changes[lane])
    found = []
    for path, control in wanted.items():
        if path in controls.SHOCK:
            base, lo, hi = _of_shock(path, scene.scenario)
        elif path in specs:
            spec, base = specs[path]
            lo, hi = spec.metadata.get("lo"), spec.metadata.get("hi")
        else:
            continue
        usable = isinstance(base, int | float) and not isinstance(base, bool) and base
        fixed = path in decided or (path in controls.SHOCK and "world.shocks" in decided)
        if not usable or fixed or lo is None:
            continue
        values = ladder(base, lo, hi)
        if len(values) > 1:
            dt = scene.scenario.world.dt
            found.append(Knob(path, control["label"], control["format"], float(base), values, dt))
    return tuple(found)


def _of_shock(path: str, scenario: Any) -> tuple[Any, float, float]:
    """Value and range of a part of the first move; a scenario without one has no such knob."""
    shock = controls.first_shock(scenario)
    if not scenario.world.shocks:
        return 0, 0.0, 0.0
    if path == "shock.move":
        return shock.move, -0.9, 0.9
    return shock.duration, 1, max(scenario.world.steps - shock.step, 1)


def ladder(base: float, lo: float, hi: float) -> tuple[float, ...]:
    """Values 5 % apart around `base`, up to five times as much or as little, inside the range."""
    raw = (base * RATIO**k for k in range(-STEPS, STEPS + 1))
    if isinstance(base, int):
        return tuple(sorted({round(x) for x in raw if lo <= round(x) <= hi and round(x)} | {base}))
    return tuple(sorted({float(f"{x:.4g}") for x in raw if lo <= x <= hi} | {base}))


def judge(scene: Scene, lane: str, knob: Knob, value: float) -> dict[str, Any]:
    """What a change does, found by running it. Raises InputError where it cannot be run."""
    if value not in knob.values:
        raise engine.InputError(knob.path, value, "one of the values offered")
    base = scene.results()[lane].metrics[CLOSED]
    with _ONE:
        closed = _closed(scene.scenario, scene.page, lane, knob.path, value)
    share = closed / base if base else 1.0
    return {
        "path": knob.path,
        "before_value": knob.base,
        "after_value": float(value),
        "factor": size(knob.base, value),
        "share": share,
        "avoided": int(base > 0.0 and share <= GOAL and value != knob.base),
    }


@st.cache_resource(max_entries=1_024, hash_funcs=cached.HASH, show_spinner=False)
def _closed(scenario: Any, page: str, lane: str, path: str, value: float) -> float:
    """What forced orders close [USD] in one variant with one setting changed."""
    changed = scenario.with_values(**controls.change(path, value, scenario))
    with_lane = changed.with_values(**lanes.of(page).changes[lane])
    engine.check_work(with_lane, engine.APP_MAX_WORK, engine.APP_MAX_AUCTION_WORK)
    results = engine.compare(changed, {lane: lanes.of(page).changes[lane]})
    return results[lane].metrics[CLOSED]
