"""Take it with you: the link, its QR code, the events."""

from typing import Any

import streamlit as st

from pages.ui import cached, words


def draw(address: str, view: Any, fingerprint: str) -> None:
    """Copy link, QR and CSV of the view."""
    st.markdown("The link restores these settings, this step and this event, on any computer.")
    st.code(address, language=None, wrap_lines=True)
    left, right = st.columns([1, 2], gap="large", vertical_alignment="center")
    with left:
        st.image(cached.qr(address), width=220, alt="QR code of the link above")
    with right:
        st.download_button(
            "Events as CSV",
            lambda: cached.csv(view.scenario, view.page, view.lane),
            file_name=f"forced-flow-{view.lane}-{fingerprint[:12]}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="csv",
        )
        st.markdown(f"Fingerprint of this result: `{fingerprint[:12]}`")
    words.invite(address.partition("?")[2])


def foot(text: str) -> None:
    """What every page says at its end."""
    st.divider()
    st.markdown(text)
