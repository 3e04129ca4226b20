"""Controls made from the settings' own unit, range and help. The scenario is the only state."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

import engine
from pages.ui import lanes, link
from pages.ui.amounts import move, percent, seconds, usd

CUSTOM = "custom"
SECTIONS = {"book": "Order book", "mark": "Mark price"}  # where a section's name does not do
SHOCK = {
    "shock.move": ("fraction", "Move of the outside world, before this venue's own flow."),
    "shock.duration": ("step", "Steps over which it moves. One is a gap."),
}
PROBLEM = "problem"


def apply(changes: dict[str, Any]) -> None:
    """Change settings of the scenario in view; keep the old ones if the new cannot be used."""
    view = link.here()
    try:
        scenario = view.scenario.with_values(**changes)
        engine.check_work(scenario, engine.APP_MAX_WORK, engine.APP_MAX_AUCTION_WORK)
    except engine.InputError as error:
        st.session_state[PROBLEM] = error
        return
    # The same moment under other settings; a shorter run is shown at its end.
    kept = view.step if view.step is not None and view.step < scenario.world.steps else None
    link.amend(scenario=scenario, step=kept, event=None)


def ladder(key: str, label: str, options: tuple, value: Any, shown: Callable, **more: Any) -> None:
    """A slider over round values; a value between them from a link is offered as well.

    It stays on offer when the reader leaves it: a slider with other values is a new one to the
    browser, and the keyboard would lose its place.
    """
    set_value = more.pop("set_value")
    between = st.session_state.setdefault(f"{key} between", [])
    if value not in options and value not in between:
        between[:] = [*between[-1:], value]
    st.session_state[key] = value
    st.select_slider(
        label,
        sorted({*options, *between}),
        format_func=shown,
        key=key,
        on_change=lambda: set_value(st.session_state[key]),
        **more,
    )


def presets(view: Any) -> None:
    """The page's ready-made scenarios and reset."""
    known = {preset.name: preset for preset in lanes.presets(view.page)}
    now = next((n for n, p in known.items() if p.scenario == view.scenario), CUSTOM)
    st.session_state["preset"] = now
    titles = {name: preset.title for name, preset in known.items()} | {CUSTOM: "Your own settings"}
    base = f"base {view.page}"

    def chosen() -> None:
        name = st.session_state["preset"]
        if name in known:
            st.session_state[base] = name
            link.amend(scenario=known[name].scenario, step=None, event=None)

    def reset() -> None:
        first = known[st.session_state.get(base, next(iter(known)))]
        link.amend(scenario=first.scenario, step=None, event=None, lane=None)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = [*known] if now != CUSTOM else [CUSTOM, *known]
        st.selectbox("Scenario", names, format_func=titles.get, key="preset", on_change=chosen)
        st.button("Reset", icon=":material/restart_alt:", on_click=reset)
    if now in known:
        st.session_state[base] = now
        st.markdown(known[now].about)


def main(view: Any, wanted: list[dict[str, Any]]) -> None:
    """The controls that matter on this page: the note's [[controls]], in two columns."""
    specs = {path: (spec, value) for path, spec, value in engine.settings(view.scenario)}
    half = (len(wanted) + 1) // 2
    for column, some in zip(
        st.columns(2, gap="medium"), (wanted[:half], wanted[half:]), strict=True
    ):
        with column:
            for control in some:
                _control(control, specs, view.scenario)


def _control(control: dict[str, Any], specs: dict[str, Any], scenario: Any) -> None:
    """One [[controls]] row as a slider over round values, or as a choice of words."""
    path, label = control["path"], control["label"]
    key = f"control_{path.rpartition('.')[2]}"
    if path in SHOCK:
        (unit, about), value = SHOCK[path], getattr(first_shock(scenario), path.partition(".")[2])
    else:
        spec, value = specs[path]
        unit, about = spec.metadata["unit"], spec.metadata["about"]
    if isinstance(value, str):
        _words(key, label, control["options"], value, about, path, control.get("titles", {}))
        return
    options = tuple(type(value)(x) for x in control["options"])
    times = scenario.world.dt if unit == "step" and control["format"] == "seconds" else 1.0
    shown = move if path == "shock.move" else FORMATS[control["format"]]
    ladder(
        key, label, options, value, lambda x: shown(x * times),
        help=f"{about} [{unit}]",
        set_value=lambda x: apply(change(path, x, link.here().scenario)),
    )  # fmt: skip


