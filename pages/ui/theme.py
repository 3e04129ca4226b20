"""The reader's theme. Charts get their colours on the server, so a change must draw the page anew.

Streamlit repaints its own parts at once and tells the script at its next run.
"""

from pathlib import Path

import streamlit as st

_watch = st.components.v2.component(
    "forced_flow_theme",
    html='<i class="paper" aria-hidden="true"></i>',
    css=".paper { color: var(--st-background-color); transition: color 1ms; }",
    js=(Path(__file__).parent / "theme.js").read_text("utf-8"),
)


def watch() -> None:
    """Run the script once more when the page is no longer in the theme that it was drawn for."""
    _watch(data=st.context.theme.type or "light", key="theme", on_shown_change=lambda: None)
