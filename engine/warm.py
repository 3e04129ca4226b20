"""Compile everything that a reader can ask for, before anybody asks.

The first run on a computer compiles the kernels, which takes about a minute and is kept on disk;
later processes load them in a second. `setup.sh run` is that first run.
"""

from collections.abc import Iterator

from engine.explanation import explain
from engine.log.timeline import trace
from engine.scenario.load import presets
from engine.simulation import compare
from engine.studies.opening import beforehand, happened

STAGES = ("run the policies", "draw the timeline", "explain each rule")


def stages() -> Iterator[str]:
    """Do the work; yields the name of each of STAGES before it starts."""
    yield STAGES[0]
    found = [compare(preset.scenario) for preset in presets()]
    yield STAGES[1]
    trace(found[0])
    beforehand(found[0]["market"])
    happened(found[0]["market"])
    yield STAGES[2]
    told = set()
    for result in (result for results in found for result in results.values()):
        for number, rule in enumerate(result.events["rule"].tolist()):
            if rule not in told:
                told.add(rule)
                explain(result, number)
