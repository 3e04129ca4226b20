"""The app's front door: settings of the page, what is done once a server, and the list of pages."""

import gc

import streamlit as st

st.set_page_config(page_title="Forced Flow", layout="wide")


@st.cache_resource(show_spinner=False)
def start() -> None:
    """Keep what is loaded by now out of every later garbage collection, once a process."""
    gc.collect()
    gc.freeze()


start()
st.title("Forced Flow")
st.write("How leveraged perpetual-futures venues liquidate, explained in numbers.")
