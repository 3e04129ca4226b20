"""The first page: a small live run, where to start, and the chain as the map to the notes."""

from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

import engine
from pages.ui import charts_home, content, lanes, legend, words
from pages.ui.charts_fair import short
from pages.ui.terms import Terms

CHAIN, HARM = "a-chain-of-assumptions", "bad_debt"
LINK = "home_link"
COLUMNS = 3


@st.cache_resource(max_entries=1, show_spinner=False)
def runs() -> dict[str, Any]:
    """The opening scenario of the chain: nothing broken, and each link alone."""
    scenario = lanes.presets(CHAIN)[0].scenario
    return engine.compare(scenario, engine.link_variants(pairs=False))


@st.cache_resource(max_entries=16, show_spinner=False)
def told(name: str) -> dict[str, Any]:
    """What the miniature says of one variant: what was closed, why an account was, and the way."""
    held, run, meta = runs()["none"], runs()[name], content.note("home").meta["live"]
    words_ = {f"{key}_held": text for key, text in _sums(held).items()} | _sums(run)
    link = engine.chain_links().get(name)
    said = meta["found" if link else "holds"].format(title=link.title if link else "", **words_)
    found = engine.limits(run.event_frame())
    if not len(found):
        return {"found": said, "why": meta["quiet"], "query": {}}
    spared = found[~found["account"].isin(engine.limits(held.event_frame())["account"])]
    first = (spared if len(spared) else found).iloc[0]
    lead = engine.explain(run, int(first["event"])).text.splitlines()[1]
    why = meta["bystander" if len(spared) else "first"]
    why = why.format(account=int(first["account"]), lead=_lower(lead))
    return {"found": said, "why": why, "query": _query(name, first)}


def _query(name: str, first: Any) -> dict[str, str]:
    """The link to the event that was told; to the note's opening where no lane shows this run."""
    lane = "stable" if name == "none" else name
    if lane not in engine.PAGES[CHAIN]:
        return {}
    view = engine.View(
        lanes.presets(CHAIN)[0].scenario,
        page=CHAIN,
        lane=lane,
        step=int(first["step"]),
        event=int(first["event"]),
        fingerprint=runs()[name].fingerprint,
    )
    return dict(parse_qsl(engine.link(view)[1:]))


def _lower(lead: str) -> str:
    return lead[0].lower() + lead[1:]


def _sums(run: Any) -> dict[str, str]:
    metrics = run.metrics
    count = int(metrics["liquidated_accounts"])
    return {
        "number": f"{count}",
        "closed": f"{count} account{'' if count == 1 else 's'}",
        "debt": f"\\{short(metrics['bad_debt'])}",
    }


@st.fragment
def live(theme: str) -> None:
    """The miniature: one control, one picture, two sentences."""
    meta, known = content.note("home").meta["live"], engine.chain_links()
    names = {"none": meta["none"]} | {name: link.short for name, link in known.items()}
    st.subheader(meta["title"], anchor=False)
    st.session_state.setdefault(LINK, meta["opens"])
    name = st.radio(
        meta["control"], list(names), format_func=lambda x: names[x], key=LINK, horizontal=True
    )
    said = told(name)
    st.markdown(said["found"])
    broken = None if name == "none" else runs()[name]
    legend.draw(charts_home.key(theme, broken is not None))
    st.vega_lite_chart(
        charts_home.price_rows(runs()["none"], broken), charts_home.price_spec(theme),
        key="home_price", alt=meta["about"],
    )  # fmt: skip
    words.say(said["why"], Terms(meta["terms"]))
    words.way(CHAIN, meta["more"], said["query"])


def start() -> None:
    """Where to begin, by what a reader does."""
    for entry in content.note("home").meta["start"]:
        with st.container(border=True):
            st.markdown(f"**{entry['title']}**: {entry['text']}")
            with st.container(horizontal=True, gap="small"):
                for page in entry["pages"]:
                    words.way(page)
                for tool in there():
                    if tool["title"] == entry.get("tool"):
                        _open(tool, tool["title"])


def there() -> list[dict[str, str]]:
    """The tools whose page is there."""
    pages = content.ROOT.parent / "pages"
    listed = content.note("home").meta["tools"]["list"]
    return [tool for tool in listed if (pages / tool["script"]).is_file()]


def _open(tool: dict[str, str], label: str) -> None:
    st.page_link(f"pages/{tool['script']}", label=label, icon=":material/arrow_forward:")


def chain(terms: Terms) -> None:
    """Each link with what it holds, what it costs when it breaks, and the notes on it."""
    meta, known = content.note("home").meta["map"], engine.chain_links()
    st.header(meta["title"])
    with st.container(width=words.WIDE):
        words.say(meta["text"], terms)
    debts = {name: run.metrics[HARM] for name, run in runs().items()}
    worst = max(known, key=lambda name: debts[name])
    cards = []
    for link in known.values():
        icon = "link_off" if link.name == worst else "link"
        added = short(debts[link.name] - debts["none"]).replace("$", "\\$")
        head = f":material/{icon}: **{link.title}** · {link.stage}, +{added}"
        cards.append((head, link.holds, link.notes))
    cards.append((f":material/polyline: **{meta['whole']}**", meta["whole_text"], whole()))
    _cards(cards, terms)
    words.rest(terms)


def whole() -> tuple[str, ...]:
    """The notes that look at no single link of the chain, but at all of it."""
    single = {page for link in engine.chain_links().values() for page in link.notes}
    return tuple(page for page in lanes.pages() if page not in single)


def _cards(cards: list[tuple[str, str, tuple[str, ...]]], terms: Terms) -> None:
    for i in range(0, len(cards), COLUMNS):
        columns = zip(st.columns(COLUMNS), cards[i : i + COLUMNS], strict=False)
        for column, (head, text, pages) in columns:
            with column.container(border=True, height="stretch"):
                st.markdown(head)
                words.say(text, terms)
                for page in pages:
                    words.way(page)


def tools() -> None:
    """What stands beside the notes."""
    found = there()
    if not found:
        return
    st.header(content.note("home").meta["tools"]["title"])
    for column, tool in zip(st.columns(len(found)), found, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{tool['title']}**: {tool['text']}")
            _open(tool, tool["title"])


def notes() -> None:
    """A door for each note, in order."""
    meta = content.note("home").meta["notes"]
    st.header(meta["title"])
    with st.container(width=words.WIDE):
        st.markdown(meta["text"])
    pages = lanes.pages()
    for i in range(0, len(pages), COLUMNS):
        for column, page in zip(st.columns(COLUMNS), pages[i : i + COLUMNS], strict=False):
            with column:
                words.door(page)
