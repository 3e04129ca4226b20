"""Law tests run again without compiling, where a step takes some hundred times as long.

There each law takes a few examples, here named beside all of them; the compiled runs take all.
"""

import pytest
from numba import config

PLAIN = bool(config.DISABLE_JIT)


def few(examples, plain):
    """All the examples; without compiling only the `plain` ones among them."""
    assert set(plain) <= set(examples), "the plain run has no examples of its own"
    return plain if PLAIN else examples


def more_than(times: int) -> int:
    """What a count of many examples has to exceed; of few examples, that there is one at all."""
    return 0 if PLAIN else times


large = pytest.mark.skipif(PLAIN, reason="too large for kernels that are not compiled")
