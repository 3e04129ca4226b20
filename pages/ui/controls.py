"""Controls made from the settings' own unit, range and help. The scenario is the only state."""

from collections.abc import Callable
from typing import Any

import streamlit as st

import engine
from pages.ui import link, stepper

CUSTOM = "custom"
DEPTHS = tuple(250_000.0 * 2**k for k in range(10))
LEVERAGES = (5.0, 10.0, 20.0, 25.0, 50.0, 75.0, 100.0, 125.0)
MOVES = tuple(round(0.01 * k, 2) for k in range(-20, 21))
DURATIONS = (1, 10, 30, 60, 120, 300, 600, 1_200, 1_800)
SECTIONS = {
    "world": "World",
    "book": "Order book",
    "mark": "Mark price",
    "accounts": "Accounts",
    "venue": "Venue",
    "liquidation": "Liquidation",
}
PROBLEM = "problem"


def apply(changes: dict[str, Any]) -> None:
    """Change settings of the scenario in view; keep the old ones if the new cannot be used."""
    view = st.session_state[link.VIEW]
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
    """A slider over round values; a value between them from a link is offered as well."""
    set_value = more.pop("set_value")
    st.session_state[key] = value
    st.select_slider(
        label,
        sorted({*options, value}),
        format_func=shown,
        key=key,
        on_change=lambda: set_value(st.session_state[key]),
        **more,
    )


def presets(view: Any) -> None:
    """The ready-made scenarios and reset."""
    known = {preset.name: preset for preset in engine.presets()}
    now = next((n for n, p in known.items() if p.scenario == view.scenario), CUSTOM)
    st.session_state["preset"] = now
    titles = {name: preset.title for name, preset in known.items()} | {CUSTOM: "Your own settings"}

    def chosen() -> None:
        name = st.session_state["preset"]
        if name in known:
            st.session_state["base"] = name
            link.amend(scenario=known[name].scenario, step=None, event=None)

    def reset() -> None:
        base = known[st.session_state.get("base", next(iter(known)))]
        link.amend(scenario=base.scenario, step=None, event=None, policy=None)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = [*known] if now != CUSTOM else [CUSTOM, *known]
        st.selectbox("Scenario", names, format_func=titles.get, key="preset", on_change=chosen)
        st.button("Reset", icon=":material/restart_alt:", on_click=reset)
    if now in known:
        st.session_state["base"] = now
        st.markdown(known[now].about)


def main(view: Any) -> None:
    """The controls that matter on this page."""
    scenario = view.scenario
    shock = scenario.world.shocks[0] if scenario.world.shocks else (300, 0.0, 60)
    rest = scenario.world.shocks[1:]

    def set_shock(**change: Any) -> None:
        now = dict(zip(("step", "move", "duration"), shock, strict=True)) | change
        row = (now["step"], now["move"], now["duration"])
        apply({"world.shocks": ((row, *rest) if row[1] else rest)})

    left, right = st.columns(2, gap="medium")
    with left:
        ladder(
            "control_depth", "Depth of the book", DEPTHS, scenario.book.depth, depth,
            help="Orders that move the price by 1 % at the start [USD].",
            set_value=lambda value: apply({"book.depth": value}),
        )  # fmt: skip
        ladder(
            "control_leverage", "Highest leverage", LEVERAGES, scenario.accounts.leverage_high,
            lambda x: f"{x:g}×", help="Accounts enter with leverage up to this.",
            set_value=lambda value: apply({"accounts.leverage_high": value}),
        )  # fmt: skip
    with right:
        ladder(
            "control_move", "Outside move", MOVES, shock[1],
            lambda x: f"{x:+.0%}" if x else "none",
            help="Move of the outside world, before this venue's own flow.",
            set_value=lambda value: set_shock(move=value),
        )  # fmt: skip
        ladder(
            "control_duration", "The move takes", DURATIONS, shock[2],
            lambda x: seconds(x * scenario.world.dt), help="One second is a gap.",
            set_value=lambda value: set_shock(duration=value),
        )  # fmt: skip


def depth(usd: float) -> str:
    """A depth as it is read aloud."""
    return f"${usd / 1e6:g}M" if usd >= 1e6 else f"${usd / 1e3:g}k"


def seconds(value: float) -> str:
    """A duration as it is read aloud."""
    return f"{value:g} s" if value < 120 else f"{value / 60:g} min"


def policy(view: Any) -> None:
    """Which of the three is in view below."""
    st.session_state["policy"] = view.policy

    def chosen() -> None:
        name = st.session_state["policy"] or view.policy
        link.amend(policy=name, event=None)

    st.segmented_control(
        "Policy in view",
        list(stepper.TITLES),
        format_func=stepper.TITLES.get,
        key="policy",
        on_change=chosen,
    )


def more(view: Any) -> None:
    """Every other setting, one section at a time, drawn only while it is open."""
    box = st.expander("More settings", key="more", on_change="rerun")
    if not box.open:
        return
    with box:
        section = st.segmented_control(
            "Section", [*SECTIONS], format_func=SECTIONS.get, default="book", key="section"
        )
        columns = st.columns(3)
        st.session_state.setdefault("section", "book")
        rows = [s for s in engine.settings(view.scenario) if s[0].startswith(f"{section}.")]
        if section == "world":
            rows = [("seed", *_seed(view.scenario)), *rows]
        drawn = [row for row in rows if not {"hash", "columns", "name"} & row[1].metadata.keys()]
        for i, (path, spec, value) in enumerate(drawn):
            if path != "liquidation.policy":
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
    st.number_input(
        f"{name} [{meta['unit']}]",
        min_value=int(meta["lo"]) if whole else float(meta["lo"]),
        max_value=int(meta["hi"]) if whole else float(meta["hi"]),
        step=1 if whole else None,
        format="%d" if whole else "%g",
        key=key,
        help=meta["about"],
        on_change=changed,
    )
