"""Forced Flow: table of contents."""

import streamlit as st

from pages.ui import warm

st.set_page_config(page_title="Forced Flow", page_icon="content/icon.svg", layout="wide")
warm.start()
home = st.Page("pages/page_home.py", title="Forced Flow", default=True)
notes = [
    st.Page("pages/page_three_ways_out.py", title="Three ways out", url_path="three-ways-out"),
    st.Page("pages/page_when_marks_lag.py", title="When marks lag", url_path="when-marks-lag"),
]
about = st.Page("pages/page_model.py", title="Model & sources", url_path="model")
st.navigation(
    {"": [home], "Notes": notes, "About": [about]},
    position="hidden" if st.context.is_embedded else "top",
).run()
