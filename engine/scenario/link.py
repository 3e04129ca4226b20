"""A scenario and a view of it, as a link's query string and back, exactly.

    ?v=1&s=fast-drop&c=book.depth~2000000~~world.shocks~60_-0.08_30__90_0.02_1
        &page=three-ways-out&policy=auction&step=120&event=14&f=0123456789ab&a=1.0.0

The view follows: the page, the lane in view (`policy`, or `lane` on a page that compares something
else), the step, the event, the fingerprint of the result and the version of the app.

In the Lab `d` lists, as `c` does, the settings in which the second scenario differs from the first.

`v` is the version of this format, `s` a preset and `c` the settings that differ from that preset
as it was frozen when version `v` was made (`frozen/v1.json`). One mark separates inside an item
(`~` a name from its value, `_` the cells of a row), two marks separate items (`~~` settings, `__`
rows); an empty list or hash is `none`. Letters, digits and `- . _ ~` are never percent-encoded,
so a link stays readable wherever it is pasted. Numbers are written as Python's repr, which reads
back to the same bits.

A link never changes its meaning: presets and defaults are read from the frozen table alone. A
setting that is added later takes, in older links, the value `neutral` that the next table gives
it: the one with which a run is what it was before (see `freeze.py`).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from operator import index
from typing import Any
from urllib.parse import unquote_plus

from engine.scenario.errors import MISSING, InputError
from engine.scenario.frozen_table import (
    SPECS,
    WORD,
    Frozen,
    build,
    frozen,
    read,
    versions,
    write,
)
from engine.scenario.pages import FIRST_PAGE, LAB, check_view
from engine.scenario.schema import Scenario, check_value, settings
from engine.scenario.work import check_work

MAX_QUERY = 2_000  # characters; a longer one is not even split
HOST_KEYS = ("embed", "embed_options")  # Streamlit's own, never part of a scenario
KEYS = ("v", "s", "c", "d", "page", "policy", "lane", "step", "event", "f", "a")


@dataclass(frozen=True)
class View:
    """What a link restores: a scenario, what is looked at, and what was wrong with the link."""

    scenario: Scenario
    page: str = FIRST_PAGE
    policy: str | None = None  # None: the scenario's own
    step: int | None = None
    event: int | None = None
    fingerprint: str | None = None  # first 12 characters of the result's
    app_version: str | None = None
    version: int = field(default_factory=lambda: versions()[-1])  # of the link's format
    problems: tuple[InputError, ...] = ()
    lane: str | None = None  # in view, on a page whose lanes are not the policies
    other: Scenario | None = None  # beside the first, in the Lab

    @property
    def revealed(self) -> bool:
        """Whether the link shows a result, so that there is nothing left to predict."""
        return any(x is not None for x in (self.fingerprint, self.step, self.event))


def query_fields(view: View) -> dict[str, str]:
    """The fields of a view's link by key, e.g. for `st.query_params.from_dict`."""
    version = versions()[-1]
    preset, changes = _shortest(view.scenario, frozen(version))
    out = {"v": str(version), "s": preset} | ({"c": changes} if changes else {})
    if view.other is not None:
        out["d"] = _changed(view.scenario, view.other) or "none"
    given = {
        "page": view.page,
        "policy": view.policy,
        "lane": view.lane,
        "step": _whole("step", view.step),
        "event": _whole("event", view.event),
        "f": view.fingerprint[:12] if view.fingerprint else None,
        "a": view.app_version,
    }
    for key, text in given.items():
        if text is not None:
            check_view(key, text, view.scenario, view.page)
            out[key] = text
    return out


def encode(view: View) -> str:
    """The link's query string, `?` in front. Raises InputError where no link can hold the view."""
    query = "?" + "&".join(f"{key}={text}" for key, text in query_fields(view).items())
    if len(query) > MAX_QUERY:
        allowed = f"at most {MAX_QUERY:,}; change fewer settings, or share a TOML file"
        raise InputError("characters in the link", len(query), allowed)
    return query


def _whole(field: str, value: Any) -> str | None:
    if value is None:
        return None
    try:
        return str(index(value))
    except TypeError:
        raise InputError(field, value, "a whole number") from None


