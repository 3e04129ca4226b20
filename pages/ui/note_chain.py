"""What only the page "A chain of assumptions" has: the chain, pairs of links, and many worlds."""

from typing import Any

import streamlit as st

import engine
from pages.ui import cached, charts_chain, content, lanes, legend, verify, words

PAGE, HARM, NONE = "a-chain-of-assumptions", "harm", "none"


def alone(scenario: Any) -> list[Any]:
    """The links broken one by one in the world in view: the lanes of the page, not run again."""
    runs = {
        name if lanes.of(PAGE).changes[name] else NONE: run
        for name, run in cached.compare(scenario, PAGE).items()
    }
    return [engine.Trial(seed=scenario.seed, metrics={n: run.metrics for n, run in runs.items()})]


@cached.stored(32, "Running …")
def pairs(scenario: Any) -> list[Any]:
    """The same, and two links at once."""
    return engine.break_links(scenario, (scenario.seed,))


@cached.stored(32, "Running …")
def parts(scenario: Any) -> list[Any]:
    """Each setting of each link alone, in the world in view."""
    one = range(scenario.seed, scenario.seed + 1)
    return list(engine.trials(scenario, one, engine.link_parts(), engine.LINK_METRICS))


@st.cache_resource(max_entries=12, hash_funcs=cached.HASH, show_spinner=False)
def experiment(scenario: Any) -> cached.Experiment:
    """The same over many worlds; readers with the same settings share it."""
    return cached.Experiment(scenario, engine.link_variants(), engine.LINK_METRICS)


def harm() -> None:
    """Choose which harm the charts count."""
    st.session_state.setdefault(HARM, next(iter(charts_chain.HARMS)))
    st.segmented_control(
        content.note(PAGE).meta["chain"]["harm"], list(charts_chain.HARMS), key=HARM,
        format_func=charts_chain.HARMS.get, required=True,
    )  # fmt: skip


def picture(view: Any, theme: str) -> Any:
    """The chain drawn, each link with what it costs in the world in view."""
    return charts_chain.chain_picture(alone(view.scenario), st.session_state[HARM], theme)


def study(view: Any, theme: str) -> None:
    """Two links at once in the world in view, and everything again in many worlds."""
    meta, chosen = content.note(PAGE).meta["chain"], st.session_state[HARM]
    box = words.fold(meta["pairs"], "pairs_box")
    if box.open:  # twice as many runs as everything else on the page
        with box:
            _pairs(pairs(view.scenario), chosen, theme, "pairs", meta)
    box = words.fold(meta["links"], "links")
    if box.open:
        box.markdown(meta["links_text"])
        box.table(settings(view.scenario, chosen))
    st.markdown(f"#### {meta['many']}")
    st.markdown(meta["many_text"].format(seeds=cached.SEEDS))

    def verdict(done: list[Any]) -> None:
        found = charts_chain.chain_picture(done, chosen, theme, f"in {len(done)} worlds")
        st.markdown(f"**{found.title}**")
        legend.draw(found.key)
        about = content.note(PAGE).meta["picture"]["about"]
        st.vega_lite_chart(found.rows, found.spec, key="many", alt=about)
        st.table(found.table)
        _pairs(done, chosen, theme, "many_pairs", meta)

    verify.experiment(view.scenario, PAGE, "chain", verdict, work=experiment(view.scenario))


def _pairs(done: list[Any], chosen: str, theme: str, key: str, meta: dict[str, str]) -> None:
    rows = charts_chain.pairs_rows(done, chosen)
    names = tuple(link.short for link in engine.chain_links().values())
    st.markdown(f"**{charts_chain.HARMS[chosen]}. {charts_chain.pairs_finding(done, chosen)}**")
    st.vega_lite_chart(
        rows, charts_chain.pairs_spec(theme, names), key=key, alt=meta["pairs_about"]
    )
    st.markdown(meta["pairs_text"])
    st.table(charts_chain.pairs_table(rows))


def settings(scenario: Any, chosen: str) -> dict[str, list[str]]:
    """What breaks each link, as settings: in the scenario in view, broken, and its cost alone."""
    now = {path: value for path, _, value in engine.settings(scenario)}
    cost = engine.link_costs(parts(scenario), chosen).set_index("link")["mean"]
    rows = [(link, path) for link in engine.chain_links().values() for path in link.broken]
    return {
        "Link": [link.title for link, _ in rows],
        "Setting": [f"`{path}`" for _, path in rows],
        "In view": [str(now[path]) for _, path in rows],
        "Broken": [str(link.broken[path]) for link, path in rows],
        f"{charts_chain.HARMS[chosen]}, added by it alone [USD]": [
            f"{cost[path]:,.0f}" for _, path in rows
        ],
    }
