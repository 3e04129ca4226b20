"""The timeline: two to seven runs on one axis, played in the browser."""

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
    <button type="button" class="previous">{previous_short}</button>
    <button type="button" class="play">{play}</button>
    <button type="button" class="next">{next_short}</button>
    <input type="range" step="1" aria-label="{timeline}">
    <output aria-live="polite"></output>
  </div>
</div>
"""
WORDS: dict[str, Any] = {
    "playback": "Playback",
    "timeline": "Timeline, in steps",
    "play": "▶ Play",
    "pause": "❚❚ Pause",
    "previous": "Previous limit of the {noun} in view",
    "previous_short": "◀ limit",
    "next": "Next limit of the {noun} in view",
    "next_short": "limit ▶",
    "step": "step",
    "event": "event",
    "mark": "mark",
    "gone": "closed by force",
    "view": "in view",
    "book": "Book: mid from outside price",
    "book_short": "Mid off by",
    "scale": "scale ends at",
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
    known: Any,
    seek: dict[str, Any],
    why: dict[str, Any],
    key: str,
    on_change: Callable[[], None],
    follow: bool = False,
) -> None:
    """Draw the timeline at `seek` (lane, step, event); call back where the reader stops.

    known : the lanes of the page (`lanes.Lanes`), which name and paint the panels
    why : the event explained below, for the lane and step it was chosen at
    follow : no buttons; it stands where the newest message of the page's `forced_flow_seek` says
    """
    noun = known.noun.lower()
    words = {**WORDS, "lanes": known.titles}
    words |= {name: WORDS[name].format(noun=noun) for name in ("previous", "next")}
    paint = colours.both(known.names)
    data: dict[str, Any] = {"trace": trace, "seek": seek, "why": why, "words": words}
    data |= {"colours": paint, "follow": follow}
    _timeline(data=data, key=key, default={"at": None}, on_at_change=on_change)
