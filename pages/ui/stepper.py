"""The timeline: three runs on one axis, played in the browser."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui import colours

HERE = Path(__file__).parent
HTML = """
<div class="ff">
  <ul class="key"></ul>
  <div class="panels"></div>
  <div class="bar" role="group" aria-label="{playback}">
    <button type="button" class="previous" aria-label="{previous}">{previous_short}</button>
    <button type="button" class="play">{play}</button>
    <button type="button" class="next" aria-label="{next}">{next_short}</button>
    <input type="range" step="1" aria-label="{timeline}">
    <output aria-live="polite"></output>
  </div>
</div>
"""
TITLES = {"market": "Market", "incremental": "Incremental", "auction": "Auction"}
WORDS: dict[str, Any] = {
    "playback": "Playback",
    "timeline": "Timeline, in steps",
    "play": "▶ Play",
    "pause": "❚❚ Pause",
    "previous": "Previous limit of the policy in view",
    "previous_short": "◀ limit",
    "next": "Next limit of the policy in view",
    "next_short": "limit ▶",
    "step": "step",
    "event": "event",
    "mark": "mark",
    "gone": "closed by force",
    "view": "in view",
    "book": "Book: mid from outside price",
    "crowd": "Accounts",
    "key": [
        ["outside", "Outside price"],
        ["mark", "Mark"],
        ["mid", "Mid"],
        ["limit", "A limit triggers"],
        ["long", "Longs by liquidation price"],
        ["short", "Shorts"],
        ["closed", "Closed by force"],
    ],
    "policies": TITLES,
    "numbers": [
        ["mark", "Mark", "price"],
        ["liquidated_usd", "Closed by force", "usd"],
        ["slippage_bp", "Slippage", "bp"],
        ["fund", "Fund", "usd"],
    ],
    "paid": [
        ["slippage", "Slippage"],
        ["fees", "Fees"],
        ["paid_fund", "Fund paid"],
        ["winners", "Winners (ADL)"],
        ["everyone", "Everyone"],
    ],
}
_timeline = st.components.v2.component(
    "forced_flow_timeline",
    html=HTML.format(**WORDS),
    css=(HERE / "stepper.css").read_text("utf-8"),
    js=(HERE / "stepper.js").read_text("utf-8"),
)


def timeline(
    trace: dict[str, Any],
    seek: dict[str, Any],
    why: dict[str, Any],
    key: str,
    on_change: Callable[[], None],
) -> None:
    """Draw the timeline at `seek` (policy, step, event); call back where the reader stops.

    why : the event explained below, for the policy and step it was chosen at
    """
    data = {"trace": trace, "seek": seek, "why": why, "words": WORDS, "colours": colours.both()}
    _timeline(data=data, key=key, default={"at": None}, on_at_change=on_change)
