"""A leader's room: open it, lead it, show it."""

from pages.ui import boundary
from pages.ui.room import leader

boundary.guarded(leader.page)
leader.foot()
