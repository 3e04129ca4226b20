"""One question before anything is drawn. The answer is remembered; it can be skipped."""

from collections.abc import Callable
from typing import Any

import streamlit as st

import engine
from pages.ui import link

ANSWER, SKIPPED = "prediction", "skipped"


def due(page: str, revealed: bool) -> bool:
    """Whether the page asks: until it is answered, skipped, or a link shows a result anyway.

    Back is undo: who goes back to an address without a result is asked again.
    """
    answered = page in st.session_state.setdefault(ANSWER, {})
    return not revealed and (not answered or bool(st.session_state.get(link.QUESTION)))


def ask(meta: dict[str, Any], known: Any, marked: Callable[[str], str]) -> None:
    """The question with its answers. `marked` puts glossary terms into a text."""
    answers, page, titles = st.session_state[ANSWER], known.page, known.titles

    def answer(lane: str) -> None:
        answers[page] = lane
        st.session_state[link.QUESTION] = False

    with st.container(border=True):
        st.markdown(f"**Predict.** {marked(meta['question'])}", unsafe_allow_html=True)
        st.markdown(marked(meta["situation"]), unsafe_allow_html=True)
        with st.container(horizontal=True):
            for name, title in titles.items():
                st.button(title, key=f"predict_{name}", on_click=answer, args=(name,))
            st.button("Skip", key="predict_skip", type="tertiary", on_click=answer, args=(SKIPPED,))
        for name, title in titles.items():
            said = marked(meta["options"][name])
            st.markdown(f"- **{title}**: {said}", unsafe_allow_html=True)


def verdict(meta: dict[str, Any], known: Any, results: dict[str, Any]) -> None:
    """In place of the question: what was predicted, and what it is in the world in view."""
    guess = st.session_state.get(ANSWER, {}).get(known.page)
    if guess not in known.titles:
        return
    answer = engine.answer(results, meta["answer"])
    said = f"It is **{known.titles[answer]}** here." if answer else meta["nobody"]
    with st.container(border=True):
        st.markdown(f"{meta['question']} {judged(meta, known, answer, guess)} {said}")


def judged(meta: dict[str, Any], known: Any, answer: str, guess: str) -> str:
    """Whether it was predicted, in words."""
    right: str = meta["right"]
    return right if guess == answer else meta["wrong"].format(guess=known.titles[guess])


def reveal(meta: dict[str, Any], known: Any, results: dict[str, Any]) -> None:
    """What happened in the world in view, in numbers."""
    st.markdown(told(meta, known, results, None))


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
    if guess is not None and guess in titles:
        said = f"{judged(meta, known, answer, guess)} {said}"
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
