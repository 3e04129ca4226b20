"""Forced Flow: how leveraged perpetual-futures venues liquidate, explained in numbers."""

from engine import _cache  # noqa: F401  isort:skip  (must precede the first import of numba)

from engine.band.pictures import band_picture, band_prices, band_waits
from engine.band.tables import band_by_rulebook, band_frame
from engine.causes.blame import Blame, blame
from engine.causes.blame_words import enough_line
from engine.causes.undisturbed import bystanders
from engine.changes.force import limit_room, limits_in_force, next_notches
from engine.changes.ledger import limit_accounts, limit_ledger
from engine.claims import Claim, word
from engine.claims import parse as read_claim
from engine.explanation import Explanation, explain
from engine.fairness.deleveraged import adl_fairness, haircuts
from engine.fairness.inequality import lorenz
from engine.fairness.order import order_effects
from engine.fairness.owners import OWNERS, by_account, who_paid
from engine.graph.latency import edge_times, seen_times
from engine.graph.opening import cascade_beforehand, cascade_by_price, opening_graph
from engine.graph.tables import edge_frame, generation_frame, trigger_frame, wave_frame
from engine.log.thinning import furthest_from, histogram, thin
from engine.log.timeline import limits, trace
from engine.metrics import UNITS
from engine.monitor.accounts import account_ranking
from engine.monitor.pipeline import alerts, drift_scores
from engine.monitor.proof import by_mode as guardrail_proof
from engine.monitor.reading import alert_ranking, first_trade, run_length_table, stream_table
from engine.monitor.reading import theory as run_length_theory
from engine.monitor.scoring import TRAINING, score_table, watch_trials
from engine.remedies.prevention import OWN_AXES, PREVENTABLE, preventions
from engine.remedies.report import by_reruns
from engine.remedies.runs import rerun
from engine.remedies.told import Prevention
from engine.remedies.wording import amount as prevention_amount
from engine.remedies.wording import some_of as prevention_values
from engine.scenario.candles import read_candles
from engine.scenario.checks import WHOLE as WHOLE_UNITS
from engine.scenario.differences import Change, differences, nearest_preset
from engine.scenario.episodes import Episode, episodes
from engine.scenario.errors import InputError
from engine.scenario.funding_files import FundingRates, read_funding
from engine.scenario.link import View
from engine.scenario.link import decode as read_link
from engine.scenario.link import encode as link
from engine.scenario.load import Preset, presets, scenario_from_toml, scenario_to_toml
from engine.scenario.notes import Lane, lanes
from engine.scenario.pages import FIRST_PAGE, PAGES, TOOLS
from engine.scenario.pipeline import links as chain_links
from engine.scenario.population import from_table as read_table
from engine.scenario.population import table_hash
from engine.scenario.replay import replay_scenario, replay_world
from engine.scenario.rulebooks import names as rulebook_names
from engine.scenario.schema import Scenario, settings
from engine.scenario.tier_files import read_tiers, tier_symbols
from engine.scenario.work import APP_MAX_AUCTION_WORK, APP_MAX_WORK, check_work
from engine.seeds import Trial, answer, hardest, trial, trials, wilson
from engine.simulation import POLICIES, Result, compare, run
from engine.studies.chain import METRICS as LINK_METRICS
from engine.studies.chain import break_links
from engine.studies.chain import costs as link_costs
from engine.studies.chain import interactions as link_interactions
from engine.studies.chain import parts as link_parts
from engine.studies.chain import variants as link_variants
from engine.studies.contagion import Held, by_band, endogenous_correlation, held_in_common
from engine.studies.correlation import comovement
from engine.studies.fills import dearest, fill_costs
from engine.studies.funding import bled, funding_bleed, funding_path, standing_rate
from engine.studies.grids import (
    boundary,
    halving,
    one_order,
    over_depth,
    over_leverage,
    slicing,
    step_table,
    surface,
)
from engine.studies.hedge import account_path, first_trigger, promises, watched
from engine.studies.opening import beforehand, happened
from engine.studies.stress import Sign, acted, expected_cost, expected_lag, first_sign, signals
from engine.sweeps.axes import AXES
from engine.sweeps.cluster import connected
from engine.sweeps.grid import standing_for
from engine.sweeps.phase import HARMS, PhaseMap, ranged
from engine.sweeps.phase import SEEDS as MAP_SEEDS
from engine.sweeps.phase import SIZES as MAP_SIZES
from engine.sweeps.scored import (
    SCORED,
    calibration,
    case_scenario,
    misleads,
    rank_correlation,
    score_beforehand,
)
from engine.sweeps.scored import scored as score_cases
from engine.sweeps.stored import read as read_scored
from engine.sweeps.summary import summarise
from engine.sweeps.table import sweep
from engine.warm import STAGES as WARM_STAGES
from engine.warm import stages as warm_stages

