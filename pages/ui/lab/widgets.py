"""One setting of the schema as a widget, for either side. Every declaration has one."""

import hashlib
from typing import Any

import pandas as pd
import streamlit as st

import engine
from pages.ui import changes, content
from pages.ui.lab import sides

SIGNS = {"first": "①", "second": "②"}


def setting(side: str, path: str, spec: Any, value: Any, differs: bool) -> None:
    """The widget of one setting: a choice, a number, or a small table."""
    meta, key = spec.metadata, f"lab_{side}_{path}"
    unit = f" [{meta['unit']}]" if meta["unit"] not in ("", "1") else ""
    name = f"{SIGNS[side]} {changes.title(path)}{unit}"
    label = f":orange-background[**{name}**]" if differs else name

    def changed() -> None:
        if st.session_state[key] is not None:
            sides.change(side, {path: st.session_state[key]})

    if "columns" in meta:
        _rows(side, path, spec, value, label)
    elif "hash" in meta:
        st.text_input(
            label, value or "none", key=f"{key}_{value}", disabled=True,
            help=content.note("lab").meta["hash"],
        )  # fmt: skip
    elif "options" in meta or "name" in meta:
        st.session_state[key] = value
        options = meta["options"] if "options" in meta else engine.rulebook_names()
        st.selectbox(
            label, options if value in options else (*options, value), key=key,
            help=meta["about"], on_change=changed,
        )  # fmt: skip
    else:
        st.session_state[key] = value
        _number(label, key, spec, changed)


def _number(label: str, key: str, spec: Any, changed: Any) -> None:
    meta, whole = spec.metadata, spec.type is int
    # No bounds here: the browser would only paint a wrong number red. The scenario refuses it and
    # names setting, value and range.
    st.number_input(
        label, step=1 if whole else None, format="%d" if whole else "%g", key=key,
        on_change=changed,
        help=f"{meta['about']} {changes.number(meta['lo'])} to {changes.number(meta['hi'])}.",
    )  # fmt: skip


def _rows(side: str, path: str, spec: Any, value: tuple, label: str) -> None:
    """A setting that holds rows, as a table whose rows are checked as all settings are."""
    words, meta = content.note("lab").meta, spec.metadata
    st.markdown(label, help=f"{meta['about']} {words['rows_help']}")
    stamp = hashlib.sha256(repr(value).encode()).hexdigest()[:8]
    names = [column[0] for column in meta["columns"]]
    whole = [unit in engine.WHOLE_UNITS for _, unit, _, _ in meta["columns"]]
    frame = pd.DataFrame(list(value), columns=names)
    for name, is_whole in zip(names, whole, strict=True):
        frame[name] = frame[name].astype("Int64" if is_whole else "float64")
    box = st.container(key=f"lab_{side}_{path}")  # the same one when the table in it is a new one
    edited = box.data_editor(
        frame, key=f"lab_{side}_{path}_{stamp}", num_rows="dynamic", hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(
                f"{name.replace('_', ' ').capitalize()} [{unit}]", step=1 if is_whole else None,
                help=f"{changes.number(lo)} to {changes.number(hi)}",
            )
            for (name, unit, lo, hi), is_whole in zip(meta["columns"], whole, strict=True)
        },
        alt=f"{changes.full(path)}, {side} scenario: {meta['about']}",
    )  # fmt: skip
    if edited.isna().to_numpy().any():
        st.caption(words["rows_open"])
        return
    kinds = [int if is_whole else float for is_whole in whole]
    rows = tuple(
        tuple(kind(cell) for kind, cell in zip(kinds, row, strict=True))
        for row in edited.itertuples(index=False)
    )
    refused = f"lab_refused_{side}_{path}"
    if rows == value:
        st.session_state.pop(refused, None)
    elif st.session_state.get(refused) != rows:  # say it once, keep what was typed
        if not sides.change(side, {path: rows}):
            st.session_state[refused] = rows
        st.rerun()
