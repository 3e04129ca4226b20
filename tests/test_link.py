"""Links restore a scenario and a view exactly, and go on doing so when the app changes."""

import dataclasses
import json
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.scenario import freeze as freezing
from engine.scenario import link, pages
from engine.scenario import work as work_bounds
from engine.scenario.errors import InputError
from engine.scenario.frozen_table import FROZEN, SPECS
from engine.scenario.link import View, decode, decode_strict, encode
from engine.scenario.load import presets
from engine.scenario.schema import Liquidation, Scenario, World
from engine.scenario.schema import settings as settings_of
from tests.scenarios import scenarios, together, value_of
from tests.stored_links import LINKS, STORED, digest, restored

QUICK = settings(deadline=None, derandomize=True, database=None, max_examples=250)
PINNED = json.loads(STORED.read_text(encoding="utf-8"))


def texts(scenario: Scenario) -> dict[str, str]:
    """Every setting by repr, which tells -0.0 from 0.0; a whole float setting is a float."""
    return {
        path: repr(float(value) if spec.type is float else value)
        for path, spec, value in settings_of(scenario)
    }


@QUICK
@given(scenarios(), st.data())
def test_a_link_restores_every_bit_of_a_scenario_and_its_view(scenario, data):
    page = data.draw(st.sampled_from(tuple(pages.PAGES)))
    view = View(
        scenario,
        page=page,
        lane=data.draw(st.sampled_from((None, *pages.lanes_of(page)))),
        policy=data.draw(st.sampled_from((None, *pages.POLICIES))),
        step=data.draw(st.none() | st.integers(0, scenario.world.steps)),
        event=data.draw(st.none() | st.integers(0, pages.MAX_EVENT)),
        fingerprint=data.draw(st.none() | st.text("0123456789abcdef", min_size=12, max_size=12)),
        app_version=data.draw(st.sampled_from((None, "1.0.0", "2.13.0-rc1"))),
    )
    query = encode(view)
    again = decode_strict(query)
    assert again == view
    assert texts(again.scenario) == texts(scenario)
    assert urlencode(parse_qs(query[1:]), doseq=True) == query[1:], "nothing is percent-encoded"


@pytest.mark.parametrize(
    "query, field",
    [
        ("?v=2&s=calm&page=when-marks-lag&lane=market", "lane"),
        ("?v=2&s=calm&page=three-ways-out&lane=market", "lane"),
        ("?v=2&s=calm&lane=index", "lane"),
        ("?v=2&s=calm&page=when-marks-lag&lane=", "lane"),
        ("?v=2&s=calm&page=nowhere&lane=index", "page"),
    ],
)
def test_a_lane_belongs_to_its_page(query, field):
    """A lane that the page does not have is named and left out; the policies have their own key."""
    view = decode(query)
    assert view.lane is None and view.problems[0].field == field


def test_a_link_without_a_page_is_of_the_page_it_opens():
    """The path of an address names the page where no field does; a field wins."""
    query = "?v=3&s=few-winners&lane=queue&event=182"
    view = decode(query, page="who-pays")
    assert (view.page, view.lane, view.event, view.problems) == ("who-pays", "queue", 182, ())
    assert decode("?v=3&s=calm&page=lab&d=none", page="who-pays").other is not None
    assert decode("?v=3&s=calm&d=none", page="lab").other is not None


@pytest.mark.parametrize("path", sorted(SPECS))
def test_every_setting_travels_alone(path):
    @settings(QUICK, max_examples=15)
    @given(value_of(path))
    def travels(value):
        scenario = together({path: value})
        assert texts(decode_strict(encode(View(scenario))).scenario) == texts(scenario)

    travels()


def pinned(url):
    """What a stored link must restore; one without a version opens the newest."""
    stored = PINNED["links"][url]
    view = stored["view"] if "v=" in url else {**stored["view"], "version": link.versions()[-1]}
    return {**stored, "view": view}


@pytest.mark.parametrize("url", PINNED["links"])
def test_a_stored_link_of_version_1_always_restores_the_same(url):
    assert restored(decode_strict(url)) == pinned(url)


@pytest.mark.parametrize("url", PINNED["links"])
def test_settings_newer_than_a_stored_link_are_neutral_in_it(url):
    newer = {p: v for n in link.versions() for p, v in link.frozen(n).neutral.items()}
    values = {path: value for path, _, value in settings_of(decode_strict(url).scenario)}
    assert {path: values[path] for path in newer} == newer


