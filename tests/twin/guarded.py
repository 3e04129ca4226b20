"""Random worlds in which a price band, a breaker or an outage keeps orders from the book."""

import random
from typing import Any

from engine.core.state import Rule
from engine.scenario.schema import Scenario
from tests.twin.several import several_case
from tests.twin.worlds import random_case

GUARDS = {Rule.HALT, Rule.RESUMPTION, Rule.OUTAGE, Rule.OUTAGE_END, Rule.BAND}


def random_guards(seed: int, scenario: Scenario) -> Scenario:
    """The scenario with some of the three, often tight."""
    rng = random.Random(f"guards {seed}")
    pick, values = rng.choice, {}
    kind = pick(["band", "breaker", "outage", "all", "all"])
    if kind in ("band", "all"):
        least = 1.5 * scenario.book.half_spread
        values |= {
            "guardrails.band": max(pick([0.004, 0.02, 0.1, 0.5]), least),
            "guardrails.band_around": pick(["index", "mark"]),
        }
    if kind in ("breaker", "all"):
        values |= {
            "guardrails.breaker_move": pick([0.005, 0.03, 0.1]),
            "guardrails.breaker_window": pick([1.0, 10.0, 60.0]),
            "guardrails.breaker_halt": pick([1.0, 7.0, 40.0]),
            "guardrails.breaker_price": pick(["mid", "mark"]),
            "guardrails.halt_checks": pick(["go_on", "stop"]),
        }
    if kind in ("outage", "all"):
        start = rng.randrange(0, scenario.world.steps // 2)
        rows = [((start, 5),), ((start, 3), (start + 3, 9)), ((start, 30),)]
        values |= {"venue.outages": pick(rows)}
    return scenario.with_values(**values)


def guarded_case(seed: int) -> tuple[Scenario, dict[str, Any]]:
    """A scenario and what it is run with; every third has accounts with several legs."""
    if seed % 3 == 0:
        scenario, given = several_case(seed)
    else:
        scenario, world, table = random_case(seed)
        given = {"world": world, "table": table}
    return random_guards(seed, scenario), given
