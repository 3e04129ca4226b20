"""Add-ons at one moment of a run, put together again from the log."""

import numpy as np

from engine.core.addons import open_addons
from engine.core.state import ADDON, Inputs, Rule
from engine.record import Record

CHANGES = (Rule.VOLATILITY_ADDON, Rule.DEPTH_PUBLISHED)


class _Room:
    """What `open_addons` writes into."""

    def __init__(self, symbols: int) -> None:
        self.addon = np.zeros((2, symbols), ADDON)


def opening_addons(inputs: Inputs) -> np.ndarray:
    """The add-ons (K,) ADDON at the opening."""
    room = _Room(inputs.f.shape[1])
    getattr(open_addons, "py_func", open_addons)(inputs, room)
    return room.addon[0]


def changes(result: Record) -> np.ndarray:
    """Numbers of the events that changed an add-on."""
    kept = result.__dict__.setdefault("_addon_changes", [])
    if not kept:
        kept.append(np.flatnonzero(np.isin(result.events["rule"], CHANGES)))
    return kept[0]


def in_force(result: Record, number: int) -> np.ndarray:
    """The add-ons (K,) ADDON that the events before `number` left in force."""
    inputs, addon = result.compiled.inputs, opening_addons(result.compiled.inputs)
    if inputs.scheme < 2:
        return addon
    for n in changes(result):
        if n >= number:
            break
        apply(result.events[n], addon, inputs)
    return addon


def apply(event: np.void, addon: np.ndarray, inputs: Inputs) -> None:
    """Put one change into force."""
    k = int(event["symbol"])
    if event["rule"] == Rule.VOLATILITY_ADDON:
        if event["detail"] > addon[k]["level"]:
            addon[k]["risen"] = event["step"]
        addon[k]["level"], addon[k]["rate"] = event["detail"], event["value"]
    else:
        addon[k]["share"] = event["value"]
        addon[k]["depth"] = event["value"] * inputs.depth[k]


def by_step(result: Record) -> list[tuple[int, np.ndarray]]:
    """Add-ons (K,) ADDON and the first step whose margin check sees them, from step 0 on."""
    inputs = result.compiled.inputs
    addon = opening_addons(inputs)
    found = [(0, addon.copy())]
    for n in changes(result) if inputs.scheme == 2 else []:
        apply(result.events[n], addon, inputs)
        found.append((int(result.events[n]["step"]), addon.copy()))
    return found


def added_rates(lots: np.ndarray, k: np.ndarray, inputs: Inputs, addon: np.ndarray) -> np.ndarray:
    """Rates (N,) added to positions `lots` in symbols `k` at given add-ons (K,) ADDON."""
    added = addon["rate"][k]
    if len(inputs.large):
        share = inputs.large[:, 0] * addon["depth"][k][:, None]
        reached = (np.abs(lots)[:, None] >= share).sum(axis=1)
        added = added + np.append(0.0, inputs.large[:, 1])[reached]
    return added


def added_at(result: Record, numbers: np.ndarray) -> np.ndarray:
    """Rates (N,) added, just before each of these events, to the position it is about."""
    inputs, events = result.compiled.inputs, result.events
    out = np.zeros(len(numbers))
    if inputs.scheme < 2:
        return out
    addon, low = opening_addons(inputs), 0
    for change in [*changes(result).tolist(), len(events)]:
        mine = np.flatnonzero((numbers >= low) & (numbers <= change))
        found = events[numbers[mine]]
        out[mine] = added_rates(found["base"], found["symbol"], inputs, addon)
        if change < len(events):
            apply(events[change], addon, inputs)
        low = change + 1
    return out


def added_at_opening(inputs: Inputs, base: np.ndarray) -> np.ndarray:
    """Rates (N, K) added at the opening to positions (N, K) [lot]."""
    addon = opening_addons(inputs)
    columns = [
        added_rates(base[:, k], np.full(len(base), k), inputs, addon) for k in range(base.shape[1])
    ]
    return np.stack(columns, axis=1)
