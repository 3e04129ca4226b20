"""The words: every key that is used exists, and every rule is taught."""

import re

import pytest

import engine
from engine.core.state import Rule
from pages.ui import content, tables

NOTES = sorted(path.stem for path in (content.ROOT / "notes").glob("*.md"))
FIELD_NOTES = [name for name in NOTES if "claim" in content.note(name).meta]
RULES = {rule.name.lower() for rule in Rule}
# A reader of this page wants facts; none of these adds one.
HYPE = r"\b(very|really|amazing|powerful|revolutionary|simply|just|unleash|seamless)\b"


@pytest.mark.parametrize("name", NOTES)
def test_a_note_reads_as_front_matter_and_text(name):
    note = content.note(name)
    assert note.meta["title"] and note.body


@pytest.mark.parametrize("name", FIELD_NOTES)
def test_a_field_note_has_its_three_parts(name):
    """What surprised people, what breaks first, what can be verified before it happens."""
    assert list(content.note(name).sections) == [
        "What surprised people",
        "What breaks first",
        "What you can verify before it happens",
    ]


@pytest.mark.parametrize("name", FIELD_NOTES)
def test_what_a_note_names_exists(name):
    meta = content.note(name).meta
    assert set(meta["terms"]) <= set(content.glossary())
    assert set(meta["sources"]) <= set(content.sources())
    assert set(meta["rules"]) <= RULES
    lanes = [lane.name for lane in engine.lanes(name)]
    assert list(meta["predict"]["options"]) == lanes and meta.get("opens", lanes[0]) in lanes
    presets = {preset.name for preset in engine.presets()}
    checks = meta["checks"]
    assert set(meta["presets"]) <= presets and meta["presets"]
    assert {c["preset"] for c in checks} | {c["fails_in"] for c in checks} <= presets
    for control in meta["controls"]:
        assert {"path", "label", "options", "format"} <= set(control)


@pytest.mark.parametrize("name", FIELD_NOTES)
def test_a_field_note_is_read_in_three_minutes_and_cites_its_sources(name):
    """250 to 500 words; what stands in brackets is one of the note's sources."""
    note = content.note(name)
    assert 250 <= len(note.body.split()) <= 500
    cited = {
        key for found in re.findall(r"\[([a-z0-9_, ]+)\]", note.body) for key in found.split(", ")
    }
    assert cited <= set(note.meta["sources"])


def test_every_rule_is_taught_and_has_a_name():
    """Whatever can happen in a run is in a note, and has a title in the table of events."""
    taught = {rule for name in FIELD_NOTES for rule in content.note(name).meta["rules"]}
    assert RULES <= taught and RULES == set(tables.RULES)


def test_entries_are_whole():
    for entry in content.glossary().values():
        assert entry["title"] and entry["text"].endswith(".")
    for entry in content.sources().values():
        assert entry["title"] and entry["about"].endswith(".")
        assert entry.get("address", "https://").startswith("https://")


@pytest.mark.parametrize("name", NOTES)
def test_a_sentence_has_a_line_of_its_own_and_no_hype(name):
    """One sentence a line keeps differences readable."""
    for line in content.note(name).body.splitlines():
        assert not re.search(HYPE, line), line
        if not line.startswith(("-", "$$")):
            assert len(re.findall(r"[.?!] [A-Z]", line)) <= 3, line


def test_the_foot_says_what_is_left_out():
    foot = content.note("foot").body
    assert "No advice" in foot and "leaves out" in foot
