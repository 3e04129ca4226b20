"""Scenarios as TOML files and the targets of commands."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.scenario import load
from engine.scenario.errors import InputError
from engine.scenario.frozen_table import SPECS
from engine.scenario.link import View, encode
from engine.scenario.load import presets, scenario_from_toml, scenario_to_toml, target
from engine.scenario.schema import Scenario
from tests.scenarios import scenarios

QUICK = settings(deadline=None, derandomize=True, database=None, max_examples=150)


@QUICK
@given(scenarios(30))
def test_a_scenario_written_as_toml_reads_back_bit_for_bit(scenario):
    text = scenario_to_toml(scenario)
    again = scenario_from_toml(text)
    assert again == scenario
    assert scenario_to_toml(again).replace(".0", "") == text.replace(".0", "")


def test_toml_shows_every_setting_with_unit_and_help():
    text = scenario_to_toml(Scenario())
    for path, spec in SPECS.items():
        line = next(x for x in text.splitlines() if x.startswith(path.split(".")[-1] + " = "))
        assert "  # " in line
        assert any(spec.metadata["about"] in x for x in text.splitlines())


def test_a_rulebook_name_holds_only_what_a_link_can_carry():
    with pytest.raises(InputError, match="letters, digits"):
        Scenario().with_values(**{"venue.rulebook": 'a"b\\c\n\x7f\u202e\U0001f40b #'})
    fine = Scenario().with_values(**{"venue.rulebook": "Any.name_1-b"})
    assert scenario_from_toml(scenario_to_toml(fine)) == fine


def test_whole_numbers_may_stand_for_floats_and_what_is_left_out_is_the_default():
    scenario = scenario_from_toml("[book]\ndepth = 2_000_000\n")
    assert scenario == Scenario().with_values(**{"book.depth": 2e6})
    assert isinstance(scenario.book.depth, float)


def test_presets_come_with_the_opening_one_first():
    found = presets()
    assert found[0].name == "fast-drop"
    assert {"deep-book", "thin-book", "late-cuts", "gap-down", "short-squeeze", "calm"} < {
        preset.name for preset in found
    }
    assert len({preset.scenario for preset in found}) == len(found), "no two are the same"
    for preset in found:
        assert preset.title and preset.about.endswith(".")


WRONG = [
    ("[book]\ndepht = 1.0", "setting", "seed, or a setting of"),
    ("depth = 1.0", "setting", "seed, or a setting of"),
    ("[nothing]\nx = 1", "setting", "seed, or a setting of"),
    ("book = 3", "book", "section"),
    ("[book]\ndepth = true", "book.depth", "USD per 1 %"),
    ('[book]\ndepth = "4e6"', "book.depth", "USD per 1 %"),
    ("[book]\ndepth = nan", "book.depth", "USD per 1 %"),
    ("[book]\ndepth = -inf", "book.depth", "USD per 1 %"),
    ("[book]\ndepth = " + "9" * 4_000, "book.depth", "USD per 1 %"),
    ("[book]\ndepth = " + "9" * 9_000, "file", "TOML"),
    ("[book]\ndepth = 0x" + "f" * 20_000, "book.depth", "USD per 1 %"),
    ("[book]\ndepth = 2024-01-01", "book.depth", "USD per 1 %"),
    ("[book]\ndepth = { a = 1 }", "book.depth", "USD per 1 %"),
    ("[world]\nsteps = 1.0", "world.steps", "a whole number"),
    ("[world]\nshocks = 1", "world.shocks", "step = .., move"),
    ("[world]\nshocks = [[1, 0.1, 1]]", "world.shocks[0]", "step = .., move"),
    ("[world]\nshocks = [{ step = 1, move = 0.1 }]", "world.shocks[0]", "duration"),
    (
        "[world]\nshocks = [{ step = 1, move = 9, duration = 1 }]",
        "world.shocks[0].move",
        "-0.95",
    ),
    ("[world]\nshocks = [0x" + "f" * 20_000 + "]", "world.shocks[0]", "step = .."),
    ("[mark]\nrule = []", "mark.rule", "median"),
    ("[venue]\nrulebook = 3", "venue.rulebook", "rulebook"),
    ("[accounts]\nleverage_low = 60", "accounts.leverage_low", "leverage_high"),
    ("name = 3", "name", "a text"),
    ("order = 0x" + "f" * 20_000 + "\nseed = true", "seed", "whole"),
    ("order = true", "order", "whole number"),
    ("seed = 1\nseed = 2", "file", "TOML"),
    ("seed = " + "[" * 30_000, "file", "TOML"),
    ("[book", "file", "TOML"),
    ("#" * 70_000, "characters in the file", "65,536"),
]


@pytest.mark.parametrize(("text", "field", "allowed"), WRONG, ids=[w[0][:24] for w in WRONG])
def test_a_wrong_file_is_refused_by_name(text, field, allowed):
    with pytest.raises(InputError) as caught:
        scenario_from_toml(text)
    assert caught.value.field == field and allowed in caught.value.allowed
    assert str(caught.value).isprintable()


@settings(QUICK, max_examples=600)
@given(st.text(max_size=80), st.sampled_from(sorted(SPECS)), st.integers(0, 2))
def test_any_text_is_a_scenario_or_a_clean_error(text, path, kind):
    section, _, name = path.rpartition(".")
    head = f"[{section}]\n" if section else ""
    try:
        scenario_from_toml((text, f"{head}{name} = {text}", f"{head}{name} = [{text}]")[kind])
    except InputError as error:
        assert error.field and error.allowed and str(error).isprintable()


def test_a_target_is_a_preset_a_file_or_a_link(tmp_path, monkeypatch):
    thin = presets()[2]
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbfseed = 5\r\n[mark]\r\nlag = 2\r\n")
    assert target(thin.name) == View(thin.scenario)
    assert target(str(path)).scenario == Scenario().with_values(**{"seed": 5, "mark.lag": 2})
    view = View(thin.scenario, policy="market", event=3)
    assert target(encode(view)) == view


@pytest.mark.parametrize(
    "text", ["", "nowhere", "nowhere.toml", "/", "\0", "x" * 5_000, ".", "v=1"]
)
def test_a_target_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="allowed is"):
        target(text)


def test_a_file_too_large_unreadable_or_not_text_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"#" * (load.MAX_BYTES + 1))
    with pytest.raises(InputError, match="65,536"):
        target(str(path))
    path.write_bytes(b"seed = 1 # \xff")
    with pytest.raises(InputError, match="UTF-8"):
        target(str(path))
    with pytest.raises(InputError, match="existing file"):
        load.read_file(tmp_path)
    path.chmod(0)
    if not os.access(path, os.R_OK):
        with pytest.raises(InputError, match="readable"):
            target(str(path))


def test_a_link_as_target_names_its_first_problem():
    with pytest.raises(InputError, match="book.depth"):
        target("?v=1&s=calm&c=book.depth~0")


def test_a_preset_file_must_say_its_own_name(tmp_path, monkeypatch):
    (tmp_path / "some-name.toml").write_text('name = "other"\ntitle = ""\nabout = ""\norder = 1')
    monkeypatch.setattr(load, "CONTENT", tmp_path)
    with pytest.raises(InputError, match="some-name"):
        load.presets.__wrapped__()


def test_a_long_dotted_name_is_refused_before_it_takes_a_minute():
    text = ".".join(["a"] * 30_000) + " = 1"
    with pytest.raises(InputError, match="dots in one line"):
        load.scenario_from_toml(text)
