"""Collections of Python's garbage that no reader notices.

A full collection looks at everything that lives and stops every thread meanwhile: 125 ms in a room
of a hundred, every ten seconds. What has survived one is therefore set aside, so that the next has
only what came since to look at. One in ALL looks at everything again, and finds what readers who
left have left behind.
"""

import gc

ALL = 50  # full collections


class Collections:
    """What to do after each collection; see `gc.callbacks`."""

    def __init__(self) -> None:
        self.full = 0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase != "stop" or info["generation"] != 2:
            return
        self.full += 1
        if self.full % ALL:
            gc.freeze()
        else:
            gc.unfreeze()


def short() -> None:
    """Set aside what lives now, and from now on what survives a full collection."""
    gc.collect()
    gc.freeze()
    gc.callbacks.append(Collections())
