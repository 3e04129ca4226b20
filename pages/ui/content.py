"""The words: notes, glossary and sources, read from content/ once."""

import csv
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2] / "content"


@dataclass(frozen=True)
class Note:
    """One field note: front matter, and its text by section title."""

    meta: dict[str, Any]
    body: str
    sections: dict[str, str]


@cache
def note(name: str) -> Note:
    """The note content/notes/<name>.md: TOML between +++ lines, then Markdown."""
    _, head, body = (ROOT / "notes" / f"{name}.md").read_text("utf-8").split("+++\n", 2)
    sections: dict[str, str] = {}
    title = ""
    for line in body.strip().splitlines():
        if line.startswith("## "):
            title = line[3:]
            sections[title] = ""
        else:
            sections[title] = f"{sections.get(title, '')}{line}\n"
    return Note(tomllib.loads(head), body.strip(), {k: v.strip() for k, v in sections.items()})


@cache
def speaker(name: str) -> dict[str, str]:
    """What a leader says at each stage of a room on this note; general words where it has none."""
    notes = tomllib.loads((ROOT / "speaker-notes.toml").read_text("utf-8"))
    return notes["default"] | notes.get(name, {})


@cache
def glossary() -> dict[str, dict[str, str]]:
    """Terms by key: title, text, and a source where there is one."""
    return tomllib.loads((ROOT / "glossary.toml").read_text("utf-8"))


@cache
def sources() -> dict[str, dict[str, str]]:
    """References by key: title, and address where there is one."""
    return tomllib.loads((ROOT / "sources.toml").read_text("utf-8"))


def cited(text: str, keys: list[str]) -> str:
    """The text with each [key] or [key, key] of a source as a numbered link that names it."""
    known = sources()

    def link(found: re.Match) -> str:
        names = found[1].split(", ")
        if not set(names) <= set(known):
            return found[0]
        return " ".join(_numbered(name, keys, known) for name in names)

    return re.sub(r"\[([a-z0-9_]+(?:, [a-z0-9_]+)*)\]", link, text)


def _numbered(name: str, keys: list[str], known: dict[str, dict[str, str]]) -> str:
    entry = known[name]
    number = f"\\[{keys.index(name) + 1}\\]"
    title = entry["title"].replace('"', "")
    return f'[{number}]({entry["address"]} "{title}")' if "address" in entry else number


@cache
def adl_waves() -> tuple[dict[str, Any], ...]:
    """The published waves of auto-deleveraging of 10 October 2025: whole USD, times as text."""
    text = (ROOT / "adl-waves-2025-10-10.csv").read_text("utf-8")
    return tuple(
        {name: value if ":" in value else int(value) for name, value in row.items()}
        for row in csv.DictReader(text.splitlines())
    )
