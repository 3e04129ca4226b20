"""Links of version 1 that people hold, and what they stand for.

Version 1 has been published: neither `engine/scenario/frozen/v1.json` nor
`tests/data/links_v1.json` may change. Settings that are newer than version 1 take, in these links,
the neutral value of the table that brought them.
"""

import hashlib
from dataclasses import asdict
from pathlib import Path

from engine.scenario.frozen_table import FROZEN, frozen
from engine.scenario.link import View
from engine.scenario.schema import settings

STORED = Path(__file__).parent / "data" / "links_v1.json"
VIEW = ("page", "policy", "step", "event", "fingerprint", "app_version", "version")
LINKS = (
    "",
    "?v=1&s=fast-drop&page=three-ways-out",
    "?v=1&s=calm&page=three-ways-out&policy=auction&step=120&event=14&f=0123456789ab&a=1.0.0",
    "?v=1&s=short-squeeze&policy=market&step=0&event=0",
    "?v=1&s=deep-book&c=book.depth~2000000~~world.shocks~60_-0.08_30__90_0.02_1&step=600",
    "?v=1&s=thin-book&c=world.shocks~none~~world.waypoints~10_0.97__900_1.05~~seed~2147483647",
    "?v=1&s=late-cuts&c=book.half_spread~0.010000000000000064~~world.drift~-0~~mark.lag~3",
    "?v=1&s=gap-down&c=mark.rule~median~~venue.execution~sequential~~venue.adl~pro_rata"
    "~~liquidation.curve~stairstep~~liquidation.fallback~backstop~~venue.backstop_capital~1e6",
    "?v=1&s=defaults&c=book.cancels~100_60_0.1~~accounts.data~0123456789abcdef~~book.shape~2",
    "?v=1&s=calm&c=world.source~replay~~world.data~fedcba9876543210~~world.steps_per_bar~60",
    "?v=1&s=fast%2Ddrop&c=seed%7E9~~book.recovery%7e7.5e-1&policy=incremental",
)


def restored(view: View) -> dict:
    """What a link of version 1 stands for, as JSON holds it. Floats are texts, so -0.0 stays."""
    first = frozen(1).presets["defaults"]
    values = {path: value for path, _, value in settings(view.scenario) if path in first}
    return {
        "settings": {path: repr(value) for path, value in values.items()},
        "view": {key: value for key, value in asdict(view).items() if key in VIEW},
    }


def digest() -> str:
    """SHA-256 of the frozen table of version 1."""
    return hashlib.sha256((FROZEN / "v1.json").read_bytes()).hexdigest()