__version__ = "0.3.1"
__all__ = [
    "comovement",
    "account_path",
    "first_trigger",
    "promises",
    "watched",
    "who_paid",
    "order_effects",
    "lorenz",
    "haircuts",
    "adl_fairness",
    "by_reruns",
    "enough_line",
    "prevention_amount",
    "prevention_values",
    "blame",
    "bystanders",
    "preventions",
    "rerun",
    "calibration",
    "case_scenario",
    "misleads",
    "rank_correlation",
    "read_scored",
    "score_beforehand",
    "score_cases",
    "ranged",
    "standing_for",
    "acted",
    "answer",
    "band_by_rulebook",
    "band_frame",
    "band_picture",
    "band_prices",
    "band_waits",
    "beforehand",
    "bled",
    "boundary",
    "cascade_beforehand",
    "cascade_by_price",
    "break_links",
    "by_account",
    "by_band",
    "chain_links",
    "check_work",
    "compare",
    "connected",
    "differences",
    "dearest",
    "edge_frame",
    "edge_times",
    "endogenous_correlation",
    "expected_cost",
    "expected_lag",
    "episodes",
    "explain",
    "fill_costs",
    "first_sign",
    "funding_bleed",
    "funding_path",
    "furthest_from",
    "generation_frame",
    "halving",
    "happened",
    "hardest",
    "held_in_common",
    "histogram",
    "lanes",
    "limit_accounts",
    "limit_ledger",
    "limit_room",
    "limits",
    "limits_in_force",
    "link",
    "link_costs",
    "link_interactions",
    "link_parts",
    "link_variants",
    "next_notches",
    "nearest_preset",
    "one_order",
    "opening_graph",
    "over_depth",
    "over_leverage",
    "presets",
    "read_candles",
    "read_claim",
    "read_funding",
    "read_link",
    "read_table",
    "read_tiers",
    "replay_scenario",
    "replay_world",
    "rulebook_names",
    "run",
    "scenario_from_toml",
    "scenario_to_toml",
    "seen_times",
    "settings",
    "signals",
    "slicing",
    "standing_rate",
    "step_table",
    "summarise",
    "surface",
    "sweep",
    "table_hash",
    "thin",
    "tier_symbols",
    "trace",
    "trial",
    "trials",
    "trigger_frame",
    "warm_stages",
    "wave_frame",
    "wilson",
    "word",
]
__all__ += [
    "OWNERS", "AXES", "Blame", "OWN_AXES", "PREVENTABLE", "Prevention", "APP_MAX_AUCTION_WORK",
    "APP_MAX_WORK", "Change", "Claim", "Episode", "Explanation", "FIRST_PAGE", "FundingRates",
    "HARMS", "SCORED", "MAP_SEEDS", "MAP_SIZES", "PhaseMap", "Held", "InputError", "LINK_METRICS",
    "Lane", "PAGES", "POLICIES", "Preset", "Result", "Scenario", "Sign", "TOOLS", "Trial",
    "UNITS", "View", "WARM_STAGES", "WHOLE_UNITS", "TRAINING", "account_ranking", "alert_ranking",
    "alerts", "drift_scores", "first_trade", "guardrail_proof", "run_length_table",
    "run_length_theory", "score_table", "stream_table", "watch_trials",
]  # fmt: skip