def _changed(first: Scenario, second: Scenario) -> str:
    """The settings of the second scenario that the first has not, as in `c`."""
    then = {path: value for path, _, value in settings(first)}
    changed = ((p, spec, value) for p, spec, value in settings(second) if value != then[p])
    return "~~".join(f"{path}~{write(spec, value)}" for path, spec, value in changed)


def _shortest(scenario: Scenario, table: Frozen) -> tuple[str, str]:
    """The preset with the shortest list of changes, and that list. The first wins a tie."""
    now = {path: write(spec, value) for path, spec, value in settings(scenario)}
    lists = {
        name: "~~".join(f"{p}~{text}" for p, text in now.items() if text != texts.get(p))
        for name, texts in table.texts.items()
    }
    name = min(lists, key=lambda n: len(lists[n]))
    return name, lists[name]


def decode(
    query: str | Mapping[str, Any],
    *,
    max_work: int | None = None,
    max_auction_work: int | None = None,
    rulebooks: Collection[str] | None = None,
    ignore: Collection[str] = HOST_KEYS,
    page: str = FIRST_PAGE,
) -> View:
    """The view of a link. Never raises: a wrong field is named in `problems` and left out.

    What is left out keeps the preset's value. Nothing is clamped. Settings that are allowed one
    by one but not together, or that ask for more than `max_work` account-steps, open the preset.
    `query` is a query string, or its decoded fields (text, or a list of texts where repeated).
    `page` is the page of a link that names none: the path of its address may say it.
    """
    problems: list[InputError] = []
    given = _once(query, ignore, problems)
    version = _version(given, problems)
    base = _preset(given, version, problems)
    changes = _changes(given.get("c") or "", rulebooks, problems)
    scenario = _nearest(base, changes, (max_work, max_auction_work), problems)
    seen: dict[str, Any] = {"page": page}
    for key in KEYS[4:]:
        text = given.get(key)
        if text is not None:
            try:
                seen[key] = check_view(key, text, scenario, seen["page"])
            except InputError as error:
                problems.append(error)
    other = _other(given, seen, scenario, rulebooks, (max_work, max_auction_work), problems)
    return View(
        scenario,
        page=seen["page"],
        policy=seen.get("policy"),
        lane=seen.get("lane"),
        step=seen.get("step"),
        event=seen.get("event"),
        fingerprint=seen.get("f"),
        app_version=seen.get("a"),
        version=version,
        other=other,
        problems=tuple(problems),
    )


def _other(
    given: Mapping[str, str | None],
    seen: Mapping[str, Any],
    first: Scenario,
    rulebooks: Collection[str] | None,
    limits: tuple,
    problems: list,
) -> Scenario | None:
    """The second scenario of the Lab; None where there is none, or none that can be used."""
    text = given.get("d")
    if text is None:
        return None
    if seen["page"] != LAB:
        problems.append(InputError("d", text[:40], f"left out but where page is {LAB}"))
        return None
    changes = _changes("" if text == "none" else text, rulebooks, problems)
    try:
        scenario = first.with_values(**changes)
        check_work(scenario, *limits)
    except InputError as error:
        problems.append(error)
        return first
    return scenario


def decode_strict(query: str | Mapping[str, Any], **options: Any) -> View:
    """As `decode`, but the first problem is raised: for the command line."""
    view = decode(query, **options)
    if view.problems:
        raise view.problems[0]
    return view


def _once(query: Any, ignore: Collection[str], problems: list) -> dict[str, str | None]:
    """Known fields by key. One that is repeated or no text is reported and None."""
    given: dict[str, str | None] = {}
    for key, text in _pairs(query, problems):
        if isinstance(key, str) and key.lower() in ignore:
            continue
        if key not in KEYS:
            shown = key if isinstance(key, str) else type(key).__name__
            problems.append(InputError("link", shown, "a link's field: " + ", ".join(KEYS)))
        elif key in given:
            shown = text if isinstance(text, str) else type(text).__name__
            problems.append(InputError(key, shown, "given once"))
            given[key] = None
        elif not isinstance(text, str):
            problems.append(InputError(key, type(text).__name__, "a text"))
            given[key] = None
        else:
            given[key] = text
    return given


