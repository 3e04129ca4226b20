"""The Lab: every setting twice, both scenarios in one link, nothing lost by a mistake."""

import pytest

import engine
from pages.ui import changes, content, lanes
from pages.ui.lab import paste
from tests.test_pages import address, click, opened, seen, texts

PAGE = "pages/page_lab.py"
FAST = engine.presets()[0].scenario
SECOND = FAST.with_values(
    **{"book.depth": 3_000_000.1, "world.shocks": ((200, -0.06, 20), (500, 0.02, 10)), "seed": 9}
)
LINK = engine.link(engine.View(FAST, page="lab", other=SECOND))


def fields(query=LINK):
    return dict(part.split("=", 1) for part in query.lstrip("?").split("&"))


def widget(app, kind, path, side="second"):
    return next(w for w in app.get(kind) if w.key == f"lab_{side}_{path}")


@pytest.fixture(scope="module")
def lab():
    return opened(fields(), PAGE)


# --- links ---


@pytest.mark.parametrize("first, second", [(FAST, SECOND), (SECOND, FAST), (FAST, FAST)])
def test_a_link_holds_two_scenarios_exactly(first, second):
    view = engine.read_link(engine.link(engine.View(first, page="lab", other=second)))
    assert not view.problems and (view.scenario, view.other) == (first, second)
    assert (engine.read_link(engine.link(engine.View(first, page="lab"))).other) is None


@pytest.mark.parametrize(
    "text, named",
    [
        ("book.depth~-5", "book.depth"),
        ("book.nonsense~5", "book.nonsense"),
        ("book.depth~5~~book.depth~6", "book.depth"),
        ("world.steps~200000~~accounts.count~1000000", "accounts.count x world.steps"),
        ("accounts.leverage_low~100", "accounts.leverage_low"),
    ],
)
def test_a_wrong_second_scenario_is_named_and_the_first_stays(text, named):
    query = {**fields(), "d": text}
    view = engine.read_link(query, max_work=engine.APP_MAX_WORK)
    assert named in str(view.problems[0]) and view.scenario == FAST
    assert view.other is not None and view.other.book.depth in (FAST.book.depth, 5.0)


def test_only_the_lab_has_a_second_scenario():
    view = engine.read_link({**fields(), "page": "three-ways-out"})
    assert view.other is None and "where page is lab" in str(view.problems[0])


# --- words ---


def test_what_changed_since_the_preset_is_one_line():
    said = changes.line(SECOND)
    assert said.startswith("“Fast drop” with ") and "\n" not in said
    assert "Order book: depth 6,000,000 → 3000000.1 USD per 1 %" in said
    assert changes.line(FAST) == "“Fast drop”, unchanged"
    every = {change.path for change in engine.differences(FAST, SECOND)}
    assert every == {"book.depth", "world.shocks", "seed"}
    preset, found = engine.nearest_preset(SECOND)
    assert preset.name == "fast-drop" and len(found) == 3


def test_every_setting_has_a_name_and_a_value_in_words():
    for path, spec, value in engine.settings(FAST):
        assert changes.full(path) and changes.value(spec, value)


# --- the page ---


def test_the_page_shows_both_and_what_differs(lab):
    assert not lab.exception and not lab.error
    said = texts(lab)
    assert "What differs in the settings" in said and "3,000,000" in changes.line(
        FAST.with_values(**{"book.depth": 3e6})
    )
    settings, outcomes = (table.value for table in lab.table[:2])
    assert list(settings["Setting"]) == ["Seed", "World: shocks", "Order book: depth [USD per 1 %]"]
    runs = [engine.run(scenario) for scenario in (FAST, SECOND)]
    row = outcomes.set_index("Outcome").loc["Slippage [bp]"]
    assert [row["First"], row["Second"]] == [f"{r.metrics['slippage_bp']:,.1f}" for r in runs]
    view = seen(lab)
    assert (view.scenario, view.other) == (FAST, SECOND)
    assert runs[0].fingerprint.startswith(view.fingerprint)


def test_every_setting_of_every_section_has_a_widget_on_both_sides():
    """A new section of the schema, or a new setting, appears by itself."""
    app = opened(fields(), PAGE)
    wanted = {path: spec for path, spec, _ in engine.settings(FAST)}
    shown = set()
    for section in dict.fromkeys(p.partition(".")[0] if "." in p else "world" for p in wanted):
        app.session_state["lab_section"] = section
        app.run()
        assert not app.exception and not app.error
        kinds = ("number_input", "selectbox", "text_input")
        keys = " ".join(w.proto.id for kind in kinds for w in app.get(kind))
        said = texts(app)
        for path, spec in wanted.items():
            if "columns" in spec.metadata:  # a table, under its name
                inside = path.partition(".")[0] == section
                there = [inside and f"{sign} {changes.title(path)}" in said for sign in "①②"]
            else:
                there = [f"lab_{side}_{path}" in keys for side in ("first", "second")]
            assert there[0] == there[1], path
            shown |= {path} if all(there) else set()
    assert shown == set(wanted)


