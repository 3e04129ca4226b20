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
