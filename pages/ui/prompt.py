"""Answers leave at once: TCP holds no small message back. No Streamlit here.

Streamlit binds its socket without naming the protocol, so asyncio leaves Nagle's algorithm on: the
second message of every rerun waits until the reader's system has confirmed the first, which takes
Linux 40 ms. A connection inherits what its listening socket was told, so telling that is enough.
"""

import os
import socket
from contextlib import suppress

OPEN_FILES = "/proc/self/fd"  # where the system has it; elsewhere nothing is done


def answers() -> int:
    """Tell every listening TCP socket of this process; how many there are."""
    with suppress(OSError):
        return sum(_told(int(name)) for name in os.listdir(OPEN_FILES))
    return 0


def _told(number: int) -> bool:
    """Whether this open file is a listening TCP socket, which has then been told."""
    try:
        name = os.dup(number)  # another name of the same file, so that closing it ends nothing
    except OSError:
        return False
    try:
        copy = socket.socket(fileno=name)
    except OSError:
        os.close(name)
        return False
    with copy, suppress(OSError):
        if copy.family in (socket.AF_INET, socket.AF_INET6) and copy.getsockopt(
            socket.SOL_SOCKET, socket.SO_ACCEPTCONN
        ):
            copy.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return True
    return False
