"""A slow twin of the kernel: plain objects and lists, every account looked at in every step.

It shares no code with the kernel but the portable logarithm, and none of its short cuts: there is
no price queue, no ring, no record array and no compiling. The kernel must log the same events,
equal bit for bit, so wherever a number is made both use the same expression in the same order.
"""

from tests.twin.run import Twin, twin_of

__all__ = ["Twin", "twin_of"]