def test_the_stored_links_are_those_of_the_list():
    """Nobody loses a stored link by deleting it from one of two places."""
    assert set(LINKS) == set(PINNED["links"])


@pytest.mark.parametrize("url", PINNED["links"])
def test_a_link_keeps_its_meaning_when_defaults_and_presets_change(url, monkeypatch):
    for section in (World, Liquidation):
        for spec in dataclasses.fields(section):
            new = spec.default
            if "lo" in spec.metadata and spec.name != "steps":
                new = spec.metadata["lo"]
            monkeypatch.setitem(section.__init__.__kwdefaults__, spec.name, new)
    assert Liquidation().cooldown == 0, "the defaults really changed"
    monkeypatch.setattr("engine.scenario.load.presets", lambda: ())
    link.frozen.cache_clear()
    assert restored(decode_strict(url)) == pinned(url)


def test_the_frozen_table_of_version_1_never_changes():
    assert digest() == PINNED["frozen_sha256"], (
        "engine/scenario/frozen/v1.json changed, and people hold links of version 1: restore it."
    )


def test_the_newest_frozen_table_has_every_setting_of_the_schema():
    """A setting added after a version was published needs a new version with a neutral value."""
    table = link.frozen(link.versions()[-1])
    for name, values in table.presets.items():
        assert set(values) == set(SPECS), f"{name}: freeze a new link version, see freeze.py"


def test_all_frozen_scenarios_are_still_allowed():
    for version in link.versions():
        for name in link.frozen(version).presets:
            work = {
                "max_work": work_bounds.APP_MAX_WORK,
                "max_auction_work": work_bounds.APP_MAX_AUCTION_WORK,
            }
            assert decode(f"?v={version}&s={name}", **work).problems == ()


@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset.name)
def test_the_link_of_a_preset_is_short_enough_for_a_qr_code(preset):
    step = min(1_200, preset.scenario.world.steps)
    view = View(preset.scenario, "three-ways-out", "incremental", step, 12_345, "0f" * 32, "1.0.0")
    query = encode(view)
    assert len(query) < 150, "a preset differs from the frozen table: freeze (see freeze.py)"
    assert f"s={preset.name}&" in query
    assert decode_strict(query).scenario == preset.scenario


def test_a_setting_added_later_takes_its_neutral_value_in_old_links(monkeypatch):
    """Old runs had pro rata, so to speak, before the setting `venue.adl` existed."""
    now = link.frozen(link.versions()[-1])
    before = {
        name: {path: value for path, value in values.items() if path != "venue.adl"}
        for name, values in now.presets.items()
    }
    old = dataclasses.replace(now, presets=before)
    new = dataclasses.replace(now, neutral={"venue.adl": "pro_rata"})
    monkeypatch.setattr(link, "versions", lambda: (1, 2))
    monkeypatch.setattr(link, "frozen", {1: old, 2: new}.__getitem__)
    assert decode_strict("?v=1&s=calm").scenario.venue.adl == "pro_rata"
    assert decode_strict("?v=1&s=calm&c=venue.adl~queue").scenario.venue.adl == "queue"
    assert decode_strict("?v=2&s=calm").scenario.venue.adl == "queue"
    view = decode_strict("?v=1&s=calm")
    assert encode(view).startswith("?v=2&s=calm&c=venue.adl~pro_rata")


def test_freezing_asks_for_the_neutral_value_of_a_new_setting(monkeypatch, tmp_path):
    now = link.frozen(link.versions()[-1])
    less = {"defaults": {p: v for p, v in now.presets["defaults"].items() if p != "mark.lag"}}
    old = dataclasses.replace(now, presets=less)
    monkeypatch.setattr(freezing, "frozen", lambda version: old)
    with pytest.raises(InputError, match="mark.lag"):
        freezing.freeze(link.versions()[-1] + 1, folder=tmp_path)


