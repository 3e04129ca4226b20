"""Forced Flow: how leveraged perpetual-futures venues liquidate, explained in numbers."""

from engine import _cache  # noqa: F401  isort:skip  (must precede the first import of numba)

from engine.claims import Claim, word
from engine.claims import parse as read_claim
from engine.explanation import Explanation, explain
from engine.metrics import UNITS
from engine.opening import beforehand, happened
from engine.scenario.candles import read_candles
from engine.scenario.errors import InputError
from engine.scenario.link import (
    APP_MAX_AUCTION_WORK,
    APP_MAX_WORK,
    View,
    check_work,
)
from engine.scenario.link import decode as read_link
from engine.scenario.link import encode as link
from engine.scenario.load import Preset, presets
from engine.scenario.notes import Lane, lanes
from engine.scenario.pages import PAGES
from engine.scenario.population import from_table as read_table
from engine.scenario.replay import replay_scenario, replay_world
from engine.scenario.rulebooks import names as rulebook_names
from engine.scenario.schema import Scenario, settings
from engine.seeds import Trial, answer, hardest, trial, trials, wilson
from engine.simulation import POLICIES, Result, compare, run
from engine.stress import Sign, acted, expected_cost, expected_lag, first_sign, signals
from engine.thinning import furthest_from, histogram, thin
from engine.timeline import limits, trace
from engine.warm import STAGES as WARM_STAGES
from engine.warm import stages as warm_stages

__version__ = "0.1.0"
__all__ = [
    "APP_MAX_AUCTION_WORK",
    "APP_MAX_WORK",
    "PAGES",
    "POLICIES",
    "UNITS",
    "WARM_STAGES",
    "Claim",
    "Explanation",
    "InputError",
    "Lane",
    "Preset",
    "Result",
    "Scenario",
    "Sign",
    "Trial",
    "View",
    "acted",
    "answer",
    "beforehand",
    "check_work",
    "compare",
    "expected_cost",
    "expected_lag",
    "explain",
    "first_sign",
    "furthest_from",
    "happened",
    "hardest",
    "histogram",
    "lanes",
    "limits",
    "link",
    "presets",
    "read_candles",
    "read_claim",
    "read_link",
    "read_table",
    "replay_scenario",
    "replay_world",
    "rulebook_names",
    "run",
    "settings",
    "signals",
    "thin",
    "trace",
    "trial",
    "trials",
    "warm_stages",
    "wilson",
    "word",
]
