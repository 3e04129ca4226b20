"""The place of somebody who works by keyboard: it is seen, and kept when the page is drawn anew."""

from pathlib import Path

import streamlit as st

# Links and menus show no more than a tint where the keys are, and the small buttons over charts and
# tables stay unseen. The phone's menu stands beside the window while it is closed: keys do not walk
# through it. A heading that takes the keys over from a field that was filled in is not framed.
STYLE = """<style>
:is(a, button, h1, h2, h3, h4, h5, h6):focus-visible,
label:has(input:is([type=radio], [type=checkbox]):focus-visible)
{outline: 2px solid CanvasText !important; outline-offset: 1px}
[data-quiet]:focus-visible {outline: none !important}
[data-testid=stElementToolbar]:focus-within
{opacity: 1 !important; top: -2.75rem !important; z-index: 1 !important}
.stApp:has([data-testid=stExpandSidebarButton]) [data-testid=stSidebar] {visibility: hidden}
</style>"""

_keep = st.components.v2.component(
    "forced_flow_place",
    html='<i aria-hidden="true"></i>',
    js=(Path(__file__).parent / "place.js").read_text("utf-8"),
)


def keep() -> None:
    """Give the keys back to the control that had them; see place.js."""
    _keep(key="place")
