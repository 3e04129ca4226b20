"""The Lab: every setting, two scenarios side by side."""

from pages.ui import boundary, content, share
from pages.ui.lab import page

boundary.guarded(page.draw)
share.foot(content.note("foot").body)
