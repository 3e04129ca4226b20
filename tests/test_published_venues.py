"""Worked examples that venues, their code or their users have published, through the engine.

The examples are reference data kept beside the repository, so they are skipped where it is absent.
Those of `REQUIRED` topics must hold if they are verified; every other example is skipped with the
reason, which pytest prints in its summary.
"""

import json

import pytest

from tests.published import LeftOut, reproduce
from tests.shared import SHARED

REQUIRED = {"liquidation_price", "bankruptcy", "tiers", "auction"}
FILE = SHARED / "reference" / "venue_examples.json" if SHARED else None
EXAMPLES = json.loads(FILE.read_text("utf-8")) if FILE and FILE.is_file() else []


def blank(expected):
    """The shape of an answer without its values."""
    if isinstance(expected, dict):
        return {key: blank(value) for key, value in expected.items()}
    if isinstance(expected, list):
        return [blank(value) for value in expected]
    return None


def asked(example):
    """The example as the adapter may see it: no values, no name, no words."""
    hidden = ("id", "what", "note", "tolerance")
    kept = {key: value for key, value in example.items() if key not in hidden}
    return kept | {"expected": blank(example["expected"])}


def agrees(got, want, tolerance):
    """Whether an answer is within the example's own tolerance, value by value."""
    if isinstance(want, dict):
        return set(got) == set(want) and all(agrees(got[k], want[k], tolerance) for k in want)
    if isinstance(want, list):
        return len(got) == len(want) and all(map(agrees, got, want, [tolerance] * len(want)))
    if isinstance(want, (bool, str)) or want is None:
        return type(got) is type(want) and got == want
    kind, bound = tolerance["type"], tolerance["value"]
    if kind == "exact":
        if isinstance(got, int) and isinstance(want, int):
            return got == want
        kind, bound = "rel", 1e-9
    if kind == "rel":
        return abs(got - want) <= bound * max(abs(want), 1e-6)
    # A bound as small as the last digit of a float leaves room for its own rounding.
    return abs(got - want) <= bound * (1 + 1e-9) + 1e-15 * abs(want)


@pytest.mark.skipif(not EXAMPLES, reason="the reference folder is not beside the repository")
def test_the_file_has_examples_of_every_required_topic():
    """The four required topics each have verified examples, so none is passed by being empty."""
    assert {e["topic"] for e in EXAMPLES if e["verified"]} >= REQUIRED


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e["id"])
def test_the_engine_reproduces(example):
    """The engine's own functions give the published number within the published tolerance."""
    try:
        got = reproduce(asked(example))
    except LeftOut as reason:
        pytest.skip(f"{example['topic']}: {reason}")
    held = agrees(got, example["expected"], example["tolerance"])
    if not example["verified"]:
        verdict = "holds" if held else f"gives {got}, the file says {example['expected']}"
        pytest.skip(f"{example['id']}: not verified by its source, listed only ({verdict})")
    assert held, f"{got} is not {example['expected']} within {example['tolerance']}"


@pytest.mark.skipif(not EXAMPLES, reason="the reference folder is not beside the repository")
def test_what_is_left_out_of_the_required_topics_is_known():
    """Only an example that does not carry its own data is left out of the required topics."""
    left = []
    for example in EXAMPLES:
        if example["topic"] in REQUIRED:
            try:
                reproduce(asked(example))
            except LeftOut as reason:
                left.append(str(reason))
    assert left == ["it counts over a snapshot of 349 tables that the example does not carry"]