PHONE = 36  # letters of a row of buttons


def _words(
    key: str, label: str, options: list[str], value: str, about: str, path: str, titles: dict
) -> None:
    st.session_state[key] = value

    def chosen() -> None:
        if st.session_state[key] is not None:
            apply({path: st.session_state[key]})

    options = options if value in options else [*options, value]
    names = {x: titles.get(x, x.replace("_", " ").capitalize()) for x in options}
    long = sum(map(len, names.values())) > PHONE  # a row of buttons would be cut off there
    (st.selectbox if long else st.segmented_control)(
        label, options, key=key, help=about, on_change=chosen, format_func=names.get,
    )  # fmt: skip


@dataclass(frozen=True)
class Shock:
    """The first scripted move of the outside world; a scenario without one has an empty one."""

    step: int
    move: float
    duration: int


def first_shock(scenario: Any) -> Shock:
    return Shock(*(scenario.world.shocks[0] if scenario.world.shocks else (300, 0.0, 60)))


def change(path: str, value: Any, scenario: Any) -> dict[str, Any]:
    """The settings that a control changes."""
    if path not in SHOCK:
        return {path: value}
    shock = replace(first_shock(scenario), **{path.partition(".")[2]: value})
    row = (shock.step, shock.move, shock.duration)
    rest = scenario.world.shocks[1:]
    return {"world.shocks": ((row, *rest) if shock.move else rest)}


FORMATS: dict[str, Callable[[float], str]] = {
    "usd": usd,
    "percent": percent,
    "times": lambda x: f"{x:g}×",
    "seconds": seconds,
    "plain": lambda x: f"{x:g}",
}


def lane(view: Any) -> None:
    """Which of the lanes is in view below."""
    known = lanes.of(view.page)
    st.session_state["lane"] = view.lane

    def chosen() -> None:
        name = st.session_state["lane"] or view.lane
        link.amend(lane=name, event=None)

    st.segmented_control(
        f"{known.noun} in view", list(known.names), format_func=known.titles.get, key="lane",
        on_change=chosen,
    )  # fmt: skip


def more(view: Any) -> None:
    """Every other setting, one section at a time, drawn only while it is open."""
    fixed = lanes.of(view.page).fixed
    box = st.expander("More settings", key="more", on_change="rerun")
    if not box.open:
        return
    with box:
        paths = [path for path, _, _ in engine.settings(view.scenario) if "." in path]
        names = list(dict.fromkeys(path.partition(".")[0] for path in paths))
        section = st.segmented_control(
            "Section", names, format_func=lambda x: SECTIONS.get(x, x.capitalize()),
            default="book", key="section",
        )  # fmt: skip
        columns = st.columns(3)
        st.session_state.setdefault("section", "book")
        rows = [s for s in engine.settings(view.scenario) if s[0].startswith(f"{section}.")]
        if section == "world":
            rows = [("seed", *_seed(view.scenario)), *rows]
        drawn = [row for row in rows if not {"hash", "columns", "name"} & row[1].metadata.keys()]
        for i, (path, spec, value) in enumerate(drawn):
            if path not in fixed:
                with columns[i % 3]:
                    setting(path, spec, value)


def _seed(scenario: Any) -> tuple[Any, Any]:
    return next((spec, value) for path, spec, value in engine.settings(scenario) if path == "seed")


def setting(path: str, spec: Any, value: Any) -> None:
    """One setting of the schema as a widget."""
    meta, key = spec.metadata, f"set_{path}"
    name = path.rpartition(".")[2].replace("_", " ").capitalize()
    st.session_state[key] = value

    def changed() -> None:
        if st.session_state[key] is not None:
            apply({path: st.session_state[key]})

    if "options" in meta:
        st.selectbox(name, meta["options"], key=key, help=meta["about"], on_change=changed)
        return
    whole = spec.type is int
    st.number_input(  # without bounds: the scenario refuses a value and names what is allowed
        f"{name} [{meta['unit']}]",
        step=1 if whole else None,
        format="%d" if whole else "%g",
        key=key,
        help=meta["about"],
        on_change=changed,
    )
