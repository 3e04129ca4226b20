"""What the notes claim, held against many worlds that no page shows."""

import tomllib
from pathlib import Path

import pytest

import engine
from engine.seeds import trial

NOTES = Path(__file__).parents[1] / "content" / "notes"
FIRST = 5_000  # the page uses the seeds from 1 on; these are others


def checks():
    """Every check of every note, as (note, check)."""
    for path in sorted(NOTES.glob("*.md")):
        parts = path.read_text("utf-8").split("+++")
        for check in tomllib.loads(parts[1]).get("checks", []) if len(parts) > 2 else []:
            yield pytest.param(check, id=f"{path.stem}: {check['preset']}")


@pytest.mark.parametrize("check", list(checks()))
def test_a_claim_of_a_note_holds_as_often_as_it_says(check):
    """The share of worlds in which it held is at least the one the wording stands for."""
    assert check["seeds"] >= 100 and check["expected_share"] >= 0.5
    scenario = next(p.scenario for p in engine.presets() if p.name == check["preset"])
    seeds = range(FIRST, FIRST + check["seeds"])
    held = sum(trial(scenario, seed).hardest == check["hardest"] for seed in seeds)
    assert held / check["seeds"] >= check["expected_share"], f"{check['compare']}: {held}"


def test_each_path_is_the_worst_somewhere():
    """None of the three wins by construction."""
    assert {check.values[0]["hardest"] for check in checks()} == set(engine.POLICIES)
