"""The first page: the live miniature, the chain as the map, where to start, and every note."""

import pytest

import engine
from pages.ui import charts, charts_home, content, home
from tests.test_pages import opened, texts

FILE = "pages/page_home.py"
META = content.note("home").meta


@pytest.fixture(scope="module")
def app():
    return opened(page=FILE)


def test_the_first_page_opens_with_a_run(app):
    """Without a click: what one broken link did, in numbers of the run, and why."""
    assert not app.exception and not app.error
    said = texts(app)
    broken, held = home.runs()["path"].metrics, home.runs()["none"].metrics
    numbers = (broken["liquidated_accounts"], held["liquidated_accounts"])
    assert "{:.0f} accounts are closed by force instead of {:.0f}".format(*numbers) in said
    assert "is not above its maintenance margin" in said


def test_every_link_of_the_chain_is_on_the_map_with_its_cost(app):
    said = texts(app)
    none = home.runs()["none"].metrics["bad_debt"]
    for link in engine.chain_links().values():
        added = home.runs()[link.name].metrics["bad_debt"] - none
        assert f"**{link.title}** · {link.stage}, +\\{home.short(added)}" in said
        assert link.holds in said


def test_the_map_leads_to_every_note():
    """Each note looks at a link of the chain, or at the chain as a whole."""
    on_map = {page for link in engine.chain_links().values() for page in link.notes}
    assert on_map | set(home.whole()) == set(engine.PAGES) and home.CHAIN in home.whole()
    assert not on_map & set(home.whole())


def test_four_readers_are_told_where_to_start():
    starts = META["start"]
    assert [entry["title"] for entry in starts] == [
        "You trade",
        "You build an exchange",
        "You manage risk",
        "You teach",
    ]
    assert all(set(entry["pages"]) <= set(engine.PAGES) and entry["pages"] for entry in starts)


@pytest.mark.parametrize("name", ["none", *engine.chain_links()])
def test_another_link_answers_with_its_own_run(name):
    app = opened(page=FILE)
    app.radio(key=home.LINK).set_value(name).run()
    assert not app.exception
    said = home.told(name)
    assert said["found"] in texts(app) and said["why"] in texts(app)


def test_who_was_spared_is_said_only_where_it_is_so():
    """The account of the sentence is closed with the link broken, and not with nothing broken."""
    held = set(engine.limits(home.runs()["none"].event_frame())["account"])
    for name in engine.chain_links():
        why = home.told(name)["why"]
        spared = set(engine.limits(home.runs()[name].event_frame())["account"]) - held
        assert why.startswith("Why: account") == bool(spared)
        if spared:
            assert int(why.split()[2]) in spared


def test_the_miniature_is_light(app):
    rows = charts_home.price_rows(home.runs()["none"], home.runs()["path"])
    assert len(rows) < charts.MOST / 2 and set(rows["line"]) == set(charts_home.LINES)
    assert set(charts_home.price_rows(home.runs()["none"], None)["line"]) == {"outside", "held"}


def test_tools_are_named_where_they_are(app):
    """Only those whose page is there; who builds or teaches is led to one of them."""
    said, listed = texts(app), META["tools"]["list"]
    for tool in listed:
        assert (f"**{tool['title']}**: {tool['text']}" in said) == (tool in home.there())
    named = {entry["tool"] for entry in META["start"] if "tool" in entry}
    assert named <= {tool["title"] for tool in listed}
