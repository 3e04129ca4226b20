"""Forced Flow: table of contents."""

import streamlit as st

from pages.ui import narrow, place, terms, theme, warm
from pages.ui.room import codes

st.set_page_config(page_title="Forced Flow", page_icon="content/icon.svg", layout="wide")
warm.start()
# Streamlit writes a chosen segment in the primary colour on a tint of it: 4.25:1 in the dark. Mixed
# with the text's own black or white it has more than the 4.5:1 that WCAG asks for, in both themes.
st.html(
    "<style>button[data-variant='segmented_control'][data-selected='true'] p,"
    "button[data-variant='pills'][data-selected='true'] p"
    "{color: color-mix(in srgb, currentColor 65%, CanvasText)}</style>"
)
st.html(terms.STYLE)
st.html(place.STYLE)
st.html(narrow.STYLE)
home = st.Page("pages/page_home.py", title="Forced Flow", default=True)
notes = [
    st.Page(
        "pages/page_a_chain_of_assumptions.py",
        title="A chain of assumptions",
        url_path="a-chain-of-assumptions",
    ),
    st.Page("pages/page_the_band.py", title="The band", url_path="the-band"),
    st.Page(
        "pages/page_five_basis_points.py", title="Five basis points", url_path="five-basis-points"
    ),
    st.Page("pages/page_three_ways_out.py", title="Three ways out", url_path="three-ways-out"),
    st.Page(
        "pages/page_size_before_leverage.py",
        title="Size before leverage",
        url_path="size-before-leverage",
    ),
    st.Page("pages/page_when_marks_lag.py", title="When marks lag", url_path="when-marks-lag"),
    st.Page(
        "pages/page_the_hedge.py", title="The hedge that pulled the trigger", url_path="the-hedge"
    ),
    st.Page("pages/page_crowded_funding.py", title="Crowded funding", url_path="crowded-funding"),
    st.Page("pages/page_the_cascade.py", title="The cascade is a graph", url_path="the-cascade"),
    st.Page("pages/page_who_pays.py", title="Who pays", url_path="who-pays"),
    st.Page(
        "pages/page_models_rank.py",
        title="Models rank, guardrails decide",
        url_path="models-rank",
    ),
    st.Page(
        "pages/page_why_did_my_limit_change.py",
        title="Why did my limit change?",
        url_path="why-did-my-limit-change",
    ),
]
tools = [
    st.Page("pages/page_lab.py", title="Lab", url_path="lab"),
    st.Page("pages/page_replay.py", title="Replay", url_path="replay"),
    st.Page("pages/page_phase_map.py", title="Phase map", url_path="phase-map"),
    st.Page("pages/page_beforehand.py", title="Beforehand, scored", url_path="beforehand"),
]
rooms = [
    st.Page("pages/page_workshop.py", title="Workshop", url_path="workshop"),
    st.Page("pages/page_join.py", title="Join a room", url_path="join"),
]
about = st.Page("pages/page_model.py", title="Model & sources", url_path="model")
st.navigation(
    {"": [home], "Notes": notes, "Tools": tools, "Rooms": rooms, "About": [about]},
    position="hidden" if st.context.is_embedded or codes.alone(st.query_params) else "top",
).run()
theme.watch()
place.keep()
