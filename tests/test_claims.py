"""What the notes claim, held against many worlds that no page shows."""

from functools import cache

import pytest

import engine
from engine.claims import parse
from engine.scenario.errors import InputError
from pages.ui import content

FIRST = 5_000  # the page uses the seeds from 0 on; these are others
NOTES = [name for name in engine.PAGES if content.note(name).meta.get("checks")]
PRESETS = {preset.name: preset.scenario for preset in engine.presets()}
LANES = ("last", "index")


def checks():
    """Every check of every note, as (page, check)."""
    for page in NOTES:
        for number, check in enumerate(content.note(page).meta["checks"]):
            yield pytest.param(page, check, id=f"{page} {number}: {check['preset']}")


def changes(page):
    return {lane.name: lane.changes for lane in engine.lanes(page)}


@cache
def worlds(page, preset, seeds):
    """The trials of one scenario of a page, run once for all checks that look at it."""
    asked = [c for c in content.note(page).meta["checks"] if c["preset"] == preset]
    also = {name for c in asked for name in parse(c["compare"], changes(page)).metrics}
    return list(engine.trials(PRESETS[preset], range(FIRST, FIRST + seeds), changes(page), also))


@pytest.mark.parametrize("page, check", list(checks()))
def test_a_claim_of_a_note_holds_as_often_as_it_says(page, check):
    """The share of worlds in which it held is at least the one the wording stands for."""
    assert check["seeds"] >= 100 and check["expected_share"] >= 0.5
    claim = parse(check["compare"], changes(page))
    done = worlds(page, check["preset"], check["seeds"])
    held = sum(claim.holds(trial.metrics) for trial in done)
    assert held / check["seeds"] >= check["expected_share"], f"{check['compare']}: {held}"


@pytest.mark.parametrize("page, check", list(checks()))
def test_a_claim_fails_where_its_note_says_so(page, check):
    """The scenario named as the one in which it does not hold is one."""
    scenario = PRESETS[check["fails_in"]]
    claim = parse(check["compare"], changes(page))
    metrics = engine.trial(scenario, scenario.seed, changes(page), claim.metrics).metrics
    assert not claim.holds(metrics)


def test_each_path_is_the_worst_somewhere():
    """None of the three wins by construction."""
    checks = content.note(engine.FIRST_PAGE).meta["checks"]
    claims = [parse(c["compare"], engine.POLICIES) for c in checks]
    assert {claim.parts[0].lane for claim in claims} == set(engine.POLICIES)


def metrics(last, index):
    return {"last": {"bad_debt": last, "fees": 1.0}, "index": {"bad_debt": index, "fees": 2.0}}


@pytest.mark.parametrize(
    "text, last, index, holds",
    [
        ("bad_debt[last] > bad_debt[index]", 2.0, 1.0, True),
        ("bad_debt[last] > bad_debt[index]", 1.0, 1.0, False),
        ("bad_debt[last] >= bad_debt[index]", 1.0, 1.0, True),
        ("bad_debt[last] < 0.5 * bad_debt[index]", 1.0, 3.0, True),
        ("bad_debt[last] < 0.5 * bad_debt[index]", 1.0, 2.0, False),
        ("bad_debt[last] <= 1e3", 1_000.0, 0.0, True),
        ("bad_debt[last] > -1.5 and bad_debt[index] > 4", 0.0, 4.0, False),
        ("bad_debt[last] > -1.5 and bad_debt[index] > 4", 0.0, 5.0, True),
    ],
)
def test_a_claim_is_what_it_says(text, last, index, holds):
    assert parse(text, LANES).holds(metrics(last, index)) is holds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bad_debt[last]",
        "bad_debt[last] == 1",
        "bad_debt[last] > bad_debt[index] or fees[last] > 1",
        "bad_debt[last] > bad_debt[index] and ",
        "bad_debt[last] > 2 * 3",
        "2 * bad_debt[last] > bad_debt[index]",
        "bad_debt [last] > 1",
        "bad_debt[mark] > 1",
        "debt[last] > 1",
        "bad_debt[last] > nan",
        "bad_debt[last] > 1; import os",
        "bad_debt[last] > ١",
        None,
    ],
)
def test_anything_else_is_refused(text):
    """A claim that cannot be read is no claim; the message says what is allowed."""
    with pytest.raises(InputError):
        parse(text, LANES)


@pytest.mark.parametrize("held, said", [(80, "usually"), (79, "often"), (50, "often"), (49, "")])
def test_the_word_follows_the_share(held, said):
    assert engine.word(held, 100) == said
    assert engine.word(0, 0) == ""


def test_the_answer_of_a_prediction():
    """The lane that stands out; none where all are alike."""
    from types import SimpleNamespace

    def results(**debts):
        return {
            name: SimpleNamespace(metrics={"bad_debt": x, "final_fund": 1.0, "lowest_mark": x})
            for name, x in debts.items()
        }

    assert engine.answer(results(a=1.0, b=2.0), "largest bad_debt") == "b"
    assert engine.answer(results(a=0.0, b=0.0), "largest bad_debt") == ""
    assert engine.answer(results(a=1.0, b=2.0), "smallest lowest_mark") == "a"
    assert engine.answer(results(a=2.0, b=2.0), "smallest lowest_mark") == ""
    with pytest.raises(InputError):
        engine.answer(results(a=2.0, b=1.0), "best lowest_mark")
