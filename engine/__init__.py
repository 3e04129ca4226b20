"""Forced Flow: how leveraged perpetual-futures venues liquidate, explained in numbers."""

from engine import _cache  # noqa: F401  isort:skip  (must precede the first import of numba)

from engine.band_pictures import band_picture, band_prices, band_waits
from engine.band_tables import band_by_rulebook, band_frame
from engine.claims import Claim, word
from engine.claims import parse as read_claim
from engine.contagion import Held, endogenous_correlation, held_in_common
from engine.explanation import Explanation, explain
from engine.funding_pictures import bled, funding_bleed, funding_path, standing_rate
from engine.metrics import UNITS
from engine.opening import beforehand, happened
from engine.scenario.candles import read_candles
from engine.scenario.errors import InputError
from engine.scenario.funding_files import FundingRates, read_funding
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
from engine.studies import (
    boundary,
    halving,
    over_depth,
    over_leverage,
    slicing,
    step_table,
    surface,
)
from engine.thinning import furthest_from, histogram, thin
from engine.timeline import limits, trace
from engine.warm import STAGES as WARM_STAGES
from engine.warm import stages as warm_stages

__version__ = "0.1.0"
__all__ = [
    "APP_MAX_AUCTION_WORK",
    "APP_MAX_WORK",
    "Claim",
    "Explanation",
    "FundingRates",
    "Held",
    "InputError",
    "Lane",
    "PAGES",
    "POLICIES",
    "Preset",
    "Result",
    "Scenario",
    "Trial",
    "UNITS",
    "View",
    "WARM_STAGES",
    "answer",
    "band_by_rulebook",
    "band_frame",
    "band_picture",
    "band_prices",
    "band_waits",
    "beforehand",
    "bled",
    "boundary",
    "check_work",
    "compare",
    "endogenous_correlation",
    "explain",
    "funding_bleed",
    "funding_path",
    "furthest_from",
    "halving",
    "happened",
    "hardest",
    "held_in_common",
    "histogram",
    "lanes",
    "limits",
    "link",
    "over_depth",
    "over_leverage",
    "presets",
    "read_candles",
    "read_claim",
    "read_funding",
    "read_link",
    "read_table",
    "replay_scenario",
    "replay_world",
    "rulebook_names",
    "run",
    "settings",
    "slicing",
    "standing_rate",
    "step_table",
    "surface",
    "thin",
    "trace",
    "trial",
    "trials",
    "warm_stages",
    "wilson",
    "word",
]
