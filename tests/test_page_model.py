"""The page "Model & sources": whole, in order, and every reference used."""

import re

from pages.ui import content, model
from tests.test_pages import opened, texts

NOTE = content.note("model")


def test_every_mechanism_has_a_heading_and_a_way_to_it():
    app = opened(page="pages/page_model.py")
    assert not app.exception and not app.error
    names = [name for name, _ in model.parts(NOTE.sections["Equations"])]
    headings = [element.value for element in app.subheader]
    assert headings == names and len(names) == len(set(names)) >= 14
    said = texts(app)
    for name in (*names, "Glossary", "Sources"):
        assert f"[{name}](#{model.anchor(name)})" in said


def test_no_text_of_the_equations_is_lost():
    """Every paragraph belongs to a mechanism, and each mechanism has a text."""
    found = model.parts(NOTE.sections["Equations"])
    assert all(text for _, text in found)
    kept = sum(len(name) + len(text.split()) for name, text in found)
    assert NOTE.sections["Equations"].startswith(f"**{found[0][0]}.**")
    whole = len(model.MECHANISM.sub("", NOTE.sections["Equations"]).split())
    assert sum(len(text.split()) for _, text in found) == whole and kept > 0


def test_formulas_are_closed():
    """Dollars come in pairs: a formula that does not end swallows the rest of the page."""
    for title, text in NOTE.sections.items():
        bare = text.replace("\\$", "")
        assert bare.count("$$") % 2 == 0 and bare.replace("$$", "").count("$") % 2 == 0, title


def test_every_reference_is_cited_somewhere():
    used = {key for key, pages in model.used_by().items() if pages}
    here = set(re.findall(r"\[([a-z0-9_]+)\]", NOTE.body))
    assert here & set(content.sources()) == set(NOTE.meta["sources"])
    assert set(content.sources()) == used | set(NOTE.meta["sources"])