def test_freezing_the_same_presets_again_gives_the_same_file(monkeypatch, tmp_path):
    monkeypatch.setattr(freezing, "frozen", link.frozen)
    newest = link.versions()[-1]
    path = freezing.freeze(newest + 1, folder=tmp_path)
    table = json.loads(path.read_text(encoding="utf-8"))
    before = json.loads((FROZEN / f"v{newest}.json").read_text(encoding="utf-8"))
    assert list(table["defaults"]) == list(before["defaults"]) == list(SPECS)


def test_a_published_table_is_not_overwritten_by_a_slip(capsys):
    assert freezing.main(["1"]) == 2
    assert "never published" in capsys.readouterr().err


BROKEN = [
    ("?v=7&s=calm", "v", "one of 1"),
    ("?s=calm", "v", "one of 1"),
    ("?v=\u0661&s=calm", "v", "one of 1"),
    ("?v=1&s=nowhere", "s", "fast-drop"),
    ("?v=1&c=seed~2", "s", "fast-drop"),
    ("?v=1&s=calm&c=book.depth~-1", "book.depth", "USD per 1 %"),
    ("?v=1&s=calm&c=book.depth~nan", "book.depth", "USD per 1 %"),
    ("?v=1&s=calm&c=book.depth~inf", "book.depth", "USD per 1 %"),
    ("?v=1&s=calm&c=book.depth~1e999", "book.depth", "USD per 1 %"),
    ("?v=1&s=calm&c=book.depth~" + "9" * 400, "book.depth", "USD per 1 %"),
    ("?v=1&s=calm&c=book.depth~1_000_000", "book.depth", "USD per 1 %"),
    ("?v=1&s=calm&c=book.depth~", "book.depth", "USD per 1 %"),
    ("?v=1&s=calm&c=world.steps~" + "9" * 400, "world.steps", "a whole number"),
    ("?v=1&s=calm&c=world.steps~12.5", "world.steps", "a whole number"),
    ("?v=1&s=calm&c=world.steps~\u0661\u0662", "world.steps", "a whole number"),
    ("?v=1&s=calm&c=world.steps~%EF%BC%91", "world.steps", "a whole number"),
    ("?v=1&s=calm&c=world.steps~%2531", "world.steps", "a whole number"),
    ("?v=1&s=calm&c=world.steps~+12", "world.steps", "a whole number"),
    ("?v=1&s=calm&c=world.shocks~1_2", "world.shocks[0]", "step, move, duration"),
    ("?v=1&s=calm&c=world.shocks~", "world.shocks[0]", "step, move, duration"),
    ("?v=1&s=calm&c=world.shocks~1_-3_1", "world.shocks[0].move", "-0.95"),
    ("?v=1&s=calm&c=world.shocks~1.5_0.1_1", "world.shocks[0].step", "a whole number"),
    ("?v=1&s=calm&c=world.shocks~" + "__".join(["1_0.1_1"] * 17), "world.shocks", "at most 16"),
    ("?v=1&s=calm&c=world.waypoints~9_1__9_1", "world.waypoints[1].step", "later"),
    ("?v=1&s=calm&c=mark.rule~Last", "mark.rule", "median"),
    ("?v=1&s=calm&c=venue.rulebook~..%2Fplain", "venue.rulebook", "letters"),
    ("?v=1&s=calm&c=venue.rulebook~", "venue.rulebook", "rulebook"),
    ("?v=1&s=calm&c=world.data~xyz", "world.data", "16 characters"),
    ("?v=1&s=calm&c=nothing~1", "c", "book.depth~2000000"),
    ("?v=1&s=calm&c=__class__~1", "c", "book.depth~2000000"),
    ("?v=1&s=calm&c=seed~8~~seed~9", "seed", "once"),
    ("?v=1&s=calm&c=seed~1&c=seed~1", "c", "once"),
    ("?v=1&s=calm&s=calm", "s", "once"),
    ("?v=1&s=calm&utm=1", "link", "policy"),
    ("?v=1&s=calm&page=nope", "page", "three-ways-out"),
    ("?v=1&s=calm&policy=Auction", "policy", "incremental"),
    ("?v=1&s=calm&step=-1", "step", "1,800"),
    ("?v=1&s=calm&step=1801", "step", "1,800"),
    ("?v=1&s=calm&event=1e3", "event", "whole"),
    ("?v=1&s=calm&f=0123", "f", "12"),
    ("?v=1&s=calm&a=<script>", "a", "1.0.0"),
    ("?v=1&s=calm&a=%ff", "link", "UTF-8"),
    ("?" + "v=1&" * 501, "characters in the link", "2,000"),
    (7, "link", "query string"),
    (b"?v=1", "link", "query string"),
    (None, "link", "query string"),
    ({"v": ["1", "1"]}, "v", "once"),
    ({"v": 10**9999}, "v", "text"),
    ({10**9999: "1"}, "link", "policy"),
    ({"v": "1", "s": "calm", "c": "x" * 3_000}, "characters in the link", "2,000"),
]


