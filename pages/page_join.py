"""A participant's way into a room, and the room as it is led."""

from pages.ui import boundary, content, share
from pages.ui.room import follower

boundary.guarded(follower.page)
share.foot(content.note("foot").body)
