"""One adapter from a published example to the engine's own functions.

`reproduce(example)` chooses a rule by venue, topic, formula and inputs, calls the engine, and
returns its answer in the shape of `example["expected"]`. It never looks at the id, nor at a value
in `expected`. An example the engine has no function for raises `LeftOut` with the reason.
No rule of a venue is computed here or in the modules it calls (`published_prices`,
`published_tiers`, `published_auctions`, `published_funding`): they read inputs, name functions,
lay out answers.
"""

import numpy as np

from tests.published_auctions import auction
from tests.published_funding import funding_example
from tests.published_inputs import LeftOut
from tests.published_prices import bankruptcy, cross_margin, liquidation_price
from tests.published_tiers import has_table, tiers

__all__ = ["LeftOut", "reproduce"]

RULES = {
    "tiers": tiers,
    "liquidation_price": liquidation_price,
    "bankruptcy": bankruptcy,
    "auction": auction,
    "funding": funding_example,
    "cross_margin": cross_margin,
}

OTHER_TOPICS = {
    "partial": "sizes of partial liquidation are tested with the liquidation policies",
    "adl": "queues and scores are tested with the loss waterfall",
    "insurance": "the insurance fund is tested with the loss waterfall",
    "socialised_loss": "socialised loss is tested with the loss waterfall",
    "backstop": "the backstop is tested with the loss waterfall",
    "liquidation_execution": "order prices of a venue's engine: no function of the engine",
    "liquidation_trigger": "the trigger e <= MM is tested with the kernel",
    "funding_crowding": "funding by skew of other venues: no function of the engine",
    "portfolio_margin": "portfolio margin is not in the engine",
    "mark": "mark rules of venues: the engine has five rules of its own",
    "circuit_breaker": "circuit breakers of contracts: no function of the engine",
    "price_band": "price bands: no function of the engine",
}

# Inputs that may be a list of cases; in a tier table the last three are columns instead.
CASES = {
    "entry", "price", "leverage", "size", "side", "wallet_balance", "collateral", "margin",
    "equity", "notional", "contracts", "limit", "oi", "quote_quantums", "im_ppm", "delta",
    "base_im_ppm", "maintenance_fraction_ppm", "amount_prev", "mmr", "maint_amount",
}  # fmt: skip
COLUMNS = {"mmr", "maint_amount", "leverage"}


def reproduce(example):
    """The engine's answer to a published example, in the shape of its `expected`."""
    rule = RULES.get(example["topic"])
    if rule is None:
        raise LeftOut(OTHER_TOPICS.get(example["topic"], "no engine function is meant for it"))
    answers = [rule(example, case) for case in cases_of(example["inputs"])]
    return shaped(example.get("expected"), answers[0] if len(answers) == 1 else columns(answers))


def cases_of(inputs):
    """One set of inputs for each case, where some inputs are lists of cases of the same length."""
    names = CASES - COLUMNS if has_table(inputs) else CASES
    spread = [k for k in inputs if k in names and isinstance(inputs[k], list)]
    length = len(inputs[spread[0]]) if spread else 1
    if any(len(inputs[k]) != length for k in spread):
        raise LeftOut("the lists in the inputs differ in length")
    return [inputs | {k: inputs[k][n] for k in spread} for n in range(length)]


def columns(answers):
    """The named answers of several cases as one list for each name."""
    if all(isinstance(answer, dict) for answer in answers):
        return {name: [answer[name] for answer in answers] for name in answers[0]}
    return answers


def shaped(shape, answer):
    """Pick from a rule's named answers what the example asks for."""
    if isinstance(shape, dict):
        missing = [key for key in shape if not isinstance(answer, dict) or key not in answer]
        if missing:
            raise LeftOut(f"no engine answer is called {', '.join(missing)}")
        return {key: plain(answer[key]) for key in shape}
    if isinstance(answer, dict):
        answer = answer["value"]
    if isinstance(answer, (list, np.ndarray)) and not isinstance(shape, list):
        return plain(answer[-1])
    if isinstance(shape, list) and not isinstance(answer, (list, tuple, np.ndarray)):
        answer = [answer]
    return plain(answer)


def plain(value):
    """Plain Python numbers and lists out of what the engine returns."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value
