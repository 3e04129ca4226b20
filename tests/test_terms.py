"""Glossary terms where they stand: which words open an entry, and which stay as they are."""

import re

import pytest

from pages.ui import content, terms

NOTES = sorted(path.stem for path in (content.ROOT / "notes").glob("*.md"))
WITH = [name for name in NOTES if "terms" in content.note(name).meta]


def marked(text, *keys):
    """The text, with the words that open an entry in braces."""
    found = terms.Terms(list(keys)).marked(text)
    found = re.sub(r'<span class="entry".*?</span>', "", found)
    word = r'<span class="kept">(.*?)<button[^>]*"term-(\w+)">(.*?)</button>(.*?)</span>'
    return re.sub(word, r"\1{\3:\2}\4", found)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("The mark, then the mark.", "The {mark:mark_price}, then the mark."),
        ("A Mark price moves.", "A {Mark price:mark_price} moves."),
        ("Two (mark, last).", "Two ({mark:mark_price}, last)."),
        ("A benchmark, remarked.", "A benchmark, remarked."),
        ("[a mark](https://a.b/mark), [mark_a].", "[a mark](https://a.b/mark), [mark_a]."),
        ("$mark$ and `mark.rule`, the mark", "$mark$ and `mark.rule`, the {mark:mark_price}"),
        ("\\$5 of depth, \\$6", "\\$5 of {depth:depth}, \\$6"),
    ],
)  # fmt: skip
def test_the_first_word_that_is_a_term_opens_its_entry(text, expected):
    assert marked(text, "mark_price", "depth") == expected


def test_the_longer_of_two_terms_is_meant():
    assert marked("A cascade multiplier.", "cascade", "cascade_multiplier") == (
        "A {cascade multiplier:cascade_multiplier}."
    )


def test_an_entry_stands_beside_its_word_and_opens_without_a_script():
    """HTML's own popover: one element of that name, with the title and the text."""
    found = terms.button("depth", "depth")
    assert re.search(r'popovertarget="(\S+)".*popover id="\1"', found)
    assert content.glossary()["depth"]["text"] in found and "onclick" not in found


@pytest.mark.parametrize("name", WITH)
def test_every_term_of_a_page_opens_once(name):
    """In its texts, or in the line of those that stand in none; sources are left alone."""
    note = content.note(name)
    page, keys = terms.Terms(note.meta["terms"]), note.meta["terms"]
    texts = [page.marked(text) for text in note.sections.values()]
    shown = " ".join((*texts, page.rest()))
    assert sorted(re.findall(r'popovertarget="term-(\w+)"', shown)) == sorted(keys)
    assert not page.left and not page.rest()
    for text, plain in zip(texts, note.sections.values(), strict=True):
        kept = re.compile(r"\[[a-z0-9_, ]+\]")
        assert kept.findall(re.sub("<span.*?</span>", "", text)) == kept.findall(plain)


def test_no_two_terms_of_a_page_claim_one_word_and_entries_are_plain():
    """A form belongs to one term; an entry holds nothing that Markdown would read as markup."""
    every = [form for key in content.glossary() for form in set(terms.forms(key))]
    assert len(every) == len(set(every))
    for entry in content.glossary().values():
        assert not re.search(r"[*_`$\[\]]", entry["text"])
