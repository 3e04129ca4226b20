"""No text opens a stack trace: whatever a link says, a valid scenario opens, errors are named."""

from dataclasses import replace
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.scenario.errors import InputError
from engine.scenario.frozen_table import SPECS, versions
from engine.scenario.link import KEYS, View, decode, encode
from engine.scenario.schema import account_steps
from engine.scenario.work import APP_MAX_WORK
from tests import fuzzing
from tests.stored_links import LINKS

TOKENS = [
    *(f"{key}=" for key in KEYS),
    *(f"{path}~" for path in sorted(SPECS)),
    *"&&&&===~~~~__?;%+ \t\0",
    *("~~", "__", "none", "1", "-1", "0", "-0", "0.5", "1e3", "1e999", "nan", "inf", "Infinity"),
    *("9" * 400, "1_000", "0x10", "\u0661\u0662", "\uff11", "%31", "%2531", "%ff", "%", "%u0031"),
    *("v=1&s=calm&", "c=", "fast-drop", "defaults", "auction", "three-ways-out", "true", "\ud800"),
    *("60_-0.08_30", "world.shocks~60_-0.08_30", "accounts.count~1000000", "world.steps~200000"),
    *("world.others~3000_0.8_2e6_1.2~~", "world.correlations~0_1_0.9", "world.correlation~-1~~"),
    *("<script>", "../../etc/passwd", "{}", "[]", "null", "\n", "\u202e", "'", '"', "\\"),
]
STRUCTURED = st.lists(st.sampled_from(TOKENS), max_size=25).map("".join)
WORDS = st.sampled_from(TOKENS) | STRUCTURED | st.text(max_size=30)


def run(examples):
    count = fuzzing.cases(examples)
    return settings(deadline=None, derandomize=True, database=None, max_examples=count)


def opens(query) -> View:
    """The view of a query, after all that must hold for any query has been checked."""
    view = decode(query, max_work=APP_MAX_WORK)
    assert replace(view.scenario) == view.scenario, "the scenario passes its own checks"
    assert account_steps(view.scenario)[1] <= APP_MAX_WORK
    for error in view.problems:
        assert isinstance(error, InputError) and error.field and error.allowed
        message = str(error)
        assert message.startswith(f"{error.field} = ") and message.endswith(error.allowed)
        assert message.isprintable() and len(message) < 500
    if not view.problems:
        assert decode(encode(view)) == replace(view, version=versions()[-1])
    return view


@run(600)
@given(st.text(max_size=300) | STRUCTURED | st.tuples(st.just("?v=1&s="), STRUCTURED).map("".join))
def test_any_text_opens_a_valid_scenario(query):
    opens(query)


@run(600)
@given(st.sampled_from(LINKS[1:]), st.data())
def test_any_damage_to_a_valid_link_opens_a_valid_scenario(link, data):
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(link)))
        end = data.draw(st.integers(at, min(len(link), at + 12)))
        link = link[:at] + data.draw(WORDS) + link[end:]
    opens(link)


@run(400)
@given(
    st.dictionaries(
        st.sampled_from(KEYS) | st.text(max_size=8) | st.none() | st.integers(),
        WORDS | st.lists(WORDS | st.none(), max_size=3) | st.none() | st.floats() | st.binary(),
        max_size=8,
    )
)
def test_any_decoded_fields_open_a_valid_scenario(fields):
    opens(fields)


@run(400)
@given(st.lists(st.tuples(st.sampled_from(sorted(SPECS)), WORDS), max_size=6))
def test_any_values_of_settings_open_a_valid_scenario(changes):
    """Unknown values do not hide behind percent-encoding either."""
    text = "~~".join(f"{path}~{value}" for path, value in changes)
    plain = opens({"v": "1", "s": "calm", "c": text})
    coded = opens("?v=1&s=calm&c=" + quote(text.encode("utf-8", "replace"), safe=""))
    if "\ud800" not in text and len(text) < 600:
        assert coded.scenario == plain.scenario