def test_a_change_can_be_undone_and_reset():
    app = opened(fields(), PAGE)
    widget(app, "number_input", "book.depth").set_value(9_000_000.0).run()
    assert seen(app).other.book.depth == 9_000_000.0 and seen(app).scenario == FAST
    click(app, "lab_undo")
    assert seen(app).other == SECOND
    click(app, "lab_swap")
    assert (seen(app).scenario, seen(app).other) == (SECOND, FAST)
    click(app, "lab_reset")
    assert (seen(app).scenario, seen(app).other) == (FAST, FAST)
    assert "the same settings" in texts(app) and "same fingerprint" in texts(app)
    click(app, "lab_undo")
    click(app, "lab_undo")
    assert (seen(app).scenario, seen(app).other) == (FAST, SECOND)


def test_what_cannot_be_used_is_named_and_nothing_is_lost():
    """A setting that contradicts another: the message says which, and all values stay."""
    app = opened(fields(), PAGE)
    before = address(app)
    app.session_state["lab_section"] = "accounts"
    app.run()
    widget(app, "number_input", "accounts.leverage_low").set_value(40.0).run()
    assert "accounts.leverage_low" in texts(app) and "at most accounts.leverage_high" in texts(app)
    assert address(app) == before and not app.error


def test_settings_that_need_files_are_refused_in_words():
    app = opened(fields(), PAGE)
    app.session_state["lab_section"] = "world"
    app.run()
    widget(app, "selectbox", "world.source").set_value("replay").run()
    assert "page Replay" in texts(app) and seen(app).other == SECOND


@pytest.mark.parametrize("into", ["first", "second"])
def test_a_link_or_a_file_is_pasted_into_either_side(into):
    app = opened(fields(), PAGE)
    app.session_state["lab_paste"] = True
    app.run()
    slow = next(p.scenario for p in engine.presets() if p.name == "slow-slide")
    app.segmented_control(key="lab_into").set_value(into).run()
    app.text_area(key="lab_text").set_value(engine.scenario_to_toml(slow)).run()
    click(app, "lab_open")
    view = seen(app)
    assert (view.scenario, view.other) == ((slow, SECOND) if into == "first" else (FAST, slow))
    app.text_area(key="lab_text").set_value("https://x.example/lab" + LINK).run()
    click(app, "lab_open")
    assert (seen(app).scenario, seen(app).other) == (FAST, SECOND)
    app.text_area(key="lab_text").set_value("[book]\ndepth = -1").run()
    click(app, "lab_open")
    assert "book.depth" in texts(app) and (seen(app).scenario, seen(app).other) == (FAST, SECOND)
    app.text_area(key="lab_text").set_value("[venue]\nrulebook = 'nobodys'").run()
    click(app, "lab_open")
    assert "venue.rulebook" in texts(app)
    shown = app.session_state["view lab"]  # the address alone would keep what cannot be run
    assert (shown.scenario, shown.other) == (FAST, SECOND)


HOSTILE = [
    "",
    "?",
    "=",
    "[" * 5_000,
    "a.b" * 20_000,
    "?v=9&c=" + "~" * 3_000,
    "http://[x",
    "http://[::1/lab?v=3&s=fast-drop",
    "\0",
    "[book]\ndepth=1e999",
]
HOSTILE += [f"[book]\ndepth = {x}" for x in ("nan", "'x'", "[]", "{}", "9" * 5_000)]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_gets_a_sentence(text):
    with pytest.raises(engine.InputError):
        paste.read(text)


def test_a_link_of_a_note_gives_the_lane_that_was_seen():
    link = engine.link(engine.View(FAST, page="three-ways-out", policy="auction"))
    assert paste.read(link) == {"first": FAST.with_values(**{"liquidation.policy": "auction"})}
    address = "https://example.org/notes/who-pays/?v=3&s=few-winners&lane=at_once"
    assert paste.read(address)["first"].liquidation.policy == "market"


def test_two_runs_of_other_lengths_are_shown_one_at_a_time():
    short = SECOND.with_values(**{"world.steps": 700})
    app = opened(fields(engine.link(engine.View(FAST, page="lab", other=short, step=1_000))), PAGE)
    assert not app.exception and content.note("lab").meta["clocks"] in texts(app)
    app.segmented_control(key="lane").set_value("second").run()
    assert not app.exception and seen(app).step == 699


@pytest.mark.parametrize("page", ["three-ways-out", "the-hedge"])
def test_a_note_leads_to_the_lab_with_its_lane_and_the_next(page):
    known = lanes.of(page)
    lane = known.names[0]
    scenario = lanes.presets(page)[0].scenario
    query = {"policy": lane} if known.are_policies else {"lane": lane}
    link = engine.link(engine.View(scenario, page=page, fingerprint="0" * 12, **query))
    app = opened(fields(link), f"pages/page_{page.replace('-', '_')}.py")
    door = next(x for x in app.get("page_link") if x.proto.label == "Open in the Lab")
    view = engine.read_link(door.proto.query_string)
    wanted = [scenario.with_values(**known.changes[name]) for name in known.names[:2]]
    assert [view.scenario, view.other] == wanted
