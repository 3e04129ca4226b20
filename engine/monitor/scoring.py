"""How good the ranking is: alerts held against the first forced trade, over many seeds.

Each symbol is judged from the end of learning to its first forced trade, or to the end of the run
where there is none: afterwards nobody needs a warning. An alert is true if the first forced trade
follows within `monitor.horizon`. By chance an alert would be true with the share of that time that
lies within the horizon (`chance`), so a precision says something only beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from engine.asked import check_scenario
from engine.core.state import Rule
from engine.log.accounts import first_steps
from engine.log.descent import CLOSING
from engine.monitor.accounts import first_accounts
from engine.monitor.detectors import DETECTORS, FOREST, forest_scores, train_forest
from engine.monitor.pipeline import alert_rows, charts_of, learned, quiet_steps, shown
from engine.monitor.ranking import precision_at
from engine.monitor.run_length import DAY
from engine.monitor.streams import watched
from engine.record import Record
from engine.scenario.errors import InputError
from engine.scenario.schema import Scenario

TRAINING = range(1_000_000, 1_000_004)  # seeds that the forest learns from; none is scored on
FIRST = 10  # steps at the top of the ranking of steps that are looked at


@dataclass(frozen=True)
class Score:
    """What one detector did in one symbol of one run."""

    alerts: int
    true: int
    watched: float  # s before the first forced trade
    quiet: float  # s of it outside the horizon, in which every alert is false
    lead: float  # s from the first true alert to the forced trade; 0 without one
    forced: bool  # whether there was a forced trade to warn of
    steps_right: float  # precision at FIRST of the ranking of steps
    accounts_right: float  # share of the accounts ranked first that were liquidated later
    accounts_all: float  # the same of all accounts

    @property
    def found(self) -> bool:
        """Whether a true alert came."""
        return self.true > 0


def first_forced(result: Record, symbol: int) -> int:
    """Step of the first forced trade in a symbol; the end of the run if there is none."""
    events = result.events
    hits = np.isin(events["rule"], CLOSING[:3]) & (events["symbol"] == symbol)
    return int(events["step"][hits][0]) if hits.any() else len(result.mid)


def judged(result: Record, symbol: int, alarms: np.ndarray, score: np.ndarray) -> Score:
    """Alerts (steps) and a score by step (T,) of one symbol, held against what happened."""
    monitor, dt, learn = result.scenario.monitor, result.scenario.world.dt, learned(result)
    end, within = first_forced(result, symbol), max(int(monitor.horizon / dt), 1)
    forced, end = end < len(result.mid), max(end, learn)
    danger = max(end - within, learn) if forced else end
    before = alarms[(alarms >= learn) & (alarms < end)]
    true = before[before >= danger]
    order = np.argsort(-score[learn:end], kind="stable") + learn
    at = int(before[0]) if len(before) else min(learn, len(result.mid) - 1)
    hit = first_steps(result) > at
    chosen = first_accounts(result, symbol, at, monitor.warned)
    return Score(
        alerts=len(before),
        true=len(true),
        watched=(end - learn) * dt,
        quiet=(danger - learn) * dt,
        lead=float((end - true[0]) * dt) if len(true) else 0.0,
        forced=forced,
        steps_right=precision_at(order >= danger, FIRST) if forced else 0.0,
        accounts_right=float(hit[chosen].mean()) if len(chosen) else 0.0,
        accounts_all=float(hit.mean()),
    )


def chart_score(result: Record, detector: str, symbol: int, z: np.ndarray) -> Score:
    """What one of the charts did with the streams `z` (T, S) of a run."""
    scenario = result.scenario.with_values(**{"monitor.detector": detector})
    seen = charts_of(replace(result, scenario=scenario), z).max(axis=1)
    return judged(result, symbol, episodes(seen > 1.0, quiet_steps(result)), seen)


def episodes(over: np.ndarray, quiet: int) -> np.ndarray:
    """Steps of the alerts: alarms that come `quiet` steps or more after the alert before."""
    kept: list[int] = []
    for t in np.flatnonzero(over).tolist():
        if not kept or t - kept[-1] >= quiet:
            kept.append(t)
    return np.array(kept, np.int64)


@dataclass(frozen=True)
class Learned:
    """An isolation forest that has seen calm worlds, and the score that is rare enough there."""

    forest: Any
    limit: float


def calm(scenario: Scenario) -> Scenario:
    """The same venue without scripted moves and cancel bursts, watched in full, nobody acting."""
    quiet = {"world.shocks": (), "world.waypoints": (), "book.cancels": ()}
    return scenario.with_values(**quiet, **{"monitor.mode": "normal", "monitor.actions": 0})


def learn_usual(scenario: Scenario) -> Learned:
    """Train the forest on calm worlds of the TRAINING seeds.

    Its limit is passed there as often as `monitor.alarms` allows, or never where that is less than
    once in all of them.
    """
    from engine.simulation import run

    rows = []
    for seed in TRAINING:
        result = run(calm(scenario).with_values(seed=seed))
        rows.append(shown(result)[learned(result) :, watched(result)])
    usual = np.concatenate(rows)
    if not len(usual):
        allowed = f"less than world.steps = {scenario.world.steps:,}, so that steps are left"
        raise InputError("monitor.learn", scenario.monitor.learn, allowed)
    forest = train_forest(usual)
    rate = scenario.monitor.alarms * scenario.world.dt / DAY / scenario.world.symbols
    return Learned(forest, float(np.quantile(forest_scores(forest, usual), max(1.0 - rate, 0.0))))


def forest_score(result: Record, learnt: Learned, symbol: int, z: np.ndarray) -> Score:
    """What the forest did with the same streams."""
    learn = learned(result)
    score = np.zeros(len(z))
    score[learn:] = forest_scores(learnt.forest, z[learn:, watched(result)]) / learnt.limit
    return judged(result, symbol, episodes(score > 1.0, quiet_steps(result)), score)


def watch_trial(scenario: Scenario, seed: int, learnt: Learned | None) -> dict[str, Score]:
    """Each detector on the first symbol of the world of a seed, nobody acting."""
    from engine.simulation import run

    result = run(scenario.with_values(**{"seed": seed, "monitor.actions": 0}))
    z = shown(result)
    scores = {name: chart_score(result, name, 0, z) for name in DETECTORS}
    if learnt is not None:
        scores[FOREST] = forest_score(result, learnt, 0, z)
    return scores


def watch_trials(scenario: Scenario, seeds: range) -> Iterator[dict[str, Score]]:
    """One trial a seed, as they finish; the forest is trained first."""
    check_scenario(scenario)
    learnt = learn_usual(scenario)
    for seed in seeds:
        yield watch_trial(scenario, seed, learnt)


def score_table(trials: list[dict[str, Score]], allowed: float) -> pd.DataFrame:
    """One row a detector, over all trials.

    detector; worlds with a forced trade; found [fraction of them] with a true alert before it; lead
    [s], median where found; precision [fraction] of the alerts that were true, of `alerts`, and
    chance, what it would be for alerts at any time; steps_right [fraction] of the 10 steps ranked
    first, in worlds with a forced trade; accounts_right and accounts_all [fraction]; false_day
    [1/day], alerts outside the horizon, beside `allowed`.
    """
    rows = []
    for name in trials[0] if trials else ():
        scores = [trial[name] for trial in trials]
        forced = [s for s in scores if s.forced]
        leads = [s.lead for s in forced if s.found]
        alerts, true = sum(s.alerts for s in scores), sum(s.true for s in scores)
        seen, quiet = sum(s.watched for s in scores), sum(s.quiet for s in scores)
        rows.append(
            {
                "detector": name,
                "worlds": len(forced),
                "found": len(leads) / len(forced) if forced else np.nan,
                "lead": float(np.median(leads)) if leads else np.nan,
                "alerts": alerts,
                "true": true,
                "precision": true / alerts if alerts else np.nan,
                "chance": (seen - quiet) / seen if seen else np.nan,
                "steps_right": _mean([s.steps_right for s in forced]),
                "accounts_right": _mean([s.accounts_right for s in forced]),
                "accounts_all": _mean([s.accounts_all for s in forced]),
                "false_day": (alerts - true) / quiet * DAY if quiet else np.nan,
                "allowed": allowed,
            }
        )
    return pd.DataFrame(rows)


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def monitor_numbers(result: Record) -> dict[str, float]:
    """What the monitor of a run did, over all symbols, in its own mode and with its own chart.

    alerts          before the first forced trade of their symbol
    true_alerts     those of them that a forced trade followed within the horizon
    alert_lead      seconds from the first true alert to the forced trade; 0 without one
    false_a_day     alerts outside the horizon, a day
    warned_accounts accounts that closed a share of their position after a warning
    """
    rows, scores = alert_rows(result), []
    for k in range(result.mid.shape[1]):
        steps = np.array([row[0] for row in rows if row[1] == k], np.int64)
        scores.append(judged(result, k, steps, np.zeros(len(result.mid))))
    quiet = sum(s.quiet for s in scores)
    false = sum(s.alerts - s.true for s in scores)
    reduced = result.events[result.events["rule"] == Rule.REDUCTION]
    pairs = {(int(e["step"]), int(e["account"])) for e in reduced}
    asked = {(int(step), int(account)) for step, account, _ in result.actions}
    return {
        "alerts": float(sum(s.alerts for s in scores)),
        "true_alerts": float(sum(s.true for s in scores)),
        "alert_lead": max((s.lead for s in scores), default=0.0),
        "false_a_day": false / quiet * DAY if quiet else 0.0,
        "warned_accounts": float(len({account for _, account in pairs & asked})),
    }
