"""What a link may name besides a scenario: a page, its lanes, a step, an event, a result."""

import re
from typing import Any

from engine.scenario.errors import InputError
from engine.scenario.frozen_table import SPECS, read_number
from engine.scenario.schema import Scenario

MAX_EVENT = 999_999_999
POLICIES: tuple[str, ...] = SPECS["liquidation.policy"].metadata["options"]
# Every page that a link may name, with the lanes it compares (those of the note of that name).
# `policy` holds the lane in view where the lanes are the policies, `lane` holds it elsewhere.
PAGES: dict[str, tuple[str, ...]] = {
    "a-chain-of-assumptions": ("stable", "depth", "together", "check", "path", "reward", "watch"),
    "the-band": ("last", "last_ema", "index", "index_ema", "median"),
    "five-basis-points": ("as_is", "five", "ten"),
    "three-ways-out": ("market", "incremental", "auction"),
    "size-before-leverage": ("as_is", "half_size", "half_leverage"),
    "when-marks-lag": ("last", "last_ema", "index", "index_ema", "median"),
    "the-hedge": ("jumps", "stayed", "alone"),
    "crowded-funding": ("none", "formula", "crowded", "paid"),
    "the-cascade": ("now", "deep", "late", "alone"),
    "who-pays": ("queue", "pro_rata", "at_once", "auction"),
    "models-rank": ("alone", "sees", "late", "decoys", "blind"),
    "why-did-my-limit-change": ("volatility", "concentration", "credit", "all", "fixed"),
}
# Pages that are no notes. In the Lab the lanes are two scenarios; field `d` holds the second.
LAB = "lab"
TOOLS: dict[str, tuple[str, ...]] = {LAB: ("first", "second"), "replay": POLICIES}
FIRST_PAGE = "three-ways-out"  # opened where a link names none; published links lean on it

_FINGERPRINT = re.compile(r"[0-9a-f]{12}")
_APP_VERSION = re.compile(r"[0-9A-Za-z.-]{1,20}")


def lanes_of(page: str) -> tuple[str, ...]:
    """What `lane` may be on a page: nothing where its lanes are the policies."""
    lanes = (PAGES | TOOLS).get(page, ())
    return () if set(lanes) == set(POLICIES) else lanes


def check_view(key: str, text: str, scenario: Scenario, page: str) -> Any:
    """The value of one field of the view. Raises InputError."""
    if key in ("page", "policy", "lane"):
        options = {"page": (*PAGES, *TOOLS), "policy": POLICIES, "lane": lanes_of(page)}[key]
        if text not in options:
            told = "one of " + ", ".join(options) if options else "left out here, see policy"
            raise InputError(key, text, told)
        return text
    if key in ("step", "event"):
        most = scenario.world.steps if key == "step" else MAX_EVENT
        value = read_number(text, True)
        if not (isinstance(value, int) and 0 <= value <= most):
            raise InputError(key, text, f"a whole number in 0 .. {most:,}")
        return value
    pattern, allowed = {
        "f": (_FINGERPRINT, "12 characters of 0-9 and a-f"),
        "a": (_APP_VERSION, "a version such as 1.0.0"),
    }[key]
    if not (isinstance(text, str) and pattern.fullmatch(text)):
        raise InputError(key, text, allowed)
    return text
