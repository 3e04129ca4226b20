"""What is said while the rooms' database does not answer: to people, and in the server's log."""

import logging
import time

from pages.ui.room.rules import RoomError

DOWN = "The room's store does not answer just now. What was stored is kept; try again in a moment."
SILENT = 60.0  # s after a line in the log without another one: a full room asks often
_logged: dict[str, float] = {}


class Unavailable(RoomError):
    """The database does not answer."""


def unavailable(error: Exception) -> Unavailable:
    """What people are told; whoever runs the server finds the reason in its log."""
    reason, clock = str(getattr(error, "orig", None) or error), time.monotonic()
    if clock - _logged.get(reason, -SILENT) >= SILENT:
        _logged.clear()
        _logged[reason] = clock
        logging.getLogger("forced_flow").error("The rooms' database does not answer: %s", reason)
    return Unavailable(DOWN)
