"""One question before anything is drawn. The answer is remembered; it can be skipped."""

from typing import Any

import streamlit as st

import engine
from pages.ui import link, stepper

ANSWER, SKIPPED = "prediction", "skipped"


def ask(meta: dict[str, Any], page: str, revealed: bool) -> bool:
    """Ask until it is answered, skipped, or a link shows a result anyway. True: go on.

    Back is undo: who goes back to an address without a result is asked again.
    """
    answers = st.session_state.setdefault(ANSWER, {})
    if revealed or (page in answers and not st.session_state.get(link.QUESTION)):
        return True

    def answer(policy: str) -> None:
        answers[page] = policy
        st.session_state[link.QUESTION] = False

    with st.container(border=True):
        st.markdown(f"**Predict.** {meta['question']}")
        st.markdown(meta["situation"])
        with st.container(horizontal=True):
            for name, title in stepper.TITLES.items():
                st.button(title, key=f"predict_{name}", on_click=answer, args=(name,))
            st.button("Skip", key="predict_skip", type="tertiary", on_click=answer, args=(SKIPPED,))
        for name, title in stepper.TITLES.items():
            st.markdown(f"- **{title}**: {meta['options'][name]}")
    return False


def reveal(meta: dict[str, Any], page: str, results: dict[str, Any]) -> None:
    """The prediction beside what happened in the world in view."""
    titles = stepper.TITLES
    guess = st.session_state.get(ANSWER, {}).get(page)
    answer = engine.hardest(results)
    if not answer:
        st.markdown(meta["nobody"])
        return
    amounts = ", ".join(
        f"{titles[name]} \\${result.metrics['bad_debt']:,.0f}" for name, result in results.items()
    )
    said = meta["reveal"].format(answer=titles[answer], amounts=amounts)
    if guess in titles:
        verdict = meta["right"] if guess == answer else meta["wrong"].format(guess=titles[guess])
        said = f"{verdict} {said}"
    st.markdown(said)
