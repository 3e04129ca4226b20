"""Take it with you: the link, its QR code, a handout, pictures, tables and code."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

import engine
from pages.ui import cached, content, lanes, words
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
        _to_the_lab(view, meta["lab"])
        section.draw(view, address, picture)
        st.markdown(f"{meta['fingerprint']}: `{fingerprint[:12]}`")
    if view.page in engine.PAGES:
        words.invite(address.partition("?")[2])


def _to_the_lab(view: Any, label: str) -> None:
    """A door to the Lab with the lane in view, and beside it the lane that follows."""
    if view.page not in engine.PAGES:
        return
    known = lanes.of(view.page)
    place = known.names.index(view.lane)
    beside = known.names[(place + 1) % len(known.names)]
    first, second = (
        view.scenario.with_values(**known.changes[name]) for name in (view.lane, beside)
    )
    try:
        query = engine.link(engine.View(first, page="lab", other=second))
    except engine.InputError:  # too many changes for a link
        return
    fields = dict(parse_qsl(query.lstrip("?")))
    st.page_link(words.script("lab"), label=label, icon=":material/science:", query_params=fields)


def foot(text: str) -> None:
    """What every page says at its end."""
    st.divider()
    st.markdown(text)
