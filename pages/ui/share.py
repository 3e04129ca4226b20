"""Take it with you: the link, its QR code, a handout, pictures, tables and code."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui import cached, content, words
from pages.ui.takeaway import section


def draw(
    address: str,
    view: Any,
    fingerprint: str,
    picture: Callable[[Any, str], Any] | None = None,
) -> None:
    """Copy link, QR, and everything else that can be taken away from the view.

    picture : the page's own chart as for `note.draw`, if the view has one
    """
    meta = content.note("takeaway").meta
    st.markdown(meta["intro"])
    st.code(address, language=None, wrap_lines=True)
    left, right = st.columns([1, 2], gap="large")
    with left:
        st.image(cached.qr(address), width=220, alt="QR code of the link above")
    with right:
        section.draw(view, address, picture)
        st.markdown(f"{meta['fingerprint']}: `{fingerprint[:12]}`")
    words.invite(address.partition("?")[2])


def foot(text: str) -> None:
    """What every page says at its end."""
    st.divider()
    st.markdown(text)
