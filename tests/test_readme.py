"""What the README says is so."""

import re
import struct
from pathlib import Path

import engine

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_the_example_of_the_library_runs(capsys):
    """The lines in the README work as they stand, and print what they promise."""
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(example, {})
    shown = capsys.readouterr().out
    assert all(policy in shown for policy in engine.POLICIES)
    assert "maintenance margin" in shown and "?v=" in shown and "&s=" in shown


def test_the_example_of_a_link_opens():
    """The link in the README has no field that would be refused."""
    (query,) = re.findall(r"/three-ways-out(\?\S+)", README)
    view = engine.read_link(query)
    assert not view.problems and view.step == 230 and view.scenario.book.depth == 3_000_000.0


def test_the_picture_is_there_and_small():
    """A screenshot 1,280 pixels wide, under 300 kB, before the first section."""
    (path,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README.split("\n## ")[0])
    picture = (ROOT / path).read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n" and len(picture) < 300_000
    assert struct.unpack(">I", picture[16:20])[0] == 1_280


def test_every_place_it_names_exists():
    """Files and folders in README and CONTRIBUTING are where they say."""
    text = README + (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = re.findall(r"`((?:engine|pages|content|tests|deploy)/[\w./-]*)`", text)
    assert len(named) > 20
    assert not [path for path in named if not (ROOT / path).exists()]


def test_the_changelog_opens_with_this_version():
    """Who updates reads first what is new."""
    entries = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert engine.__version__ in entries[:2]
