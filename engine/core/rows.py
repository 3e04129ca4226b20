"""Rows in order: a set of accounts read from the lowest row up, and places ranked by a key."""

import numpy as np
from numba import config
from numba.cpython.unsafe.numbers import trailing_zeros

from engine.core.jit import kernel

ONE = np.uint64(1)
NONE = np.uint64(0)


def _lowest_bit(word):
    return (int(word) & -int(word)).bit_length() - 1


lowest_bit = _lowest_bit if config.DISABLE_JIT else trailing_zeros


@kernel(inline=True, bare=True)
def add_row(due, groups, i):
    """Add row `i` to a set: one bit a row in `due`, one bit a word of `due` in `groups`.

    So the log never depends on the order in which the queue gave its accounts back, and nothing
    is sorted.
    """
    due[i >> 6] |= ONE << np.uint64(i & 63)
    groups[i >> 12] |= ONE << np.uint64((i >> 6) & 63)


@kernel(inline=True, bare=True)
def lowest_of(word, place):
    """Number of the lowest bit of word number `place`, counted over all words."""
    return np.int64(np.uint32(64 * place + np.int64(lowest_bit(word))))


@kernel
def ranking(keys):
    """Places of `keys` from the smallest to the largest, equal keys by place (merge sort)."""
    n = len(keys)
    order, other = np.arange(n), np.empty(n, np.int64)
    width = 1
    while width < n:
        for low in range(0, n, 2 * width):
            middle, high = min(low + width, n), min(low + 2 * width, n)
            a, b = low, middle
            for place in range(low, high):
                if a < middle and (b >= high or keys[order[a]] <= keys[order[b]]):
                    other[place] = order[a]
                    a += 1
                else:
                    other[place] = order[b]
                    b += 1
        order, other = other, order
        width *= 2
    return order


@kernel(bare=True)
def _sink(heap, n, keys, root):
    """Let a place sink until none below it has a smaller key; equal keys stand by place."""
    place = heap[root]
    while 2 * root + 1 < n:
        child = 2 * root + 1
        if child + 1 < n:
            left, right = heap[child], heap[child + 1]
            if keys[right] < keys[left] or (keys[right] == keys[left] and right < left):
                child += 1
        other = heap[child]
        if keys[place] < keys[other] or (keys[place] == keys[other] and place < other):
            break
        heap[root] = other
        root = child
    heap[root] = place


@kernel(bare=True)
def heapify(heap, n, keys):
    """Make a heap of the first `n` places, in whatever order they are."""
    for root in range(n // 2 - 1, -1, -1):
        _sink(heap, n, keys, root)


@kernel
def heap_of(keys):
    """Places of `keys` as a heap: `pop` gives them in the order of `ranking`, as far as needed."""
    heap = np.arange(len(keys))
    heapify(heap, len(keys), keys)
    return heap


@kernel(bare=True)
def pop(heap, n, keys):
    """Take the place with the smallest key from the first `n` of a heap, which then holds n - 1."""
    place = heap[0]
    heap[0] = heap[n - 1]
    _sink(heap, n - 1, keys, 0)
    return place


@kernel(bare=True)
def push(heap, n, keys, place):
    """Put a place into the first `n` of a heap, which then holds n + 1."""
    at = n
    while at > 0:
        above = (at - 1) // 2
        other = heap[above]
        if keys[other] < keys[place] or (keys[other] == keys[place] and other < place):
            break
        heap[at] = other
        at = above
    heap[at] = place