@pytest.mark.parametrize(("query", "field"), [("?s=calm", "v"), ("?v=1&c=seed~2", "s")])
def test_a_field_that_is_needed_and_absent_is_called_missing(query, field):
    assert str(decode(query).problems[0]).startswith(f"{field} = (missing): allowed is ")


@pytest.mark.parametrize(("query", "field", "allowed"), BROKEN)
def test_a_wrong_field_is_named_and_left_out(query, field, allowed):
    """Nothing is clamped: the preset's value stays."""
    view = decode(query)
    error = view.problems[0]
    assert error.field == field and allowed in error.allowed
    named = isinstance(query, str) and "s=calm" in query and field != "s"
    preset = "calm" if named else "fast-drop"
    if query != "?v=1&c=seed~2":  # the changes themselves are sound
        assert view.scenario == decode_strict(f"?v=1&s={preset}").scenario
    with pytest.raises(InputError):
        decode_strict(query)


def test_one_wrong_field_does_not_cost_the_others():
    view = decode("?v=1&s=calm&c=book.depth~x~~mark.lag~3&step=x&event=4&policy=market")
    assert [error.field for error in view.problems] == ["book.depth", "step"]
    assert (view.scenario.mark.lag, view.event, view.policy, view.step) == (3, 4, "market", None)


def test_settings_that_do_not_go_together_open_the_preset():
    view = decode("?v=1&s=calm&c=accounts.leverage_low~50~~accounts.leverage_high~2")
    assert [error.field for error in view.problems] == ["accounts.leverage_low"]
    assert view.scenario == decode_strict("?v=1&s=calm").scenario


@pytest.mark.parametrize(
    "changes",
    ["accounts.count~100000~~world.steps~3600", "accounts.count~50000~~liquidation.deadline~2000"],
)
def test_a_link_cannot_ask_a_page_for_more_work_than_it_allows(changes):
    """The command line may: there a reader can stop what was started."""
    query = f"?v=1&s=calm&c={changes}"
    limits = {
        "max_work": work_bounds.APP_MAX_WORK,
        "max_auction_work": work_bounds.APP_MAX_AUCTION_WORK,
    }
    view = decode(query, **limits)
    assert view.problems[0].field.startswith("accounts.count x")
    assert view.scenario == decode_strict("?v=1&s=calm").scenario
    assert decode_strict(query).scenario.accounts.count >= 50_000


def test_a_rulebook_that_does_not_exist_is_named():
    view = decode("?v=1&s=calm&c=venue.rulebook~nowhere", rulebooks=("plain",))
    assert view.problems[0].allowed == "one of plain"
    assert view.scenario.venue.rulebook == "plain"


def test_what_the_host_adds_to_the_address_is_no_problem():
    assert decode("?v=1&s=calm&embed=true&Embed_Options=dark_theme").problems == ()


def test_decoded_fields_read_like_the_query_string():
    view = View(presets()[2].scenario.with_values(seed=5), step=3)
    assert decode(link.query_fields(view)) == decode(parse_qs(encode(view)[1:])) == view


def test_a_view_that_no_link_can_hold_is_refused_with_its_reason():
    scenario = presets()[0].scenario
    for wrong in ({"step": -1}, {"step": 1.5}, {"policy": "best"}, {"fingerprint": "zz"}):
        with pytest.raises(InputError, match="allowed is"):
            encode(View(scenario, **wrong))
    values = {
        path: spec.metadata["lo"] + (spec.metadata["hi"] - spec.metadata["lo"]) / 7
        for path, spec in SPECS.items()
        if spec.type is float
    }
    values["world.shocks"] = tuple((step, 1 / 3, 1) for step in range(1_000, 1_016))
    with pytest.raises(InputError, match="share a TOML file"):
        encode(View(scenario.with_values(**values)))
