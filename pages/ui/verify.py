"""What could be known beforehand, and how often the claim holds in other worlds."""

from typing import Any

import streamlit as st

from pages.ui import cached, charts, legend, link, stepper, tables


def beforehand(scenario: Any, theme: str) -> None:
    """Numbers of the opening state, beside what then happened."""
    legend.draw(charts.keys(theme, stepper.TITLES)["ladder"])
    st.vega_lite_chart(
        cached.ladder(scenario), charts.ladder(theme), key="ladder",
        alt="Notional of the accounts by liquidation price at the opening, with the furthest mark "
        "that each policy reached.",
    )  # fmt: skip
    st.table(cached.beforehand(scenario))


def claim(meta: dict[str, Any], scenario: Any, theme: str) -> None:
    """The claim over many seeds, on demand, with progress and stop."""
    work = cached.experiment(scenario)
    st.markdown(meta["claim_check"])
    with st.container(horizontal=True, vertical_alignment="center"):
        label = "Go on" if work.done and not work.finished else f"Run {cached.SEEDS} worlds"
        st.button(
            label, icon=":material/play_arrow:", key="trials_start", on_click=work.start,
            disabled=work.running or work.finished,
        )  # fmt: skip
        st.button(
            "Stop", icon=":material/stop:", key="trials_stop", on_click=work.stop,
            disabled=not work.running,
        )  # fmt: skip
    _watch(meta, scenario, theme, work.running)
    _presets(meta)


def _presets(meta: dict[str, Any]) -> None:
    """The ready-made scenarios in which the claim fails, each a click away."""
    failing = cached.failing_presets()
    if not failing:
        st.markdown(meta["presets_hold"])
        return
    st.markdown(meta["presets_fail"])
    with st.container(horizontal=True):
        for preset in failing:
            st.button(
                preset.title, key=f"fails_{preset.name}", on_click=link.amend,
                kwargs={"scenario": preset.scenario, "step": None, "event": None},
            )  # fmt: skip


def _watch(meta: dict[str, Any], scenario: Any, theme: str, running: bool) -> None:
    @st.fragment(run_every=0.5 if running else None)
    def progress() -> None:
        work = cached.experiment(scenario)
        if running and not work.running:
            st.rerun()
        if work.failed:
            st.error("These worlds could not be run to the end.", icon=":material/error:")
        if work.waiting:
            st.markdown(meta["waiting"])
        if not work.done:
            if work.working:
                st.progress(0.0, meta["progress"].format(done=0, number=cached.SEEDS))
            return
        done = list(work.done)
        if len(done) < cached.SEEDS:
            said = meta["progress"].format(done=len(done), number=cached.SEEDS)
            st.progress(len(done) / cached.SEEDS, said)
        _verdict(meta, done, theme)

    progress()


def _verdict(meta: dict[str, Any], done: list[Any], theme: str) -> None:
    found = tables.verdict(done, stepper.TITLES)
    st.markdown(meta["verdict"].format(**found))
    st.table(found["table"])
    legend.draw(charts.keys(theme, stepper.TITLES)["worlds"])
    st.vega_lite_chart(
        tables.trial_points(done), charts.worlds(theme), key="worlds",
        alt="Each point is one world under one policy: slippage against unpaid debt.",
    )  # fmt: skip
    failing = found["failing"]
    if not failing:
        st.markdown(meta["never_fails"])
        return
    st.markdown(meta["fails"].format(number=len(failing)))
    with st.container(horizontal=True):
        for seed in failing[:8]:
            st.button(f"World {seed}", key=f"world_{seed}", on_click=_open, args=(seed,))


def _open(seed: int) -> None:
    scenario = st.session_state[link.VIEW].scenario.with_values(seed=seed)
    link.amend(scenario=scenario, step=None, event=None)
