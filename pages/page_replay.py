"""Replay: a published episode, or the reader's own candles, under three policies."""

from pages.ui import boundary, content, share
from pages.ui.replay import page

boundary.guarded(page.draw)
share.foot(content.note("foot").body)
