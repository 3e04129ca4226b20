"""How many cases a test tries that feeds strange input."""

import os


def cases(number: int) -> int:
    """`number` of cases in `make test`; FORCED_FLOW_FUZZ times as many in `make soak`."""
    return number * int(os.environ.get("FORCED_FLOW_FUZZ", "1"))