def _pairs(query: Any, problems: list) -> Iterator[tuple[Any, Any]]:
    """Keys with their texts, in order, after the length has been checked."""
    if isinstance(query, str):
        parts = [part.partition("=")[::2] for part in query[: MAX_QUERY + 1].split("&")]
        size = len(query)
    elif isinstance(query, Mapping):
        parts = []
        for key, value in query.items():
            parts += (
                [(key, v) for v in value] if isinstance(value, list | tuple) else [(key, value)]
            )
        size = sum(len(x) + 1 if isinstance(x, str) else 1 for part in parts for x in part)
    else:
        problems.append(InputError("link", type(query).__name__, "a query string"))
        return
    if size > MAX_QUERY:
        problems.append(InputError("characters in the link", size, f"at most {MAX_QUERY:,}"))
        return
    for i, (key, text) in enumerate(parts):
        if not isinstance(query, str):
            yield key, text
        elif key or text:
            try:
                name = key.removeprefix("?") if i == 0 else key
                yield unquote_plus(name, errors="strict"), unquote_plus(text, errors="strict")
            except UnicodeDecodeError:
                problems.append(InputError("link", f"{key}={text}", "text in UTF-8"))


def _version(given: Mapping[str, str | None], problems: list) -> int:
    """The link's version; the newest where it is missing or unknown."""
    known = {str(version): version for version in versions()}
    text = given.get("v")
    needed = any(key in given for key in ("s", "c", "step", "event", "f"))
    if text not in known and (text is not None or (needed and "v" not in given)):
        problems.append(InputError("v", text or MISSING, "one of " + ", ".join(known)))
    return known.get(text or "", versions()[-1])


def _preset(given: Mapping[str, str | None], version: int, problems: list) -> dict[str, Any]:
    """Every setting of the link's preset, as frozen; of the opening one where it is unknown."""
    presets = frozen(version).presets
    text = given.get("s")
    needed = any(key in given for key in ("c", "step", "event", "f"))
    if text not in presets and (text is not None or (needed and "s" not in given)):
        near = dict.fromkeys([next(iter(presets)), *get_close_matches(text or "", presets, 5, 0.0)])
        problems.append(InputError("s", text or MISSING, "a preset, such as " + ", ".join(near)))
    values = dict(presets.get(text or "") or next(iter(presets.values())))
    for later in versions():
        if later > version:
            values = frozen(later).neutral | values
    return values


def _changes(text: str, rulebooks: Collection[str] | None, problems: list) -> dict[str, Any]:
    """The settings listed in `c`, each checked alone."""
    out: dict[str, Any] = {}
    seen: set[str] = set()
    for item in text.split("~~") if text else ():
        path, _, value = item.partition("~")
        try:
            if path not in SPECS:
                raise InputError("c", path, "settings by name, such as book.depth~2000000")
            if path in seen:
                out.pop(path, None)
                raise InputError(path, value, "given once")
            seen.add(path)
            out[path] = _checked(path, read(SPECS[path], value), rulebooks)
        except InputError as error:
            problems.append(error)
    return out


def _checked(path: str, value: Any, rulebooks: Collection[str] | None) -> Any:
    spec = SPECS[path]
    check_value(path, spec, value)
    if "name" in spec.metadata and not WORD.fullmatch(value):
        raise InputError(path, value, "letters, digits and - . _ in a link")
    if "name" in spec.metadata and rulebooks is not None and value not in rulebooks:
        raise InputError(path, value, "one of " + ", ".join(rulebooks))
    return value


def _nearest(base: dict, changes: dict, limits: tuple, problems: list) -> Scenario:
    """The changed preset if its settings go together, else the preset, else the opening one."""
    opening = next(iter(frozen(versions()[-1]).presets.values()))
    for values in (base | changes, base, opening):
        try:
            scenario = build(values)
            check_work(scenario, *limits)
            return scenario
        except InputError as error:
            problems.append(error)
    return Scenario()
