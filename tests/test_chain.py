"""The chain of assumptions: links broken one at a time and two at once, from the same start."""

from itertools import combinations

import numpy as np
import pytest

import engine
from engine.scenario import pipeline
from engine.scenario.errors import InputError
from engine.seeds import Trial
from engine.studies import chain
from tests.test_explaining_runs import explain_some

PRESETS = {preset.name: preset.scenario for preset in engine.presets()}
STABLE = PRESETS["chain-stable"]
LATE = engine.chain_links()["watch"].broken  # the operator's delay, and the outage
WORLD = {name for name, link in engine.chain_links().items() if link.stage == "World"}


@pytest.fixture(scope="module")
def done():
    """Every variant in two worlds."""
    return engine.break_links(STABLE, (3, 4))


@pytest.fixture(scope="module")
def runs():
    """Every link alone, in one world."""
    return engine.compare(STABLE, engine.link_variants(pairs=False))


def values(scenario):
    return {path: value for path, _, value in engine.settings(scenario)}


def test_the_scenario_that_holds_has_every_stable_setting():
    """And the one with every link broken has every broken one; they differ in nothing else."""
    held, broken = values(STABLE), values(PRESETS["chain-broken"])
    decided = set()
    for link in engine.chain_links().values():
        assert link.stable.items() <= held.items(), link.name
        assert link.broken.items() <= broken.items(), link.name
        assert link.stable != link.broken
        decided |= set(link.broken)
    assert {path for path in held if held[path] != broken[path]} == decided


def test_a_link_names_pages_that_exist():
    for link in engine.chain_links().values():
        assert link.notes and set(link.notes) <= set(engine.PAGES)
        assert link.holds.endswith(".") and link.breaks.endswith(".")


def test_breaking_nothing_costs_nothing(runs):
    """Where every link is broken already, each variant is the same run, and costs exactly 0."""
    assert runs["none"].fingerprint == engine.run(STABLE).fingerprint
    again = engine.break_links(PRESETS["chain-broken"], (1,), pairs=False)
    for harm in chain.HARMS:
        assert (engine.link_costs(again, harm)["mean"] == 0.0).all()


def test_all_variants_start_alike(runs):
    """The same accounts with the same cash and positions, to the last lot and tick."""
    first, count = runs["none"], runs["none"].accounts
    for name, run in runs.items():
        assert (run.compiled.base[:count] == first.compiled.base[:count]).all(), name
        assert (run.compiled.quote[:count] == first.compiled.quote[:count]).all(), name


def test_all_variants_see_the_same_world(runs):
    """Outside prices are those of the seed, but where the world itself is the broken link."""
    first = runs["none"].compiled.inputs.f
    for name, run in runs.items():
        same = (run.compiled.inputs.f == first).all()
        assert same == (name != "together"), name
        assert (run.compiled.inputs.f[:, 0] == first[:, 0]).all(), name


def test_a_late_operator_is_worth_none_and_one_in_time_halves_an_outage():
    """What the note says of watching, on average over worlds."""
    late, still = (STABLE.with_values(**{path: v}) for path, v in LATE.items())
    worlds = range(40, 52)
    debt = {
        name: np.mean([engine.run(s.with_values(seed=seed)).metrics["bad_debt"] for seed in worlds])
        for name, s in {
            "none": STABLE,
            "late": late,
            "nobody": STABLE.with_values(**{"monitor.actions": 0}),
            "still": still,
            "both": STABLE.with_values(**LATE),
        }.items()
    }
    assert debt["late"] == pytest.approx(debt["nobody"], rel=0.01) and debt["none"] < debt["late"]
    assert debt["both"] - debt["none"] > 1.5 * (debt["still"] - debt["none"])
    assert debt["late"] - debt["none"] < 0.1 * (debt["both"] - debt["none"])


def test_a_pair_is_the_same_either_way_round():
    for one, two in combinations(engine.chain_links(), 2):
        assert pipeline.broken((one, two)) == pipeline.broken((two, one))
        assert chain.together(one, two) == chain.together(two, one)


@pytest.mark.parametrize("names", [("path", "path"), ("path", "book"), ("depth", "check", "depth")])
def test_a_link_has_no_interaction_with_itself(names):
    with pytest.raises(InputError, match="link"):
        pipeline.broken(names)


def test_two_links_cannot_decide_the_same_setting():
    links = engine.chain_links().values()
    paths = [path for link in links for path in link.broken]
    assert len(paths) == len(set(paths))


def test_an_interaction_is_what_both_cost_beyond_the_sum(done):
    """harm(both) - harm(a) - harm(b) + harm(none), by hand, in each world."""
    found = engine.link_interactions(done, "fund").set_index(["first", "second"])
    row = found.loc[("depth", "reward")]
    each = [
        -(m["depth+reward"] - m["depth"] - m["reward"] + m["none"])
        for m in (
            {key: values["fund_change"] for key, values in trial.metrics.items()} for trial in done
        )
    ]
    assert row["mean"] == pytest.approx(np.mean(each), rel=1e-12)
    half = 1.96 * np.std(each, ddof=1) / np.sqrt(len(each))
    assert row["high"] - row["mean"] == pytest.approx(half, rel=1e-9)
    assert len(found) == 15 and found["mean"].is_monotonic_decreasing


def trial(seed, **harms):
    return Trial(seed=seed, metrics={name: {"bad_debt": float(x)} for name, x in harms.items()})


def test_the_ranking_on_numbers_made_by_hand():
    """Costs 5 and 1 in one world, 7 and 9 in the next: means 6 and 5, each worst once."""
    made = [trial(0, none=1, check=6, path=2), trial(1, none=2, check=9, path=11)]
    found = engine.link_costs(made, "bad_debt")
    assert found["link"].tolist() == ["check", "path"]
    assert found["mean"].tolist() == [6.0, 5.0] and found["worst"].tolist() == [1, 1]
    assert found["high"][0] - 6.0 == pytest.approx(1.96 * np.sqrt(2.0) / np.sqrt(2.0))


def test_one_world_has_no_interval():
    found = engine.link_costs([trial(0, none=0, check=1, path=0)], "bad_debt")
    assert found[["low", "high"]].isna().all(axis=None)
    assert found["worst"].tolist() == [1, 0]


@pytest.mark.parametrize("harm", ["", "debt"])
def test_an_unknown_harm_is_refused(done, harm):
    with pytest.raises(InputError, match="harm"):
        engine.link_costs(done, harm)


def test_a_thin_book_and_an_auction_without_takers_snap_together(done):
    """What the note says of pairs: many times what both cost one by one."""
    row = engine.link_interactions(done, "bad_debt").set_index(["first", "second"])
    pair = row.loc[("depth", "reward")]
    apart = pair["together"] - pair["mean"]
    assert pair["together"] > 3.0 * apart


def test_every_kind_of_event_of_every_broken_link_is_explained(runs):
    """Both sides recompute and the parts add up, whichever link is broken."""
    for run in runs.values():
        explain_some(run, 12)
        first = run.event_frame().drop_duplicates("rule")["event"]
        for event in first:
            assert engine.explain(run, int(event)).text
