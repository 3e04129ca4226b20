"""The files of "Take it with you". Nothing is written before it is asked for."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

import engine
from pages.ui import (
    budget,
    cached,
    changes,
    charts,
    charts_path,
    colours,
    content,
    lanes,
    subjects,
    words,
)
from pages.ui.takeaway import files, handout, stills
from pages.ui.takeaway.files import Taken

DOWNLOAD = ":material/download:"
MIMES = {
    "csv": "text/csv", "parquet": "application/vnd.apache.parquet", "toml": "application/toml",
    "py": "text/x-python", "html": "text/html", "svg": "image/svg+xml", "png": "image/png",
}  # fmt: skip

# Streamlit says under a button, in words of its own, that its file could not be made.
REFUSED = "<style>[data-testid=stDownloadButtonError]::after{content:%s}</style>"


def draw(view: Any, address: str, picture: Callable[[Any, str], Any] | None) -> None:
    """The handout, pictures, tables, settings and code of a view; each is made when clicked."""
    meta = content.note("takeaway").meta
    taken = collect(view, address, picture)
    st.html(REFUSED % json.dumps(meta["refused"]))
    _button(
        meta["handout"], lambda: handout.html(taken, cached.qr(address)), f"{taken.stem}.html",
        "handout", icon=":material/article:", help=meta["handout_help"], type="primary",
    )  # fmt: skip
    box = words.fold(meta["charts"], "take_charts")
    if box.open:
        with box:
            _charts(taken)
    box = words.fold(meta["data"], "take_data")
    if box.open:
        with box:
            said = {"noun": taken.noun.lower(), "title": taken.titles[taken.lane]}
            st.markdown(meta["data_text"].format(**said))
            _data(taken)


def _charts(taken: Taken) -> None:
    for still in taken.stills:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(still.title)
            for kind, make in (("svg", stills.svg), ("png", stills.png)):
                _button(
                    kind.upper(), partial(make, still), f"{taken.stem}-{still.name}.{kind}",
                    f"{kind}_{still.name}",
                )  # fmt: skip


def _data(taken: Taken) -> None:
    with st.container(horizontal=True):
        for table in files.TABLES:
            for kind, make in (("csv", files.csv), ("parquet", files.parquet)):
                label = f"{table.capitalize()}, {'CSV' if kind == 'csv' else 'Parquet'}"
                _button(
                    label, partial(make, taken, table), f"{taken.stem}-{table}.{kind}",
                    f"{kind}_{table}",
                )  # fmt: skip
        _button("Settings, TOML", lambda: files.toml(taken), f"{taken.stem}.toml", "toml")
        _button("Code, Python", lambda: files.python(taken), f"{taken.stem}.py", "python")


def _button(label: str, make: Callable[[], Any], name: str, key: str, **more: Any) -> None:
    st.download_button(
        label, _in_session(make), file_name=name, mime=MIMES[name.rpartition(".")[2]],
        key=f"take_{key}", on_click="ignore", **{"icon": DOWNLOAD, **more},
    )  # fmt: skip


def _in_session(make: Callable[[], Any]) -> Callable[[], Any]:
    """`make` as it would run on the page, charged to its reader; else a click knows no session."""
    session = get_script_run_ctx()

    def made() -> Any:
        answer: Future[Any] = Future()

        def charged() -> None:
            try:
                with budget.spending():
                    answer.set_result(make())
            except Exception as error:  # Streamlit says that there is no file
                answer.set_exception(error)

        thread = threading.Thread(target=charged)
        add_script_run_ctx(thread, session)
        thread.start()
        return answer.result()

    return made


def collect(view: Any, address: str, picture: Callable[[Any, str], Any] | None) -> Taken:
    """Everything of a view that its files need."""
    known, note = lanes.of(view.page), content.note(view.page)
    results = cached.compare(view.scenario, view.page)
    return Taken(
        page=view.page,
        title=note.meta["title"],
        claim=note.meta.get("claim", note.meta.get("intro", "")),
        sections=note.sections if "claim" in note.meta else {},
        sources=tuple(note.meta.get("sources", ())),
        noun=known.noun,
        titles=known.titles,
        results=results,
        lane=view.lane,
        event=view.event,
        address=address,
        differences=_differences(view.scenario),
        needed=_needed(view.scenario),
        drawn=lambda: tuple(_stills(view, results, known, picture)),
    )


def _needed(subject: Any) -> tuple[str, ...]:
    """Which files of their own a receiver has to bring, with their hashes."""
    if not isinstance(subject, subjects.Own):
        return ()
    meta = content.note("replay").meta
    values = {path: value for path, _, value in engine.settings(subject.scenario)}
    there = [f"{kind} {values[path]}" for path, kind in meta["files"].items() if values[path]]
    return (meta["bring"].format(files=", ".join(there)),)


def _differences(subject: Any) -> dict[str, list[str]] | None:
    """The settings in which two scenarios side by side differ."""
    if not isinstance(subject, subjects.Pair):
        return None
    return changes.table(subject.first, subject.second)


def _stills(view: Any, results: dict[str, Any], known: Any, picture: Any) -> list[stills.Still]:
    """The page's charts: the note's own, the run over time, the crowd, the parts of the loss."""
    out = [] if picture is None else _own(view, picture)
    out.append(_path(view, results, known))
    if not isinstance(view.scenario, subjects.Pair):  # two scenarios have two crowds
        out.append(_ladder(view, known))
    if view.event is not None:
        told, bars = cached.explain(view.scenario, view.page, view.lane, view.event)
        if told.parts:
            out.append(_parts(told, bars))
    return out


def _own(view: Any, picture: Callable[[Any, str], Any]) -> list[stills.Still]:
    drawn = {theme: picture(view, theme) for theme in stills.THEMES}
    meta, first = content.note(view.page).meta["picture"], drawn["light"]
    if first is None:
        return []
    return [
        stills.Still(
            "picture", first.title or meta["title"], meta["about"], first.rows,
            {theme: one.spec for theme, one in drawn.items()},
            {theme: one.key for theme, one in drawn.items()},
        )
    ]  # fmt: skip


def _path(view: Any, results: dict[str, Any], known: Any) -> stills.Still:
    meta = content.note("takeaway").meta
    themes = stills.THEMES
    return stills.Still(
        "path", meta["path"], meta["path_about"].format(noun=known.noun.lower()),
        charts_path.rows(results, view.lane),
        {theme: charts_path.spec(theme, known.names) for theme in themes},
        {theme: charts_path.key(theme, known.titles, view.lane) for theme in themes},
    )  # fmt: skip


def _ladder(view: Any, known: Any) -> stills.Still:
    meta = content.note("takeaway").meta
    return stills.Still(
        "crowd", meta["ladder"], meta["ladder_about"], cached.ladder(view.scenario, view.page),
        {theme: charts.ladder(theme, known.names) for theme in stills.THEMES},
        {theme: charts.keys(theme, known.titles)["ladder"] for theme in stills.THEMES},
    )  # fmt: skip


def _parts(told: Any, bars: Any) -> stills.Still:
    meta, there = content.note("takeaway").meta, set(bars["cause"])
    names = {theme: charts.keys(theme, {})["parts"] for theme in stills.THEMES}
    order = colours.palette("light")["cause"]
    return stills.Still(
        "parts", meta["parts"].format(event=f"{told.event:,}"),
        meta["parts_about"].format(total=f"{told.total:+z,.2f}"), bars,
        {theme: charts.parts(theme) for theme in stills.THEMES},
        {
            theme: [k for k, cause in zip(keys, order, strict=True) if cause in there]
            for theme, keys in names.items()
        },
        height=charts.tall(len(bars)) - 70,
    )  # fmt: skip
