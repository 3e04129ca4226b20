"""What only "Models rank, guardrails decide" has: alerts, rankings, scores, and the proof."""

from typing import Any

import streamlit as st

import engine
from pages.ui import cached, charts, charts_monitor, content, lanes, monitor_tables, verify, words

PAGE = "models-rank"
HASH = cached.HASH


@st.cache_resource(max_entries=32, hash_funcs=HASH, show_spinner=False)
def drawn(scenario: Any) -> Any:
    """Alerts, warnings and first forced trades of all lanes."""
    return charts_monitor.rows(cached.compare(scenario, PAGE), lanes.of(PAGE).titles)


@st.cache_resource(max_entries=32, hash_funcs=HASH, show_spinner=False)
def ranked(scenario: Any, lane: str) -> tuple[Any, Any, int | None]:
    """Alerts of a lane by rank, the accounts at its first alert, and that step."""
    result = cached.compare(scenario, PAGE)[lane]
    alerts = engine.alert_ranking(result)
    alerts = alerts[~alerts["late"].astype(bool)]
    if not len(alerts):
        return alerts, None, None
    step = int(alerts["step"].min())
    return alerts, engine.account_ranking(result, step, most=10), step


@st.cache_resource(max_entries=32, hash_funcs=HASH, show_spinner=False)
def drifting(scenario: Any, lane: str) -> tuple[Any, Any]:
    """Streams of a lane, and of a quiet world in which they drift."""
    result = cached.compare(scenario, PAGE)[lane]
    quiet = {"world.shocks": (), "book.cancels": (), "monitor.actions": 0}
    drifted = engine.run(scenario.with_values(**quiet, **{"monitor.mode": "drifted"}))
    return engine.stream_table(result), engine.stream_table(drifted)


@st.cache_resource(max_entries=1, show_spinner="Simulating …")
def run_lengths() -> Any:
    """Published run lengths, computed and simulated."""
    return engine.run_length_table()


@st.cache_resource(max_entries=16, hash_funcs=HASH, show_spinner="Running …")
def proof(scenario: Any) -> Any:
    """All modes on one world, with and without an operator."""
    return engine.guardrail_proof(scenario)


class Watching(cached.Experiment):
    """Every detector on one scenario over many seeds."""

    def __init__(self, scenario: Any):
        super().__init__(scenario, {}, frozenset())

    def results(self, seeds: range) -> Any:
        return engine.watch_trials(self.scenario, seeds)


@st.cache_resource(max_entries=12, hash_funcs=HASH, show_spinner=False)
def watching(scenario: Any) -> Watching:
    """The experiment on one scenario; readers with the same settings share it."""
    return Watching(scenario)


def picture(view: Any, theme: str) -> Any:
    """Alerts of every lane over time."""
    rows, titles = drawn(view.scenario), lanes.of(PAGE).titles
    results = cached.compare(view.scenario, PAGE)
    return charts.Picture(
        rows=rows,
        spec=charts_monitor.alerts(theme, tuple(titles.values())),
        key=charts_monitor.key(theme),
        table=monitor_tables.marks(rows, charts_monitor.TITLES),
        title=monitor_tables.finding(results, titles),
    )


def study(view: Any, theme: str) -> None:
    """The ranking with its reasons, drift, scores over seeds, theory, and the proof."""
    meta = content.note(PAGE).meta["watch"]
    _ranking(view, meta)
    _drift(view, meta)
    _scores(view, meta)
    st.markdown(f"#### {meta['proof']}")
    st.markdown(meta["proof_text"])
    st.table(monitor_tables.proof(proof(view.scenario), meta["modes"]))
    st.markdown(f"#### {meta['claims']}")


def _ranking(view: Any, meta: dict[str, Any]) -> None:
    alerts, accounts, step = ranked(view.scenario, view.lane)
    st.markdown(f"#### {meta['ranking']}")
    if step is None:
        st.markdown(meta["no_alerts"])
        return
    st.markdown(meta["ranking_text"])
    st.table(monitor_tables.alerts(alerts.head(8), meta["streams"]))
    st.markdown(f"**{meta['accounts']}**")
    st.markdown(meta["accounts_text"].format(step=step, warned=view.scenario.monitor.warned))
    st.table(monitor_tables.accounts(accounts))


def _drift(view: Any, meta: dict[str, Any]) -> None:
    box = words.fold(meta["drift"], "drift")
    if box.open:
        box.markdown(meta["drift_text"].format(drift=view.scenario.monitor.drift))
        here, drifted = drifting(view.scenario, view.lane)
        box.table(monitor_tables.drift(here, drifted, meta["streams"]))


def _scores(view: Any, meta: dict[str, Any]) -> None:
    monitor = view.scenario.monitor
    mode = lanes.of(PAGE).changes[view.lane]["monitor.mode"]
    scenario = view.scenario.with_values(**{"monitor.mode": mode})
    st.markdown(f"#### {meta['score']}")
    st.markdown(
        meta["score_text"].format(
            mode=meta["modes"][mode].lower(),
            horizon=monitor.horizon,
            training=len(engine.TRAINING),
        )
    )

    def verdict(done: list[Any]) -> None:
        table = engine.score_table(done, monitor.alarms)
        st.markdown(monitor_tables.said(table, len(done), monitor.detector, meta["detectors"]))
        st.table(monitor_tables.scores(table, meta["detectors"]))

    verify.experiment(scenario, PAGE, "watch", verdict, of="all detectors", work=watching(scenario))
    st.markdown(f"#### {meta['theory']}")
    known = engine.run_length_theory(cached.compare(view.scenario, PAGE)[view.lane])
    st.markdown(
        meta["theory_text"].format(
            detector=meta["detectors"][monitor.detector], bursts=monitor.bursts, **known
        )
    )
    box = words.fold(meta["published"], "published")
    if box.open:
        box.table(monitor_tables.run_lengths(run_lengths()))
