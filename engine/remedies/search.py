"""The value nearest to the present one that avoids an event: scan a grid, then close in on it.

Values are whole numbers: steps of the axis. Nothing is assumed about the order of the answers. All
of the grid is tried first, so that an axis on which the event comes and goes is seen to be one;
then the pair of neighbours nearest to the present value is halved until they are one step apart.
Between two values of the grid that agree more could be hidden; `Found.spans` says what was seen.
"""

from collections.abc import Callable
from dataclasses import dataclass

Happens = Callable[[int], bool | None]


@dataclass(frozen=True)
class Found:
    """What a search saw. `avoids` and `happens` are None where nothing avoids the event.

    They are neighbours, but for values between them that cannot be used.
    """

    avoids: int | None
    happens: int | None
    monotone: bool
    spans: tuple[tuple[int, int], ...]
    tried: int


def search(now: int, grid: list[int], happens: Happens, far: Callable[[int], float]) -> Found:
    """Search the grid around `now`, at which the event happens.

    happens : None where a value cannot be used; far : distance from `now`, to choose the nearer
    side by
    """
    answers = {k: happens(k) for k in sorted({*grid, now}) if k != now}
    known: dict[int, bool] = {k: bool(a) for k, a in answers.items() if a is not None}
    known[now] = True
    nearest = [side for side in (first(known, now, 1), first(known, now, -1)) if side]
    if not nearest:
        return Found(None, None, True, (), len(answers))
    tried = len(answers)

    def ask(k: int) -> bool | None:
        nonlocal tried
        tried += 1
        answer = happens(k)
        if answer is not None:
            known[k] = answer
        return answer

    bad, good = close_in(*min(nearest, key=lambda side: far(side[1])), ask)
    return Found(good, bad, is_monotone(known, now), spans(known), tried)


def close_in(bad: int, good: int, ask: Happens) -> tuple[int, int]:
    """Halve until the event happens at `bad` and not at `good`, its neighbour.

    Values that cannot be used may lie between the two: then each is the neighbour of such a one.
    """
    near = bad
    while abs(good - near) > 1:
        middle = (good + near) // 2
        answer = ask(middle)
        if answer is False:
            good = middle
        else:
            near, bad = middle, middle if answer else bad
    edge = near
    while abs(edge - bad) > 1:
        middle = (bad + edge) // 2
        answer = ask(middle)
        if answer is False:
            return close_in(bad, middle, ask)
        edge, bad = (edge, middle) if answer else (middle, bad)
    return bad, good


def first(known: dict[int, bool], now: int, way: int) -> tuple[int, int] | None:
    """The first pair (happens, avoids) of neighbouring values on one side of `now`."""
    last = now
    for k in sorted(known, reverse=way < 0):
        if (k - now) * way > 0:
            if not known[k]:
                return last, k
            last = k
    return None


def is_monotone(known: dict[int, bool], now: int) -> bool:
    """Whether on each side of `now` the answer changes once at most."""
    for way in (1, -1):
        side = [known[k] for k in sorted(known, reverse=way < 0) if (k - now) * way >= 0]
        if sum(a != b for a, b in zip(side, side[1:], strict=False)) > 1:
            return False
    return True


def spans(known: dict[int, bool]) -> tuple[tuple[int, int], ...]:
    """Ranges of neighbouring values that avoid the event."""
    found: list[list[int]] = []
    open_ = False
    for k in sorted(known):
        if known[k]:
            open_ = False
        elif open_:
            found[-1][1] = k
        else:
            found.append([k, k])
            open_ = True
    return tuple((low, high) for low, high in found)
