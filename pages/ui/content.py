"""The words: notes, glossary and sources, read from content/ once."""

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
def glossary() -> dict[str, dict[str, str]]:
    """Terms by key: title, text, and a source where there is one."""
    return tomllib.loads((ROOT / "glossary.toml").read_text("utf-8"))


@cache
def sources() -> dict[str, dict[str, str]]:
    """References by key: title, and address where there is one."""
    return tomllib.loads((ROOT / "sources.toml").read_text("utf-8"))
