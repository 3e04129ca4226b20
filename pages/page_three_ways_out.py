"""Note: incremental, auction and market liquidation of the same accounts in the same world."""

import streamlit as st

from pages.ui import (
    boundary,
    cached,
    content,
    controls,
    link,
    notices,
    predict,
    share,
    three_ways,
    verify,
    warm,
    words,
)

PAGE = "three-ways-out"
note = content.note(PAGE)
theme = st.context.theme.type or "light"


def page() -> None:
    """Claim, predict, run, step, why, verify, take away."""
    view = link.current(PAGE)
    words.opening(note)
    notices.about_link()  # before the question too: the address bar forgets what was wrong
    if not predict.ask(note.meta["predict"], PAGE, revealed=view.fingerprint is not None):
        link.keep(link.address(view, None))
        return
    warm.wait()
    st.header("Run")
    controls.presets(view)
    controls.main(view)
    controls.more(view)
    notices.about_controls()
    results = cached.compare(view.scenario)
    fingerprint = results[view.policy].fingerprint
    view = three_ways.settled(view)
    query = link.address(view, fingerprint)
    link.keep(query)
    notices.about_fingerprint(fingerprint)
    notices.about_result(results)
    predict.reveal(note.meta["predict"], PAGE, results)
    st.header("Step")
    controls.policy(view)
    three_ways.step(view)
    three_ways.table(view.scenario)
    st.header("Why")
    boundary.guarded(lambda: three_ways.reasons(view, theme))
    st.header("Verify")
    verify.beforehand(view.scenario, theme)
    verify.claim(note.meta["verify"], view.scenario, theme)
    st.header("Take it with you")
    share.draw(link.whole(query), view.scenario, view.policy, fingerprint)


boundary.guarded(page)
share.foot(content.note("foot").body)
