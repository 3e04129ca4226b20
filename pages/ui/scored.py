"""The page "Beforehand, scored": numbers of the opening held against what happened."""

from typing import Any
from urllib.parse import parse_qsl

import pandas as pd
import streamlit as st

import engine
from pages.ui import boundary, charts_scored, content, progress, scored_rows, share, warm, words
from pages.ui.long_work import LongWork
from pages.ui.phase.work import with_result
from pages.ui.terms import Terms

NOTE, FILE = "beforehand", "beforehand.csv"
NEW, PART = 300, 10  # cases of a reader's own run, and of each of its parts


@st.cache_resource(max_entries=1, show_spinner=False)
def stored() -> tuple[Any, Any, str]:
    """The cases of the stored run, the scenario they are variants of, and what made them when."""
    frame, link, made = engine.read_scored(content.ROOT / FILE)
    return frame, engine.read_link(link).scenario, made


@st.cache_resource(max_entries=1, show_spinner=False)
def own_run() -> LongWork:
    """Cases after the stored ones, run here and now; shared by all readers."""
    frame, scenario, _ = stored()
    first = len(frame)

    def source(stop: Any, done: set) -> Any:
        left = [k for k in range(first, first + NEW) if k - k % PART not in done]
        for rows in engine.score_cases(scenario, left, stop=stop):
            yield rows[0]["case"], rows

    return LongWork(NEW // PART, source)


def draw() -> None:
    """The whole page, its foot included."""
    boundary.guarded(_page)
    share.foot(content.note("foot").body)


def _page() -> None:
    note, theme = content.note(NOTE), st.context.theme.type or "light"
    frame, scenario, made = stored()
    marks = Terms(note.meta["terms"])
    st.title(note.meta["title"])
    with st.container(width=words.WIDE):
        words.say(f"##### {note.meta['says']}", marks)
        words.say(note.sections["How it was made"], marks)
    st.markdown(f"Stored run: {len(frame):,} cases, {made}.")
    st.table(_summary(note.meta["numbers"]))
    with st.container(width=words.WIDE):
        words.say(note.sections["What it shows"], marks)
    name, policy = _choices(note.meta["numbers"])
    _number(scored_rows.of_policy(frame, policy), scenario, name, note.meta, theme, "stored")
    st.header("Run new cases")
    warm.wait()
    _own(name, policy, note.meta, theme)
    with st.container(width=words.WIDE):
        words.say(note.sections["What it does not say"], marks)
        words.rest(marks)


@st.cache_resource(max_entries=1, show_spinner=False)
def _summary(_numbers: dict[str, Any]) -> dict[str, list[Any]]:
    return scored_rows.summary(stored()[0], _numbers)


def _choices(numbers: dict[str, Any]) -> tuple[str, str]:
    """Which number, and the cases of which policy; both stand in the address."""
    known = {"number": {name: row["title"] for name, row in numbers.items()}}
    known |= {"policy": scored_rows.POLICIES}
    labels, chosen = {"number": "Number", "policy": "Policy"}, {}
    for column, (name, titles) in zip(st.columns(2, gap="medium"), known.items(), strict=True):
        given = st.query_params.get(name)
        if f"scored_{name}" not in st.session_state and given is not None:
            if given in titles:
                st.session_state[f"scored_{name}"] = given
            else:
                boundary.problem(engine.InputError(name, given, "one of " + ", ".join(titles)))
        with column:
            chosen[name] = st.selectbox(
                labels[name], list(titles), format_func=titles.get, key=f"scored_{name}"
            )
    if st.query_params.to_dict() != chosen:
        st.query_params.from_dict(chosen)
    return chosen["number"], chosen["policy"]


def _number(
    frame: Any, scenario: Any, name: str, meta: dict[str, Any], theme: str, key: str
) -> None:
    """One number: its chart, its table, and the cases that it foretold worst."""
    told = meta["numbers"][name]
    finding = _finding(frame, (key, policy_of(frame), name, len(frame)), told["title"])
    st.markdown(f"#### {finding}")
    st.markdown(told["about"])
    bins = engine.calibration(frame, name)
    spec = charts_scored.calibration(theme, name, told["before"], told["after"])
    st.vega_lite_chart(
        bins, spec, key=f"{key}_chart",
        alt=f"{finding}. What happened, by what was foretold, in {len(bins)} groups of cases.",
    )  # fmt: skip
    if name in charts_scored.SAME:
        st.markdown("On the dashed line it came as foretold; above it more happened.")
    box = words.fold("The chart as a table", f"{key}_table")
    if box.open:
        box.table(scored_rows.calibration_table(bins, told))
    box = words.fold("Where it misleads", f"{key}_misleads")
    if box.open:
        with box:
            _misleads(frame, scenario, name)


def policy_of(frame: Any) -> str:
    """Whose cases these are."""
    found = frame["policy"].unique()
    return found[0] if len(found) == 1 else "all"


@st.cache_resource(max_entries=64, show_spinner=False)
def _finding(_frame: Any, about: tuple, title: str) -> str:
    """What a chart shows; `about` tells one table from another."""
    return scored_rows.finding(_frame, about[2], title)


def _misleads(frame: Any, scenario: Any, name: str) -> None:
    """The cases whose order was foretold worst, as scenarios to open."""
    for _, row in engine.misleads(frame, name).iterrows():
        query = _case_link(scenario, int(row["case"]))
        st.markdown(f"**Case {row['case']}**, {scored_rows.misled(row, name)}")
        st.page_link(
            words.script("three-ways-out"), label=f"Open case {row['case']} with its why",
            icon=":material/arrow_forward:", query_params=dict(parse_qsl(query[1:])),
        )  # fmt: skip


@st.cache_resource(max_entries=64, hash_funcs={engine.Scenario: repr}, show_spinner=False)
def _case_link(scenario: Any, number: int) -> str:
    return with_result(engine.case_scenario(scenario, number))


def _own(name: str, policy: str, meta: dict[str, Any], theme: str) -> None:
    """The same on cases that nobody has seen, on demand."""
    job = own_run()
    progress.buttons(job, f"Run {NEW} new cases", "scored")

    def show(parts: dict[int, Any]) -> None:
        rows = [row for key in sorted(parts) for row in parts[key]]
        frame = scored_rows.of_policy(pd.DataFrame(rows), policy)
        if len(frame) >= 3 * PART:
            _number(frame, stored()[1], name, meta, theme, "own")

    failed = "These cases could not be run to the end."
    progress.watch(job, "{done} of {number} cases run", failed, show, each=PART)
