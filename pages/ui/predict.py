"""One question before anything is drawn. The answer is remembered; it can be skipped."""

from typing import Any

import streamlit as st

import engine
from pages.ui import link

ANSWER, SKIPPED = "prediction", "skipped"


def ask(meta: dict[str, Any], known: Any, revealed: bool) -> bool:
    """Ask until it is answered, skipped, or a link shows a result anyway. True: go on.

    Back is undo: who goes back to an address without a result is asked again.
    """
    answers = st.session_state.setdefault(ANSWER, {})
    page, titles = known.page, known.titles
    if revealed or (page in answers and not st.session_state.get(link.QUESTION)):
        return True

    def answer(lane: str) -> None:
        answers[page] = lane
        st.session_state[link.QUESTION] = False

    with st.container(border=True):
        st.markdown(f"**Predict.** {meta['question']}")
        st.markdown(meta["situation"])
        with st.container(horizontal=True):
            for name, title in titles.items():
                st.button(title, key=f"predict_{name}", on_click=answer, args=(name,))
            st.button("Skip", key="predict_skip", type="tertiary", on_click=answer, args=(SKIPPED,))
        for name, title in titles.items():
            st.markdown(f"- **{title}**: {meta['options'][name]}")
    return False


def reveal(meta: dict[str, Any], known: Any, results: dict[str, Any]) -> None:
    """The prediction beside what happened in the world in view."""
    guess = st.session_state.get(ANSWER, {}).get(known.page)
    st.markdown(told(meta, known, results, guess))


def told(meta: dict[str, Any], known: Any, results: dict[str, Any], guess: str | None) -> str:
    """What happened, as Markdown, after whether it was predicted, if it was."""
    titles = known.titles
    answer = engine.answer(results, meta["answer"])
    if not answer:
        return meta["nobody"]
    metric = meta["answer"].partition(" ")[2]
    amounts = ", ".join(
        f"{titles[name]} {measured(metric, result.metrics[metric])}"
        for name, result in results.items()
    )
    said = meta["reveal"].format(answer=titles[answer], amounts=amounts)
    if guess in titles:
        verdict = meta["right"] if guess == answer else meta["wrong"].format(guess=titles[guess])
        said = f"{verdict} {said}"
    return said


def measured(metric: str, value: float) -> str:
    """A metric in its unit, as Markdown."""
    unit = engine.UNITS[metric]
    if unit == "USD":
        return f"\\${value:,.0f}"
    if unit == "fraction":
        return f"{value:.1%}"
    if unit.startswith("USD/"):
        return f"\\${value:,.6g}"
    number = f"{value:,.1f}" if unit == "bp" else f"{value:,.6g}"
    return number if unit == "1" else f"{number} {unit}"
