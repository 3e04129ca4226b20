"""Glossary terms where they stand: a word in a text opens its entry. No Streamlit here.

A word becomes a button of HTML's own popover: it opens by mouse, touch and keyboard and closes by
Escape or a click elsewhere, without a script. The look is in STYLE, once for all pages.
"""

import re
from functools import cache
from html import escape

from pages.ui import content

# What stands in brackets or dollars is a source, a link, a setting or an equation, not a word.
_KEPT = r"\[[^\]]*\](?:\([^)]*\))?|\$\$.*?\$\$|(?<!\\)\$[^$]*\$|`[^`]*`"
STYLE = """<style>
.term { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: help;
  text-align: inherit; white-space: normal; text-decoration: underline dotted;
  text-underline-offset: 0.2em; }
.kept { white-space: nowrap; }
.term:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; border-radius: 2px; }
.entry { box-sizing: border-box; width: max-content; max-width: min(24rem, calc(100vw - 2rem));
  padding: 0.7rem 0.9rem; border: 1px solid GrayText; border-radius: 0.5rem; color: CanvasText;
  background: Canvas; font-size: 1rem; font-weight: 400; font-style: normal; line-height: 1.5;
  box-shadow: 0 0.3rem 1rem rgb(0 0 0 / 0.25); }
.entry b { display: block; }
@supports (position-area: block-end) {
  .entry { inset: auto; margin: 0.3rem 0.5rem 0.3rem 0; position-area: block-end span-inline-end;
    position-try-fallbacks: flip-inline, flip-block, flip-block flip-inline; }
}
</style>"""


class Terms:
    """The terms of one page; each is marked where it stands first."""

    def __init__(self, keys: list[str]):
        self.keys = {form.lower(): key for key in keys for form in forms(key)}
        self.left = dict.fromkeys(keys)

    def marked(self, text: str) -> str:
        """The Markdown with each term that is still left as a button with its entry."""

        def one(found: re.Match) -> str:
            key = self.keys.get((found["word"] or "").lower())
            if key not in self.left:
                return found[0]
            del self.left[key]
            return button(key, found["word"], found["before"], found["after"])

        return _search(tuple(self.keys)).sub(one, text)

    def rest(self) -> str:
        """The terms that stood in no text, as a line of their own; empty if there are none."""
        titles = {key: content.glossary()[key]["title"] for key in self.left}
        self.left.clear()
        last = next(reversed(titles), "")
        return " ".join(
            button(key, titles[key], after="." if key == last else ",") for key in titles
        )


def button(key: str, word: str, before: str = "", after: str = "") -> str:
    """A word that opens the entry of a term. Brackets and commas beside it stay on its line."""
    entry = content.glossary()[key]
    title, text = escape(entry["title"]), escape(entry["text"])
    return (
        f'<span class="kept">{before}<button type="button" class="term" '
        f'popovertarget="term-{key}">{word}</button>{after}</span>'
        f'<span class="entry" popover id="term-{key}"><b>{title}</b>{text}</span>'
    )


def forms(key: str) -> list[str]:
    """The words that stand for a term: its title, and others."""
    entry = content.glossary()[key]
    return [entry["title"].lower(), *entry.get("forms", [])]


@cache
def _search(words: tuple[str, ...]) -> re.Pattern:
    """Finds what is kept as it is, or one of the words; of two the longer one."""
    each = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    found = rf"{_KEPT}|(?P<before>[(“]*)\b(?P<word>{each})\b(?P<after>[)”.,;:?!]*)"
    return re.compile(found, re.IGNORECASE | re.DOTALL)
