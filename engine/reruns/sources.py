"""Whose forced orders led to an event, from the log."""

from engine.causes.contributions import loss_parts
from engine.core.state import Rule
from engine.log.descent import trigger_of
from engine.record import Record


def trigger_behind(result: Record, number: int) -> int:
    """The margin trigger an event follows from: its own account's, or that of the loser it paid."""
    event, events = result.events[number], result.events
    if event["rule"] == Rule.MAINTENANCE:
        return number if event["parent"] < 0 else int(event["parent"])
    found = int(trigger_of(events[: number + 1])[number])
    if found >= 0 and events["parent"][found] >= 0:
        found = int(events["parent"][found])
    return found


def sources(result: Record, number: int) -> list[tuple[int, float]]:
    """Other accounts by what their forced orders took from the account of a trigger [USD].

    (row, amount), the largest first. What a liquidator sells counts for the account it took it
    from.
    """
    if number < 0:
        return []
    own, events = int(result.events[number]["account"]), result.events
    trigger = trigger_of(events[:number])
    by_row: dict[int, float] = {}
    for part in loss_parts(result, number)[0]:
        if part.kind != "forced" or part.event is None:
            continue
        first = int(trigger[part.event])
        row = int(events[first if first >= 0 else part.event]["account"])
        by_row[row] = by_row.get(row, 0.0) + part.amount
    others = {r: a for r, a in by_row.items() if a < 0.0 and r != own and r < result.accounts}
    return sorted(others.items(), key=lambda item: (item[1], item[0]))
