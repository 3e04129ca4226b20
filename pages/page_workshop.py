"""A leader's room: open it, lead it, show it."""

from pages.ui import boundary, content, share
from pages.ui.room import leader

boundary.guarded(leader.page)
share.foot(content.note("foot").body)
